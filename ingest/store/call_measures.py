"""How single calls went: whether they failed, how long they took, how good they were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ingest.store.cells import all_series
from ingest.store.requests import choose_series, counting, number_of

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb
    import numpy.typing as npt

WELL: Final = (
    "ok", "success", "succeeded", "completed", "incomplete", "stop", "length", "tool_calls",
    "function_call", "content_filter", "end_turn", "max_tokens", "stop_sequence", "tool_use",
    "cancelled", "canceled",
)  # fmt: skip
"""Words of exports for a call that was answered, or that the caller gave up; so are the codes
below 400. Any other word is a failure, and no word at all is none."""


@dataclass(frozen=True, eq=False)
class CallMeasures:
    """Calls in columns, the earliest first; ``second`` counts from 1970.

    ``series`` is the number of the store; ``latency`` and ``quality`` are nan where a call does
    not tell.
    """

    series: npt.NDArray[np.int64]
    second: npt.NDArray[np.float64]
    failed: npt.NDArray[np.bool_]
    latency: npt.NDArray[np.float64]
    quality: npt.NDArray[np.float64]


def read_call_measures(
    session: duckdb.DuckDBPyConnection, since: datetime, until: datetime
) -> CallMeasures:
    """Return the calls of a store opened directly that count between two moments."""
    numbers = [(row.series,) for row in all_series(session)]
    choose_series(session, {}, numbers, buckets=True)
    calls = counting(session, since, until)
    words = ", ".join(f"'{word}'" for word in WELL)
    status = "lower(u.extra->>'$.status')"
    failed = f"coalesce({status} NOT IN ({words}) AND NOT {status} SIMILAR TO '[123][0-9][0-9]', "
    found = session.execute(
        f"""SELECT c.series::BIGINT AS series, epoch_us(u.occurred_at) / 1e6 AS second,
            {failed} false) AS failed,
            coalesce({number_of("latency_seconds")}, 'nan'::DOUBLE) AS latency,
            coalesce({number_of("quality")}, 'nan'::DOUBLE) AS quality
        {calls.sql} AND c.view = 'requests' ORDER BY second"""
    ).fetchnumpy()
    return CallMeasures(**{name: np.asarray(column) for name, column in found.items()})
