"""The time words of reports read back as days and hours, and periods in words."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboard.period import Period

_LENGTH_OF_DAY = len("2026-11-20")


def day_of(label: str | None) -> date:
    """Return the first day that a report's day, week or month label names."""
    text = (label or "")[:_LENGTH_OF_DAY]
    return date.fromisoformat(text if len(text) == _LENGTH_OF_DAY else f"{text}-01")


def hour_of(label: str) -> datetime:
    """Return the local hour that a report's hour label names, without its zone."""
    return datetime.fromisoformat(label).replace(tzinfo=None)


def is_calendar_month(period: Period) -> bool:
    """Tell whether a period is exactly one month of the calendar."""
    start, end = period.start, period.end
    months = (end.year - start.year) * 12 + end.month - start.month
    return start.day == 1 and end.day == 1 and months == 1 and start.hour == end.hour == 0


def period_name(period: Period, now: datetime) -> str:
    """Return what a sentence calls a period: ``November``, ``The last 30 days``."""
    if is_calendar_month(period):
        same_year = period.start.year == now.year
        return f"{period.start:%B}" if same_year else f"{period.start:%B %Y}"
    if period.text.strip().lower().startswith("all"):
        return "All usage"
    label = period.label
    return f"The {label[:1].lower()}{label[1:]}" if label.startswith("Last") else label
