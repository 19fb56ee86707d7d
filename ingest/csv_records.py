"""Tables as text, record by record with their lines: commas, tabs or semicolons, any mark."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from ingest.errors import UnreadableFileError
from ingest.files import LONGEST_LINE
from ingest.packed import opened
from ingest.values import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ingest.projection import Sample


csv.field_size_limit(LONGEST_LINE)  # 128 kB otherwise, which a stored prompt exceeds


@dataclass(frozen=True, slots=True)
class Record:
    """A record by the names of its columns, in small letters; or why it cannot be right.

    ``part`` counts the headers before it: more than one where exports were joined.
    """

    line: int
    cells: Mapping[str, str] | Fault
    part: int = 1


def delimiter_of(sample: Sample) -> str:
    """Return what separates the cells of the header: comma, tab or semicolon."""
    first = sample.text.lstrip().split("\n", 1)[0]
    return max(",\t;", key=first.count)


def header_of(sample: Sample) -> list[str]:
    """Return the names of the columns in small letters, none for a file that is no table."""
    first = sample.text.lstrip().split("\n", 1)[0].removeprefix("\ufeff")
    try:
        return _names(next(csv.reader([first.rstrip("\r")], delimiter=delimiter_of(sample)), []))
    except csv.Error:  # no text: a Parquet file, a picture
        return []


def _names(cells: Sequence[str]) -> list[str]:
    return [cell.strip().lower() for cell in cells]


def records_of(sample: Sample) -> Iterator[Record]:
    """Return every record of a table; a header that stands again, as of joined files, is none.

    Raises:
        UnreadableFileError: The rest of the file cannot be told into records.
    """
    header: list[str] = []
    part = 0
    for line, last, cells in _cells(sample.path, delimiter_of(sample)):
        names = _names(cells)
        if not header or names == header:
            header, part = names, part + 1
        elif len(cells) != len(header):
            where = f"lines {line} to {last} are one record: " if last > line else ""
            said = f"holds {len(cells)} cells, the header {len(header)}: cut off or damaged"
            yield Record(line, Fault(where + said), part)
        else:
            yield Record(line, dict(zip(header, cells, strict=True)), part)


def _cells(path: Path, delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """Return first line, last line and cells of every record that is not blank."""
    with opened(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        reader = csv.reader(bounded_lines(path, text), delimiter=delimiter)
        before = 0
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield before + 1, reader.line_num, cells
                before = reader.line_num
        except csv.Error as error:
            raise UnreadableFileError(
                f"{path}, line {before + 1}: cannot be read as CSV ({error}): export it again"
            ) from error


def bounded_lines(path: Path, text: TextIO) -> Iterator[str]:
    """Return the lines of a file's text, each with its end, for a reader of CSV.

    Raises:
        UnreadableFileError: A line is longer than ``LONGEST_LINE``.
    """
    number = 0
    while line := text.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            said = f"is longer than {LONGEST_LINE // 1024**2} MB: shorten it, or leave it out"
            raise UnreadableFileError(f"{path}, line {number}: {said}")
        yield line
