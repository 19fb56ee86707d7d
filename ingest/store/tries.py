"""Tries of a small model and the second calls of a full one, by the confidence of the try.

SQL finds which second call belongs to which try, and sums; Python prices the sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from costmodel.meters import INPUT_METERS, METERS
from costmodel.threshold import TwoByTwo
from costmodel.usage import PricingKey, Quantities
from ingest.store.cells import EPOCH_DAY, admits, all_series
from ingest.store.requests import (
    DAY_MICROSECONDS,
    Counting,
    choose_series,
    counting,
    number_of,
    says,
    text_of,
)
from ingest.store.series import insert_rows
from ingest.store.staging_sql import size_band_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    import duckdb

    from ingest.store.cells import SeriesRow
    from ingest.store.records import CellQuery

RIGHT_FROM: Final = 0.5
"""A rating (0 to 1) from which on an answer counts as right in the table of both models."""
STEPS: Final = 20
TELLING: Final = ("confidence", "quality", "escalated_from", "task")
"""Fields of which a request must have one to be looked at; a model tried first is one of them."""
COLUMNS: Final = {"shelf": "INTEGER", "model": "VARCHAR", "first": "VARCHAR"}
"""Of each series: whose calls they are, the model, and the model tried before, if any."""


CallKind = Literal["single_try", "paired_try", "second_call", "same_question"]


@dataclass(frozen=True)
class TrySum:
    """Calls of one pricing key in one step of confidence, from ``above`` on.

    ``kind``: a try that has no second call, one that has, a second call marked as such, or
    the full model's answer to the same question. ``rated`` of the answers carry a rating;
    the ratings add up to ``rating``.
    """

    above: float
    kind: CallKind
    key: PricingKey
    calls: int
    quantities: Quantities
    rated: int
    rating: float


@dataclass(frozen=True)
class Pair:
    """A model that is tried first, and the one that is asked again."""

    provider: str
    first: str
    full: str


@dataclass(frozen=True)
class PairTries:
    """Everything that is known of a pair; ``unmatched`` second calls belong to no try."""

    pair: Pair
    sums: tuple[TrySum, ...]
    answers: dict[float, TwoByTwo]
    unmatched: int


@dataclass(frozen=True)
class CallsFound:
    """How many calls tell their confidence, a rating, or that another model was tried."""

    with_confidence: int
    with_quality: int
    second_calls: int


def tries(
    connection: duckdb.DuckDBPyConnection,
    query: CellQuery,
    canonical: Callable[[str, str], str],
    full_of: Callable[[str, str], str | None],
) -> tuple[CallsFound, list[PairTries]]:
    """Return what calls tell, and the tries of every pair, most tries first.

    ``canonical`` names a model by provider and name as served; ``full_of`` is the model that
    is asked again where no call says so, None where there is none.
    """
    series = _choose(connection, query, canonical)
    requests = counting(connection, query.since, query.until)
    _make_calls(connection, requests, canonical)
    found = CallsFound(*connection.execute(_FOUND).fetchall()[0])
    pairs = _pairs(connection, full_of) if found.with_confidence else []
    return found, [_pair_tries(connection, query, series, pair) for pair in pairs]


def _choose(
    connection: duckdb.DuckDBPyConnection,
    query: CellQuery,
    canonical: Callable[[str, str], str],
) -> dict[int, SeriesRow]:
    shelves: dict[tuple[str, str], int] = {}
    chosen, rows = {}, []
    for row in all_series(connection):
        if not admits(query, row):
            continue
        chosen[row.series] = row
        first = row.value("escalated_from")
        tried = canonical(row.provider, first) if first else None
        shelf = shelves.setdefault((row.provider, row.organisation), len(shelves))
        rows.append((row.series, shelf, canonical(row.provider, row.model), tried))
    choose_series(connection, COLUMNS, rows)
    return chosen


def _make_calls(
    connection: duckdb.DuckDBPyConnection, requests: Counting, canonical: Callable[[str, str], str]
) -> None:
    """Make the table ``calls``: each request that tells something, with what it tells.

    A model tried first may stand on the row alone, where cells do not keep it.
    """
    meters = ", ".join(f"{requests.amount([meter])}::BIGINT AS m_{meter}" for meter in METERS)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE told AS
        SELECT u.row_id, epoch_us(u.occurred_at) AS used, u.series, c.shelf, c.provider, c.model,
            c.first, CASE WHEN c.first IS NULL THEN {text_of("escalated_from")} END AS written,
            epoch_us(u.occurred_at) // {DAY_MICROSECONDS} AS day,
            {size_band_sql(requests.amount(INPUT_METERS))} AS band, {meters},
            {number_of("confidence")} AS confidence, {number_of("quality")} AS rating,
            {text_of("session")} AS session, coalesce(c.task, {text_of("task")}) AS task
        {requests.sql} AND (c.first IS NOT NULL OR c.task IS NOT NULL OR {says(*TELLING)})"""
    )
    _make_marks(connection, canonical)
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE calls AS
        SELECT t.* EXCLUDE (first, written, rating), coalesce(t.first, m.first) AS first,
            CASE WHEN rating BETWEEN 0 AND 1 THEN rating END AS quality
        FROM told t LEFT JOIN marks m ON m.provider = t.provider AND m.written = t.written;
        DROP TABLE told;
        CREATE OR REPLACE TEMP TABLE alone AS
        SELECT shelf, model, task, min(row_id) AS row_id FROM calls
        WHERE task IS NOT NULL AND first IS NULL GROUP BY ALL HAVING count(*) = 1"""
    )


def _make_marks(
    connection: duckdb.DuckDBPyConnection, canonical: Callable[[str, str], str]
) -> None:
    """Make ``marks``: what models that only rows name are called."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE marks (provider VARCHAR, written VARCHAR, first VARCHAR)"
    )
    named = connection.execute(
        "SELECT DISTINCT provider, written FROM told WHERE written IS NOT NULL"
    ).fetchall()
    rows = [(provider, name, canonical(provider, name)) for provider, name in named]
    insert_rows(connection, "marks", rows)


