"""Single lines of somebody's own file as they stand there, to be repaired and imported again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.csv_records import header_of
from ingest.errors import UnreadableFileError
from ingest.files import is_lines_of_objects, lines_of, sample_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

_NOT_TEXT: Final = "\0"
_QUOTE: Final = b'"'


def is_table(path: Path) -> bool:
    """Tell whether a file looks like a table with a header of several columns."""
    try:
        sample = sample_of(path)
    except UnreadableFileError:
        return False
    begins_as_json = sample.text.lstrip().startswith(("{", "["))
    return not begins_as_json and _NOT_TEXT not in sample.text and len(header_of(sample)) > 1


def has_lines(path: Path) -> bool:
    """Tell whether the rows of a file are lines that can stand alone: a table, or JSON lines."""
    return is_table(path) or is_lines_of_objects(sample_of(path))


def picked(path: Path, numbers: Collection[int]) -> Iterator[bytes]:
    """Return the rows that begin on these lines, byte for byte; a table's header leads them."""
    wanted, table = frozenset(numbers), is_table(path)
    for place, (number, row) in enumerate(_rows(path, table=table)):
        if number in wanted or (table and place == 0):
            yield row if row.endswith(b"\n") else row + b"\n"


def _rows(path: Path, *, table: bool) -> Iterator[tuple[int, bytes]]:
    """Return first line and bytes of every row; in a table a quoted cell may hold line breaks."""
    start, parts, is_open = 0, b"", False
    for number, line in lines_of(path):
        start, parts = (start, parts + line) if is_open else (number, line)
        is_open = table and parts.count(_QUOTE) % 2 == 1
        if not is_open:
            yield start, parts
    if is_open:
        yield start, parts
