"""Reading files in Python: the sample, cleaned copies, and the lines of single rows."""

from __future__ import annotations

import gzip
import json
import shutil
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

from ingest.errors import UnreadableFileError
from ingest.projection import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

SAMPLE_BYTES: Final = 256 * 1024
SAMPLE_STEPS: Final = 32
SAMPLE_STEP_BYTES: Final = 8 * 1024
LONGEST_LINE: Final = 16 * 1024 * 1024
BLANK: Final = b" \t\r\v\f\n"
BOM: Final = b"\xef\xbb\xbf"
GZIP: Final = b"\x1f\x8b"
PARQUET: Final = b"PAR1"

Lines = list[int]


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, unpacking gzip.

    Raises:
        UnreadableFileError: The file is not there, or ends early.
    """
    try:
        with path.open("rb") as start:
            packed = start.read(2) == GZIP
        with cast("IO[bytes]", gzip.open(path) if packed else path.open("rb")) as stream:
            yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableFileError(
            f"{path}: the packed file ends early or is damaged: export it again"
        ) from error
    except OSError as error:
        raise UnreadableFileError(f"{path}: cannot be read: {error.strerror}") from error


def sample_of(path: Path) -> Sample:
    """Return the start of a file; a file that is no text gives its first bytes as Latin-1."""
    with opened(path) as stream:
        start = stream.read(SAMPLE_BYTES + 1)
    complete = len(start) <= SAMPLE_BYTES
    start = start[:SAMPLE_BYTES].removeprefix(BOM)
    if start.startswith(PARQUET):
        return Sample(path, start.decode("latin-1"), complete)
    return Sample(path, start.decode("utf-8", errors="replace"), complete)


def is_clean(path: Path) -> bool:
    """Tell whether DuckDB can read the file itself: its name tells gzip, and no mark leads."""
    with path.open("rb") as stream:
        start = stream.read(3)
    packed = start[:2] == GZIP
    return packed == (path.suffix == ".gz") and start != BOM


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """Return number and bytes of every line that is not blank."""
    with opened(path) as stream:
        for number, line in enumerate(stream, start=1):
            text = line.removeprefix(BOM) if number == 1 else line
            if text.strip(BLANK):
                yield number, text


def picked_lines(path: Path, places: Sequence[int]) -> Iterator[tuple[int, int, str]]:
    """Return place, line number and text of the lines at places, counted over non-blank lines."""
    wanted = iter(sorted(places))
    place = next(wanted, None)
    for at, (number, line) in enumerate(lines_of(path)):
        if place is None:
            return
        if at == place:
            yield place, number, line.decode("utf-8", errors="replace")
            place = next(wanted, None)


def reasons_of_lines(
    path: Path,
    places: Sequence[int],
    explain: Callable[[str], str],
    numbers: Sequence[int] | None = None,
) -> Iterator[tuple[int, str]]:
    """Return line and reason of rows by their place; ``numbers`` has the lines of a copy's rows."""
    for place, number, text in picked_lines(path, places):
        yield (numbers[place] if numbers is not None else number), explain(text)


def spread_lines(path: Path) -> list[bytes]:
    """Return some lines from all over a file: its first ones and those after equal steps."""
    with opened(path) as stream:
        lines = stream.readlines(SAMPLE_BYTES)
    if path.suffix == ".gz":
        return lines
    size = path.stat().st_size
    with path.open("rb") as stream:
        for step in range(1, SAMPLE_STEPS):
            stream.seek(size * step // SAMPLE_STEPS)
            stream.readline()
            lines += stream.readlines(SAMPLE_STEP_BYTES)
    return lines


def clean_copy(path: Path, workspace: Path) -> tuple[Path, Lines]:
    """Copy a file of lines: unpacked, without a mark, and with a stand-in for overlong lines."""
    copy = workspace / "clean.jsonl"
    numbers: Lines = []
    with copy.open("wb") as out:
        for number, line in lines_of(path):
            numbers.append(number)
            out.write(line if len(line) <= LONGEST_LINE else b"!\n")
            if not line.endswith(b"\n"):
                out.write(b"\n")
    return copy, numbers


def unpacked_copy(path: Path, workspace: Path) -> Path:
    """Copy a file unpacked and without a mark, its lines as they are."""
    copy = workspace / "unpacked"
    with opened(path) as stream, copy.open("wb") as out:
        out.write(stream.read(SAMPLE_BYTES).removeprefix(BOM))
        shutil.copyfileobj(stream, out)
    return copy


def rewritten(
    path: Path, workspace: Path, rows_of: Callable[[Any], Iterable[object]]
) -> tuple[Path, Lines]:
    """Write the rows that each JSON document of a file holds as lines of their own.

    A document that cannot be read becomes one row that is no object; so does what
    follows it in a file that is not one document a line.
    """
    copy = workspace / "rows.jsonl"
    numbers: Lines = []
    with copy.open("w", encoding="utf-8") as out:
        for number, document in documents(path):
            rows = ["!"] if document is UNREADABLE else [json.dumps(r) for r in rows_of(document)]
            for row in rows:
                numbers.append(number)
                out.write(row + "\n")
    return copy, numbers


UNREADABLE: Final = object()
"""Stands for text where a JSON document should be."""


def documents(path: Path) -> Iterator[tuple[int, Any]]:
    """Return line and value of every JSON document in a file: one a line, or over many lines.

    The elements of an array at the top are documents of their own.
    """
    with opened(path) as stream:
        text = stream.read().removeprefix(BOM).decode("utf-8", errors="replace")
    decoder = json.JSONDecoder()
    at, line, counted = 0, 1, 0
    while (at := _next_value(text, at)) < len(text):
        line += text.count("\n", counted, at)
        counted = at
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError:
            yield line, UNREADABLE
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
            continue
        yield line, value


def _next_value(text: str, at: int) -> int:
    """Return where the next document begins, over blanks and the marks of an array."""
    while at < len(text) and (text[at].isspace() or text[at] in "[],"):
        at += 1
    return at


def is_lines_of_objects(sample: Sample) -> bool:
    """Tell whether each of the first lines is a JSON object of its own, or tries to be."""
    lines = sample.lines[:20]
    return any(_object(line) is not None for line in lines) and not sample.text.lstrip().startswith(
        "["
    )


def first_objects(sample: Sample, count: int = 20) -> list[dict[str, Any]]:
    """Return the first JSON objects of a sample, whether one a line or in an array."""
    by_line = [each for line in sample.lines[: 5 * count] if (each := _object(line)) is not None]
    if by_line:
        return by_line[:count]
    decoder = json.JSONDecoder()
    found: list[dict[str, Any]] = []
    at = 0
    while len(found) < count and (at := _next_value(sample.text, at)) < len(sample.text):
        try:
            value, at = decoder.raw_decode(sample.text, at)
        except ValueError:
            break
        if isinstance(value, dict):
            found.append(value)
    return found


def _object(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def sql_text(path: Path) -> str:
    """Return a path as DuckDB takes it."""
    return str(Path(path))
