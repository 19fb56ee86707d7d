"""Peaks of traffic: the busiest 60 seconds, wherever they begin, and the busiest day.

Rows that the ledger reads are summed in windows that slide from request to request; sums
over slices of ten seconds tell where no window can be the busiest, and those are skipped. Of
a provider's buckets only means over their width are known, and they are given as such.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from costmodel.meters import INPUT_METERS
from costmodel.rate_limits import Load
from ingest.store.cells import all_series
from ingest.store.requests import (
    DAY_MICROSECONDS,
    MICROSECONDS,
    choose_series,
    counting,
    number_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import duckdb

MINUTE: Final = 60
JUST_UNDER_A_MINUTE: Final = MINUTE * MICROSECONDS - 1
"""A window of 60 seconds holds its beginning and not its end; times are in microseconds."""
HIGH: Final = 0.99
SLICE_SECONDS: Final = 10
"""Divides a minute: six whole slices are a window, and no window touches more than seven."""
SLICE: Final = SLICE_SECONDS * MICROSECONDS
COLUMNS: Final = {"pool": "INTEGER", "step_at": "BIGINT"}


class Pool(NamedTuple):
    """Whose usage one limit counts together."""

    provider: str
    model: str
    organisation: str


@dataclass(frozen=True)
class PeakQuery:
    """Which traffic: a range of time, and names as served with the model that they mean.

    ``steps`` gives, by provider and model, the input tokens above which requests count
    apart; ``ceilings`` the token counts whose larger requests are counted. A request counts
    at least ``at_least_tokens``, which is its ``max_tokens`` where one is sent.
    """

    since: datetime | None = None
    until: datetime | None = None
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    steps: Mapping[tuple[str, str], int] = field(default_factory=dict)
    ceilings: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    at_least_tokens: int = 0


Key = tuple[Pool, int]
"""A pool, and the step of its requests."""


def read_peaks(session: duckdb.DuckDBPyConnection, query: PeakQuery) -> list[Load]:
    """Return the load of each pool and step, largest tokens first, from a store to read."""
    pools = _prepare(session, query)
    found: dict[Key, Load] = {}
    for load, key in (*_sliding(session, pools), *_buckets(session, pools)):
        known = found.get(key)
        if known is None or load.peak_tokens > known.peak_tokens:
            found[key] = _joined(load, known)
        else:
            found[key] = _joined(known, load)
    for key, tokens in _batch(session, pools).items():
        known = found.get(key) or _nothing(key)
        found[key] = replace(known, batch_tokens_a_day=tokens)
    for key, counts in _larger(session, pools, query).items():
        found[key] = replace(found[key], above_limit=counts)
    return sorted(found.values(), key=lambda load: (-load.tokens, load.model))


def _joined(taken: Load, other: Load | None) -> Load:
    """Return one load of two views of different days: the higher peaks, all requests."""
    if other is None:
        return taken
    return replace(
        taken,
        requests=taken.requests + other.requests,
        tokens=taken.tokens + other.tokens,
        peak_requests=max(taken.peak_requests, other.peak_requests),
        busiest_day_requests=max(taken.busiest_day_requests, other.busiest_day_requests),
        latency_seconds=taken.latency_seconds or other.latency_seconds,
    )


def _nothing(key: Key) -> Load:
    pool, step = key
    return Load(*pool, step, 0, 0, Fraction(0), Fraction(0))


def _prepare(session: duckdb.DuckDBPyConnection, query: PeakQuery) -> list[Pool]:
    """Make ``traffic``, the single rows by number of their pool, and ``slices``, their sums.

    A slice of requests is ten seconds long, one of buckets a bucket.
    """
    pools: dict[Pool, int] = {}
    chosen = []
    for row in all_series(session):
        name = query.names.get((row.provider, row.model))
        if name is not None and not row.unmetered:
            pool = Pool(row.provider, name, row.organisation)
            step = query.steps.get((row.provider, name))
            chosen.append((row.series, pools.setdefault(pool, len(pools)), step))
    choose_series(session, COLUMNS, chosen, buckets=True)
    requests = counting(session, query.since, query.until)
    input_tokens = requests.amount(INPUT_METERS)
    least = f"{int(query.at_least_tokens)} * u.requests"
    session.execute(
        f"""CREATE OR REPLACE TEMP VIEW traffic AS
        SELECT c.pool, CASE WHEN {input_tokens} > c.step_at THEN c.step_at ELSE 0 END AS step,
            c.tier = 'batch' AS batch,
            CASE WHEN c.view = 'buckets' THEN greatest(c.width_seconds, {MINUTE}) ELSE 0 END
                AS width, epoch_us(u.occurred_at) AS moment, u.requests,
            greatest({least}, {requests.tokens})::BIGINT AS tokens, {input_tokens} AS input,
            {number_of("latency_seconds")} AS latency
        {requests.sql}"""
    )
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE slices AS
        SELECT pool, step, batch, width,
            CASE WHEN width = 0 THEN moment // {SLICE} * {SLICE} ELSE moment END AS moment,
            sum(requests)::BIGINT AS n, sum(tokens)::BIGINT AS k, sum(input)::BIGINT AS input,
            max(tokens) AS largest, sum(latency) AS seconds, count(latency) AS timed
        FROM traffic GROUP BY ALL"""
    )
    return list(pools)


