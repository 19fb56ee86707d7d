"""Tables of text: how SQL reads somebody's file, and how Python reads single rows again."""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import duckdb

from ingest.csv_records import bounded_lines
from ingest.errors import MappingError, UnreadableFileError
from ingest.files import (
    clean_copy,
    has_overlong_line,
    is_clean,
    is_lines_of_objects,
    picked_lines,
    rewritten,
    unpacked_copy,
)
from ingest.formats.parquet import (
    column_types,
    is_parquet,
    quoted,
    refused_if_damaged,
    utc_or_same,
)
from ingest.packed import opened
from ingest.served import sql_string

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ingest.mapping import ColumnMapping
    from ingest.projection import Sample


class Table:
    """A file as rows of text: how SQL reads it, and how Python reads single rows again."""

    def __init__(
        self,
        path: Path,
        reader: str,
        columns: Mapping[str, str] | None,
        records: Callable[[Sequence[int]], Iterable[tuple[int, Mapping[str, Any]]]],
    ) -> None:
        self.path = path
        self.reader = reader
        self.columns = columns
        self.records = records

    def expression(self, column: str) -> str:
        """Return the SQL of a column as text."""
        if self.columns is not None:
            return self.columns[column]
        first, *rest = column.split(".")
        if not rest:
            return quoted(first)
        steps = "".join(f'."{step}"' for step in rest)
        return f"""(try_cast({quoted(first)} AS JSON)->>'${steps}')"""


def type_of(sample: Sample) -> str:
    """Return which of ``TABLES`` reads a file that begins like this."""
    if is_parquet(sample):
        return "parquet"
    return "jsonl" if sample.text.lstrip().startswith(("{", "[")) else "csv"


def _csv_table(sample: Sample, _: ColumnMapping, workspace: Path) -> Table:
    """Return a CSV file as DuckDB reads it: fast, but it gives up what it does not understand.

    A line beyond its buffer of 32 MB it would pass over without a word.
    """
    path = sample.path
    if not is_clean(path):
        path = unpacked_copy(path, workspace)
    if has_overlong_line(path):
        return csv_by_record(sample, workspace)
    delimiter, names = _header(sample)
    described = ", ".join(f"{sql_string(name)}: 'VARCHAR'" for name in names)
    return Table(
        path,
        f"read_csv(?, delim={sql_string(delimiter)}, header=true, auto_detect=false, quote='\"', "
        f"escape='\"', ignore_errors=true, store_rejects=true, columns={{{described}}})",
        {name: quoted(name) for name in names},
        lambda places: _csv_records(path, delimiter, places),
    )


def csv_by_record(sample: Sample, workspace: Path) -> Table:
    """Return a CSV file read record by record in Python: slower, and nothing gets lost.

    A record with another number of cells than the header becomes a row without values.
    """
    delimiter, names = _header(sample)
    copy = workspace / "records.jsonl"
    with copy.open("w", encoding="utf-8") as out:
        for _, cells in _numbered_records(sample.path, delimiter):
            whole = len(cells) == len(names)
            row = {name: cell for name, cell in zip(names, cells, strict=False) if cell}
            out.write(json.dumps(row) + "\n" if whole else "!\n")
    described = ", ".join(f"{sql_string(name)}: 'VARCHAR'" for name in names)
    return Table(
        copy,
        f"read_json(?, format='newline_delimited', ignore_errors=true, columns={{{described}}})",
        {name: quoted(name) for name in names},
        lambda places: _csv_records(sample.path, delimiter, places),
    )


def _header(sample: Sample) -> tuple[str, list[str]]:
    first = sample.text.split("\n", 1)[0].rstrip("\r")
    delimiter = max(",\t;|", key=first.count)
    names = next(csv.reader([first], delimiter=delimiter), [])
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise MappingError(
            f"{sample.path}: line 1: two columns are called {repeated[0]!r}: rename one"
        )
    return delimiter, names


def _numbered_records(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Return the first line and the cells of every record after the header."""
    with opened(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        lines = bounded_lines(path, text)
        reader = csv.reader((line.replace("\0", "") for line in lines), delimiter=delimiter)
        next(reader, [])
        while True:
            first = reader.line_num + 1
            cells = next(reader, None)
            if cells is None:
                return
            if cells:
                yield first, cells


def _csv_records(
    path: Path, delimiter: str, places: Sequence[int]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    wanted = set(places)
    with opened(path) as stream:
        head = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        names = next(csv.reader(bounded_lines(path, head), delimiter=delimiter), [])
    for place, (line, cells) in enumerate(_numbered_records(path, delimiter)):
        if place in wanted:
            whole = len(cells) == len(names)
            yield line, dict(zip(names, cells, strict=False)) if whole else {CELLS: len(cells)}


CELLS: Final = "\0cells"
"""Stands for a record with another number of cells than the header."""


def _jsonl_table(sample: Sample, mapping: ColumnMapping, workspace: Path) -> Table:
    path, lines = sample.path, None
    if not is_lines_of_objects(sample):
        path, lines = rewritten(path, workspace, lambda document: [document])
    elif not is_clean(path) or has_overlong_line(path):
        path, lines = clean_copy(path, workspace)
    names = dict.fromkeys(str(each.value).split(".")[0] for each in mapping.columns.values())
    described = ", ".join(f"{sql_string(name)}: 'VARCHAR'" for name in names)

    def records(places: Sequence[int]) -> Iterator[tuple[int, Mapping[str, Any]]]:
        for place, number, line in picked_lines(path, places):
            text = line.decode("utf-8", errors="replace")
            yield (lines[place] if lines is not None else number), _flat(text)

    reader = (
        f"read_json(?, format='newline_delimited', ignore_errors=true, columns={{{described}}})"
    )
    return Table(path, reader, None, records)


def _flat(text: str) -> dict[str, Any]:
    """Return the values of a JSON object by dotted path."""
    found: dict[str, Any] = {}

    def walk(prefix: str, item: object) -> None:
        if isinstance(item, dict):
            for key, below in item.items():
                walk(f"{prefix}.{key}" if prefix else str(key), below)
        else:
            found[prefix] = item

    with suppress(ValueError, RecursionError):
        walk("", json.loads(text))
    return found


def _parquet_table(sample: Sample, _: ColumnMapping, __: Path) -> Table:
    path = sample.path
    types = column_types(path)
    if not types:
        raise UnreadableFileError(f"{path}: is no whole Parquet file: export it again")
    columns = {name: f"{utc_or_same(name, kind)}::VARCHAR" for name, kind in types.items()}
    texts = ", ".join(f"{text} AS {quoted(name)}" for name, text in columns.items())

    def records(places: Sequence[int]) -> Iterator[tuple[int, Mapping[str, Any]]]:
        with refused_if_damaged(path), duckdb.connect() as session:
            found = session.execute(
                f"SELECT {texts}, file_row_number FROM read_parquet(?, file_row_number = true) "
                "WHERE file_row_number IN (SELECT unnest(?::BIGINT[])) ORDER BY file_row_number",
                [str(path), list(places)],
            )
            for row in found.fetchall():
                yield row[-1] + 1, dict(zip(columns, row, strict=False))

    return Table(path, "read_parquet(?)", columns, records)


TABLES: Final = {"csv": _csv_table, "jsonl": _jsonl_table, "parquet": _parquet_table}
