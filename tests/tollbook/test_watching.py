from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest.errors import StoreBusyError
from tests.tollbook.usage import chat, write_calls
from tollbook import clock
from tollbook.watching import WatchedFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from tests.tollbook.calling import Tollbook

ROOT = Path(__file__).parents[2]
SECONDS_TO_START = 60


@pytest.fixture
def exports(home: Path) -> Path:
    """A folder to watch."""
    folder = home / "exports"
    folder.mkdir()
    return folder


@pytest.fixture
def between_looks(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Do these things after the first look, the second and so on; Ctrl-C comes after the last."""

    def plan(*steps: Callable[[], object] | None) -> None:
        left = [*steps]

        def wait(_stopped: Event, _seconds: float) -> None:
            if left:
                step = left.pop(0)
                if step is not None:
                    step()
            else:
                os.kill(os.getpid(), signal.SIGINT)

        monkeypatch.setattr(clock, "wait", wait)

    return plan


def write_call(path: Path, number: int) -> Path:
    path.write_text(json.dumps(chat(number, "gpt-4.1", "search")), encoding="utf-8")
    return path


def test_a_file_is_ready_once_when_two_looks_find_it_the_same(tmp_path: Path) -> None:
    folder = WatchedFolder(tmp_path)
    path = tmp_path / "a.jsonl"
    assert folder.look() == []
    path.write_text("1")
    assert folder.look() == []
    path.write_text("12")
    assert folder.look() == []
    assert folder.look() == [path]
    assert folder.look() == [path], "until it is taken care of"
    folder.done(path)
    assert folder.look() == []
    path.write_text("123")
    assert folder.look() == []
    assert folder.look() == [path]
    folder.done(path)
    path.unlink()
    assert folder.look() == []
    path.write_text("123")
    folder.look()
    assert folder.look() == [path], "another file of that name"


def test_a_change_of_the_same_size_is_a_change(tmp_path: Path) -> None:
    folder = WatchedFolder(tmp_path)
    path = tmp_path / "a.jsonl"
    path.write_text("1")
    folder.look()
    assert folder.look() == [path]
    folder.done(path)
    path.write_text("2")
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    folder.look()
    assert folder.look() == [path]


def test_only_usage_is_watched_and_no_page_that_is_being_fetched(tmp_path: Path) -> None:
    fetched = tmp_path / "tollbook.duckdb.fetch" / "completions"
    fetched.mkdir(parents=True)
    names = ["a.jsonl", "a.csv.gz", "notes.txt", ".a.jsonl", "a.csv.part", "b.fetch.json"]
    for path in (*(tmp_path / name for name in names), fetched / "000001.json"):
        path.write_text("1")
    folder = WatchedFolder(tmp_path)
    folder.look()
    assert [path.name for path in folder.look()] == ["a.csv.gz", "a.jsonl", "b.fetch.json"]


def test_a_folder_that_goes_away_is_empty(tmp_path: Path) -> None:
    folder = WatchedFolder(tmp_path / "gone")
    assert folder.look() == []


def test_what_comes_into_the_folder_is_imported_once(
    tollbook: Tollbook, exports: Path, between_looks: Callable[..., None]
) -> None:
    write_call(exports / "a.jsonl", 1)
    between_looks(None, None, lambda: write_call(exports / "b.jsonl", 2), None, None, None)
    ran = tollbook("import", "--watch", "exports", "--json")
    assert ran.code == 0, ran.err
    assert [(each["path"], each["rows_added"]) for each in ran.answer["files"]] == [
        ("exports/a.jsonl", 1),
        ("exports/b.jsonl", 1),
    ]
    assert ran.answer["failed"] == []
    assert "Watching exports, a look every 5 s (Ctrl-C stops it)." in ran.err
    assert tollbook("report", "--json").answer["total"]["requests"] == 2
    assert len(tollbook("undo", "--json").answer["imports"]) == 2


def test_a_file_that_changes_later_is_imported_again(
    tollbook: Tollbook, exports: Path, between_looks: Callable[..., None]
) -> None:
    path = write_call(exports / "a.jsonl", 1)

    def more() -> None:
        path.write_text(path.read_text() + "\n" + json.dumps(chat(2, "gpt-4.1", "search")))

    between_looks(None, more, None, None)
    answer = tollbook("import", "--watch", "exports", "--json").answer
    assert [(each["rows_added"], each["rows_duplicate"]) for each in answer["files"]] == [
        (1, 0),
        (1, 1),
    ]


def test_a_failure_is_said_once_and_ends_nothing(
    tollbook: Tollbook, exports: Path, between_looks: Callable[..., None]
) -> None:
    poem = exports / "a.csv"
    poem.write_text("roses,are\nred,too\n")
    write_calls(exports / "b.jsonl")
    between_looks(None, None, None, None)
    ran = tollbook("import", "--watch", "exports", "--json")
    assert ran.code == 0
    assert ran.err.count("no format knows this file") == 1
    assert [each["path"] for each in ran.answer["files"]] == ["exports/b.jsonl"]
    assert [each["path"] for each in ran.answer["failed"]] == ["exports/a.csv"]


def test_a_folder_that_vanishes_is_said_once_and_watched_again(
    tollbook: Tollbook, exports: Path, between_looks: Callable[..., None]
) -> None:
    def back() -> None:
        exports.mkdir()
        write_call(exports / "a.jsonl", 1)

    between_looks(exports.rmdir, None, None, back, None, None)
    ran = tollbook("import", "--watch", "exports", "--json")
    assert ran.code == 0
    assert [line for line in ran.err.splitlines() if line.startswith("The folder")] == [
        "The folder exports is gone; nothing is imported until it is back.",
        "The folder exports is back.",
    ]
    assert [each["rows_added"] for each in ran.answer["files"]] == [1]


def test_a_file_that_is_put_right_has_not_failed(
    tollbook: Tollbook, exports: Path, between_looks: Callable[..., None]
) -> None:
    path = exports / "a.jsonl"
    path.write_text("roses are red")
    between_looks(None, lambda: write_call(path, 1), None, None)
    answer = tollbook("import", "--watch", "exports", "--json").answer
    assert ([each["rows_added"] for each in answer["files"]], answer["failed"]) == ([1], [])


def test_a_store_that_is_taken_is_tried_again_and_said_once(
    tollbook: Tollbook,
    exports: Path,
    between_looks: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ingest import imports

    write_call(exports / "a.jsonl", 1)
    real, busy = imports.import_file, [True, True]

    def import_file(*words: object, **more: object) -> object:
        if busy:
            busy.pop()
            raise StoreBusyError("another program has the store")
        return real(*words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(imports, "import_file", import_file)
    between_looks(None, None, None, None, None)
    ran = tollbook("import", "--watch", "exports", "--json")
    assert ran.code == 0
    assert ran.err.count("exports/a.jsonl: another program has the store") == 1
    assert [each["rows_added"] for each in ran.answer["files"]] == [1]
    assert ran.answer["failed"] == []


def test_a_bug_is_a_failure_too(
    tollbook: Tollbook,
    exports: Path,
    between_looks: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by zero")

    write_call(exports / "a.jsonl", 1)
    monkeypatch.setattr("ingest.imports.import_file", broken)
    between_looks(None, None, None)
    ran = tollbook("import", "--watch", "exports")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.count("exports/a.jsonl: Tollbook failed (ZeroDivisionError: by zero)") == 1


def test_people_see_each_import(
    tollbook: Tollbook, exports: Path, between_looks: Callable[..., None]
) -> None:
    write_calls(exports / "calls.jsonl")
    between_looks(None)
    ran = tollbook("import", "--watch", "exports", "--every", "0.5")
    assert ran.code == 0
    assert "Set aside: exports/calls.jsonl:7: " in ran.out
    assert "a look every 0.5 s" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--watch", "nowhere"), "there is no folder nowhere to watch"),
        (("--watch", "exports", "a.csv"), "give files, or a folder to --watch, not both"),
        (("a.csv", "--every", "5"), "--every goes with --watch FOLDER"),
        (("--watch", "exports", "--every", "0"), "0.0 is not in the range"),
        (("--watch", "exports", "--format", "api_object"), "did you mean 'api_objects'?"),
    ],
)
@pytest.mark.usefixtures("exports")
def test_wrong_use_watches_nothing(tollbook: Tollbook, words: tuple[str, ...], said: str) -> None:
    ran = tollbook("import", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.error


@pytest.mark.skipif(sys.platform == "win32", reason="signals of a POSIX system")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_as_a_process_it_ends_cleanly(
    exports: Path, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    write_call(exports / "a.jsonl", 1)
    words = ("import", "--watch", "exports", "--every", "0.1", "--json")
    process = subprocess.Popen(
        [sys.executable, "-m", "tollbook", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = ""
    assert process.stderr is not None
    for line in process.stderr:
        said += line
        if "rows/s" in line:
            break
    time.sleep(0.2)
    process.send_signal(how)
    out, err = process.communicate(timeout=SECONDS_TO_START)
    assert process.returncode == 0, said + err
    assert [each["rows_added"] for each in json.loads(out)["files"]] == [1]