_FOUND: Final = """SELECT count(confidence) FILTER (first IS NULL), count(quality), count(first)
    FROM calls"""


def _pairs(
    connection: duckdb.DuckDBPyConnection, full_of: Callable[[str, str], str | None]
) -> list[Pair]:
    """Return which model is asked again after which: as marked, as questions pair, as assumed."""
    tried = connection.execute(
        """SELECT provider, model, count(*) FROM calls
        WHERE first IS NULL AND confidence IS NOT NULL GROUP BY ALL ORDER BY 3 DESC, 1, 2"""
    ).fetchall()
    marked = connection.execute(
        """SELECT provider, first, model FROM calls WHERE first IS NOT NULL
        GROUP BY ALL ORDER BY count(*)"""
    ).fetchall()
    asked_again = {(provider, first): model for provider, first, model in marked}
    found = []
    for provider, model, _ in tried:
        full = asked_again.get((provider, model)) or full_of(provider, model)
        if full is not None and full != model:
            found.append(Pair(provider, model, full))
    return found


def _pair_tries(
    connection: duckdb.DuckDBPyConnection,
    query: CellQuery,
    series: Mapping[int, SeriesRow],
    pair: Pair,
) -> PairTries:
    names = {"provider": pair.provider, "first": pair.first, "full": pair.full}
    connection.execute(_TRIES, {"provider": pair.provider, "first": pair.first})
    low, width = _scale(connection)
    connection.execute(_SECONDS, names)
    step = f"{low} + {width} * floor(round((f.confidence - {low}) / {width}, 6))"
    day = _folded_day_sql(query.change_dates)
    sums = [
        _try_sum(row, series)
        for calls in ("f", "s")
        for row in connection.execute(_sums_sql(calls, step, day)).fetchall()
    ]
    answers = {
        above: TwoByTwo(*counts) for above, *counts in connection.execute(_answers(step)).fetchall()
    }
    unmatched = connection.execute(_UNMATCHED, names).fetchall()[0][0]
    return PairTries(pair, tuple(sums), answers, unmatched)


_TRIES: Final = """CREATE OR REPLACE TEMP TABLE first_calls AS
    SELECT * FROM calls WHERE provider = $provider AND model = $first AND first IS NULL
        AND confidence IS NOT NULL"""
_MARKED: Final = """SELECT * FROM calls
    WHERE provider = $provider AND model = $full AND first = $first"""
