"""Ranges in words: are they understood, and which days do they mean here."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingest.periods import Period, parse_period

PRESETS: tuple[str, ...] = (
    "this month",
    "last month",
    "last 7d",
    "last 30d",
    "last 90d",
    "all",
)
"""Ranges offered before anybody types."""

_SOME_MOMENT = datetime(2026, 1, 15, tzinfo=UTC)


def is_range(text: str) -> bool:
    """Tell whether these words name a range of time, at whatever moment they are read."""
    try:
        parse_period(text, _SOME_MOMENT, "UTC")
    except ValueError:
        return False
    return True


def is_zone(name: str) -> bool:
    """Tell whether this is the name of a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)


__all__ = ["PRESETS", "Period", "is_range", "is_zone", "parse_period"]
