"""Parquet files as DuckDB reads them: the types of their columns, and their rows as text."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import duckdb

from ingest.errors import UnreadableFileError
from ingest.files import PARQUET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ingest.projection import Sample

ROWS_AT_ONCE: Final = 1_000


def is_parquet(sample: Sample) -> bool:
    """Tell whether a file begins like Parquet."""
    return sample.text.encode("latin-1", errors="ignore").startswith(PARQUET)


def column_types(path: Path) -> dict[str, str]:
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


def parquet_rows(path: Path, columns: Iterable[str], called: Path) -> Iterator[tuple[Any, ...]]:
    """Return what SQL expressions make of every row of a file.

    Raises:
        UnreadableFileError: The file is damaged; the message names it as it is called.
    """
    with refused_if_damaged(called), duckdb.connect() as session:
        found = session.execute(f"SELECT {', '.join(columns)} FROM read_parquet(?)", [str(path)])
        while rows := found.fetchmany(ROWS_AT_ONCE):
            yield from rows


@contextmanager
def refused_if_damaged(path: Path) -> Iterator[None]:
    """Make whatever DuckDB says against a file the refusal of that file."""
    try:
        yield
    except duckdb.Error as error:
        raise UnreadableFileError(f"{path}: is no whole Parquet file: export it again") from error


def quoted(name: str) -> str:
    """Return the SQL of a column."""
    return '"' + name.replace('"', '""') + '"'


def utc_or_same(name: str, kind: str) -> str:
    """Return the SQL of a column, times with a zone as text in UTC."""
    if "TIME ZONE" in kind:
        return f"strftime({quoted(name)} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
    return quoted(name)
