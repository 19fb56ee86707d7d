"""What stored requests say of repeated prefixes: gaps between uses, counted in SQL.

A block that came before within the time that a cache keeps it, and every block before it
too, could have been read from there; each use keeps a block for as long again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from costmodel.caching import BATCH, Basis, Group, Reuse, block_tokens
from costmodel.meters import CACHED_METERS, INPUT_METERS, MINIMUM_CACHEABLE_EDGE
from ingest.store.cells import admits, all_series
from ingest.store.requests import MICROSECONDS, choose_series, counting, says, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from costmodel.caching import CachePolicy
    from ingest.store.records import CellQuery

NEVER: Final = 1 << 62
"""The gap before a first use, in microseconds: longer than anything keeps."""
JUST_UNDER_A_MINUTE: Final = f"{60 * MICROSECONDS - 1}"
COLUMNS: Final = {
    "place": "INTEGER",
    "shelf": "INTEGER",
    "minimum": "BIGINT",
    "step": "BIGINT",
    "allowed": "BIGINT",
}
"""Of each series: its group, whose cache it uses, and the rules of that cache."""


@dataclass(frozen=True)
class ServedModel:
    """What a name as served means: the model, and the shortest prefix that it keeps."""

    name: str
    minimum_tokens: int = MINIMUM_CACHEABLE_EDGE


def reuses(
    connection: duckdb.DuckDBPyConnection,
    query: CellQuery,
    policy: CachePolicy,
    served: Mapping[tuple[str, str], ServedModel],
) -> list[Reuse]:
    """Return what prefixes and what sessions say, by feature and model; batches left aside.

    ``served`` knows models by provider and name as served.
    """
    groups = _choose(connection, query, policy, served)
    requests = counting(connection, query.since, query.until)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE sent AS
        SELECT u.row_id, epoch_us(u.occurred_at) AS used, c.place, c.shelf, c.minimum, c.step,
            c.allowed, {requests.amount(INPUT_METERS)} AS tokens,
            {requests.amount(CACHED_METERS)} AS cached, {text_of("session")} AS session,
            {text_of("prefix_hashes")} AS hashes
        {requests.sql} AND {says("session", "prefix_hashes")}"""
    )
    found: list[Reuse] = []
    for basis, sql in (
        (Basis.PREFIXES, _prefixes_sql(connection, policy)),
        (Basis.SESSIONS, _sessions_sql(policy)),
    ):
        rows = connection.execute(_sums_sql(sql, policy)).fetchall()
        found += [_reuse(groups[row[0]], basis, row[1:]) for row in rows]
    return found


def _choose(
    connection: duckdb.DuckDBPyConnection,
    query: CellQuery,
    policy: CachePolicy,
    served: Mapping[tuple[str, str], ServedModel],
) -> list[Group]:
    groups: dict[Group, int] = {}
    shelves: dict[tuple[str, str, str], int] = {}
    rows = []
    for row in all_series(connection):
        if row.tier == BATCH or not admits(query, row):
            continue
        model = served.get((row.provider, row.model)) or ServedModel(row.model)
        group = row.value("feature"), row.provider, model.name
        place = groups.setdefault(group, len(groups))
        shelf = shelves.setdefault((row.provider, row.organisation, model.name), len(shelves))
        rule = policy.rule_of(row.provider)
        limits = (model.minimum_tokens, rule.step_tokens, rule.requests_a_minute)
        rows.append((row.series, place, shelf, *limits))
    choose_series(connection, COLUMNS, rows)
    return list(groups)