_SECONDS: Final = f"""CREATE OR REPLACE TEMP TABLE second_calls AS
    WITH ours AS ({_MARKED} AND session IS NOT NULL),
    same_confidence AS (
        SELECT f.row_id AS try_id, s.row_id FROM ours s ASOF JOIN first_calls f
            ON s.shelf = f.shelf AND s.session = f.session AND s.confidence = f.confidence
            AND s.used >= f.used),
    marked AS (
        FROM same_confidence UNION ALL
        SELECT f.row_id, s.row_id FROM ours s ASOF JOIN first_calls f
            ON s.shelf = f.shelf AND s.session = f.session AND s.used >= f.used
        WHERE s.row_id NOT IN (SELECT row_id FROM same_confidence)),
    same_question AS (
        SELECT f.row_id AS try_id, s.row_id FROM first_calls f
        JOIN alone a ON a.row_id = f.row_id
        JOIN alone s ON s.shelf = a.shelf AND s.task = a.task AND s.model = $full
        WHERE f.row_id NOT IN (SELECT try_id FROM marked))
    SELECT try_id, true AS was_marked, c.* FROM marked JOIN calls c USING (row_id)
    UNION ALL
    SELECT try_id, false, c.* FROM same_question JOIN calls c USING (row_id)
        WHERE c.provider = $provider"""
"""The second call of a try: the marked one after it in its session, or the one of its task.

A second call may carry the confidence of its try, which tells it from others of the session.
"""
_UNMATCHED: Final = f"""SELECT count(*) FROM ({_MARKED})
    WHERE row_id NOT IN (SELECT row_id FROM second_calls)"""


def _scale(connection: duckdb.DuckDBPyConnection) -> tuple[float, float]:
    """Return where steps of confidence begin and how wide they are."""
    low, high = connection.execute(
        "SELECT min(confidence), max(confidence) FROM first_calls"
    ).fetchall()[0]
    for top in (1, 100):
        if low >= 0 and high <= top:
            return 0, top / STEPS
    return low, (high - low) / STEPS or 1


def _sums_sql(calls: str, step: str, day: str) -> str:
    """Return the query of sums by step and pricing key, of tries ``f`` or second calls ``s``."""
    meters = ", ".join(f"sum({calls}.m_{meter})::BIGINT" for meter in METERS)
    joined = "JOIN second_calls s ON s.try_id = f.row_id" if calls == "s" else ""
    kind = "CASE WHEN s.was_marked THEN 'second_call' ELSE 'same_question' END"
    if calls == "f":
        paired = "f.row_id IN (SELECT try_id FROM second_calls)"
        kind = f"CASE WHEN {paired} THEN 'paired_try' ELSE 'single_try' END"
    return f"""SELECT {step} AS above, {kind} AS kind, {calls}.series, {calls}.band,
            {day.format(calls=calls)} AS day, count(*), count({calls}.quality),
            coalesce(sum({calls}.quality), 0), {meters}
        FROM first_calls f {joined} GROUP BY ALL ORDER BY ALL"""


def _try_sum(row: tuple[Any, ...], series: Mapping[int, SeriesRow]) -> TrySum:
    above, kind, number, band, day, calls, rated, rating, *amounts = row
    served = series[number]
    on = served.price_at or EPOCH_DAY + timedelta(days=day)
    key = PricingKey(served.provider, served.model, served.zone, served.tier, band, on)
    return TrySum(above, kind, key, calls, tuple(amounts), rated, rating)


def _answers(step: str) -> str:
    """Return the query of the table of right answers by step, where both were rated."""
    return f"""SELECT {step} AS above, count(*) FILTER (a AND b), count(*) FILTER (a AND NOT b),
            count(*) FILTER (b AND NOT a), count(*) FILTER (NOT a AND NOT b)
        FROM (SELECT f.confidence, f.quality >= {RIGHT_FROM} AS a, s.quality >= {RIGHT_FROM} AS b
              FROM first_calls f JOIN second_calls s ON s.try_id = f.row_id
              WHERE f.quality IS NOT NULL AND s.quality IS NOT NULL) f
        GROUP BY ALL ORDER BY ALL"""


def _folded_day_sql(changes: Sequence[date]) -> str:
    """Return the SQL of the day since 1970 whose prices count, for calls named later."""
    days = sorted({(change - EPOCH_DAY).days for change in changes})
    cases = " ".join(f"WHEN {{calls}}.day >= {day} THEN {day}" for day in reversed(days))
    return f"CASE {cases} ELSE {{calls}}.day END" if cases else "{calls}.day"
