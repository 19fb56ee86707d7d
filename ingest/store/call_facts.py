"""What single requests tell beside tokens: when the last one came, how long answers take, ratings.

SQL looks only at rows that count in the ledger; sums of cells know none of this.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ingest.store.cells import SeriesRow, admits, all_series
from ingest.store.requests import choose_series, counting, number_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import duckdb

    from ingest.store.records import CellQuery


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What the calls of one model and group tell; ``last_at`` is UTC, for a bucket its start.

    ``p95_latency_seconds`` and ``quality`` (a mean) are None where no row carries them;
    ``timed`` and ``rated`` say how many do.
    """

    provider: str
    model: str
    dimensions: tuple[str | None, ...]
    last_at: datetime
    p95_latency_seconds: float | None
    timed: int
    quality: float | None
    rated: int


def call_facts(
    connection: duckdb.DuckDBPyConnection,
    query: CellQuery,
    canonical: Callable[[str, str], str],
) -> list[CallFacts]:
    """Return facts by model (named by ``canonical``) and the query's dimensions.

    Of the query the period, the filters and ``by`` count. Raises ``KeyError`` for what
    is no dimension of cells.
    """
    chosen = [row for row in all_series(connection) if admits(query, row)]
    if not chosen:
        return []
    groups: dict[tuple[str, str, tuple[str | None, ...]], int] = {}
    codes = [groups.setdefault(_group(row, query.by, canonical), len(groups)) for row in chosen]
    numbers = [(row.series, code) for row, code in zip(chosen, codes, strict=True)]
    choose_series(connection, {"code": "INTEGER"}, numbers, buckets=True)
    requests = counting(connection, query.since, query.until, by_noon=True)
    rows = connection.execute(
        f"""SELECT code, max(moment), quantile_cont(latency, 0.95), count(latency), avg(quality),
            count(quality)
        FROM (SELECT c.code, u.occurred_at AS moment, {number_of("latency_seconds")} AS latency,
            {number_of("quality")} AS quality {requests.sql}) GROUP BY code"""
    ).fetchall()
    names = list(groups)
    return [_facts(names[code], values) for code, *values in rows]


def _group(
    row: SeriesRow, by: Sequence[str], canonical: Callable[[str, str], str]
) -> tuple[str, str, tuple[str | None, ...]]:
    model = canonical(row.provider, row.model)
    return (row.provider, model, tuple(row.value(name) for name in by))


def _facts(name: tuple[str, str, tuple[str | None, ...]], values: Sequence[Any]) -> CallFacts:
    last_at, latency, timed, quality, rated = values
    return CallFacts(*name, last_at.replace(tzinfo=UTC), latency, timed, quality, rated)
