"""Azure's tables: CSV, or columns and rows, or objects, in one document of JSON or many."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ingest.csv_records import Record, records_of
from ingest.json_documents import UNREADABLE, documents
from ingest.values import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ingest.projection import Sample


def table_records(sample: Sample) -> Iterator[Record]:
    """Return every row of a table by its columns in small letters, or why it is none."""
    if is_json(sample.text):
        yield from document_records(sample.path)
        return
    for record in records_of(sample):
        cells = record.cells
        yield record if isinstance(cells, Fault) else replace(record, cells=small_names(cells))


def document_records(path: Path) -> Iterator[Record]:
    """Return every row of a file of JSON by its columns in small letters, or why it is none.

    Rows stand as lists beside ``columns`` (in ``tables`` of a log, in ``properties`` of a
    cost query), as objects in a list ``value``, or are objects themselves.
    """
    for part, (line, document) in enumerate(documents(path), start=1):
        for row in _rows(document):
            yield Record(line, row, part)


def small_names(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row by its names in small letters, without spaces and underscores in them."""
    return {plain_name(name): _sound(value) for name, value in row.items()}


def plain_name(name: str) -> str:
    """Return the name of a column in small letters, without spaces and underscores."""
    return "".join(name.lower().split()).replace("_", "")


def is_json(text: str) -> bool:
    """Tell whether a text begins like JSON."""
    return text.lstrip().startswith(("{", "["))


def _rows(document: object) -> Iterator[Mapping[str, Any] | Fault]:
    if document is UNREADABLE:
        yield Fault("cannot be read as JSON")
    elif not isinstance(document, dict):
        yield Fault("no object with columns and rows")
    else:
        yield from _rows_of_object(document)


def _rows_of_object(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any] | Fault]:
    inner = document.get("properties")
    if isinstance(document.get("tables"), list):
        for table in document["tables"]:
            yield from _rows(table)
    elif "columns" in document or "rows" in document:
        yield from _rows_of_table(document.get("columns"), document.get("rows"))
    elif isinstance(document.get("value"), list):
        for each in document["value"]:
            yield from _rows(each)
    elif isinstance(inner, dict) and "columns" in inner:
        yield from _rows_of_object(inner)
    elif isinstance(inner, dict):  # a record of a diagnostic log: its time stands outside
        yield small_names({**document, **inner})
    else:
        yield small_names(document)


def _rows_of_table(columns: object, rows: object) -> Iterator[Mapping[str, Any] | Fault]:
    if not isinstance(columns, list) or not isinstance(rows, list):
        yield Fault("a table without lists of columns and rows")
        return
    names = [plain_name(_name(column)) for column in columns]
    for place, row in enumerate(rows, start=1):
        yield _row(names, row, place)


def _name(column: object) -> str:
    """Return the name of a column: a text, or an object that has it."""
    named = column.get("name") if isinstance(column, dict) else column
    return named if isinstance(named, str) else ""


def _row(names: Sequence[str], row: object, place: int) -> Mapping[str, Any] | Fault:
    if not isinstance(row, list) or len(row) != len(names):
        held = f"{len(row)} values" if isinstance(row, list) else "no list"
        return Fault(f"row {place} of the table holds {held}, its header {len(names)}")
    return dict(zip(names, map(_sound, row), strict=True))


def _sound(value: object) -> object:
    """Return a text without halves of characters and NUL, which no store takes."""
    if not isinstance(value, str):
        return value
    return value.replace("\0", "").encode("utf-8", "replace").decode()
