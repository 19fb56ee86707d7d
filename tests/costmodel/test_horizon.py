from __future__ import annotations

from datetime import date
from fractions import Fraction

from costmodel.controls import Controls, levers_of
from costmodel.horizon import HorizonEvent, horizon, month_costs
from costmodel.levers import Grow, Lever, Retire, Route
from costmodel.workload import ledger_baseline
from tests.books import BOOK, SHUTDOWN, book_with, card, model
from tests.workloads import cell, guide

DECEMBER = date(2026, 12, 1)
MINI, FULL, NANO, LUNA = "gpt-4.1-mini", "gpt-4.1", "gpt-4.1-nano", "gpt-6-luna"


def costs(*levers: Lever, model_name: str = MINI) -> tuple[Fraction, ...]:
    return month_costs(guide(model_name), levers, BOOK, DECEMBER)


def test_traffic_of_a_dying_model_is_priced_at_its_successor_from_the_day() -> None:
    line = horizon(guide(), (), BOOK, DECEMBER)
    # January: 13 days on Mini at $396 a month, 18 on Luna at $117
    january = 396 * Fraction(13, 31) + 117 * Fraction(18, 31)
    assert [month.cost for month in line.months] == [396, january, *[117] * 10]
    assert [month.is_dashed for month in line.months] == [False, *[True] * 11]
    assert line.events == (HorizonEvent(SHUTDOWN, "shutdown", "openai", MINI, LUNA),)
    assert line.months[1].events == line.events
    assert line.months[2].month == date(2027, 2, 1)


def test_both_models_of_a_cascade_end_on_the_day() -> None:
    mini_first = Controls(start_with=((MINI, Fraction(1)),), full=FULL, escalate=Fraction(12, 100))
    line = horizon(guide(), levers_of(mini_first), BOOK, DECEMBER)
    assert line.months[0].cost == Fraction("633.6")
    assert line.months[2].cost == 117 * Fraction(112, 100)
    assert [event.model for event in line.events] == [FULL, MINI]


def test_a_model_gone_before_is_dashed_from_the_start() -> None:
    line = horizon(guide(NANO), (), BOOK, DECEMBER)
    assert all(month.is_dashed and month.cost == 117 for month in line.months)
    assert line.events == (HorizonEvent(date(2026, 10, 23), "shutdown", "openai", NANO, LUNA),)


def test_a_model_that_stays_is_not_dashed() -> None:
    line = horizon(guide(LUNA), (), BOOK, DECEMBER)
    assert [month.cost for month in line.months] == [117] * 12
    assert not any(month.is_dashed for month in line.months)
    assert line.events == ()


def test_growth_compounds_from_the_first_month() -> None:
    grown = costs(Grow(requests=Fraction(1, 10)), model_name=LUNA)
    assert grown == tuple(117 * Fraction(11, 10) ** month for month in range(1, 13))


def test_growth_from_a_later_day() -> None:
    grown = costs(Grow(requests=Fraction(1, 10), from_=date(2027, 2, 1)), model_name=LUNA)
    expected = [Fraction(117) * Fraction(11, 10) ** months for months in (0, 0, 1, 2)]
    assert list(grown[:4]) == expected


def test_a_dated_lever_counts_by_days() -> None:
    routed = costs(Route(to=LUNA, from_=date(2026, 12, 11)))
    assert routed[0] == 396 * Fraction(10, 31) + 117 * Fraction(21, 31)


def test_ones_own_retirement_comes_before_the_providers() -> None:
    own = costs(Retire(model=MINI, to=FULL, on=date(2027, 1, 1)))
    # full in January until it ends itself
    assert own[0] == 396
    assert own[1] == 1980 * Fraction(13, 31) + 117 * Fraction(18, 31)


def test_an_announced_price_counts_from_its_day() -> None:
    rise = date(2027, 2, 15)
    book = book_with(
        card("rising", "standard", "1/1/1", until=rise),
        card("rising", "standard", "2/2/2", since=rise),
        models=(model("rising", "rising"),),
    )
    line = horizon(guide("rising", book=book), (), book, DECEMBER)
    assert [month.cost for month in line.months[1:4]] == [450, 450 * Fraction(14 + 28, 28), 900]
    assert line.events == (HorizonEvent(rise, "price", "openai", "rising"),)
    assert not any(month.is_dashed for month in line.months)


def test_a_successor_that_ends_too_is_followed_by_its_own() -> None:
    later = date(2027, 6, 1)
    book = book_with(
        card("first", "standard", "1/1/1"),
        card("second", "standard", "2/2/2"),
        models=(model("first", "f", SHUTDOWN, "second"), model("second", "f", later, LUNA)),
    )
    line = horizon(guide("first", book=book), (), book, date(2027, 1, 1))
    assert [line.months[n].cost for n in (1, 4, 5)] == [900, 900, 117]
    assert [(event.model, event.successor) for event in line.events] == [
        ("first", "second"),
    ]


def test_without_a_successor_the_last_price_stays_and_is_marked() -> None:
    book = book_with(card("orphan", "standard", "1/1/1"), models=(model("orphan", "o", SHUTDOWN),))
    line = horizon(guide("orphan", book=book), (), book, DECEMBER)
    assert [month.cost for month in line.months] == [450] * 12
    assert line.months[2].is_dashed
    assert line.events[0].successor is None
    assert "orphan is gone since 2027-01-14, for comparison only" in line.warnings


def test_a_successor_without_a_price_for_it_makes_months_at_least() -> None:
    baseline = ledger_baseline([cell(MINI, tier="priority", requests=5)], BOOK, days=30)
    line = horizon(baseline, (), BOOK, DECEMBER)
    assert [month.at_least for month in line.months[:3]] == [False, True, True]
    assert line.months[2].cost == 0
