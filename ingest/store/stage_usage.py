"""What the staged rows of one file add up to, by everything that a price depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from costmodel.meters import TOKEN_METERS
from ingest.store.staging_sql import GOOD, quoted

if TYPE_CHECKING:
    from datetime import date

    from ingest.store.stage import Stage


@dataclass(frozen=True, slots=True)
class StagedUsage:
    """The usage of one model in one zone and tier; ``last_on`` is the UTC day of its last row."""

    provider: str
    model: str
    zone: str
    tier: str
    last_on: date
    requests: int
    tokens: int


def staged_usage(stage: Stage) -> list[StagedUsage]:
    """Return what the rows of a file that can be counted add up to, most tokens first."""
    meters = [quoted(meter) for meter in stage.meters if meter in TOKEN_METERS]
    rows = stage.connection.execute(
        f"""SELECT provider, model, zone, tier, max(occurred_at)::DATE,
            sum({stage.requests})::BIGINT, sum({" + ".join(meters)})::BIGINT AS tokens
        FROM staged r JOIN combinations k ON k.h = r.series WHERE state = {GOOD} GROUP BY ALL
        ORDER BY tokens DESC, provider, model, zone, tier"""
    ).fetchall()
    return [StagedUsage(*row) for row in rows]
