"""The usage of past days, laid by weekday on the days to come."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from costmodel.flows import folded
from costmodel.rates import Assumption
from costmodel.regimes import month_after
from costmodel.rules import HOUR_AT
from costmodel.workload import WorkloadError, ledger_baseline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from costmodel.book import PriceBook
    from costmodel.flows import Flow
    from costmodel.usage import Cell
    from costmodel.workload import Baseline

DAY = "day"
"""The dimension that holds a cell's day as ISO text."""


def days_between(first: date, last: date) -> tuple[date, ...]:
    """Return all days from the first to the last, both included."""
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


def days_of(month: date) -> tuple[date, ...]:
    """Return the days of the month that begins on this day."""
    return days_between(month, month_after(month) - timedelta(days=1))


def on_calendar(
    cells: Iterable[Cell],
    book: PriceBook,
    *,
    dimension_names: Sequence[str],
    window: tuple[date, date],
    month: date,
    boundaries: Iterable[date] = (),
) -> Baseline:
    """Return a baseline of one month, as ``on_days`` does for any run of days."""
    target = (month, month_after(month) - timedelta(days=1))
    return on_days(
        cells,
        book,
        dimension_names=dimension_names,
        window=window,
        target=target,
        boundaries=boundaries,
        target_words=f"{month:%Y-%m}",
    )


def on_days(  # noqa: PLR0913  usage, its days, and the days to come with their name
    cells: Iterable[Cell],
    book: PriceBook,
    *,
    dimension_names: Sequence[str],
    window: tuple[date, date],
    target: tuple[date, date],
    boundaries: Iterable[date] = (),
    target_words: str | None = None,
) -> Baseline:
    """Return a baseline of the days from ``target``: each has the mean of its weekday.

    ``dimension_names`` must hold ``day``; ``window`` is the first and the last whole
    day of the cells, so that days without usage count as such. Flows are priced on
    the target's own days, folded between ``boundaries`` (days on which a rate or a
    lever changes). A weekday that the window has not takes the mean of all days.
    Raises ``WorkloadError`` for cells without a day or outside the window.
    """
    past = days_between(*window)
    if not past:
        raise WorkloadError(f"a window from {window[0]} to {window[1]} has no days")
    source = ledger_baseline(cells, book, days=len(past), dimension_names=dimension_names)
    factors = _factors(past, _days_by_stretch(target, boundaries))
    keep = _without_day(source.dimension_names)
    lay = _Layer(source, factors, keep, set(past))
    words = target_words or f"{target[0]} to {target[1]}"
    note = Assumption(
        "weekday-mean", f"every day of {words} has the mean of its weekday, "
        f"{window[0]} to {window[1]}"
    )  # fmt: skip
    return replace(
        source,
        flows=folded(each for flow in source.flows for each in lay.out(flow)),
        unpriced=folded(each for flow in source.unpriced for each in lay.out(flow)),
        days=Fraction(len(days_between(*target))),
        dimension_names=tuple(source.dimension_names[place] for place in keep),
        assumptions=(*source.assumptions, note),
        repeats=lay.repeats(),
    )


def _days_by_stretch(
    target: tuple[date, date], boundaries: Iterable[date]
) -> dict[date, tuple[date, ...]]:
    """Return the target's days by the last boundary before them."""
    first, end = target[0], target[1] + timedelta(days=1)
    starts = sorted({first, *(day for day in boundaries if first < day < end)})
    return {
        start: days_between(start, stop - timedelta(days=1))
        for start, stop in pairwise([*starts, end])
    }


def _factors(
    past: Sequence[date], target: dict[date, tuple[date, ...]]
) -> dict[int, dict[date, Fraction]]:
    """Return, by weekday of a past day and stretch, how often its usage is laid out."""
    seen = Counter(day.weekday() for day in past)
    factors: dict[int, dict[date, Fraction]] = {weekday: {} for weekday in seen}
    for start, days in target.items():
        wanted = Counter(day.weekday() for day in days)
        unseen = sum(count for weekday, count in wanted.items() if weekday not in seen)
        for weekday, count in seen.items():
            own = Fraction(wanted[weekday], count)
            factors[weekday][start] = own + Fraction(unseen, len(past))
    return factors


def _without_day(names: Sequence[str]) -> list[int]:
    if DAY not in names:
        raise WorkloadError("usage for a calendar month must be grouped by day")
    return [place for place, name in enumerate(names) if name != DAY]


class _Layer:
    """Lays one past flow out on the stretches of the month."""

    def __init__(
        self,
        source: Baseline,
        factors: dict[int, dict[date, Fraction]],
        keep: Sequence[int],
        past: set[date],
    ) -> None:
        self._source = source
        self._day_place = source.dimension_names.index(DAY)
        self._factors = factors
        self._keep = keep
        self._past = past

    def repeats(self) -> dict[tuple[str, date], Fraction]:
        """Return how often each past hour is laid out on each stretch, where hours are known."""
        names, flows = self._source.dimension_names, self._source.flows
        if HOUR_AT not in names:
            return {}
        place = names.index(HOUR_AT)
        return {
            (hour, start): factor
            for hour, day in {(flow.dimensions[place] or "", self._day_of(flow)) for flow in flows}
            for start, factor in self._factors[day.weekday()].items()
        }

    def _day_of(self, flow: Flow) -> date:
        text = flow.dimensions[self._day_place]
        day = date.fromisoformat(text) if text else None
        if day not in self._past or day is None:
            raise WorkloadError(f"usage of {text or 'no day'} lies outside the window")
        return day

    def out(self, flow: Flow) -> Iterable[Flow]:
        day = self._day_of(flow)
        kept = replace(flow, dimensions=tuple(flow.dimensions[place] for place in self._keep))
        for start, factor in self._factors[day.weekday()].items():
            if factor:
                yield kept.priced_on(start).scaled(factor)