_WINDOWS: Final = f"""WITH bounds AS (
    SELECT pool, step, moment, sum(n) OVER six AS low_n, sum(k) OVER six AS low_k,
        sum(n) OVER seven AS high_n, sum(k) OVER seven AS high_k
    FROM slices WHERE width = 0 AND NOT batch
    WINDOW six AS (PARTITION BY pool, step ORDER BY moment
            RANGE BETWEEN {5 * SLICE} PRECEDING AND CURRENT ROW),
        seven AS (PARTITION BY pool, step ORDER BY moment
            RANGE BETWEEN {MINUTE * MICROSECONDS} PRECEDING AND CURRENT ROW)),
lows AS (SELECT pool, step, max(low_n) AS n, max(low_k) AS k FROM bounds GROUP BY ALL),
busy AS (
    SELECT DISTINCT pool, step, b.moment - back * {SLICE} AS slice
    FROM bounds b JOIN lows l USING (pool, step) CROSS JOIN range(7) r(back)
    WHERE high_n >= l.n OR high_k >= l.k),
moments AS (
    SELECT t.pool, t.step, t.moment, sum(requests)::BIGINT AS n, sum(tokens)::BIGINT AS k
    FROM traffic t JOIN busy b
        ON b.pool = t.pool AND b.step = t.step AND b.slice = t.moment // {SLICE} * {SLICE}
    WHERE width = 0 AND NOT batch GROUP BY ALL),
windows AS (
    SELECT pool, step, sum(n) OVER past AS n, sum(k) OVER past AS k FROM moments
    WINDOW past AS (PARTITION BY pool, step ORDER BY moment
        RANGE BETWEEN {JUST_UNDER_A_MINUTE} PRECEDING AND CURRENT ROW)),
peaks AS (SELECT pool, step, max(n)::BIGINT AS n, max(k)::BIGINT AS k
    FROM windows GROUP BY ALL),
minutes AS (
    SELECT pool, step, sum(n) AS n, sum(k) AS k FROM slices
    WHERE width = 0 AND NOT batch
    GROUP BY pool, step, moment // {MINUTE * MICROSECONDS}),
high AS (SELECT pool, step, quantile_disc(n, {HIGH})::BIGINT AS n,
    quantile_disc(k, {HIGH})::BIGINT AS k FROM minutes GROUP BY ALL)"""
"""A window holds its six last slices whole and lies within seven: those bound its sums, and only
where the seven hold as much as the best six are single requests looked at."""


