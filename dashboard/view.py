"""What an address means for the store on screen: period, comparison, filters, data.

Every page gets its money here, by ``View.report``, which is ``ingest.report`` for
the period and filters of the address: the same cents as the command line.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dashboard.period import Period, parse_period
from dashboard.remembered import Facts, facts_of, remembered
from dashboard.state import DEFAULT_COMPARE, DEFAULT_RANGE
from ingest.report import ReportQuery, report
from ingest.store import CellQuery

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from costmodel.spend import Spend
    from dashboard.context import DashboardContext, Source
    from dashboard.state import State, Value
    from ingest.store import Store

_LAST_MOMENT_OF_DAY = timedelta(microseconds=1)
_HOUR = slice(len("2026-11-20T"), len("2026-11-20T12"))
_LONGEST_MONTH = timedelta(days=31, hours=1)
_LONGEST_COMPARED = timedelta(days=3 * 366)


@dataclass(frozen=True)
class View:
    """One state read against one source at one moment.

    ``until`` is where the data of the period ends: the period's end, or the last
    moment that the sources have reached. ``comparison`` covers the same stretch
    elsewhere, None where nothing is compared.
    """

    source: Source
    store: Store
    state: State
    now: datetime
    period: Period
    until: datetime
    comparison: Period | None
    facts: Facts
    notices: tuple[str, ...] = ()

    @property
    def zone(self) -> str:
        """Return the reporting zone of the page."""
        return self.period.zone

    @property
    def filters(self) -> Mapping[str, tuple[Value, ...]]:
        """Return the filters by dimension."""
        return self.state.filters

    def report(
        self,
        by: Sequence[str] = (),
        period: Period | None = None,
        filters: Mapping[str, tuple[Value, ...]] | None = None,
    ) -> Spend:
        """Return spend by these words, for the page's period and filters unless others."""
        chosen = period or self.period
        in_utc = replace(chosen, start=chosen.start.astimezone(UTC), end=chosen.end.astimezone(UTC))
        query = ReportQuery(
            period=in_utc,
            by=tuple(by),
            filters=self.filters if filters is None else filters,
        )
        return report(self.store, self.source.book, query)

    def values(self) -> Mapping[str, Mapping[Value, int]]:
        """Return each dimension's values in the period with their requests; not models."""
        query = CellQuery(
            since=self.period.start.astimezone(UTC),
            until=self.period.end.astimezone(UTC),
            filters={name: kept for name, kept in self.filters.items() if name != "model"},
        )
        key = ("values", query.since, query.until, tuple(sorted(query.filters.items(), key=repr)))
        return remembered(self.store, key, lambda: self.store.dimension_values(query))


def view_of(context: DashboardContext, state: State) -> View:
    """Return what a state means now."""
    source, store = context.source, context.store()
    now = source.clock()
    zone = state.zone or source.configuration.timezone
    facts = facts_of(store)
    extent, watermark = facts.extent, facts.watermark
    words, notices = _range_with_data(state, now, zone, extent)
    period = _local(parse_period(words, now, zone))
    last = (_aware(watermark) if watermark else now).astimezone(ZoneInfo(zone))
    until = max(period.start, min(period.end, last))
    return View(
        source=source,
        store=store,
        state=state,
        now=now,
        period=period,
        until=until,
        comparison=_comparison(period, until, state.compare or DEFAULT_COMPARE),
        facts=facts,
        notices=notices,
    )


def _range_with_data(
    state: State, now: datetime, zone: str, extent: tuple[datetime, datetime] | None
) -> tuple[str, tuple[str, ...]]:
    """Return the range to show; a default that would show nothing yields to the last month."""
    if state.range_text is not None:
        return state.range_text, ()
    period = parse_period(DEFAULT_RANGE, now, zone)
    if extent is None or _aware(extent[1]) >= period.start:
        return DEFAULT_RANGE, ()
    last = _aware(extent[1]).astimezone(period.start.tzinfo)
    words = f"{last:%Y-%m}"
    notice = f"No usage is dated this month; the last month with usage is shown: {last:%B %Y}."
    return words, (notice,)


def _comparison(period: Period, until: datetime, word: str) -> Period | None:
    """Return the stretch that the page is compared with, as long as its data reach.

    "Last month" would overlap with what is longer than a month: that is compared
    with the period before. Everything there is has nothing to be compared with.
    """
    length = until - period.start
    if word == "none" or length > _LONGEST_COMPARED:
        return None
    if word == "last month" and length <= _LONGEST_MONTH:
        start = a_month_earlier(period.start)
        end = a_month_earlier(until - _LAST_MOMENT_OF_DAY) + _LAST_MOMENT_OF_DAY
        text = "the same days last month"
    else:
        start, end = period.start - length, period.start
        text = "the period before"
    return Period(start=start, end=max(start, end), zone=period.zone, label=text, text=text)


def a_month_earlier(moment: datetime) -> datetime:
    """Return the same wall-clock moment a month earlier, the month's last day if shorter."""
    year, month = divmod(moment.year * 12 + moment.month - 2, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def knows_only_days(view: View) -> bool:
    """Tell whether the usage is known by UTC days alone while the page cuts days elsewhere.

    Such usage is shown on its UTC day, whatever the zone of the page.
    """
    if view.period.start.utcoffset() == view.period.end.utcoffset() == timedelta():
        return False
    week = replace(view.period, start=view.until - timedelta(days=7), end=view.until)
    hours = {row.dimensions[0] for row in view.report(by=("hour",), period=week).rows}
    return bool(hours) and len({(hour or "T")[_HOUR] for hour in hours}) == 1


def values_with_counts(
    context: DashboardContext, state: State, names: Sequence[str]
) -> dict[str, Mapping[Value, int]]:
    """Return the values of dimensions in the period with their requests.

    A dimension's own filter does not narrow it, so that one can choose another value.
    """
    if context.facts().is_empty:
        return {name: {} for name in names}
    view = view_of(context, state)
    values = dict(view.values())
    if "model" in names:
        others = {name: kept for name, kept in view.filters.items() if name != "model"}
        rows = view.report(by=("model",), filters=others).rows
        values["model"] = {row.dimensions[0]: row.requests for row in rows}
    return {name: values.get(name, {}) for name in names}


def _local(period: Period) -> Period:
    """Return a period whose moments are on the wall clock of its zone."""
    zone = ZoneInfo(period.zone)
    start, end = _aware(period.start).astimezone(zone), _aware(period.end).astimezone(zone)
    return replace(period, start=start, end=end)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
