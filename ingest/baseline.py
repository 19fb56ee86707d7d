"""What a what-if and a plan start from: stored usage as a baseline, or as a history of days."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from costmodel.past_days import SESSION, SessionSample
from costmodel.plan import History
from costmodel.rules import CLOCK_NAMES, HOUR, HOUR_AT, HOURLY_NAMES, WEEKDAY, WEEKDAYS
from costmodel.weekdays import DAY
from costmodel.workload import ESCALATED_FROM, ledger_baseline
from ingest.kept_answers import kept, question
from ingest.periods import day_edges, hour_edges, parse_period
from ingest.report import ReportQuery, cell_query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from costmodel.book import PriceBook
    from costmodel.workload import Baseline
    from ingest.periods import Period
    from ingest.store import Store

ONE_DAY: Final = timedelta(days=1)
OVERLAP: Final = timedelta(hours=1)
_WHOLE_DAYS: Final = "dw"


def usage_baseline(
    store: Store,
    book: PriceBook,
    period: Period,
    filters: Mapping[str, tuple[str | None, ...]],
    dimensions: Sequence[str] = (),
) -> Baseline:
    """Return stored usage as the baseline of scenarios: without levers it costs what report says.

    Its days are those of the period that hold usage, see ``days_with_usage``.
    """
    names = tuple(dict.fromkeys((ESCALATED_FROM, *dimensions)))
    query = cell_query(store, book, ReportQuery(period, (), filters), names)
    days = days_with_usage(period, store.extent())
    return ledger_baseline(store.cells(query), book, days=days, dimension_names=names)


def days_with_usage(period: Period, extent: tuple[datetime, datetime] | None) -> int:
    """Return over how many days a period's usage is spread: from its first to its last, at least 1.

    A part of a day counts as a day, so that an hour of usage is not taken for a
    720th of a month; less than an hour beyond whole days is an overlap of exports.
    """
    if extent is None:
        return 1
    start, end = max(period.start, extent[0]), min(period.end, extent[1])
    return max(1, math.ceil((end - start - OVERLAP) / ONE_DAY))


def usage_history(
    store: Store,
    book: PriceBook,
    period: Period,
    filters: Mapping[str, tuple[str | None, ...]],
    dimensions: Sequence[str] = (),
) -> History | None:
    """Return the usage of the whole days of a period, None where there is none.

    Beside dimensions of usage those of the clock may be asked for: hour, weekday.
    """
    extent = store.extent()
    whole = whole_days(period, extent) if extent else None
    if whole is None:
        return None
    clock = tuple(name for name in CLOCK_NAMES if name in dimensions)
    names = tuple(dict.fromkeys((ESCALATED_FROM, *dimensions)))
    stored = tuple(name for name in names if name not in clock)
    is_hourly = bool(set(clock) & set(HOURLY_NAMES))
    edges = hour_edges(whole) if is_hourly else day_edges(whole)
    query = cell_query(store, book, ReportQuery(whole, (), filters), stored, edges)
    times = {
        edge.isoformat(): _clock_values(edge.astimezone(whole.start.tzinfo), clock)
        for edge in edges
    }
    cells = [
        replace(cell, dimensions=(*times[cell.dimensions[0] or ""], *cell.dimensions[1:]))
        for cell in store.cells(query)
    ]
    if not cells:
        return None
    last = (whole.end - timedelta(microseconds=1)).astimezone(whole.start.tzinfo).date()
    knows_hours = not (is_hourly and store.holds_daily_sums(query))
    return History(cells, (DAY, *clock, *stored), whole.start.date(), last, knows_hours)


def plan_history(
    store: Store,
    book: PriceBook,
    period: Period,
    filters: Mapping[str, tuple[str | None, ...]],
    dimensions: Sequence[str] = (),
) -> History | None:
    """Return the usage that a plan starts from, None where there is no whole day of it.

    With a sample of its sessions where most of the usage names them.
    """
    history = usage_history(store, book, period, filters, dimensions)
    return history and _with_sessions(history, store, book, period, filters)


def _with_sessions(
    history: History,
    store: Store,
    book: PriceBook,
    period: Period,
    filters: Mapping[str, tuple[str | None, ...]],
) -> History:
    extent = store.extent()
    whole = whole_days(period, extent) if extent else None
    names = tuple(name for name in history.dimension_names if name not in {DAY, *CLOCK_NAMES})
    if whole is None:
        return history
    query = cell_query(store, book, ReportQuery(whole, (), filters), names)
    day = history.last_day
    found = kept(store, ("sessions", question(query), day), lambda: store.sessions(query, day))
    if found is None:
        return history
    return replace(history, sessions=SessionSample(found.cells, (SESSION, *names), found.weights))


def plan_period(words: str, now: datetime, zone: str) -> Period:
    """Return the range that a plan starts from: its last days or weeks end at the last midnight.

    Raises ``PeriodError`` where the words mean no range.
    """
    if words.startswith("last ") and words[-1:] in _WHOLE_DAYS:
        now = parse_period("today", now, zone).start
    return parse_period(words, now, zone)


def _clock_values(local: datetime, names: Sequence[str]) -> tuple[str, ...]:
    """Return the day of a moment, and what else of the clock is asked for."""
    values = {
        HOUR: f"{local:%H}",
        WEEKDAY: WEEKDAYS[local.weekday()],
        HOUR_AT: local.isoformat(timespec="minutes"),
    }
    return local.date().isoformat(), *(values[name] for name in names)


def whole_days(period: Period, extent: tuple[datetime, datetime]) -> Period | None:
    """Return the days of a period that usage covers whole, None where there is no such day.

    The first and the last day of all usage count as whole where usage begins
    or ends within them but the period does not.
    """
    zone = period.start.tzinfo
    start = max(period.start, _midnight(extent[0].astimezone(zone)))
    end = min(period.end, _midnight_after(extent[1].astimezone(zone)))
    first = _midnight_after(start)
    last = _midnight(end)
    return replace(period, start=first, end=last) if first < last else None


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def _midnight_after(moment: datetime) -> datetime:
    """Return the moment itself where it is a midnight, else the next one."""
    midnight = _midnight(moment)
    if moment.astimezone(UTC) == midnight.astimezone(UTC):
        return midnight
    return _midnight((midnight + ONE_DAY).replace(fold=0))
