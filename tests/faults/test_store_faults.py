"""Full disks, files that change while they are read, several programs at once, and no stores."""

from __future__ import annotations

import gzip
import json
import random
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from ingest.errors import IngestError, StoreUnreadableError
from ingest.imports import import_file
from ingest.report import ReportQuery, report
from ingest.store import CellQuery, Store
from pricing import load_book
from tests.conftest import SOAK
from tests.ingest.chats import OCTOBER_17, adds_up, chat
from tollbook.failures import run

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "tollbook")
ROWS = 8_000
ROOM_KILOBYTES = (0, 700, 1_600, 9_600)

IMPORT_IN_LITTLE_ROOM = """
import json, os, subprocess, sys
from pathlib import Path

disk, store, first, second, *rooms = sys.argv[1:]
mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", disk])
if mounted.returncode:
    sys.exit(77)

import tempfile
tempfile.tempdir = disk if not store.startswith(disk) else None
from ingest.errors import IngestError, NoRoomError
from ingest.imports import import_file
from ingest.store import CellQuery, Store

filling = Path(disk, "filling")

def state(path):
    read = Store(path)
    try:
        return [len(read.imports()), sum(cell.requests for cell in read.cells(CellQuery()))]
    except NoRoomError:  # a store that is no more than begun
        return [0, 0]

def attempt(path, file):
    try:
        found = import_file(Store(path), Path(file))
        return ["", found.rows_added, found.rows_duplicate]
    except IngestError as error:
        return [str(error), 0, 0]

for kilobytes in rooms:
    path = Path(store)
    for old in path.parent.glob(path.name + "*"):
        old.unlink()
    if first != "none":
        import_file(Store(path), Path(first))
    space = os.statvfs(disk)
    filling.write_bytes(bytes(max(0, space.f_bavail * space.f_frsize - int(kilobytes) * 1024)))
    told = {"room": int(kilobytes), "tight": attempt(path, second)}
    told["repeated"] = attempt(path, second)
    told["left"] = sorted(each.name for each in Path(disk).iterdir())
    told["state"] = state(path)
    filling.unlink()
    told["again"], told["end"] = attempt(path, second), state(path)
    print(json.dumps(told))
"""