def _prefixes_sql(connection: duckdb.DuckDBPyConnection, policy: CachePolicy) -> str:
    """Make the blocks of every request, and return the query of what each could have read.

    What was kept reaches up to the first block that came too long ago.
    """
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE chains AS
        SELECT * EXCLUDE (hashes, session),
            list_transform(string_split(hashes, ' '), lambda each: hash(each)) AS chain
        FROM sent WHERE hashes IS NOT NULL AND tokens > 0"""
    )
    bounds = connection.execute(
        """SELECT max(ceil(tokens / len(chain)))::BIGINT,
            coalesce(min((tokens - 1) // nullif(len(chain) - 1, 0)), max(tokens))
        FROM chains"""
    ).fetchall()[0]
    size = None if bounds[0] is None else block_tokens(*bounds)
    length = "tokens::DOUBLE / len(chain)" if size is None else str(size)
    lost = ", ".join(
        f"min(number) FILTER (gap > {_longest(seconds)}) AS lost_{n}"
        for n, seconds in enumerate(policy.keeps)
    )
    reached = ", ".join(
        f"least((coalesce(lost_{n}, len(chain) + 1) - 1) * {length}, tokens)::BIGINT AS reach_{n}"
        for n in range(len(policy.keeps))
    )
    return f"""WITH touches AS (
            SELECT row_id, used, shelf, unnest(chain) AS hash,
                generate_subscripts(chain, 1) AS number FROM chains),
        gaps AS (
            SELECT row_id, number, coalesce(used - lag(used) OVER uses, {NEVER}) AS gap
            FROM touches WINDOW uses AS (PARTITION BY shelf, hash ORDER BY used, row_id)),
        kept AS (SELECT row_id, {lost} FROM gaps GROUP BY row_id),
        minutes AS (
            SELECT *, chain[1] AS first, count(*) OVER (PARTITION BY shelf, chain[1] ORDER BY used
                RANGE BETWEEN {JUST_UNDER_A_MINUTE} PRECEDING AND CURRENT ROW) AS minute
            FROM chains)
        SELECT place, tokens, cached, minimum, step, allowed, minute, first, {reached}
        FROM minutes JOIN kept USING (row_id)"""


def _sessions_sql(policy: CachePolicy) -> str:
    """Return the query of what a session's next call repeats of the call before.

    It begins with what that one sent, unless it is shorter: then it is another conversation.
    What was read from a cache could be read, whatever the session says.
    """
    reached = ", ".join(
        f"""CASE WHEN gap <= {_longest(seconds)} AND tokens >= before THEN greatest(before, cached)
            ELSE cached END AS reach_{n}"""
        for n, seconds in enumerate(policy.keeps)
    )
    return f"""WITH calls AS (
            SELECT *, lag(tokens) OVER earlier AS before, used - lag(used) OVER earlier AS gap
            FROM sent WHERE session IS NOT NULL AND tokens > 0
            WINDOW earlier AS (PARTITION BY shelf, session ORDER BY used, row_id))
        SELECT place, tokens, cached, minimum, step, allowed, NULL::BIGINT AS minute,
            NULL::UBIGINT AS first, {reached}
        FROM calls"""


def _sums_sql(requests: str, policy: CachePolicy) -> str:
    """Return the query of the sums by group: place, requests, tokens, cached, minutes, shares."""
    kept = ", ".join(
        f"""coalesce(sum(reach_{n} // step * step)
            FILTER (reach_{n} // step * step >= minimum), 0)::BIGINT"""
        for n in range(len(policy.keeps))
    )
    return f"""SELECT place, count(*), sum(tokens)::BIGINT, sum(cached)::BIGINT, max(minute),
            count(DISTINCT first) FILTER (minute > allowed), {kept}
        FROM ({requests}) GROUP BY place ORDER BY place"""


def _longest(seconds: int | None) -> int:
    return NEVER - 1 if seconds is None else seconds * MICROSECONDS


def _reuse(group: Group, basis: Basis, row: tuple[Any, ...]) -> Reuse:
    feature, provider, model = group
    requests, tokens, cached, minute, busy, *kept = row
    return Reuse(
        feature=feature,
        provider=provider,
        model=model,
        basis=basis,
        requests=requests,
        input_tokens=tokens,
        cached_tokens=cached,
        reusable_tokens=tuple(kept),
        busiest_minute=minute,
        busy_prefixes=busy,
    )
