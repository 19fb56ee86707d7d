"""The usage that a plan starts from: one's own last 30 days, or numbers typed by hand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.meters import CACHED_METERS, INPUT_METERS
from costmodel.usage import total_of
from costmodel.workload import DAYS_A_MONTH, typed_workload
from dashboard.moments import day_text
from dashboard.remembered import remembered
from dashboard.view import view_of
from ingest.baseline import usage_baseline, whole_days
from ingest.plan_past import replayed_plans

if TYPE_CHECKING:
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.forecast import Backtest
    from costmodel.spend import SpendRow
    from costmodel.workload import Baseline
    from dashboard.context import DashboardContext
    from dashboard.pages.whatif.settings import TypedNumbers
    from dashboard.state import State
    from dashboard.view import View

DEFAULT_RANGE = "last 30d"
_FEATURE = "feature"


@dataclass(frozen=True)
class Usage:
    """A baseline, as it came and as a month of 30 days.

    ``words`` names it in a sentence. ``spent`` is its exact cost as reported, before it
    is made a month. ``replayed`` is how forecasts from such usage did on the days before.
    """

    seen: Baseline
    month: Baseline
    words: str
    spent: Fraction | None
    highest_cached_share: Fraction | None = None
    features: tuple[str | None, ...] = ()
    range_words: str = ""
    notices: tuple[str, ...] = ()
    replayed: Backtest | None = None


def typed_usage(typed: TypedNumbers, book: PriceBook, today: date) -> Usage:
    """Return the baseline of typed numbers; raises ``WorkloadError`` for an unknown model."""
    baseline = typed_workload(
        sessions_per_day=typed.sessions_per_day,
        days=typed.days,
        tokens_per_session=typed.tokens_per_session,
        output_share=typed.output_share,
        model=typed.model,
        on=today,
        book=book,
    )
    words = (
        f"{typed.sessions_per_day:,} sessions a day with {typed.tokens_per_session:,} tokens each, "
        f"{float(typed.output_share):.0%} of them output, for {typed.days} days"
    )
    return Usage(baseline, baseline, words, spent=None)


def baseline_view(context: DashboardContext, state: State) -> View:
    """Return the view of the baseline: the address's period, else the last 30 days.

    Where nothing happened in them, the last 30 days that hold usage.
    """
    wanted = state.range_text or DEFAULT_RANGE
    view = view_of(context, replace(state, range_text=wanted, compare="none"))
    extent = view.store.extent()
    if state.range_text or extent is None or _aware(extent[1]) > view.period.start:
        return view
    last = _aware(extent[1]).astimezone(UTC).date()
    first = last - timedelta(DAYS_A_MONTH - 1)
    found = view_of(context, replace(state, range_text=f"{first}..{last}", compare="none"))
    days = f"{day_text(first)} to {day_text(last)}"
    notice = f"Nothing happened in the last 30 days: your usage of {days} is shown instead."
    return replace(found, notices=(*found.notices, notice))


def usage_seen(view: View) -> Usage:
    """Return the baseline of the usage in a view: the one of the command line."""
    seen = usage_baseline(
        view.store, view.source.book, view.period, view.filters, dimensions=(_FEATURE,)
    )
    by_day = view.report(by=("day",)).rows
    return Usage(
        seen=seen,
        month=seen.a_month(),
        words=_words(view),
        spent=view.report().total.cost,
        highest_cached_share=_highest_cached_share(by_day),
        features=_features(seen),
        range_words=view.period.text,
        notices=view.notices,
        replayed=_replayed(view),
    )


def _replayed(view: View) -> Backtest | None:
    """Return how plans from this usage did; worked out once for the same whole days of it."""
    store, book, extent = view.store, view.source.book, view.facts.extent
    whole = whole_days(view.period, extent) if extent else None
    if whole is None:
        return None
    asked = whole.start, whole.end, tuple(sorted(view.filters.items()))
    return remembered(
        store,
        ("replayed", id(book), *asked),
        lambda: replayed_plans(store, book, view.period, view.filters),
    )


def _features(seen: Baseline) -> tuple[str | None, ...]:
    """Return the features of the usage, most requests first; none where no export named any."""
    place = seen.dimension_names.index(_FEATURE)
    requests: dict[str | None, Fraction] = defaultdict(Fraction)
    for flow in (*seen.flows, *seen.unpriced):
        requests[flow.dimensions[place]] += flow.requests
    if set(requests) <= {None}:
        return ()
    return tuple(sorted(requests, key=lambda name: (-requests[name], name or "")))


def _highest_cached_share(rows: tuple[SpendRow, ...]) -> Fraction | None:
    """Return the highest share of input billed at the cached price on any day."""
    shares = [
        Fraction(total_of(row.quantities, CACHED_METERS), total)
        for row in rows
        if (total := total_of(row.quantities, INPUT_METERS))
    ]
    return max(shares, default=None)


def _words(view: View) -> str:
    start, end = view.period.start, view.until
    first, last = start.date(), (end - timedelta(microseconds=1)).date()
    days = f"{day_text(first)} to {day_text(last)}" if last > first else day_text(first)
    lead = "your last 30 days" if view.period.text == DEFAULT_RANGE else "your usage"
    return f"{lead}, {days} ({view.zone})"


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