def calls_in(path: Path, start: int, rows: int) -> Path:
    """Write calls that do not pack well, so that a store of them needs room."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8") as out:
        for number in range(start, start + rows):
            name = f"{random.Random(number).getrandbits(200):x}"
            out.write(json.dumps(chat(created=OCTOBER_17 + number, id=name)) + "\n")
    return path


def in_little_room(
    folder: Path, store: Path, first: object, second: Path
) -> list[dict[str, list[object]]]:
    """Return what imports said and left behind on disks with more and more room."""
    disk = folder / "disk"
    disk.mkdir()
    rooms = ROOM_KILOBYTES if not SOAK else range(0, 9_600, 50)
    own_mounts = ["unshare", "--mount", "--propagation", "private", "--"]
    if shutil.which("unshare") is None:
        pytest.skip("no unshare: a small disk cannot be made")
    words = (disk, store, first, second, *rooms)
    found = subprocess.run(
        [*own_mounts, sys.executable, "-c", IMPORT_IN_LITTLE_ROOM, *map(str, words)],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    if found.returncode == 77 or "unshare failed" in found.stderr:
        pytest.skip("this user may not mount a small disk")
    assert found.returncode == 0, found.stderr
    return [json.loads(line) for line in found.stdout.splitlines()]


@pytest.mark.parametrize("is_new", [False, True], ids=["old store", "new store"])
def test_on_a_full_disk_the_store_is_as_it_was_or_as_it_should_be(
    is_new: bool, tmp_path: Path
) -> None:
    first = "none" if is_new else calls_in(tmp_path / "first.jsonl", 0, 100)
    second = calls_in(tmp_path / "second.jsonl", 100, ROWS)
    before = 0 if is_new else 100
    store = tmp_path / "disk" / "store.duckdb"
    failures = successes = 0
    for told in in_little_room(tmp_path, store, first, second):
        said, added, _ = told["tight"]
        if said:
            failures += 1
            assert said == (
                f"there is no room left on the disk of {store}: the store is as it was; "
                "make room and try again"
            )
            assert told["repeated"] == [said, 0, 0]
            assert told["state"] == [int(not is_new), before], told
            assert told["again"] == ["", ROWS, 0], told
        else:
            successes += 1
            assert added == ROWS
            assert told["state"][1] == before + ROWS, told
            assert told["again"] == ["", 0, ROWS], told
        assert told["end"][1] == before + ROWS
        assert "tmp" not in " ".join(map(str, told["left"]))
    assert failures > 0
    assert successes > 0


def test_without_room_for_temporary_files_nothing_is_imported(tmp_path: Path) -> None:
    first = calls_in(tmp_path / "first.jsonl", 0, 100)
    second = calls_in(tmp_path / "second.jsonl.gz", 100, ROWS)
    ends = set()
    refused = (
        f"{second}: was not imported, as there is no room left in {tmp_path / 'disk'}: "
        "make room, or name another folder for temporary files in TMPDIR"
    )
    for told in in_little_room(tmp_path, tmp_path / "store.duckdb", first, second):
        said = told["tight"][0]
        ends.add(bool(said))
        assert said in {
            "",
            refused,
        }
        assert told["left"] == ["filling"]
        assert told["state"][1] == (100 if said else 100 + ROWS)
        assert told["again"] == (["", ROWS, 0] if said else ["", 0, ROWS])
    assert ends == {True, False}


def appended(path: Path, stop: threading.Event) -> None:
    number = 1_000_000
    while not stop.is_set():
        with path.open("a", encoding="utf-8") as out:
            for number in range(number, number + 50):  # noqa: B020 - counts on
                out.write(json.dumps(chat(number, created=OCTOBER_17)) + "\n")


def truncated(path: Path, stop: threading.Event) -> None:
    size = path.stat().st_size
    while not stop.wait(0.003) and size > 10_000:
        size = size * 9 // 10
        with path.open("r+b") as out:
            out.truncate(size)


def rewritten(path: Path, stop: threading.Event) -> None:
    content = path.read_bytes()
    dice = random.Random(1)
    while not stop.wait(0.002):
        path.write_bytes(content[: dice.randrange(len(content))])


@pytest.mark.parametrize("change", [appended, truncated, rewritten])
@pytest.mark.parametrize("name", ["calls.jsonl", "calls.jsonl.gz"])
def test_a_file_that_changes_while_it_is_read_is_all_or_nothing(
    change: Callable[[Path, threading.Event], None], name: str, tmp_path: Path, examples: int
) -> None:
    store, whole = Store(tmp_path / "store.duckdb"), calls_in(tmp_path / f"whole-{name}", 0, 3_000)
    imports, refusals = 0, list[str]()
    for _ in range(max(3, examples // 7)):
        path = Path(shutil.copy(whole, tmp_path / name))
        before = sum(cell.requests for cell in store.cells(CellQuery()))
        stop = threading.Event()
        changing = threading.Thread(target=change, args=(path, stop))
        changing.start()
        try:
            result = import_file(store, path)
        except IngestError as error:
            refusals.append(str(error))
            assert sum(cell.requests for cell in store.cells(CellQuery())) == before
        else:
            imports += 1
            assert adds_up(result), result
            assert len(result.set_aside) == result.rows_set_aside
            after = sum(cell.requests for cell in store.cells(CellQuery()))
            assert after == before + result.rows_added
        finally:
            stop.set()
            changing.join()
    assert len(store.imports()) == imports
    assert [each for each in refusals if not each.startswith(str(tmp_path / name))] == []


def test_a_line_that_is_gone_when_it_shall_be_explained_is_accounted_for(tmp_path: Path) -> None:
    path = calls_in(tmp_path / "calls.jsonl", 0, 3)
    with path.open("a", encoding="utf-8") as out:
        out.write("{broken\n")

    def reached(phase: str) -> None:
        if phase == "checking":
            path.write_bytes(b"")

    found = import_file(Store(tmp_path / "store.duckdb"), path, reached=reached)
    assert (found.rows_added, found.rows_set_aside) == (3, 1)
    assert [(each.line, each.reason) for each in found.set_aside] == [
        (4, "could not be read again, as the file changed during the import")
    ]


def test_two_imports_and_a_reader_at_once_add_up(tmp_path: Path, examples: int) -> None:
    store = tmp_path / "store.duckdb"
    rows, rounds = 800, examples // 10
    files = [
        [calls_in(tmp_path / f"{who}-{n}.jsonl", 10_000 * n + start, rows) for n in range(rounds)]
        for who, start in (("one", 0), ("other", rows // 2))
    ]
    import_file(Store(store), files[0][0])
    running = [
        subprocess.Popen(
            [*PROGRAM, "--db", str(store), "import", *map(str, each)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for each in files
    ]
    seen = []
    while any(process.poll() is None for process in running):
        found = subprocess.run(
            [*PROGRAM, "--db", str(store), "report", "--json"],
            check=False,
            capture_output=True,
            cwd=ROOT,
        )
        assert (found.returncode, found.stderr) == (0, b"")
        seen.append(json.loads(found.stdout)["total"]["requests"])
    for process in running:
        assert process.communicate()[1].find(b"Error") < 0
        assert process.returncode == 0
    ids = {
        json.loads(line)["id"]
        for each in files
        for path in each
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    assert seen == sorted(seen)
    assert len(ids) == rounds * rows * 3 // 2
    total = report(Store(store), load_book(), ReportQuery()).total
    assert (total.requests, total.input_tokens) == (len(ids), 100 * len(ids))


@pytest.fixture
def ran(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run the program in this process; returns exit code and the words on stderr."""

    def run_with(*words: object) -> tuple[int, str]:
        capfd.readouterr()
        code = run([str(word) for word in words])
        return code, capfd.readouterr().err.strip()

    return run_with


