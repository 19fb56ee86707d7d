from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.budget import BUDGET_PERIODS, Budget

if TYPE_CHECKING:
    from costmodel.budget import BudgetPeriod


def budget(period: BudgetPeriod, starts: date | None = None) -> Budget:
    return Budget("All models", Fraction(1200), period=period, starts=starts)


@pytest.mark.parametrize(
    ("period", "starts", "day", "first", "following"),
    [
        ("month", None, "2026-11-20", "2026-11-01", "2026-12-01"),
        ("month", None, "2026-12-31", "2026-12-01", "2027-01-01"),
        ("month", "2026-01-15", "2026-11-14", "2026-10-15", "2026-11-15"),
        ("month", "2026-01-15", "2026-11-15", "2026-11-15", "2026-12-15"),
        ("month", "2026-01-31", "2026-02-27", "2026-01-31", "2026-02-28"),
        ("month", "2026-01-31", "2028-02-29", "2028-02-29", "2028-03-31"),
        ("quarter", None, "2026-11-20", "2026-10-01", "2027-01-01"),
        ("quarter", "2026-02-01", "2026-11-20", "2026-11-01", "2027-02-01"),
        ("year", "2026-04-01", "2026-03-31", "2025-04-01", "2026-04-01"),
        ("week", None, "2026-11-20", "2026-11-16", "2026-11-23"),
        ("week", "2026-11-18", "2026-11-17", "2026-11-11", "2026-11-18"),
        ("day", None, "2026-11-20", "2026-11-20", "2026-11-21"),
    ],
)
def test_the_period_that_holds_a_day(
    period: BudgetPeriod, starts: str | None, day: str, first: str, following: str
) -> None:
    anchor = date.fromisoformat(starts) if starts else None
    found = budget(period, anchor).period_holding(date.fromisoformat(day))
    assert found == (date.fromisoformat(first), date.fromisoformat(following))


@given(
    period=st.sampled_from(BUDGET_PERIODS),
    starts=st.none() | st.dates(date(2000, 1, 1), date(2040, 12, 31)),
    day=st.dates(date(2000, 1, 1), date(2040, 12, 31)),
)
def test_periods_partition_time(period: BudgetPeriod, starts: date | None, day: date) -> None:
    each = budget(period, starts)
    first, following = each.period_holding(day)
    assert first <= day < following
    assert each.period_holding(first) == (first, following)
    assert each.period_holding(following - timedelta(1)) == (first, following)
    assert each.period_holding(following)[0] == following
