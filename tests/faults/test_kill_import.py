"""An import that is killed leaves the store as it was or as it should be, never between."""

from __future__ import annotations

import json
import random
import shutil
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from ingest.imports import import_file
from ingest.report import ReportQuery, report
from ingest.store import CellQuery, Store
from pricing import load_book
from tests.conftest import SOAK
from tests.faults.doomed import import_and_die
from tests.faults.own_process import ended, exit_code_of, started
from tests.ingest.chats import OCTOBER_17, chat, ledger

if TYPE_CHECKING:
    from pathlib import Path

PHASES = ("reading", "checking", "prepared", "locked", "rows", "cells", "before commit")
AFTER = ("committed",)
ROUNDS = 100 if SOAK else 3
ROWS = 3_000
SECONDS_OF_AN_IMPORT = 0.6

State = tuple[int, object]
"""How many imports a store knows, and what counts in it."""


def a_file(path: Path, start: int, rows: int = ROWS) -> Path:
    with path.open("w", encoding="utf-8") as out:
        for number in range(start, start + rows):
            line = chat(number, created=OCTOBER_17 + number, metadata={"feature": f"f{number % 5}"})
            out.write(json.dumps(line) + "\n")
    return path


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a store, a file that half repeats it, and the store after that file."""
    folder = tmp_path_factory.mktemp("kill")
    store = Store(folder / "before.duckdb")
    import_file(store, a_file(folder / "first.jsonl", 0))
    a_file(folder / "second.jsonl", ROWS // 2)
    shutil.copy(store.path, folder / "after.duckdb")
    import_file(Store(folder / "after.duckdb"), folder / "second.jsonl")
    return folder


def killed(template: Path, folder: Path, where: str) -> tuple[Store, int]:
    """Import the second file in a process that dies somewhere; return the store and its end."""
    path = folder / "store.duckdb"
    shutil.copy(template / "before.duckdb", path)
    return Store(path), exit_code_of(import_and_die, where, template / "second.jsonl", path)


def state(path: Path) -> State:
    store = Store(path)
    return len(store.imports()), ledger(store)


@pytest.fixture(scope="module")
def before(template: Path) -> State:
    return state(template / "before.duckdb")


@pytest.fixture(scope="module")
def after(template: Path) -> State:
    return state(template / "after.duckdb")


@pytest.mark.parametrize("phase", PHASES)
def test_killed_before_the_commit_the_store_is_as_it_was(
    template: Path, before: State, after: State, tmp_path: Path, phase: str
) -> None:
    store, end = killed(template, tmp_path, phase)
    assert end == -signal.SIGKILL
    assert state(store.path) == before
    result = import_file(store, template / "second.jsonl")
    assert (result.rows_added, result.rows_duplicate) == (ROWS // 2, ROWS // 2)
    assert state(store.path) == after


@pytest.mark.parametrize("phase", AFTER)
def test_killed_after_the_commit_the_store_is_as_it_should_be(
    template: Path, after: State, tmp_path: Path, phase: str
) -> None:
    store, end = killed(template, tmp_path, phase)
    assert end == -signal.SIGKILL
    assert state(store.path) == after


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_around_the_commit_it_is_one_or_the_other(
    template: Path, before: State, after: State, tmp_path: Path, seed: int
) -> None:
    delay = random.Random(seed).uniform(0, 0.02)
    store, _ = killed(template, tmp_path, f"during commit {delay}")
    found = state(store.path)
    assert found in (before, after), delay
    import_file(store, template / "second.jsonl")
    assert state(store.path)[1] == after[1]


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_at_any_moment_it_is_one_or_the_other(
    template: Path, before: State, after: State, tmp_path: Path, seed: int
) -> None:
    path = tmp_path / "store.duckdb"
    shutil.copy(template / "before.duckdb", path)
    process = started(import_and_die, "nowhere", template / "second.jsonl", path)
    time.sleep(random.Random(seed).uniform(0, SECONDS_OF_AN_IMPORT))
    process.kill()
    ended(process)
    found = state(path)
    assert found in (before, after)
    import_file(Store(path), template / "second.jsonl")
    assert state(path)[1] == after[1]


def test_who_reads_meanwhile_sees_one_state_or_the_other_and_no_error(
    template: Path, tmp_path: Path
) -> None:
    path = tmp_path / "store.duckdb"
    shutil.copy(template / "before.duckdb", path)
    wanted = {ROWS, ROWS + ROWS // 2}
    seen: set[int] = set()
    failures: list[BaseException] = []
    book = load_book()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                seen.add(sum(cell.requests for cell in Store(path).cells(CellQuery())))
                seen.add(report(Store(path), book, ReportQuery()).total.requests)
            except BaseException as error:  # noqa: BLE001 - whatever it is, the test must say so
                failures.append(error)
                return

    reader = threading.Thread(target=read)
    reader.start()
    for where in ("rows", "before commit", "nowhere"):
        exit_code_of(import_and_die, where, template / "second.jsonl", path)
    done.set()
    reader.join()
    assert failures == []
    assert seen <= wanted
    assert sum(cell.requests for cell in Store(path).cells(CellQuery())) == max(wanted)
