"""The stage: one file's rows in an in-memory session, judged before any lock is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import duckdb

from costmodel.meters import OUTPUT_METERS
from ingest.projection import MEASURED
from ingest.rows import CELL_DIMENSIONS, MAIN_METERS, NOTES, ROW_DIMENSIONS, ROW_MEASURES
from ingest.served import sql_string
from ingest.store.staging_sql import (
    ASIDE,
    GOOD,
    MACROS,
    ONE,
    WITHOUT_USAGE,
    quoted,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from ingest.projection import Projection

MEMORY_LIMIT_MB: Final = 1_300
THREADS: Final = 2
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

    def describe(self, projection: Projection) -> None:
        """Take in what kind of rows a projection gives."""
        self.view = projection.view
        self.requests = ONE if projection.requests == ONE else "r.requests"
        self.has_estimates = projection.estimated != MEASURED
        if projection.timezone is not None:
            self.connection.execute(f"SET TimeZone={sql_string(projection.timezone)}")

    def has_any(self, condition: str) -> bool:
        """Tell whether a condition holds for any staged row."""
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
        only = "" if not self.has_any("NOT placed") else "WHERE placed"  # a filter takes its time
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
        return self.places_where(f"state = {ASIDE}")

    def count_of(self, column: str) -> int:
        """Return how many rows have a value in a rarely used column."""
        if column not in self.columns:
            return 0
        found = self.connection.execute(f"SELECT count({quoted(column)}) FROM staged").fetchall()
        return int(found[0][0])

    def places_where(self, condition: str) -> list[int]:
        """Return which rows meet a condition, counted from 0 in the order of the file."""
        found = self.connection.execute(
            f"SELECT rowid FROM staged WHERE {condition} ORDER BY rowid"
        ).fetchall()
        return [place for (place,) in found]


def new_stage(workspace: Path, tz: str, cell_dimensions: Sequence[str] | None = None) -> Stage:
    """Return an empty stage."""
    return Stage(workspace, tz, CELL_DIMENSIONS if cell_dimensions is None else cell_dimensions)
