"""How small the input of each feature gets: what every call of it carries is no larger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from costmodel.meters import INPUT_METERS
from ingest.store.cells import all_series
from ingest.store.requests import choose_series, counting

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb


@dataclass(frozen=True, slots=True)
class PromptSize:
    """Input tokens of the single requests of a feature (None: not given)."""

    feature: str | None
    requests: int
    smallest: int
    mean: float


def prompt_sizes(
    session: duckdb.DuckDBPyConnection, since: datetime | None, until: datetime | None
) -> list[PromptSize]:
    """Return the smallest and the mean input of each feature; buckets say nothing of it."""
    features = [(row.series, row.value("feature")) for row in all_series(session)]
    choose_series(session, {"feature": "VARCHAR"}, features)
    requests = counting(session, since, until)
    tokens = requests.amount(INPUT_METERS)
    rows = session.execute(
        f"""SELECT c.feature, count(*) AS requests, min({tokens})::BIGINT, avg({tokens})
        {requests.sql} GROUP BY c.feature ORDER BY requests DESC, c.feature"""
    ).fetchall()
    return [PromptSize(*row) for row in rows]
