"""Moments and days as the screens write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def moment_text(moment: datetime, zone: str) -> str:
    """Return a moment in a zone: ``20 Nov 2026 12:00 UTC``."""
    local = _in_zone(moment, zone)
    return f"{day_text(local.date())} {local:%H:%M} {zone}"


def short_moment_text(moment: datetime, zone: str) -> str:
    """Return the time of day of a moment in a zone: ``12:00 UTC``."""
    return f"{_in_zone(moment, zone):%H:%M} {zone}"


def day_text(day: date) -> str:
    """Return a day: ``20 Nov 2026``."""
    return f"{day.day} {day:%b %Y}"


def short_day_text(day: date) -> str:
    """Return a day without its year: ``20 Nov``."""
    return f"{day.day} {day:%b}"


def _in_zone(moment: datetime, zone: str) -> datetime:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(ZoneInfo(zone))
