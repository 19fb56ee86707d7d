from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from costmodel.drivers import FollowDrivers, GrowDrivers
from costmodel.horizon import month_costs
from costmodel.scene import LeverError
from costmodel.workload import ledger_baseline
from tests.books import BOOK
from tests.workloads import cell, guide

if TYPE_CHECKING:
    from costmodel.levers import Lever

DECEMBER, JANUARY, MARCH = date(2026, 12, 1), date(2027, 1, 1), date(2027, 3, 1)
LUNA = "gpt-6-luna"


def costs(*levers: Lever, months: int = 4) -> tuple[Fraction, ...]:
    return month_costs(guide(LUNA), levers, BOOK, DECEMBER, months)


def test_three_drivers_multiply_and_compound() -> None:
    grown = costs(
        GrowDrivers(users=Fraction(1, 10), requests=Fraction(1, 20), tokens=-Fraction(1, 4))
    )
    factor = Fraction(11, 10) * Fraction(21, 20) * Fraction(3, 4)
    assert grown == tuple(117 * factor**month for month in range(1, 5))


def test_longer_requests_are_priced_in_the_band_they_reach() -> None:
    # 150k input tokens that double pass the 272k above which Luna is dearer in the test book
    short = ledger_baseline([cell(LUNA, input_tokens=150_000, output=0)], BOOK, days=30)
    (longer,) = month_costs(
        short, (GrowDrivers(requests=Fraction(0), tokens=Fraction(1)),), BOOK, DECEMBER, 1
    )
    long = ledger_baseline([cell(LUNA, input_tokens=300_000, output=0)], BOOK, days=30)
    assert (longer,) == month_costs(long, (), BOOK, DECEMBER, 1) == (Fraction("0.06"),)


def test_a_table_of_drivers_holds_until_its_next_month() -> None:
    plan = FollowDrivers(
        volume={JANUARY: Fraction(2), MARCH: Fraction(3)}, length={MARCH: Fraction(1, 2)}
    )
    assert costs(plan) == (117, 234, 234, 117 * Fraction(3, 2))


def test_drivers_of_one_feature_leave_the_others() -> None:
    usage = ledger_baseline(
        [cell(LUNA, requests=100, dimensions=(name,)) for name in ("search", "chat")],
        BOOK,
        days=30,
        dimension_names=("feature",),
    )
    (before,) = month_costs(usage, (), BOOK, DECEMBER, 1)
    search = {"feature": ("search",)}
    doubled = GrowDrivers(requests=Fraction(0), users=Fraction(1), where=search)
    assert month_costs(usage, (doubled,), BOOK, DECEMBER, 1) == (before * Fraction(3, 2),)
    listed = FollowDrivers(volume={DECEMBER: Fraction(0)}, where=search)
    assert month_costs(usage, (listed,), BOOK, DECEMBER, 1) == (before / 2,)


def test_nothing_shrinks_by_more_than_all_of_it() -> None:
    GrowDrivers(requests=Fraction(0), users=Fraction(-1))
    with pytest.raises(LeverError, match="more than 100%"):
        GrowDrivers(requests=Fraction(0), tokens=Fraction(-101, 100))
