"""Spoiled samples of every format: no crash, no rubbish counted, every row accounted for.

A few spoiled files of the largest sample of each format; 100,000 of all samples in a soak
run. The environment variable ``TOLLBOOK_FUZZ`` sets another number of all samples. One in
ten is imported, the others are only looked at.
"""

from __future__ import annotations

import random
import re
import tempfile
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest import imports
from ingest.claiming import format_of
from ingest.errors import IngestError
from ingest.files import sample_of
from ingest.formats import FORMATS
from ingest.imports import ImportOptions, import_file, preview_file
from ingest.rows import LARGEST_COUNT
from ingest.store import CellQuery, Store
from ingest.store.stage import new_stage
from tests.conftest import SPOILED_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ingest.store import SetAside
    from ingest.store.stage import Stage

SAMPLES = Path(__file__).parents[2] / "sample_logs"


def samples_of(name: str) -> list[Path]:
    """Return the samples of a format: all of them in a long run, else the largest one."""
    found = [
        path
        for path in sorted((SAMPLES / name).iterdir())
        if not path.name.endswith((".expected.json", ".md"))
    ]
    return found if SPOILED_FILES else [max(found, key=lambda path: path.stat().st_size)]


FILES = [path for each in FORMATS for path in samples_of(each.name)]
ROUNDS = -(-SPOILED_FILES // len(FILES)) or 4
IMPORTED = max(1, ROUNDS // 10)
LOOKED_AT = ROUNDS - IMPORTED
MOST_COUNTED = LARGEST_COUNT * 100
VALUES = (
    "null", "true", "-1", "0.5", "1e400", "NaN", "99999999999999999999", '"12a"', '""', '"\\u0000"',
    '"=cmd()"', '"<img src=x onerror=alert(1)>"', "[]", "{}", '[[[[[[{"a":1}]]]]]]', '"\\ud800"',
    "2026-13-45", '"2199-01-01T00:00:00Z"',
)  # fmt: skip
CELLS = (
    "",
    "-5",
    "1.5",
    "1e99",
    "NaN",
    "TRUE",
    "=1+1",
    '"',
    "a\tb",
    "x" * 3_000,
    "٣",
    "\x00",
    "12,5",
)

Spoil = tuple[str, "Callable[[bytes, random.Random], bytes]"]


def cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data))]


def flip(data: bytes, dice: random.Random) -> bytes:
    spoiled = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        spoiled[dice.randrange(len(spoiled))] = dice.randrange(256)
    return bytes(spoiled)


def shuffled_lines(data: bytes, dice: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    dice.shuffle(lines)
    return b"".join(lines + lines[: dice.randint(0, 3)])


def other_value(data: bytes, dice: random.Random) -> bytes:
    """Put rubbish where a JSON value or a cell stands."""
    text = data.decode("utf-8", errors="replace")
    places = list(re.finditer(r'(?<=[:,\t;])\s*("[^"\n]*"|[^,\t;{}\[\]"\n]+)', text))
    if not places:
        return data
    at = dice.choice(places)
    rubbish = dice.choice(VALUES if text.lstrip().startswith(("{", "[")) else CELLS)
    return (text[: at.start()] + rubbish + text[at.end() :]).encode("utf-8", errors="replace")


def other_ends(data: bytes, dice: random.Random) -> bytes:
    end = dice.choice((b"\r\n", b"\r", b"\n\n", b" \n"))
    return dice.choice((b"", b"\xef\xbb\xbf")) + data.replace(b"\n", end)


def in_another_script(data: bytes, dice: random.Random) -> bytes:
    return data.decode("utf-8", errors="replace").encode(dice.choice(("utf-16", "utf-32", "cp037")),
                                                         errors="replace")  # fmt: skip


SPOILS = (cut, flip, shuffled_lines, other_value, other_value, other_value, other_ends)


def spoiled(data: bytes, dice: random.Random) -> bytes:
    for spoil in dice.sample(SPOILS, k=dice.randint(1, 2)):
        data = spoil(data, dice) or b"\n"
    return data


@pytest.fixture
def on_kept_sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stage each file in a new session of one DuckDB: to start one takes longer than a sample."""
    first = new_stage(tmp_path, "UTC")

    def next_stage(_: Path, tz: str, cell_dimensions: Sequence[str] | None) -> Stage:
        assert cell_dimensions is None
        stage = copy(first)
        stage.connection = first.connection.cursor()
        stage.connection.execute("SET enable_progress_bar=false")
        stage.connection.execute("SET TimeZone=?", [tz])
        return stage

    monkeypatch.setattr(imports, "new_stage", next_stage)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    first.close()


def ways_to_read(path: Path) -> list[ImportOptions]:
    """Return the sample's own format, and the one that now claims the file if it is another."""
    own = ImportOptions(format=path.parent.name)
    try:
        claiming = format_of(sample_of(path), ImportOptions()).name
    except IngestError as error:
        check_said([str(error)])
        return [own]
    return [own] if claiming == own.format else [own, ImportOptions(format=claiming)]


def check_said(reasons: Iterable[str]) -> None:
    for reason in reasons:
        assert reason.strip()
        assert len(reason) < 2_000
        reason.encode()


def check_aside(found: Sequence[SetAside], rows: int) -> None:
    assert len(found) == rows
    assert all(each.line >= 1 for each in found)
    check_said(each.reason for each in found)


def check_look(path: Path, options: ImportOptions) -> None:
    """Look at a file: it is refused in words, or each row is good, set aside or no usage."""
    try:
        found = preview_file(path, options)
    except IngestError as error:
        check_said([str(error)])
        return
    assert found.rows_good + found.rows_set_aside + found.rows_without_usage == found.rows_read
    check_aside(found.set_aside, found.rows_set_aside)
    for usage in found.usage:
        assert 0 <= usage.tokens < MOST_COUNTED
        assert 0 <= usage.requests < MOST_COUNTED


def check_import(store: Store, path: Path) -> None:
    """Import a file: it is refused in words, or each row is in the store or accounted for."""
    try:
        result = import_file(store, path, options=ImportOptions(format=path.parent.name))
    except IngestError as error:
        check_said([str(error)])
        return
    added = result.rows_added + result.rows_replaced + result.rows_duplicate
    assert added + result.rows_set_aside + result.rows_without_usage == result.rows_read
    check_aside(result.set_aside, result.rows_set_aside)


@pytest.mark.usefixtures("on_kept_sessions")
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_spoiled_sample_is_read_or_refused_and_every_row_accounted_for(
    path: Path, tmp_path: Path
) -> None:
    dice = random.Random(path.name)
    copied = spoiled_copy(path, tmp_path)
    for number in range(LOOKED_AT):
        data = spoiled(path.read_bytes(), dice)
        copied.write_bytes(in_another_script(data, dice) if number == 0 else data)
        for options in ways_to_read(copied):
            check_look(copied, options)


@pytest.mark.usefixtures("on_kept_sessions")
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_is_imported_of_a_spoiled_sample_adds_up(path: Path, tmp_path: Path) -> None:
    dice = random.Random(f"store {path.name}")
    copied, store = spoiled_copy(path, tmp_path), Store(tmp_path / "s.duckdb")
    for _ in range(IMPORTED):
        copied.write_bytes(spoiled(path.read_bytes(), dice))
        check_import(store, copied)
    for cell in store.cells(CellQuery()):
        assert all(0 <= count < MOST_COUNTED for count in cell.quantities)


def spoiled_copy(path: Path, folder: Path) -> Path:
    """Return where spoiled copies of a sample go, in a folder named as its format."""
    (folder / path.parent.name).mkdir()
    return folder / path.parent.name / path.name
