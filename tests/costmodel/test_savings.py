from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from costmodel.levers import Batch, Cascade, Grow, Lever, Route
from costmodel.plan import History
from costmodel.savings import saved_so_far
from costmodel.workload import Baseline, WorkloadError, ledger_baseline
from tests.books import BOOK, SHUTDOWN
from tests.workloads import cell

if TYPE_CHECKING:
    from costmodel.usage import Cell

DECEMBER = date(2026, 12, 1)
MINI, FULL, LUNA = "gpt-4.1-mini", "gpt-4.1", "gpt-6-luna"
SMALLER, LARGER = Fraction("0.0016"), Fraction("0.008")
"""What a request of 2,000 tokens in and 500 out costs on Mini and on full."""
HALF_TO_MINI = Route(source=(FULL,), to=MINI, share=Fraction(1, 2))


def frozen(*cells: Cell, names: tuple[str, ...] = ("escalated_from", "feature")) -> Baseline:
    return ledger_baseline(cells, BOOK, days=31, dimension_names=names)


USAGE = frozen(
    cell(FULL, requests=1_000, dimensions=(None, "search")),
    cell(MINI, requests=100, dimensions=(None, "chat")),
)


def on(
    day: int, model: str, requests: int, feature: str = "search", second: str | None = None
) -> Cell:
    at = DECEMBER + timedelta(days=day - 1)
    return cell(model, requests=requests, on=at, dimensions=(at.isoformat(), second, feature))


def came(*cells: Cell, days: int = 10) -> History:
    last = DECEMBER + timedelta(days=days - 1)
    return History(cells, ("day", "escalated_from", "feature"), DECEMBER, last)


def test_saved_is_the_old_way_on_the_new_traffic_less_what_was_paid() -> None:
    found = saved_so_far(
        USAGE,
        (HALF_TO_MINI,),
        BOOK,
        came(on(1, MINI, 1_200), on(3, FULL, 800), on(4, MINI, 100, "chat")),
    )
    assert found.without == 2_000 * LARGER + 100 * SMALLER
    assert found.planned == 1_000 * LARGER + 1_100 * SMALLER
    assert found.actual == 800 * LARGER + 1_300 * SMALLER
    # planned $6.40; 200 more requests than planned went to Mini, which saved $1.28 more
    assert found.by_lever == (1_000 * (LARGER - SMALLER),)
    assert found.otherwise == 200 * (LARGER - SMALLER)
    assert found.so_far == sum(found.by_lever) + found.otherwise
    assert (found.misses_unpriced, found.new_groups) == (False, ())


def test_without_levers_it_is_the_plan_less_what_was_paid() -> None:
    found = saved_so_far(USAGE, (), BOOK, came(on(1, FULL, 500)))
    assert (found.without, found.planned, found.so_far) == (500 * LARGER, 500 * LARGER, 0)


def test_each_lever_has_its_part_whatever_the_order() -> None:
    batch = Batch(share=Fraction(1))
    past = came(on(1, FULL, 1_000))
    one = saved_so_far(USAGE, (HALF_TO_MINI, batch), BOOK, past)
    other = saved_so_far(USAGE, (batch, HALF_TO_MINI), BOOK, past)
    # $8 becomes $4.80 by the route, $4 by batch alone, $2.40 by both: half of each way
    assert one.by_lever == (Fraction("2.4"), Fraction("3.2"))
    assert other.by_lever == (Fraction("3.2"), Fraction("2.4"))
    assert [lever.step for lever in one.levers] == ["route", "batch"]


def test_growth_is_no_saving_and_no_loss() -> None:
    levers: tuple[Lever, ...] = (Grow(requests=Fraction(1)), HALF_TO_MINI)
    found = saved_so_far(USAGE, levers, BOOK, came(on(1, FULL, 1_000)))
    assert found.without == 8
    assert found.by_lever == (Fraction("3.2"),)
    assert (found.levers, found.left_out) == ((HALF_TO_MINI,), ("grow",))


def test_second_calls_that_came_are_paid_and_do_not_count_as_traffic() -> None:
    mini = frozen(cell(MINI, requests=1_000, dimensions=(None, "search")))
    cascade = Cascade(first=MINI, then=FULL, escalate=Fraction(1, 10))
    found = saved_so_far(
        mini, (cascade,), BOOK, came(on(1, MINI, 100), on(1, FULL, 10, second=MINI))
    )
    assert found.without == 100 * SMALLER
    assert found.actual == found.planned == 100 * SMALLER + 10 * LARGER
    assert found.so_far == -10 * LARGER


def test_a_feature_that_the_plan_did_not_know_is_taken_at_its_mean() -> None:
    found = saved_so_far(USAGE, (), BOOK, came(on(1, MINI, 11, "new")))
    # of 1,100 requests 1,000 were on full
    assert found.without == 10 * LARGER + SMALLER
    assert found.new_groups == (("new",),)


def test_prices_and_levers_count_from_their_day() -> None:
    later = Route(to=LUNA, from_=date(2026, 12, 6))
    found = saved_so_far(USAGE, (later,), BOOK, came(on(5, FULL, 100), on(6, FULL, 100)))
    luna = Fraction("0.00045")
    assert found.without == 200 * LARGER
    assert found.planned == 100 * LARGER + 100 * luna


def test_what_a_provider_has_shut_down_is_no_saving() -> None:
    days = (SHUTDOWN - DECEMBER).days
    past = came(on(days, FULL, 100), on(days + 1, LUNA, 100), days=days + 1)
    found = saved_so_far(USAGE, (), BOOK, past)
    assert found.without == 100 * LARGER + 100 * Fraction("0.00045")
    assert found.so_far == 0


def test_traffic_without_a_price_is_left_out_on_both_sides() -> None:
    found = saved_so_far(USAGE, (), BOOK, came(on(1, "acme-7b", 5), on(1, FULL, 100)))
    assert found.misses_unpriced
    assert found.without == found.actual == 100 * LARGER


def test_a_plan_on_no_usage_can_save_nothing() -> None:
    with pytest.raises(WorkloadError, match="without any requests"):
        saved_so_far(frozen(), (), BOOK, came(on(1, MINI, 1)))
