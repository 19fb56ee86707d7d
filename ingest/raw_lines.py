"""Single lines of somebody's own file as they stand there, to be repaired and imported again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.csv_records import header_of
from ingest.errors import UnreadableFileError
from ingest.files import BLANK, BOM, is_lines_of_objects, sample_of
from ingest.packed import opened

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

PIECE_BYTES: Final = 1024 * 1024
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
    """Return the rows that begin on these lines, byte for byte; a table's header leads them.

    A row comes in pieces, however long it is.
    """
    wanted, table, last = frozenset(numbers), is_table(path), b"\n"
    for place, number, piece in _pieces(path, table=table):
        if number in wanted or (table and place == 0):
            last = piece
            yield piece
    if not last.endswith(b"\n"):
        yield b"\n"


def _pieces(path: Path, *, table: bool) -> Iterator[tuple[int, int, bytes]]:
    """Return place and first line of the row that each piece of a file belongs to, and the piece.

    Blank lines between rows are passed over. In a table a quoted cell may hold line breaks.
    """
    line, place, first = 0, -1, 0
    is_new_line, is_open = True, False
    with opened(path) as stream:
        while piece := stream.readline(PIECE_BYTES):
            line += is_new_line
            text = piece.removeprefix(BOM) if line == 1 and is_new_line else piece
            if is_new_line and not is_open:
                if not text.strip(BLANK) and len(piece) < PIECE_BYTES:
                    continue
                place, first = place + 1, line
            yield place, first, text
            is_open ^= table and text.count(_QUOTE) % 2 == 1
            is_new_line = piece.endswith(b"\n")
