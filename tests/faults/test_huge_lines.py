"""A line of 1 GB is set aside or its file refused, in less than 2 GB of memory.

A line of 40 MB outside a soak run, with as much less memory.
"""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import SOAK
from tests.faults.measured import import_and_measure
from tests.faults.own_process import answer_of
from tests.ingest.chats import chat
from tests.tollbook.usage import ACTIVITY_COLUMNS, activity_row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEGABYTE = 1_000_000
LINE_MEGABYTES = 1_000 if SOAK else 40
MOST_KILOBYTES = 2 * 1024 * 1024 if SOAK else 450 * 1024


def imported(path: Path, format_name: str | None = None) -> dict[str, Any]:
    """Import a file in a process of its own; returns what came of it and the memory it took."""
    told = answer_of(import_and_measure, path, path.with_name("store.duckdb"), format_name)
    assert told["kilobytes"] < MOST_KILOBYTES, told
    return told


def with_long_line(path: Path, start: bytes, end: bytes) -> Path:
    """Write a file whose start and end stand around a long run without an end of a line."""
    opened: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    dice = bytes(range(32, 92)).replace(b'"', b"").replace(b"\\", b"").replace(b",", b"")
    piece = (dice * (MEGABYTE // len(dice) + 1))[:MEGABYTE]
    with opened(path, "wb") as out:
        out.write(start)
        for _ in range(LINE_MEGABYTES):
            out.write(piece)
        out.write(end)
    return path


FIRST, LAST = (json.dumps(chat(number)).encode() for number in (1, 2))
USAGE = json.dumps(chat(3)).encode()[1:]
HEADER = ",".join(ACTIVITY_COLUMNS).encode()


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("calls.jsonl", b'{"text": "', b'", ' + USAGE),
        ("calls.jsonl", b"x", b"x"),
        ("calls.jsonl", b'{"text": "', b""),
        ("calls.jsonl.gz", b'{"text": "', b'", ' + USAGE),
    ],
    ids=["a call with a long text", "no object", "an object without an end", "packed"],
)
def test_among_calls_a_huge_line_costs_only_itself(
    name: str, start: bytes, end: bytes, tmp_path: Path
) -> None:
    if name.endswith(".gz") and SOAK:
        pytest.skip("1 GB that packs too well is refused: test_hostile_files")
    path = with_long_line(tmp_path / name, FIRST + b"\n" + start, end + b"\n" + LAST + b"\n")
    told = imported(path)
    assert (told["read"], told["added"], told["aside"]) == (3, 2, 1), told
    assert told["reasons"] == [[2, "the line is longer than 16 MB"]]


@pytest.mark.parametrize(
    ("format_name", "start", "end"),
    [
        (None, b"x", b"x"),
        ("openai_usage", b'{"data": ["', b'"]}'),
        ("openai_usage", b'{"object": "page", "data": [', b"]}"),
        ("langfuse", b'[{"text": "', b'"}]'),
        ("langfuse", b"[", b""),
        ("codex", b'{"text": "', b'"}'),
        ("api_objects", b'{"text": "', b'"}'),
    ],
    ids=["none", "document", "broken document", "list", "open list", "line", "object"],
)
def test_a_file_that_is_one_huge_line_gives_nothing(
    format_name: str | None, start: bytes, end: bytes, tmp_path: Path
) -> None:
    told = imported(with_long_line(tmp_path / "one.json", start, end), format_name)
    assert "refused" in told or (told["read"], told["added"]) == (1, 0), told


MAPPED = b'{"start_time": "2026-11-03T10:00:00Z", "model": "gpt-4.1", "input_tokens": 5'


@pytest.mark.parametrize(
    ("before", "start", "end"),
    [
        (MAPPED + b"}\n", MAPPED + b', "text": "', b'"}\n' + MAPPED + b"}\n"),
        (b"[" + MAPPED + b"},\n", MAPPED + b', "text": "', b'"},\n' + MAPPED + b"}]\n"),
    ],
    ids=["lines", "list"],
)
def test_among_objects_that_are_mapped_a_huge_line_costs_only_itself(
    before: bytes, start: bytes, end: bytes, tmp_path: Path
) -> None:
    told = imported(with_long_line(tmp_path / "calls.json", before + start, end), "mapped")
    if SOAK and before.startswith(b"["):  # one document, and a longer one than is taken
        assert "a JSON document of more than 268 million characters" in told["refused"]
    else:
        assert (told["read"], told["added"], told["aside"]) == (3, 2, 1), told


@pytest.mark.parametrize("quote", [b'"', b""], ids=["quoted", "bare"])
@pytest.mark.parametrize("format_name", ["openai_activity", "mapped"])
def test_a_table_with_a_huge_cell_is_refused(
    format_name: str, quote: bytes, tmp_path: Path
) -> None:
    cells = map(str, activity_row(datetime(2026, 11, 3, tzinfo=UTC), "gpt-4.1", 1).values())
    row = ",".join(cells).encode()
    path = with_long_line(
        tmp_path / "usage.csv",
        b"\n".join((HEADER, row, row.replace(b"proj_shop", quote + b"shop"))),
        quote + b"\n" + row + b"\n",
    )
    told = imported(path, format_name)
    assert told["refused"].startswith(f"{path}, line 3: is longer than 16 MB"), told
