"""A line of 1 GB is set aside or its file refused, in less than 2 GB of memory.

A line of 40 MB outside a soak run, with as much less memory.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import SOAK
from tests.ingest.chats import chat
from tests.tollbook.usage import ACTIVITY_COLUMNS, activity_row

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
MEGABYTE = 1_000_000
LINE_MEGABYTES = 1_000 if SOAK else 40
MOST_KILOBYTES = 2 * 1024 * 1024 if SOAK else 450 * 1024

IMPORT_AND_MEASURE = """
import json, sys
from pathlib import Path
from ingest.errors import IngestError
from ingest.imports import ImportOptions, import_file
from ingest.store import Store

mapping = Path(sys.argv[1]).with_name("mapping.yaml")
mapping.write_text("columns: {time: start_time, model: model, input: input_tokens}")
is_mapped = sys.argv[3] == "mapped"
options = ImportOptions(
    format=None if is_mapped else sys.argv[3] or None, mapping=mapping if is_mapped else None
)
told = {}
try:
    found = import_file(Store(Path(sys.argv[2])), Path(sys.argv[1]), options=options)
    told = {"read": found.rows_read, "added": found.rows_added, "aside": found.rows_set_aside}
    told["reasons"] = [[each.line, each.reason] for each in found.set_aside]
except IngestError as error:
    told["refused"] = str(error)
# what getrusage says begins with the memory of the process that started this one
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
told["kilobytes"] = int(status["VmHWM"].split()[0])
print(json.dumps(told))
"""


def imported(path: Path, format_name: str | None = None) -> dict[str, Any]:
    """Import a file in a process of its own; returns what came of it and the memory it took."""
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            IMPORT_AND_MEASURE,
            path,
            path.with_name("store.duckdb"),
            format_name or "",
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert found.returncode == 0, found.stderr[-2_000:]
    told: dict[str, Any] = json.loads(found.stdout)
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
