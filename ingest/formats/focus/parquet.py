"""Parquet files of bills by record, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import duckdb

from ingest.csv_records import Record
from ingest.errors import UnreadableFileError
from ingest.files import PARQUET

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.projection import Sample

NESTED: Final = ("MAP", "STRUCT")


def is_parquet(sample: Sample) -> bool:
    """Tell whether a file begins like Parquet."""
    return sample.text.encode("latin-1", errors="ignore").startswith(PARQUET)


def columns_of(path: Path) -> dict[str, str]:
    """Return the types of the columns of a file by their names, none for a damaged one."""
    try:
        with duckdb.connect() as session:
            rows = session.execute(
                "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(?))",
                [str(path)],
            ).fetchall()
    except duckdb.Error:
        return {}
    return {str(name): str(kind) for name, kind in rows}


def parquet_records(path: Path) -> Iterator[Record]:
    """Return every row by its columns in small letters; empty values are empty texts.

    Raises:
        UnreadableFileError: The file is damaged.
    """
    columns = columns_of(path)
    texts = ", ".join(_text(name, kind) for name, kind in columns.items())
    try:
        with duckdb.connect() as session:
            found = session.execute(f"SELECT {texts} FROM read_parquet(?)", [str(path)])
            line = 0
            while rows := found.fetchmany(1_000):
                for row in rows:
                    line += 1
                    cells = (str(cell) if cell is not None else "" for cell in row)
                    yield Record(line, dict(zip(map(str.lower, columns), cells, strict=True)))
    except duckdb.Error as error:
        raise UnreadableFileError(f"{path}: is no whole Parquet file: export it again") from error


def _text(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if "TIME ZONE" in kind:
        return f"strftime({quoted} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
    return f"to_json({quoted})::VARCHAR" if kind.startswith(NESTED) else f"{quoted}::VARCHAR"
