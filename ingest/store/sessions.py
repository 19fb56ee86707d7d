"""A sample of sessions with their usage: the largest ones, and some of all the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import INPUT_METERS, METERS
from costmodel.usage import Cell, PricingKey
from ingest.store.cells import admits, all_series
from ingest.store.requests import Counting, choose_series, counting, text_of
from ingest.store.staging_sql import size_band_sql

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import duckdb

    from ingest.store.cells import SeriesRow
    from ingest.store.records import CellQuery

LARGEST: Final = 200
"""So many sessions with the most tokens are all taken: they make the tail."""
OTHERS: Final = 600
"""So many of the others are taken, by a hash of their name."""
ENOUGH: Final = 0.5
"""Share of tokens that must name a session; less tells little of the whole."""

_COLUMNS: Final = {"place": "INTEGER"}
_SESSION: Final = text_of("session")


@dataclass(frozen=True, slots=True)
class SampledSessions:
    """Cells by session, their number as text first, and how many sessions each stands for."""

    cells: tuple[Cell, ...]
    weights: Mapping[str, float]


def sampled_sessions(
    connection: duckdb.DuckDBPyConnection, query: CellQuery, on: date
) -> SampledSessions | None:
    """Return sessions of a query's requests, priced on one day; None where too few name one.

    The same usage gives the same sample.
    """
    chosen = [row for row in all_series(connection) if admits(query, row)]
    choose_series(connection, _COLUMNS, [(row.series, n) for n, row in enumerate(chosen)])
    requests = counting(connection, query.since, query.until)
    weights = _sample(connection, requests)
    if weights is None:
        return None
    band = size_band_sql(requests.amount(INPUT_METERS))
    sums = ", ".join(f"sum({requests.amount([meter])})::BIGINT" for meter in METERS)
    rows = connection.execute(
        f"""SELECT p.number, c.place, {band} AS band, count(*), {sums}
        {requests.sql.replace("WHERE", f"JOIN picked p ON p.session = {_SESSION} WHERE", 1)}
        GROUP BY p.number, c.place, band ORDER BY ALL"""
    ).fetchall()
    cells = tuple(_cell(chosen[row[1]], row, query, on) for row in rows)
    return SampledSessions(cells, weights)


def _sample(connection: duckdb.DuckDBPyConnection, requests: Counting) -> dict[str, float] | None:
    """Make the table ``picked`` and return how many sessions each of its numbers stands for."""
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE spoken AS
        SELECT {_SESSION} AS session, sum({requests.tokens})::BIGINT AS tokens
        {requests.sql} GROUP BY 1"""
    )
    named, tokens, whole = connection.execute(
        """SELECT count(session), coalesce(sum(tokens) FILTER (session IS NOT NULL), 0),
            coalesce(sum(tokens), 0) FROM spoken"""
    ).fetchall()[0]
    if not named or tokens < ENOUGH * whole:
        return None
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE picked AS
        WITH ranked AS (SELECT session,
                row_number() OVER (ORDER BY tokens DESC, hash(session), session) AS place
            FROM spoken WHERE session IS NOT NULL),
        kept AS (SELECT session, place <= {LARGEST} AS is_large FROM ranked
            ORDER BY is_large DESC, hash(session), session LIMIT {LARGEST + OTHERS})
        SELECT session, is_large, row_number() OVER (ORDER BY session) AS number FROM kept"""
    )
    picked = connection.execute("SELECT number, is_large FROM picked ORDER BY number").fetchall()
    large = sum(is_large for _, is_large in picked)
    each = (named - large) / max(1, len(picked) - large)
    return {str(number): 1.0 if is_large else each for number, is_large in picked}


def _cell(series: SeriesRow, row: tuple[Any, ...], query: CellQuery, on: date) -> Cell:
    number, _, band, requests, *amounts = row
    key = PricingKey(series.provider, series.model, series.zone, series.tier, band, on)
    dimensions = (str(number), *(series.value(name) for name in query.by))
    return Cell(key, dimensions, requests, tuple(amounts))
