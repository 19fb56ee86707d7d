"""Ranges of time in words, and the edges of hours, days, weeks and months in a zone.

Zone arithmetic happens here, once; everything below works with moments in UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingest.errors import PeriodError

if TYPE_CHECKING:
    from collections.abc import Callable

ALL_FROM: Final = datetime(2000, 1, 1, tzinfo=UTC)
ALL_TO: Final = datetime(2100, 1, 1, tzinfo=UTC)
EXAMPLES: Final = "this month, last 30d, 2026-10, 2026-10-03 or 2026-10-01..2026-10-20"


@dataclass(frozen=True)
class Period:
    """A range of time, its end exclusive, with the zone whose days and months it is cut by.

    ``text`` is the range as one writes it in an address; ``label`` as one reads it.
    """

    start: datetime
    end: datetime
    zone: str
    label: str
    text: str


def parse_period(text: str, now: datetime, zone: str) -> Period:
    """Return the range that words mean at a moment.

    ``last 30d`` and ``last 24h`` reach back from now by exactly that; days, months
    and years are those of the zone's calendar.

    Raises:
        PeriodError: The words mean no range, or there is no such zone.
    """
    words = " ".join(text.strip().lower().split())
    local = _aware(now).astimezone(_zone(zone))
    for pattern, read in _FORMS:
        found = re.fullmatch(pattern, words)
        if found:
            start, end, label = _read(read, found, local, words)
            return Period(start, end, zone, label, words)
    raise PeriodError(f"{text!r} is no range of time: write {EXAMPLES}")


def _read(
    read: Callable[[re.Match[str], datetime], tuple[datetime, datetime, str]],
    found: re.Match[str],
    local: datetime,
    words: str,
) -> tuple[datetime, datetime, str]:
    try:
        start, end, label = read(found, local)
    except (ValueError, OverflowError) as error:
        raise PeriodError(f"{words!r} names a day that does not exist: write {EXAMPLES}") from error
    if end <= start:
        raise PeriodError(f"{words!r} ends before it begins: write the earlier day first")
    return start, end, label


def _last(found: re.Match[str], local: datetime) -> tuple[datetime, datetime, str]:
    count, unit = int(found[1]), found[2]
    span = timedelta(hours=count) if unit == "h" else timedelta(days=count)
    end = local.astimezone(UTC)
    name = {"h": "hour", "d": "day", "w": "week"}[unit]
    span = span * 7 if unit == "w" else span
    label = f"Last {count} {name}s" if count != 1 else f"Last {name}"
    return (end - span).astimezone(local.tzinfo), local, label


def _named_month(found: re.Match[str], local: datetime) -> tuple[datetime, datetime, str]:
    ahead = {"last": -1, "this": 0, "next": 1}[found[1]]
    first = month_start(local)
    return _month(add_months(first, ahead))


def _named_day(found: re.Match[str], local: datetime) -> tuple[datetime, datetime, str]:
    day = local.date() - timedelta(days=found[0] == "yesterday")
    return _day(day, local)


def _one_month(found: re.Match[str], local: datetime) -> tuple[datetime, datetime, str]:
    return _month(datetime(int(found[1]), int(found[2]), 1, tzinfo=local.tzinfo))


def _one_day(found: re.Match[str], local: datetime) -> tuple[datetime, datetime, str]:
    return _day(date.fromisoformat(found[0]), local)


def _one_year(found: re.Match[str], local: datetime) -> tuple[datetime, datetime, str]:
    year = int(found[0])
    start = datetime(year, 1, 1, tzinfo=local.tzinfo)
    return start, datetime(year + 1, 1, 1, tzinfo=local.tzinfo), found[0]


def _between(found: re.Match[str], local: datetime) -> tuple[datetime, datetime, str]:
    first, last = date.fromisoformat(found[1]), date.fromisoformat(found[2])
    if last < first:
        raise PeriodError(f"{found[0]!r} ends before it begins: write the earlier day first")
    start, _, _ = _day(first, local)
    _, end, _ = _day(last, local)
    return start, end, f"{_written(first)} to {_written(last)}"


def _all(_: re.Match[str], local: datetime) -> tuple[datetime, datetime, str]:
    return ALL_FROM.astimezone(local.tzinfo), ALL_TO.astimezone(local.tzinfo), "All usage"


_DAY: Final = r"\d{4}-\d{2}-\d{2}"
_FORMS: Final = (
    (r"last (\d{1,4}) ?(h|d|w)(?:ours?|ays?|eeks?)?", _last),
    (r"(this|last|next) month", _named_month),
    (r"today|yesterday", _named_day),
    (r"(\d{4})-(\d{2})", _one_month),
    (_DAY, _one_day),
    (r"\d{4}", _one_year),
    (rf"({_DAY})\.\.({_DAY})", _between),
    (r"all", _all),
)


def _month(first: datetime) -> tuple[datetime, datetime, str]:
    return first, add_months(first, 1), f"{first:%B %Y}"


def _day(day: date, local: datetime) -> tuple[datetime, datetime, str]:
    start = _midnight(day, local)
    return start, _midnight(day + timedelta(days=1), local), _written(day)


def _midnight(day: date, local: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=local.tzinfo)


def _written(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise PeriodError(f"there is no time zone {name!r}: write one as Europe/Berlin") from error


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def month_start(moment: datetime) -> datetime:
    """Return the first midnight of a moment's month, on its own clock."""
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)


def add_months(first: datetime, count: int) -> datetime:
    """Return the first of a month that lies some months on."""
    year, month = divmod(first.year * 12 + first.month - 1 + count, 12)
    return first.replace(year=year, month=month + 1)


def hour_edges(period: Period) -> tuple[datetime, ...]:
    """Return the start of every hour that a period touches, in UTC."""
    start = _aware(period.start).astimezone(_zone(period.zone))
    first = start.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    return _stepped(first, period, lambda edge: edge + timedelta(hours=1))


def day_edges(period: Period) -> tuple[datetime, ...]:
    """Return the midnight of every day that a period touches, in UTC."""
    return _calendar_edges(period, lambda day: day, lambda day: day + timedelta(days=1))


def week_edges(period: Period) -> tuple[datetime, ...]:
    """Return the Monday of every week that a period touches, in UTC."""
    return _calendar_edges(
        period,
        lambda day: day - timedelta(days=day.weekday()),
        lambda day: day + timedelta(days=7),
    )


def month_edges(period: Period) -> tuple[datetime, ...]:
    """Return the first of every month that a period touches, in UTC."""
    return _calendar_edges(
        period,
        lambda day: day.replace(day=1),
        lambda day: (day + timedelta(days=32)).replace(day=1),
    )


def _calendar_edges(
    period: Period, first: Callable[[date], date], following: Callable[[date], date]
) -> tuple[datetime, ...]:
    zone = _zone(period.zone)
    local = _aware(period.start).astimezone(zone)
    end = _aware(period.end)
    edges = []
    day = first(local.date())
    while (edge := _midnight(day, local).astimezone(UTC)) < end:
        edges.append(edge)
        day = following(day)
    return tuple(edges)


def _stepped(
    first: datetime, period: Period, following: Callable[[datetime], datetime]
) -> tuple[datetime, ...]:
    edges = []
    edge = first
    while edge < _aware(period.end):
        edges.append(edge)
        edge = following(edge)
    return tuple(edges)
