"""How far the data reach: a screen without this is a screen without a date."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from dashboard.moments import moment_text, short_moment_text
from ingest.ages import age_text

if TYPE_CHECKING:
    from dashboard.context import DashboardContext

_COMPLETE_WITHIN = timedelta(minutes=30)
_SAME_DAY = timedelta(hours=6)


def age_sentence(context: DashboardContext, zone: str | None) -> str:
    """Return how far the data reach: ``Data until 12:00 UTC, complete``; nothing without data."""
    watermark = context.facts().watermark
    if watermark is None:
        return ""
    place = zone or context.configuration.timezone
    behind = context.now() - watermark
    written = moment_text if behind >= _SAME_DAY else short_moment_text
    age = "complete" if behind <= _COMPLETE_WITHIN else f"{age_text(behind)} behind"
    return f"Data until {written(watermark, place)}, {age}"
