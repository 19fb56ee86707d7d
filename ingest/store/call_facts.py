"""What single requests tell beside tokens: when the last one came, how long answers take, ratings.

SQL looks only at rows that count in the ledger; sums of cells know none of this.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ingest.store.cells import DAY_SECONDS, QUARTERS_A_DAY, SeriesRow, admits, all_series

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import duckdb

    from ingest.store.records import CellQuery

_FACTS: Final = f"""
SELECT m.code, max(u.occurred_at),
    quantile_cont(try_cast(u.extra->>'$.latency_seconds' AS DOUBLE), 0.95),
    count(try_cast(u.extra->>'$.latency_seconds' AS DOUBLE)),
    avg(try_cast(u.extra->>'$.quality' AS DOUBLE)),
    count(try_cast(u.extra->>'$.quality' AS DOUBLE))
FROM usage u
JOIN (SELECT unnest(?::INTEGER[]) AS series, unnest(?::INTEGER[]) AS code) m
    ON m.series = u.series
JOIN series t ON t.series = u.series
JOIN sources s ON s.source = t.source
JOIN imports i ON i.import_id = u.import_id
LEFT JOIN fates f ON f.row_id = u.row_id
WHERE CASE WHEN f.row_id IS NULL THEN NOT i.undone ELSE f.holder IS NOT NULL END
  AND NOT EXISTS (SELECT 1 FROM hidden h WHERE h.source = t.source
      AND h.day = epoch_us(u.occurred_at) // 900000000 // {QUARTERS_A_DAY})
  AND u.occurred_at + CASE WHEN s.width_seconds >= {DAY_SECONDS} THEN INTERVAL 12 HOUR
      ELSE INTERVAL 0 HOUR END BETWEEN ? AND ?
GROUP BY m.code
"""
"""A daily bucket belongs to a period that holds its noon, as in cells."""

_FIRST, _LAST = datetime(1, 1, 1), datetime(9999, 1, 1)  # noqa: DTZ001 - the store's are naive


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
    rows = connection.execute(
        _FACTS, [[row.series for row in chosen], codes, *_bounds(query)]
    ).fetchall()
    names = list(groups)
    return [_facts(names[code], values) for code, *values in rows]


def _group(
    row: SeriesRow, by: Sequence[str], canonical: Callable[[str, str], str]
) -> tuple[str, str, tuple[str | None, ...]]:
    model = canonical(row.provider, row.model)
    return (row.provider, model, tuple(row.value(name) for name in by))


def _bounds(query: CellQuery) -> tuple[datetime, datetime]:
    """Return the first moment and the last one that count, without a zone as the store has them."""
    since = _naive(query.since) if query.since else _FIRST
    until = _naive(query.until) if query.until else _LAST
    return since, until - datetime.resolution


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _facts(name: tuple[str, str, tuple[str | None, ...]], values: Sequence[Any]) -> CallFacts:
    last_at, latency, timed, quality, rated = values
    return CallFacts(*name, last_at.replace(tzinfo=UTC), latency, timed, quality, rated)