@pytest.mark.parametrize(
    "content", [b"", b"x", b"no database " * 5_000], ids=["empty", "x", "text"]
)
def test_a_file_that_is_no_store_is_refused_and_left_alone(
    content: bytes, tmp_path: Path, ran: Callable[..., tuple[int, str]]
) -> None:
    store = tmp_path / "store.duckdb"
    store.write_bytes(content)
    usage = calls_in(tmp_path / "calls.jsonl", 0, 3)
    for words in (("import", usage), ("report",)):
        assert ran("--db", store, *words) == (
            2,
            f"Error: {store} cannot be read as a store of Tollbook: name another file with --db",
        )
    assert store.read_bytes() == content


def test_a_database_of_somebody_else_is_left_alone(
    tmp_path: Path, ran: Callable[..., tuple[int, str]]
) -> None:
    store = tmp_path / "other.duckdb"
    with duckdb.connect(str(store)) as connection:
        connection.execute("CREATE TABLE state AS SELECT 'mine' AS kept")
    usage = calls_in(tmp_path / "calls.jsonl", 0, 3)
    for words in (("import", usage), ("report",)):
        code, said = ran("--db", store, *words)
        assert (code, said.count("\n")) == (2, 0), said
        assert "holds other tables than a store of Tollbook" in said
    with duckdb.connect(str(store)) as connection:
        assert connection.execute("SHOW TABLES").fetchall() == [("state",)]


def test_places_where_no_store_can_be_are_named(tmp_path: Path) -> None:
    usage = calls_in(tmp_path / "calls.jsonl", 0, 3)
    for store, reason in (
        (tmp_path, "is a directory"),
        (tmp_path / "gone" / "s.duckdb", "no such file or directory"),
        (usage / "s.duckdb", "not a directory"),
    ):
        with pytest.raises(StoreUnreadableError, match=f"cannot be opened as a store .{reason}"):
            import_file(Store(store), usage)


READ_ONLY = """
mount -t tmpfs none "$1" && cp "$2" "$1/store.duckdb" && mount -o remount,ro "$1" || exit 77
"$4" -m tollbook --db "$1/store.duckdb" report --json > /dev/null || exit 1
"$4" -m tollbook --db "$1/store.duckdb" import "$3" && exit 2
"$4" -m tollbook --db "$1/new.duckdb" import "$3" && exit 3
exit 0
"""


def test_a_read_only_folder_can_be_read_and_refuses_an_import(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("no unshare: a read-only disk cannot be made")
    first = calls_in(tmp_path / "first.jsonl", 0, 3)
    import_file(Store(tmp_path / "store.duckdb"), first)
    disk = tmp_path / "disk"
    disk.mkdir()
    words = (disk, tmp_path / "store.duckdb", calls_in(tmp_path / "more.jsonl", 3, 3))
    found = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", READ_ONLY, "sh",
         *map(str, words), sys.executable],
        check=False, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    if found.returncode == 77 or "unshare failed" in found.stderr:
        pytest.skip("this user may not mount a read-only disk")
    assert found.returncode == 0, found.stderr
    assert found.stderr.splitlines() == [
        f"Error: {disk / name} cannot be opened as a store (read-only file system): "
        "check its folder, or name another file with --db"
        for name in ("store.duckdb", "new.duckdb")
    ]
