"""Filling a stage with one file: columns chosen by a sample, rows read, series told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import duckdb

from ingest.errors import UnreadableFileError
from ingest.narrowing import narrowed, numbered
from ingest.store.staging_sql import (
    DOUBTFUL,
    WITHOUT_USAGE,
    Staging,
    places_of,
    plain_numbers_sql,
    quoted,
    rarely_used,
    unseen_sql,
    used_columns_sql,
    used_places_sql,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ingest.projection import Projection
    from ingest.some_lines import SomeLines
    from ingest.store.stage import Stage

FIRST_ROWS: Final = 20_000
"""So many rows of a large file are asked for the series that most of its rows have."""
MOST_DOUBTFUL: Final = 50
"""One row in so many may be looked at a second time, as text; with more the whole file is."""


def load(
    stage: Stage,
    projection: Projection,
    lines: SomeLines | None = None,
    assumed_date: date | None = None,
    *,
    is_large: bool = False,
) -> None:
    """Read the file into the table ``staged``, and its series into ``combinations``.

    Only the rare columns that a sample of the file's ``lines`` uses are made; should a
    row use another one, the file is read again with it.

    Raises:
        UnreadableFileError: DuckDB cannot read the file to its end.
    """
    stage.describe(projection)
    loading = _Loading(stage, projection, assumed_date)
    try:
        if lines is None or not loading.seen(lines):
            loading.everything(is_large=is_large, narrow=lines is not None)
        _combine(stage)
    except duckdb.Error as error:
        raise UnreadableFileError(str(error).strip().splitlines()[0]) from error


@dataclass(frozen=True)
class _Columns:
    """What is made of rows: the rare columns kept, and the places looked at (None: all)."""

    kept: tuple[str, ...]
    places: frozenset[str] | None


@dataclass(frozen=True)
class _Loading:
    stage: Stage
    projection: Projection
    day: date | None

    def everything(self, *, is_large: bool, narrow: bool) -> None:
        """Load with all columns, or with those only that some row of the file uses."""
        projection = self.projection
        columns = _Columns(rarely_used(projection), None)
        if narrow:
            columns = _Columns(self._rare(projection), self._places_used(projection))
        self._make(columns, projection if is_large else None)
        if projection.reader.startswith("read_csv"):
            _refuse_rejects(self.stage)

    def seen(self, lines: SomeLines) -> bool:
        """Load what a sample uses; tells whether that was all that the file uses."""
        sample = lines.sample()
        places = self._places_used(sample)
        seen = narrowed(sample, places)
        columns = _Columns(self._rare(seen), places)
        self._make(columns, sample, self._plain_numbers(seen))
        if not self._judge_doubtful(lines, columns):
            self._make(columns, sample)
        return not self.stage.has_any("left_out")

    def _places_used(self, projection: Projection) -> frozenset[str]:
        row = self._row(used_places_sql(projection), projection)
        return frozenset(p for p, used in zip(places_of(projection), row, strict=True) if used)

    def _rare(self, projection: Projection) -> tuple[str, ...]:
        names = rarely_used(projection)
        row = self._row(used_columns_sql(projection, names), projection)
        return tuple(name for name, used in zip(names, row, strict=False) if used)

    def _plain_numbers(self, sample: Projection) -> frozenset[str]:
        """Return the names whose places hold plain numbers in nearly all rows of a sample."""
        row = self._row(plain_numbers_sql(sample), sample)
        groups = zip(sample.numeric, row, strict=False)
        return frozenset(name for group, is_plain in groups if is_plain for name in group)

    def _row(self, query: str, projection: Projection) -> tuple[bool, ...]:
        return self.stage.connection.execute(query, list(projection.parameters)).fetchall()[0]

    def _make(
        self,
        columns: _Columns,
        first: Projection | None,
        numbers: frozenset[str] = frozenset(),
    ) -> None:
        """Make the table ``staged``; series of the first rows are not told again with each row."""
        connection = self.stage.connection
        self.stage.columns = columns.kept
        connection.execute("CREATE OR REPLACE TABLE known (h UBIGINT, told VARCHAR[])")
        if first is not None:
            query = self._staging(first, columns).series_sql(FIRST_ROWS)
            connection.execute(f"INSERT INTO known {query}", list(first.parameters))
        known = [h for (h,) in connection.execute("SELECT h FROM known").fetchall()]
        query = self._staging(self.projection, columns, numbers).rows_sql(known)
        connection.execute("DROP TABLE IF EXISTS staged")
        connection.execute(f"CREATE TABLE staged AS {query}", list(self.projection.parameters))

    def _staging(
        self, projection: Projection, columns: _Columns, numbers: frozenset[str] = frozenset()
    ) -> Staging:
        kept, apart = columns.kept, self.stage.series_columns
        if columns.places is None:
            return Staging(projection, kept, self.day, apart)
        seen = numbered(narrowed(projection, columns.places), numbers)
        unseen = unseen_sql(self.projection, columns.places)
        return Staging(seen, kept, self.day, apart, unseen, numbers)

    def _judge_doubtful(self, lines: SomeLines, columns: _Columns) -> bool:
        """Read doubtful rows again, as text; tells whether that settled all of them."""
        doubtful = self.stage.places_where(f"state = {DOUBTFUL}")
        if not doubtful:
            return True
        if len(doubtful) * MOST_DOUBTFUL > self._number_of("staged"):
            return False
        projection = lines.at(doubtful)
        query = self._staging(projection, columns).rows_sql()
        self.stage.connection.execute(
            f"CREATE OR REPLACE TABLE judged AS {query}", list(projection.parameters)
        )
        if self._number_of("judged") != len(doubtful):
            return False
        self._put_in_place("judged", doubtful)
        return True

    def _put_in_place(self, table: str, places: Sequence[int]) -> None:
        """Let the rows of a table take these places in ``staged``."""
        connection = self.stage.connection
        described = connection.execute(f"DESCRIBE {table}").fetchall()
        names = [quoted(name) for name, *_ in described if name != "told"]
        connection.execute(f"INSERT INTO known SELECT series, told FROM {table}")
        connection.execute(
            f"""UPDATE staged SET {", ".join(f"{name} = j.{name}" for name in names)}
            FROM (SELECT *, (SELECT ?::BIGINT[])[rowid + 1] AS place FROM {table}) j
            WHERE staged.rowid = j.place""",
            [list(places)],
        )

    def _number_of(self, table: str) -> int:
        found = self.stage.connection.execute(f"SELECT count(*) FROM {table}").fetchall()
        return int(found[0][0])


def _refuse_rejects(stage: Stage) -> None:
    """Give up on a file of which the reader of CSV left something out."""
    if stage.connection.execute("SELECT 1 FROM reject_errors LIMIT 1").fetchall():
        raise UnreadableFileError("some records are not as the header says")


def _combine(stage: Stage) -> None:
    """Make the table ``combinations``: each series of placed rows, and how many it has."""
    columns = stage.series_columns
    values = [
        f"told[{place}]{'::BOOLEAN' if name == 'estimated' else ''} AS {quoted(name)}"
        for place, name in enumerate(columns, start=1)
    ]
    stage.connection.execute(
        f"""CREATE OR REPLACE TABLE combinations AS
        WITH counted AS (SELECT series AS h, count(*) AS times,
                any_value(state = {WITHOUT_USAGE}) AS unmetered
            FROM staged WHERE placed GROUP BY series),
        told AS (SELECT h, any_value(told) AS told
            FROM (FROM known UNION ALL
                  SELECT series, told FROM staged WHERE placed AND told IS NOT NULL)
            GROUP BY h)
        SELECT h, unmetered, times, {", ".join(values)} FROM counted JOIN told USING (h)"""
    )