def _sliding(
    session: duckdb.DuckDBPyConnection, pools: Sequence[Pool]
) -> Iterable[tuple[Load, Key]]:
    """Return the load of single requests; equal times are added up before the window slides."""
    rows = session.execute(
        f"{_WINDOWS} SELECT a.*, p.n, p.k, h.n, h.k FROM ({_sums('width = 0')}) a "
        "JOIN peaks p USING (pool, step) JOIN high h USING (pool, step)"
    ).fetchall()
    for number, step, _, requests, tokens, latency, day, peak, peak_tokens, *high in rows:
        load = replace(
            _nothing((pools[number], step)),
            requests=requests,
            tokens=tokens,
            peak_requests=Fraction(peak),
            peak_tokens=Fraction(peak_tokens),
            high_requests=high[0],
            high_tokens=high[1],
            busiest_day_requests=day,
            latency_seconds=latency,
        )
        yield load, (pools[number], step)


def _sums(which: str) -> str:
    """Return the SQL of requests, tokens, mean latency and the busiest day of each load."""
    return f"""SELECT pool, step, width, sum(n)::BIGINT AS requests, sum(k)::BIGINT AS tokens,
            sum(seconds) / nullif(sum(timed), 0) AS latency, max(n)::BIGINT AS day
        FROM (SELECT pool, step, width, sum(n) AS n, sum(k) AS k,
                     sum(seconds) AS seconds, sum(timed) AS timed
              FROM slices WHERE {which} AND NOT batch
              GROUP BY pool, step, width, moment // {DAY_MICROSECONDS})
        GROUP BY pool, step, width"""


def _buckets(
    session: duckdb.DuckDBPyConnection, pools: Sequence[Pool]
) -> Iterable[tuple[Load, Key]]:
    """Return the load of buckets of each width: the mean minute of the busiest one."""
    rows = session.execute(
        f"""SELECT a.*, b.n, b.k FROM ({_sums("width > 0")}) a JOIN (
            SELECT pool, step, width, max(n)::BIGINT AS n, max(k)::BIGINT AS k
            FROM slices WHERE width > 0 AND NOT batch GROUP BY ALL) b USING (pool, step, width)"""
    ).fetchall()
    for number, step, width, requests, tokens, _, day, peak, peak_tokens in rows:
        load = replace(
            _nothing((pools[number], step)),
            requests=requests,
            tokens=tokens,
            peak_requests=Fraction(peak * MINUTE, width),
            peak_tokens=Fraction(peak_tokens * MINUTE, width),
            basis_seconds=width,
            busiest_day_requests=day,
        )
        yield load, (pools[number], step)


def _batch(session: duckdb.DuckDBPyConnection, pools: Sequence[Pool]) -> dict[Key, int]:
    """Return the most input tokens that a UTC day put into the batch queue."""
    rows: list[tuple[Any, ...]] = session.execute(
        f"""SELECT pool, step, max(k)::BIGINT FROM (
            SELECT pool, step, sum(input) AS k FROM slices WHERE batch
            GROUP BY pool, step, moment // {DAY_MICROSECONDS}) GROUP BY ALL"""
    ).fetchall()
    return {(pools[pool], step): tokens for pool, step, tokens in rows}


def _larger(
    session: duckdb.DuckDBPyConnection, pools: Sequence[Pool], query: PeakQuery
) -> dict[Key, dict[int, int]]:
    """Return how many single requests exceed each ceiling of their model."""
    largest = dict(
        session.execute(
            "SELECT pool, max(largest) FROM slices WHERE width = 0 AND NOT batch GROUP BY pool"
        ).fetchall()
    )
    asked = [
        (number, ceiling)
        for number, pool in enumerate(pools)
        for ceiling in query.ceilings.get((pool.provider, pool.model), ())
        if largest.get(number, 0) > ceiling
    ]
    if not asked:
        return {}
    columns = [list(column) for column in zip(*asked, strict=True)]
    rows = session.execute(
        """SELECT pool, step, ceiling, sum(requests)::BIGINT FROM traffic
        JOIN (SELECT unnest(?::INTEGER[]) AS pool, unnest(?::BIGINT[]) AS ceiling) USING (pool)
        WHERE width = 0 AND NOT batch AND tokens > ceiling GROUP BY ALL""",
        columns,
    ).fetchall()
    found: dict[Key, dict[int, int]] = defaultdict(dict)
    for pool, step, ceiling, count in rows:
        found[pools[pool], step][ceiling] = count
    return found
