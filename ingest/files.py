"""Reading files in Python: the sample, cleaned copies, and the lines of single rows."""

from __future__ import annotations

import json
import shutil
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from ingest.errors import UnreadableFileError
from ingest.json_documents import UNREADABLE, documents, next_value
from ingest.packed import GZIP, ZSTD, opened
from ingest.projection import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

SAMPLE_BYTES: Final = 256 * 1024
SAMPLE_STEPS: Final = 32
SAMPLE_STEP_BYTES: Final = 8 * 1024
LONGEST_LINE: Final = 16 * 1024 * 1024
LONGEST_SAMPLED: Final = 1024 * 1024
OVERLONG: Final = f"! longer than {LONGEST_LINE // 1024**2} MB"
"""Stands in a copy for an overlong line."""

BLANK: Final = b" \t\r\v\f\n"
BOM: Final = b"\xef\xbb\xbf"
PARQUET: Final = b"PAR1"

Lines = list[int]


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
    """Tell whether DuckDB can read the file itself: it is not packed, and no mark leads."""
    with path.open("rb") as stream:
        return not stream.read(len(ZSTD)).startswith((GZIP, ZSTD, BOM))


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """Return number and bytes of every line that is not blank; an overlong one is cut.

    What is left of it is longer than ``LONGEST_LINE``.
    """
    with opened(path) as stream:
        for number, line in enumerate(_bounded(stream), start=1):
            text = line.removeprefix(BOM) if number == 1 else line
            if text.strip(BLANK):
                yield number, text


def _bounded(stream: IO[bytes]) -> Iterator[bytes]:
    """Return every line, passing over what an overlong one has too much."""
    while line := stream.readline(LONGEST_LINE + 1):
        yield line
        while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            line = stream.readline(LONGEST_LINE + 1)


def has_overlong_line(path: Path) -> bool:
    """Tell whether a file that is not packed has a line longer than ``LONGEST_LINE``.

    It may say so of one that is at least half as long.
    """
    with path.open("rb") as stream:
        while len(piece := stream.read(LONGEST_LINE // 2)) == LONGEST_LINE // 2:
            if b"\n" not in piece:
                return True
    return False


def picked_lines(path: Path, places: Sequence[int]) -> Iterator[tuple[int, int, bytes]]:
    """Return place, line number and bytes of the lines at places, counted over non-blank lines."""
    wanted = iter(sorted(places))
    place = next(wanted, None)
    for at, (number, line) in enumerate(lines_of(path)):
        if place is None:
            return
        if at == place:
            yield place, number, line
            place = next(wanted, None)


def reasons_of_lines(
    path: Path,
    places: Sequence[int],
    explain: Callable[[str], str],
    numbers: Sequence[int] | None = None,
) -> Iterator[tuple[int, str]]:
    """Return line and reason of rows by their place; ``numbers`` has the lines of a copy's rows."""
    for place, number, line in picked_lines(path, places):
        text = line.decode("utf-8", errors="replace")
        yield (numbers[place] if numbers is not None else number), explain(text)


def spread_lines(path: Path) -> list[bytes]:
    """Return some lines from all over a file: its first ones and those after equal steps."""
    with opened(path) as stream:
        lines = [*_whole_lines(stream, SAMPLE_BYTES)]
    size = path.stat().st_size
    with path.open("rb") as stream:
        for step in range(1, SAMPLE_STEPS):
            stream.seek(size * step // SAMPLE_STEPS)
            if stream.readline(LONGEST_SAMPLED).endswith(b"\n"):
                lines += _whole_lines(stream, SAMPLE_STEP_BYTES)
    return lines


def _whole_lines(stream: IO[bytes], size: int) -> Iterator[bytes]:
    """Return lines until there are so many bytes of them, or one is too long for a sample."""
    while size > 0 and (line := stream.readline(LONGEST_SAMPLED)).endswith(b"\n"):
        size -= len(line)
        yield line


def clean_copy(path: Path, workspace: Path) -> tuple[Path, Lines]:
    """Copy a file of lines: unpacked, without a mark, and with a stand-in for overlong lines."""
    copy = workspace / "clean.jsonl"
    numbers: Lines = []
    with copy.open("wb") as out:
        for number, line in lines_of(path):
            numbers.append(number)
            out.write(line if len(line) <= LONGEST_LINE else f"{OVERLONG}\n".encode())
            if not line.endswith(b"\n"):
                out.write(b"\n")
    return copy, numbers


def unpacked_copy(path: Path, workspace: Path) -> Path:
    """Copy a file unpacked and without a mark, its lines as they are.

    Raises:
        UnreadableFileError: It cannot be read to its end, or there is no room for it.
    """
    copy = workspace / "unpacked"
    try:
        with opened(path) as stream, copy.open("wb") as out:
            out.write(stream.read(SAMPLE_BYTES).removeprefix(BOM))
            shutil.copyfileobj(stream, out, SAMPLE_BYTES)
    except OSError as error:
        raise UnreadableFileError(
            f"{path}: cannot be unpacked into {workspace.parent}: {error.strerror}"
        ) from error
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
            for row in ["!"] if document is UNREADABLE else _texts(rows_of, document):
                numbers.append(number)
                out.write((row if len(row) <= LONGEST_LINE else OVERLONG) + "\n")
    return copy, numbers


def _texts(rows_of: Callable[[Any], Iterable[object]], document: object) -> list[str]:
    """Return the rows of a document as JSON; writing may find too deep what reading did not."""
    try:
        return [json.dumps(row) for row in rows_of(document)]
    except RecursionError:
        return ["!"]


def is_lines_of_objects(sample: Sample) -> bool:
    """Tell whether each of the first lines is a JSON object of its own, or tries to be."""
    lines = sample.lines[:20]
    return any(_object(line) is not None for line in lines) and not sample.text.lstrip().startswith(
        "["
    )


def first_objects(sample: Sample, count: int = 20) -> list[dict[str, Any]]:
    """Return the first JSON objects of a sample, whether one a line or in an array.

    Every format looks at the same objects, so nobody may change one.
    """
    return list(_first_objects(sample, count))


@lru_cache(maxsize=4)  # one file is asked for few counts, by each format in turn
def _first_objects(sample: Sample, count: int) -> list[dict[str, Any]]:
    by_line = [each for line in sample.lines[: 5 * count] if (each := _object(line)) is not None]
    if by_line:
        return by_line[:count]
    decoder = json.JSONDecoder()
    found: list[dict[str, Any]] = []
    at = 0
    while len(found) < count and (at := next_value(sample.text, at)) < len(sample.text):
        try:
            value, at = decoder.raw_decode(sample.text, at)
        except (ValueError, RecursionError):
            break
        if isinstance(value, dict):
            found.append(value)
    return found


def _object(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def sql_text(path: Path) -> str:
    """Return a path as DuckDB takes it."""
    return str(Path(path))
