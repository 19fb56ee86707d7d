"""Spoiled samples of every format: no crash, no rubbish counted, every row accounted for.

A few spoiled files of the largest sample of each format; 100,000 of all samples in a soak
run. The environment variable ``TOLLBOOK_FUZZ`` sets another number of all samples.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest.errors import IngestError
from ingest.formats import FORMATS
from ingest.imports import ImportOptions, import_file, preview_file
from ingest.rows import LARGEST_COUNT
from ingest.store import CellQuery, Store
from tests.conftest import SPOILED_FILES

if TYPE_CHECKING:
    from collections.abc import Callable

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


def said_of(path: Path, options: ImportOptions) -> str:
    """Return why a file was refused, nothing where it was read."""
    try:
        preview_file(path, options)
    except IngestError as error:
        return str(error)
    return ""


SPOILS = (cut, flip, shuffled_lines, other_value, other_value, other_value, other_ends)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_spoiled_sample_is_read_or_refused_and_every_row_accounted_for(
    path: Path, tmp_path: Path
) -> None:
    dice = random.Random(path.name)
    spoiled = tmp_path / path.name
    options = ImportOptions(format=path.parent.name)
    for number in range(ROUNDS):
        data = path.read_bytes()
        for spoil in dice.sample(SPOILS, k=dice.randint(1, 2)):
            data = spoil(data, dice) or b"\n"
        if number == 0:
            data = in_another_script(data, dice)
        spoiled.write_bytes(data)
        refusals = [said_of(spoiled, options), said_of(spoiled, ImportOptions())]
        assert all(len(said) < 2_000 for said in refusals)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_is_imported_of_a_spoiled_sample_adds_up(path: Path, tmp_path: Path) -> None:
    dice = random.Random(f"store {path.name}")
    spoiled, store = tmp_path / path.name, Store(tmp_path / "s.duckdb")
    for _ in range(max(1, ROUNDS // 200)):
        spoiled.write_bytes(other_value(path.read_bytes(), dice) or b"\n")
        try:
            result = import_file(store, spoiled, options=ImportOptions(format=path.parent.name))
        except IngestError:
            continue
        added = result.rows_added + result.rows_replaced + result.rows_duplicate
        assert added + result.rows_set_aside + result.rows_without_usage == result.rows_read
        assert len(result.set_aside) == result.rows_set_aside
        assert json.dumps([each.reason for each in result.set_aside])
    for cell in store.cells(CellQuery()):
        assert all(0 <= count < LARGEST_COUNT * 100 for count in cell.quantities)
