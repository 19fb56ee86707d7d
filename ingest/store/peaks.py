"""Peaks of traffic: the busiest 60 seconds, wherever they begin, and the busiest day.

Rows that the ledger reads are summed in windows that slide from request to request. Of a
provider's buckets only means over their width are known, and they are given as such.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from costmodel.meters import INPUT_METERS, TOKEN_METERS
from costmodel.rate_limits import Load
from ingest.rows import MAIN_METERS
from ingest.store.staging_sql import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import duckdb

MINUTE: Final = 60
JUST_UNDER_A_MINUTE: Final = "INTERVAL 59999999 MICROSECONDS"
"""A window of 60 seconds holds its beginning and not its end; times are in microseconds."""
HIGH: Final = 0.99


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
    """Put the traffic asked for into a table of this session, by number of its pool."""
    pools: dict[Pool, int] = {}
    chosen = []
    for series, provider, model, organisation in session.execute(
        """SELECT t.series, t.provider, t.model, s.organisation
        FROM series t JOIN sources s USING (source) WHERE NOT t.unmetered"""
    ).fetchall():
        name = query.names.get((provider, model))
        if name is not None:
            pool = Pool(provider, name, organisation)
            step = query.steps.get((provider, name))
            chosen.append((series, pools.setdefault(pool, len(pools)), step))
    columns = [list(column) for column in zip(*chosen, strict=True)] or [[], [], []]
    where, moments = in_range(query.since, query.until)
    session.execute(
        f"""CREATE OR REPLACE TEMP TABLE traffic AS
        SELECT m.pool, CASE WHEN {tokens_sql(INPUT_METERS)} > m.step THEN m.step ELSE 0 END AS step,
            t.tier = 'batch' AS batch,
            CASE WHEN s.view = 'buckets' THEN greatest(s.width_seconds, {MINUTE}) ELSE 0 END
                AS width, u.occurred_at AS moment, u.requests,
            greatest({int(query.at_least_tokens)} * u.requests, {tokens_sql(TOKEN_METERS)})::BIGINT
                AS tokens, {tokens_sql(INPUT_METERS)} AS input,
            try_cast(u.extra->>'$.latency_seconds' AS DOUBLE) AS latency
        FROM usage u
        JOIN (SELECT unnest(?::INTEGER[]) AS series, unnest(?::INTEGER[]) AS pool,
                     unnest(?::BIGINT[]) AS step) m USING (series)
        JOIN series t USING (series) JOIN sources s USING (source)
        {in_the_ledger(where)}""",
        [*columns, *moments],
    )
    return list(pools)


def tokens_sql(meters: Iterable[str]) -> str:
    """Return the SQL of the tokens of a row; the rarer meters stand in its JSON."""
    main = [f"u.{quoted(meter)}" for meter in meters if meter in MAIN_METERS]
    rare = [meter for meter in meters if meter not in MAIN_METERS]
    sums = " + ".join(f"coalesce(try_cast(u.extra->>'$.{meter}' AS BIGINT), 0)" for meter in rare)
    pattern = f'"({"|".join(rare)})":'
    has_rare = f"regexp_matches(u.extra, '{pattern}')"
    return f"({' + '.join(main)} + CASE WHEN {has_rare} THEN {sums} ELSE 0 END)"


def in_range(since: datetime | None, until: datetime | None) -> tuple[str, list[datetime]]:
    """Return the SQL that keeps rows ``u`` of a range of time, and its parameters."""
    given = [(moment, sign) for moment, sign in ((since, ">="), (until, "<")) if moment is not None]
    texts = [f"u.occurred_at {sign} (?::TIMESTAMPTZ AT TIME ZONE 'UTC')" for _, sign in given]
    return " AND ".join(texts) or "true", [moment for moment, _ in given]


def in_the_ledger(where: str) -> str:
    """Return the SQL after ``usage u`` with ``series t`` that keeps the rows that count."""
    return f"""JOIN imports i ON i.import_id = u.import_id
        LEFT JOIN fates f ON f.row_id = u.row_id
        LEFT JOIN hidden h ON h.source = t.source
            AND h.day = epoch_us(u.occurred_at) // 86400000000
        WHERE CASE WHEN f.row_id IS NULL THEN NOT i.undone ELSE f.holder IS NOT NULL END
            AND h.day IS NULL AND {where}"""


def _sliding(
    session: duckdb.DuckDBPyConnection, pools: Sequence[Pool]
) -> Iterable[tuple[Load, Key]]:
    """Return the load of single requests; equal times are added up before the window slides."""
    rows = session.execute(
        f"""WITH moments AS (
            SELECT pool, step, moment, sum(requests)::BIGINT AS n, sum(tokens)::BIGINT AS k
            FROM traffic WHERE width = 0 AND NOT batch GROUP BY ALL),
        windows AS (
            SELECT pool, step, sum(n) OVER past AS n, sum(k) OVER past AS k FROM moments
            WINDOW past AS (PARTITION BY pool, step ORDER BY moment
                RANGE BETWEEN {JUST_UNDER_A_MINUTE} PRECEDING AND CURRENT ROW)),
        peaks AS (SELECT pool, step, max(n)::BIGINT AS n, max(k)::BIGINT AS k
            FROM windows GROUP BY ALL),
        minutes AS (
            SELECT pool, step, sum(n) AS n, sum(k) AS k FROM moments
            GROUP BY pool, step, date_trunc('minute', moment)),
        high AS (SELECT pool, step, quantile_disc(n, {HIGH})::BIGINT AS n,
            quantile_disc(k, {HIGH})::BIGINT AS k FROM minutes GROUP BY ALL)
        SELECT a.*, p.n, p.k, h.n, h.k FROM ({_sums("width = 0")}) a
        JOIN peaks p USING (pool, step) JOIN high h USING (pool, step)"""
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
        FROM (SELECT pool, step, width, sum(requests) AS n, sum(tokens) AS k,
                     sum(latency) AS seconds, count(latency) AS timed
              FROM traffic WHERE {which} AND NOT batch GROUP BY pool, step, width, moment::DATE)
        GROUP BY pool, step, width"""


def _buckets(
    session: duckdb.DuckDBPyConnection, pools: Sequence[Pool]
) -> Iterable[tuple[Load, Key]]:
    """Return the load of buckets of each width: the mean minute of the busiest one."""
    rows = session.execute(
        f"""SELECT a.*, b.n, b.k FROM ({_sums("width > 0")}) a JOIN (
            SELECT pool, step, width, max(n)::BIGINT AS n, max(k)::BIGINT AS k
            FROM (SELECT pool, step, width, sum(requests) AS n, sum(tokens) AS k
                  FROM traffic WHERE width > 0 AND NOT batch GROUP BY pool, step, width, moment)
            GROUP BY ALL) b USING (pool, step, width)"""
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
        """SELECT pool, step, max(k)::BIGINT FROM (
            SELECT pool, step, sum(input) AS k FROM traffic WHERE batch
            GROUP BY pool, step, moment::DATE) GROUP BY ALL"""
    ).fetchall()
    return {(pools[pool], step): tokens for pool, step, tokens in rows}


def _larger(
    session: duckdb.DuckDBPyConnection, pools: Sequence[Pool], query: PeakQuery
) -> dict[Key, dict[int, int]]:
    """Return how many single requests exceed each ceiling of their model."""
    asked = [
        (number, ceiling)
        for number, pool in enumerate(pools)
        for ceiling in query.ceilings.get((pool.provider, pool.model), ())
    ]
    columns = [list(column) for column in zip(*asked, strict=True)] or [[], []]
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
