"""How small the input of each feature gets: what every call of it carries is no larger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from costmodel.meters import INPUT_METERS
from ingest.store.peaks import in_range, in_the_ledger, tokens_sql

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
    where, moments = in_range(since, until)
    tokens = tokens_sql(INPUT_METERS)
    rows = session.execute(
        f"""SELECT t.feature, count(*) AS requests, min({tokens})::BIGINT, avg({tokens})
        FROM usage u JOIN series t USING (series) JOIN sources s USING (source)
        {in_the_ledger(where)} AND s.view = 'requests' AND NOT t.unmetered
        GROUP BY t.feature ORDER BY requests DESC, t.feature""",
        moments,
    ).fetchall()
    return [PromptSize(*row) for row in rows]
