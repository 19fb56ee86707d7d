"""kill -9 in every phase of an import: the store is as it was, or as it should be.

A child process imports a month of the demo. It says each phase as it enters it; the
parent kills it there, after a seeded pause that spreads the kills over the phase, the
commit among them. Whoever opens the store next must find all of the import or
nothing, and the same file must then import to the same end.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest.imports import import_file
from ingest.report import ReportQuery, report
from ingest.store import Store
from pricing import load_book

if TYPE_CHECKING:
    from costmodel.spend import SpendRow

DEMO = Path(__file__).parents[2] / "sample_logs" / "demo"
BEFORE, ARRIVING = DEMO / "batch-2026-11.jsonl.gz", DEMO / "2026-09.jsonl.gz"
PHASES = (
    "reading",
    "checking",
    "prepared",
    "locked",
    "rows",
    "cells",
    "before commit",
    "committed",
)
LONGEST_PAUSE_SECONDS = 0.08
BOOK = load_book()

CHILD = """
import sys
from pathlib import Path
from ingest.imports import import_file
from ingest.store import Store

def say(phase):
    print(phase, flush=True)

import_file(Store(Path(sys.argv[1])), Path(sys.argv[2]), reached=say)
print("done", flush=True)
"""


def child(store: Path, usage: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(store), str(usage)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def state_of(path: Path) -> tuple[SpendRow, int, int]:
    """Return what a reader sees: usage and money, imports, lines set aside."""
    store = Store(path)
    return report(store, BOOK, ReportQuery()).total, len(store.imports()), len(store.set_aside())


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """before.duckdb, and after.duckdb: with the arriving file imported in peace."""
    folder = tmp_path_factory.mktemp("kill")
    import_file(Store(folder / "before.duckdb"), BEFORE)
    shutil.copy(folder / "before.duckdb", folder / "after.duckdb")
    import_file(Store(folder / "after.duckdb"), ARRIVING)
    return folder


def killed_at(store: Path, phase: str, pause_seconds: float) -> bool:
    """Import and kill once the phase is entered; tell whether the kill came in time."""
    with child(store, ARRIVING) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == phase:
                time.sleep(pause_seconds)
                os.kill(process.pid, signal.SIGKILL)
                break
        process.stdout.read()
    return process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("phase", PHASES)
def test_an_import_killed_in_any_phase_leaves_all_of_it_or_nothing(
    phase: str, stores: Path, tmp_path: Path, examples: int
) -> None:
    draw = random.Random(phase)
    allowed = [state_of(stores / "before.duckdb"), state_of(stores / "after.duckdb")]
    kills = 0
    for number in range(max(2, examples // 10)):
        store = tmp_path / f"{number}.duckdb"
        shutil.copy(stores / "before.duckdb", store)
        kills += killed_at(store, phase, draw.random() * LONGEST_PAUSE_SECONDS * (number > 0))
        found = state_of(store)
        assert found in allowed
        if phase not in {"committed", "before commit"} and number == 0:
            assert found == allowed[0]
        import_file(Store(store), ARRIVING)
        again = state_of(store)
        assert again[0] == allowed[1][0]
    assert kills > 0


def test_readers_and_an_import_run_at_once_without_an_error(stores: Path, tmp_path: Path) -> None:
    store = tmp_path / "shared.duckdb"
    shutil.copy(stores / "before.duckdb", store)
    allowed = [state_of(stores / name)[0] for name in ("before.duckdb", "after.duckdb")]
    seen = []
    with child(store, ARRIVING) as process:
        while process.poll() is None:
            seen.append(report(Store(store), BOOK, ReportQuery()).total)
    assert process.returncode == 0
    assert all(total in allowed for total in seen)
    assert len(seen) > 1
    assert state_of(store)[0] == allowed[1]


def test_a_gzip_that_ends_early_changes_nothing(stores: Path, tmp_path: Path) -> None:
    store, cut = tmp_path / "store.duckdb", tmp_path / "cut.jsonl.gz"
    shutil.copy(stores / "before.duckdb", store)
    cut.write_bytes(ARRIVING.read_bytes()[:-5_000])
    with pytest.raises(Exception, match="cut"):
        import_file(Store(store), cut)
    assert state_of(store) == state_of(stores / "before.duckdb")


def test_undo_gives_back_exactly_what_was(stores: Path, tmp_path: Path) -> None:
    store = tmp_path / "store.duckdb"
    shutil.copy(stores / "after.duckdb", store)
    Store(store).undo(2)
    assert state_of(store)[0] == state_of(stores / "before.duckdb")[0]


def test_undo_hands_rows_to_the_import_that_repeated_them(stores: Path, tmp_path: Path) -> None:
    store = tmp_path / "store.duckdb"
    shutil.copy(stores / "after.duckdb", store)
    repeated = import_file(Store(store), ARRIVING)
    assert (repeated.rows_added, repeated.rows_replaced) == (0, 0)
    Store(store).undo(2)
    assert state_of(store)[0] == state_of(stores / "after.duckdb")[0]
    Store(store).undo(repeated.import_id)
    assert state_of(store)[0] == state_of(stores / "before.duckdb")[0]
    assert date(2026, 11, 1) <= (Store(store).extent() or pytest.fail("empty"))[0].date()
