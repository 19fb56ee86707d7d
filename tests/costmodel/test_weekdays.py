from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from costmodel.scenario import evaluate
from costmodel.weekdays import days_of, on_calendar
from costmodel.workload import Baseline, WorkloadError
from tests.books import BOOK, book_with, card, model
from tests.workloads import cell

if TYPE_CHECKING:
    from costmodel.usage import Cell

MONDAY = date(2026, 11, 2)
TWO_WEEKS = (MONDAY, MONDAY + timedelta(days=13))
FEBRUARY = date(2027, 2, 1)
"""28 days: every weekday four times."""


def on(day: date, requests: int, name: str = "gpt-4.1-mini") -> Cell:
    return cell(name, requests=requests, dimensions=(day.isoformat(),))


def laid(cells: list[Cell], month: date, window: tuple[date, date] = TWO_WEEKS) -> Baseline:
    return on_calendar(cells, BOOK, dimension_names=("day",), window=window, month=month)


def test_each_day_has_the_mean_of_its_weekday() -> None:
    cells = [on(MONDAY, 10), on(MONDAY + timedelta(days=7), 20), on(MONDAY + timedelta(days=1), 5)]
    # four Mondays of 15, four Tuesdays of 2.5: the second Tuesday had no usage
    assert laid(cells, FEBRUARY).requests == 4 * 15 + 4 * Fraction(5, 2)


def test_a_month_with_five_mondays_has_five() -> None:
    november = laid([on(MONDAY, 14)], date(2026, 11, 1))
    march = laid([on(MONDAY, 14)], date(2027, 3, 1))
    assert len([day for day in days_of(date(2026, 11, 1)) if day.weekday() == 0]) == 5
    assert november.requests == march.requests == 5 * 7
    assert november.days == 30
    assert march.days == 31


def test_four_whole_weeks_on_28_days_change_nothing() -> None:
    window = (MONDAY, MONDAY + timedelta(days=27))
    cells = [on(MONDAY + timedelta(days=n), n * n + 1) for n in range(28)]
    assert laid(cells, FEBRUARY, window).requests == sum(n * n + 1 for n in range(28))


def test_a_weekday_not_seen_takes_the_mean_of_all_days() -> None:
    window = (MONDAY, MONDAY + timedelta(days=4))
    cells = [on(MONDAY, 5), on(MONDAY + timedelta(days=1), 10)]
    # per week 5 + 10, and Saturday and Sunday 3 each
    assert laid(cells, FEBRUARY, window).requests == 4 * (5 + 10) + 8 * 3


def test_usage_is_priced_on_the_days_it_is_laid_on() -> None:
    change = date(2027, 2, 8)
    book = book_with(
        card("rising", "standard", "1/1/1", until=change),
        card("rising", "standard", "2/2/2", since=change),
        models=(model("rising", "rising"),),
    )
    baseline = on_calendar(
        [on(MONDAY, 1_000, "rising")],
        book,
        dimension_names=("day",),
        window=(MONDAY, MONDAY + timedelta(days=6)),
        month=FEBRUARY,
        boundaries=book.change_dates(),
    )
    # one Monday before the rise, three from the 8th on; 2.5M tokens each
    assert evaluate(baseline, (), book).cost == Fraction("2.5") * (1 + 3 * 2)
    assert {flow.on for flow in baseline.flows} == {FEBRUARY, change}


def test_the_unpriced_is_laid_out_too() -> None:
    baseline = laid([on(MONDAY, 14, "acme-7b")], FEBRUARY)
    assert [miss.requests for miss in evaluate(baseline, (), BOOK).unpriced] == [28]


def test_other_dimensions_stay() -> None:
    cells = [cell(requests=2, dimensions=("support", MONDAY.isoformat()))]
    baseline = on_calendar(
        cells, BOOK, dimension_names=("feature", "day"), window=TWO_WEEKS, month=FEBRUARY
    )
    assert baseline.dimension_names == ("feature",)
    assert [flow.dimensions for flow in baseline.flows] == [("support",)]


def test_cells_must_have_a_day_within_the_window() -> None:
    with pytest.raises(WorkloadError, match="grouped by day"):
        on_calendar([cell()], BOOK, dimension_names=(), window=TWO_WEEKS, month=FEBRUARY)
    with pytest.raises(WorkloadError, match="2026-11-01 lies outside the window"):
        laid([on(date(2026, 11, 1), 1)], FEBRUARY)
    with pytest.raises(WorkloadError, match="has no days"):
        laid([], FEBRUARY, (MONDAY, MONDAY - timedelta(days=1)))
