"""The stage: one file's rows in an in-memory session, judged before any lock is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import duckdb

from costmodel.meters import OUTPUT_METERS
from ingest.errors import UnreadableFileError
from ingest.narrowing import narrowed, numbered
from ingest.projection import MEASURED
from ingest.rows import CELL_DIMENSIONS, MAIN_METERS, NOTES, ROW_DIMENSIONS, ROW_MEASURES
from ingest.served import sql_string
from ingest.store.staging_sql import (
    ASIDE,
    DOUBTFUL,
    GOOD,
    MACROS,
    ONE,
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
    from datetime import date, datetime
    from pathlib import Path

    from ingest.projection import Projection
    from ingest.some_lines import SomeLines

MEMORY_LIMIT_MB: Final = 1_300
THREADS: Final = 2
FIRST_ROWS: Final = 20_000
"""So many rows of a large file are asked for the series that most of its rows have."""
MOST_DOUBTFUL: Final = 50
"""One row in so many may be looked at a second time, as text; with more the whole file is."""
LABELS: Final = frozenset((*ROW_DIMENSIONS, *ROW_MEASURES, *NOTES))


@dataclass(frozen=True)
class Facts:
    """What one scan of the staged rows tells; ``placed`` rows have a time and a model."""

    rows: int
    good: int
    aside: int
    without_usage: int
    placed: int
    with_id: int
    distinct_ids: int
    dated: int
    first_at: datetime | None
    last_at: datetime | None


class Stage:
    """The rows of one file in an in-memory session, spilling into a folder."""

    def __init__(self, workspace: Path, tz: str, cell_dimensions: Sequence[str]) -> None:
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": THREADS,
            "memory_limit": f"{MEMORY_LIMIT_MB}MB",
            "temp_directory": str(workspace),
        }
        self.connection = duckdb.connect(config=config)
        # DuckDB would draw a bar on stdout, which belongs to the answer.
        self.connection.execute("SET enable_progress_bar=false")
        self.connection.execute(f"SET TimeZone={sql_string(tz)}")
        self.connection.execute(MACROS)
        self.cell_dimensions = tuple(cell_dimensions)
        self.columns: tuple[str, ...] = ()
        self.view = "requests"
        self.requests = ONE
        self.has_estimates = False

    def close(self) -> None:
        """Give the memory back."""
        self.connection.close()

    def load(
        self,
        projection: Projection,
        lines: SomeLines | None,
        assumed_date: date | None,
        *,
        is_large: bool = False,
    ) -> None:
        """Read the file into the table ``staged``, and its series into ``combinations``.

        Only the rare columns that a sample of the file's ``lines`` uses are made; should a
        row use another one, the file is read again with it.

        Raises:
            UnreadableFileError: DuckDB cannot read the file to its end.
        """
        self.view = projection.view
        self.requests = ONE if projection.requests == ONE else "r.requests"
        self.has_estimates = projection.estimated != MEASURED
        if projection.timezone is not None:
            self.connection.execute(f"SET TimeZone={sql_string(projection.timezone)}")
        try:
            self._load(projection, lines, assumed_date, is_large=is_large)
            self._combine()
        except duckdb.Error as error:
            raise UnreadableFileError(_first_line(error)) from error

    def _load(
        self,
        projection: Projection,
        lines: SomeLines | None,
        assumed_date: date | None,
        *,
        is_large: bool,
    ) -> None:
        if lines is not None and self._load_seen(projection, lines, assumed_date):
            return
        keep = rarely_used(projection) if lines is None else self._rare(projection)
        places = self._places_used(projection) if lines is not None else None
        self._stage(projection, keep, assumed_date, places, projection if is_large else None)
        if projection.reader.startswith("read_csv"):
            self._refuse_rejects()

    def _refuse_rejects(self) -> None:
        """Give up on a file of which the reader of CSV left something out."""
        if self.connection.execute("SELECT 1 FROM reject_errors LIMIT 1").fetchall():
            raise UnreadableFileError("some records are not as the header says")

    def _load_seen(self, projection: Projection, lines: SomeLines, day: date | None) -> bool:
        """Load what a sample uses; tells whether that was all that the file uses."""
        sample = lines.sample()
        places = self._places_used(sample)
        seen = narrowed(sample, places)
        keep = self._rare(seen)
        self._stage(projection, keep, day, places, sample, self._plain_numbers(seen))
        if not self._judge_doubtful(lines, day, places):
            self._stage(projection, keep, day, places, sample)
        return not self._any("left_out")

    def _plain_numbers(self, sample: Projection) -> frozenset[str]:
        """Return the names whose places hold plain numbers in nearly all rows of a sample."""
        query = plain_numbers_sql(sample)
        row = self.connection.execute(query, list(sample.parameters)).fetchall()[0]
        groups = zip(sample.numeric, row, strict=False)
        return frozenset(name for group, is_plain in groups if is_plain for name in group)

    def _judge_doubtful(self, lines: SomeLines, day: date | None, places: frozenset[str]) -> bool:
        """Read doubtful rows again, as text; tells whether that settled all of them."""
        doubtful = self._places(f"state = {DOUBTFUL}")
        if not doubtful:
            return True
        if len(doubtful) * MOST_DOUBTFUL > self._number_of("staged"):
            return False
        projection = lines.at(doubtful)
        unseen = unseen_sql(projection, places)
        seen = Staging(narrowed(projection, places), self.columns, day, self.series_columns, unseen)
        self.connection.execute(
            f"CREATE OR REPLACE TABLE judged AS {seen.rows_sql()}", list(projection.parameters)
        )
        if self._number_of("judged") != len(doubtful):
            return False
        self._put_in_place("judged", doubtful)
        return True

    def _put_in_place(self, table: str, places: Sequence[int]) -> None:
        """Let the rows of a table take these places in ``staged``."""
        described = self.connection.execute(f"DESCRIBE {table}").fetchall()
        names = [quoted(name) for name, *_ in described if name != "told"]
        self.connection.execute(f"INSERT INTO known SELECT series, told FROM {table}")
        self.connection.execute(
            f"""UPDATE staged SET {", ".join(f"{name} = j.{name}" for name in names)}
            FROM (SELECT *, (SELECT ?::BIGINT[])[rowid + 1] AS place FROM {table}) j
            WHERE staged.rowid = j.place""",
            [list(places)],
        )

    def _number_of(self, table: str) -> int:
        found = self.connection.execute(f"SELECT count(*) FROM {table}").fetchall()
        return int(found[0][0])

    def _places_used(self, projection: Projection) -> frozenset[str]:
        row = self.connection.execute(
            used_places_sql(projection), list(projection.parameters)
        ).fetchall()[0]
        return frozenset(p for p, used in zip(places_of(projection), row, strict=True) if used)

    def _rare(self, projection: Projection) -> tuple[str, ...]:
        names = rarely_used(projection)
        row = self.connection.execute(
            used_columns_sql(projection, names), list(projection.parameters)
        ).fetchall()[0]
        return tuple(name for name, used in zip(names, row, strict=False) if used)

    def _stage(
        self,
        projection: Projection,
        keep: tuple[str, ...],
        day: date | None,
        places: frozenset[str] | None,
        first: Projection | None,
        numbers: frozenset[str] = frozenset(),
    ) -> None:
        """Make the table ``staged``; series of the first rows are not told again with each row."""
        unseen = "false" if places is None else unseen_sql(projection, places)
        self.columns = keep

        def staging(of: Projection, numbers: frozenset[str] = frozenset()) -> Staging:
            seen = numbered(of if places is None else narrowed(of, places), numbers)
            return Staging(seen, keep, day, self.series_columns, unseen, numbers)

        self.connection.execute("CREATE OR REPLACE TABLE known (h UBIGINT, told VARCHAR[])")
        if first is not None:
            query = staging(first).series_sql(FIRST_ROWS)
            self.connection.execute(f"INSERT INTO known {query}", list(first.parameters))
        known = [h for (h,) in self.connection.execute("SELECT h FROM known").fetchall()]
        query = staging(projection, numbers).rows_sql(known)
        self.connection.execute("DROP TABLE IF EXISTS staged")
        self.connection.execute(f"CREATE TABLE staged AS {query}", list(projection.parameters))

    def _combine(self) -> None:
        """Make the table ``combinations``: each series of placed rows, and how many it has."""
        columns = self.series_columns
        values = [
            f"told[{place}]{'::BOOLEAN' if name == 'estimated' else ''} AS {quoted(name)}"
            for place, name in enumerate(columns, start=1)
        ]
        self.connection.execute(
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

    def _any(self, condition: str) -> bool:
        found = self.connection.execute(f"SELECT bool_or({condition}) FROM staged").fetchall()
        return bool(found[0][0])

    @property
    def meters(self) -> tuple[str, ...]:
        """Return the meters that the staged rows have columns for."""
        rare = [name for name in self.columns if name not in LABELS]
        return (*map(str, MAIN_METERS), *rare)

    @property
    def other_meters(self) -> tuple[str, ...]:
        """Return the rarer ones of ``meters``."""
        return self.meters[len(MAIN_METERS) :]

    @property
    def series_dimensions(self) -> tuple[str, ...]:
        """Return the staged dimensions that cells keep."""
        return tuple(name for name in self.columns if name in self.cell_dimensions)

    @property
    def extra_columns(self) -> tuple[str, ...]:
        """Return the staged labels that stay on rows."""
        return tuple(n for n in self.columns if n in LABELS and n not in self.cell_dimensions)

    def facts(self) -> Facts:
        """Return the facts of the staged rows."""
        only = "" if not self._any("NOT placed") else "WHERE placed"  # a filter takes its time
        row = self.connection.execute(
            f"""SELECT count(*), count(*) FILTER (state = {GOOD}),
                count(*) FILTER (state = {ASIDE}), count(*) FILTER (state = {WITHOUT_USAGE}),
                count(*) FILTER (placed), count(request_id) FILTER (placed),
                (SELECT count(DISTINCT hash(request_id)) FROM staged {only}),
                count(*) FILTER (placed AND dated),
                min(occurred_at) FILTER (placed), max(occurred_at) FILTER (placed)
            FROM staged"""
        ).fetchall()[0]
        return Facts(*row)

    def name_the_nameless(self) -> None:
        """Give rows without an id one made of their content and how often it came before."""
        self.connection.execute(
            f"""CREATE OR REPLACE TABLE staged AS
            SELECT * EXCLUDE (content, twin) REPLACE (
                CASE WHEN placed AND request_id IS NULL THEN 'md5:' || content || '#' || twin
                ELSE request_id END AS request_id)
            FROM (SELECT *, row_number() OVER (PARTITION BY request_id, content ORDER BY place)
                         AS twin
                  FROM (SELECT r.*, r.rowid AS place, md5({self._content()}) AS content
                        FROM staged r LEFT JOIN combinations k ON k.h = r.series))
            ORDER BY place"""
        )
        self.connection.execute("ALTER TABLE staged DROP COLUMN place")

    def _content(self) -> str:
        """Return the text that tells a row from others, whatever rare columns were made.

        What a bucket counts is no part of it: an export that restates a bucket has
        other counts and means the same bucket.
        """
        counts = () if self.view == "buckets" else self.meters
        fixed = ("occurred_at", *self.series_columns[:4])
        parts = [f"coalesce({name}::VARCHAR, '')" for name in fixed]
        parts += [f"CASE WHEN {quoted(m)} <> 0 THEN '{m}=' || {quoted(m)} END" for m in counts]
        labels = sorted(name for name in self.columns if name in LABELS and name not in NOTES)
        parts += [f"'{name}=' || {quoted(name)}" for name in labels]
        return f"concat_ws('|', {', '.join(parts)})"

    @property
    def series_columns(self) -> tuple[str, ...]:
        """Return the staged columns that tell one series from another."""
        grouping = ("grouping",) if self.view == "buckets" else ()
        estimated = ("estimated",) if self.has_estimates else ()
        return ("provider", "model", "zone", "tier", *grouping, *estimated, *self.series_dimensions)

    def weight(self, rows: str, series: str) -> str:
        """Return the SQL of what lets one of two rows with the same key win.

        ``rows`` and ``series`` name ``staged`` and ``combinations`` in the query.
        """
        if self.view == "buckets":
            return "0::BIGINT"
        outputs = [m for m in self.meters if m in OUTPUT_METERS]
        total = " + ".join(f"{rows}.{quoted(m)}" for m in outputs)
        estimate = f"WHEN {series}.estimated THEN 0 " if self.has_estimates else ""
        return f"CASE WHEN {rows}.state = {WITHOUT_USAGE} THEN -1 {estimate}ELSE {total} END"

    def extra(self, table: str) -> str:
        """Return the SQL of what a row carries beside its columns, as JSON or NULL."""
        parts = [
            f"""'"{name}":' || to_json({table}.{quoted(name)})""" for name in self.extra_columns
        ]
        parts += [
            f"""CASE WHEN {table}.{quoted(m)} <> 0 THEN '"{m}":' || {table}.{quoted(m)} END"""
            for m in self.other_meters
        ]
        if not parts:
            return "NULL::VARCHAR"
        return f"nullif('{{' || concat_ws(',', {', '.join(parts)}) || '}}', '{{}}')"

    def aside_rows(self) -> list[int]:
        """Return which rows were set aside, counted from 0 in the order of the file."""
        return self._places(f"state = {ASIDE}")

    def count_of(self, column: str) -> int:
        """Return how many rows have a value in a rarely used column."""
        if column not in self.columns:
            return 0
        found = self.connection.execute(f"SELECT count({quoted(column)}) FROM staged").fetchall()
        return int(found[0][0])

    def _places(self, condition: str) -> list[int]:
        found = self.connection.execute(
            f"SELECT rowid FROM staged WHERE {condition} ORDER BY rowid"
        ).fetchall()
        return [place for (place,) in found]


def new_stage(workspace: Path, tz: str, cell_dimensions: Sequence[str] | None = None) -> Stage:
    """Return an empty stage."""
    return Stage(workspace, tz, CELL_DIMENSIONS if cell_dimensions is None else cell_dimensions)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
