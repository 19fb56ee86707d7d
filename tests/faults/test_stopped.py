"""A program that a service manager ends leaves no upload and no temporary file behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.visitor import Visitor
from tests.ingest.chats import OCTOBER_17, chat
from tests.tollbook.test_serving import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
SECONDS = 60
ROWS = 60_000
INTERRUPTED = "Error: interrupted; nothing half-done is kept"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of a POSIX system")


@pytest.fixture(scope="module")
def many_calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file whose import takes long enough to be stopped."""
    path = tmp_path_factory.mktemp("calls") / "calls.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for number in range(ROWS):
            out.write(json.dumps(chat(number, created=OCTOBER_17 + number)) + "\n")
    return path


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files of every program that this test starts."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@contextmanager
def running(*words: object) -> Iterator[subprocess.Popen[str]]:
    """Run the program until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tollbook", *map(str, words)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, cwd=ROOT,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(is_so: Callable[[], object]) -> None:
    ends_at = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < ends_at, "it did not come to that"
        threading.Event().wait(0.002)


def stopped(process: subprocess.Popen[str], how: signal.Signals) -> tuple[int, str]:
    """Tell a program to end; returns its exit code and what it said last."""
    process.send_signal(how)
    _, said = process.communicate(timeout=SECONDS)
    return process.returncode, said.splitlines()[-1] if said else ""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP], ids=lambda how: how.name)
def test_a_stopped_import_leaves_nothing(
    how: signal.Signals, many_calls: Path, temporary: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store.duckdb"
    with running("--db", store, "import", many_calls) as process:
        until(lambda: any(temporary.glob("tollbook-*")))
        assert stopped(process, how) == (1, INTERRUPTED)
    assert list(temporary.iterdir()) == []
    assert not store.exists()


def test_an_import_that_waits_for_standard_input_leaves_nothing(
    temporary: Path, tmp_path: Path
) -> None:
    with running("--db", tmp_path / "store.duckdb", "import", "-") as process:
        until(lambda: any(temporary.glob("tollbook-*")))
        assert stopped(process, signal.SIGTERM) == (1, INTERRUPTED)
    assert list(temporary.iterdir()) == []


def test_who_watches_a_folder_ends_the_import_at_hand(
    many_calls: Path, temporary: Path, tmp_path: Path
) -> None:
    words = ("--db", tmp_path / "store.duckdb", "import", "--watch", many_calls.parent, "--json")
    with running(*words, "--every", "0.1") as process:
        until(lambda: any(temporary.glob("tollbook-*")))
        process.send_signal(signal.SIGTERM)
        out, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, said
    assert [each["rows_added"] for each in json.loads(out)["files"]] == [ROWS]
    assert list(temporary.iterdir()) == []


@contextmanager
def serving(store: Path) -> Iterator[tuple[subprocess.Popen[str], Visitor]]:
    port = free_port()
    with running("--db", store, "serve", "--port", port) as process:
        assert process.stderr is not None
        assert "Ctrl-C stops it" in process.stderr.readline()
        yield process, Visitor(port)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_stopped_dashboard_leaves_no_upload(
    how: signal.Signals, temporary: Path, tmp_path: Path
) -> None:
    calls = tmp_path / "calls.jsonl"
    calls.write_text(json.dumps(chat()), encoding="utf-8")
    with serving(tmp_path / "store.duckdb") as (process, visitor):
        job = visitor.upload(calls, then="look")
        until(lambda: visitor.get(f"/api/imports/{job}")["state"] == "held")
        assert [path.name for path in temporary.rglob("*.jsonl")] == ["calls.jsonl"]
        assert stopped(process, how) == (0, "")
    assert list(temporary.iterdir()) == []


def test_a_dashboard_that_is_stopped_while_it_imports_leaves_nothing(
    many_calls: Path, temporary: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store.duckdb"
    with serving(store) as (process, visitor):
        jobs = [visitor.upload(many_calls) for _ in range(2)]
        until(lambda: visitor.get(f"/api/imports/{jobs[0]}")["state"] == "running")
        assert stopped(process, signal.SIGTERM) == (0, "")
    assert list(temporary.iterdir()) == []
    assert not store.exists()
