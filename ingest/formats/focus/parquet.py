"""Parquet files of bills by record, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.csv_records import Record
from ingest.formats.parquet import column_types, parquet_rows, utc_or_same

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NESTED: Final = ("MAP", "STRUCT")


def parquet_records(path: Path) -> Iterator[Record]:
    """Return every row by its columns in small letters; empty values are empty texts.

    Raises:
        UnreadableFileError: The file is damaged.
    """
    columns = column_types(path)
    texts = [_text(name, kind) for name, kind in columns.items()]
    for line, row in enumerate(parquet_rows(path, texts, path), start=1):
        cells = (str(cell) if cell is not None else "" for cell in row)
        yield Record(line, dict(zip(map(str.lower, columns), cells, strict=True)))


def _text(name: str, kind: str) -> str:
    value = utc_or_same(name, kind)
    return f"to_json({value})::VARCHAR" if kind.startswith(NESTED) else f"{value}::VARCHAR"
