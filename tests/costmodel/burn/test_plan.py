"""Plans lie on the real calendar, and windows partition them to the last bit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.budget import Budget
from costmodel.burn.plan import Plan, plan_for, table_of, with_coming_prices
from costmodel.burn.series import DAY, HOUR, QUARTER, Series, hours_of_week, local_midnight
from costmodel.coming_price import NO_CHANGE, PricePath

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
OFFICE = table_of((1, 1, 1, 1, 1, 0, 0), (*(0,) * 9, *(1,) * 8, *(0,) * 7))


def laid(zone: str, first: date, last: date, **how: object) -> Plan:
    """A plan over history that repeats a rising day."""
    start, end = (local_midnight(day, ZoneInfo(zone)) for day in (first, last))
    begin = start.astimezone(UTC) - 21 * DAY
    calendar = hours_of_week(begin, QUARTER, round((end - begin) / QUARTER), ZoneInfo(zone))
    amounts = 1.0 + calendar[: round((start - begin) / QUARTER)] % 24
    series = Series(begin, QUARTER, amounts.astype(np.float64), calendar)
    return plan_for(series, start, end, 500.0, **how)  # type: ignore[arg-type]


def test_a_working_hour_of_a_working_day_weighs_all_others_nothing() -> None:
    plan = laid("Europe/Berlin", date(2026, 11, 2), date(2026, 11, 9), table=OFFICE)
    monday = datetime(2026, 11, 2, tzinfo=ZoneInfo("Europe/Berlin"))
    assert plan.basis == "table"
    assert plan.share_between(monday, monday + timedelta(hours=9)) == 0
    assert plan.share_between(monday, monday + timedelta(hours=13)) == pytest.approx(4 / 40)
    assert plan.share_between(monday + timedelta(days=4, hours=17), plan.end) == 0


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 10, 24), 24)]
)
def test_an_even_plan_gives_each_hour_the_same_on_days_that_change_clocks(
    day: date, hours: int
) -> None:
    plan = laid("Europe/Berlin", day, day + timedelta(1), basis="uniform")
    assert (plan.end.astimezone(UTC) - plan.start.astimezone(UTC)) / HOUR == hours
    edge = plan.start.astimezone(UTC) + HOUR
    assert plan.share_between(plan.start, edge) == pytest.approx(1 / hours)


def test_both_hours_of_the_night_that_has_one_twice_are_the_same_hour() -> None:
    begin = datetime(2026, 10, 25, tzinfo=UTC)
    hours = hours_of_week(begin, HOUR, 3, ZoneInfo("Europe/Berlin"))
    assert list(hours - 144) == [2, 2, 3]
    assert list(hours_of_week(begin - 210 * DAY, HOUR, 3, ZoneInfo("Europe/Berlin")) - 144) == [
        1,
        3,
        4,
    ]


@pytest.mark.parametrize("zone", ZONES)
def test_the_calendar_is_what_the_zone_says(zone: str) -> None:
    begin, there = datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo(zone)
    count = 366 * 96
    hours = hours_of_week(begin, QUARTER, count, there)
    for place in range(0, count, 7):
        local = (begin + place * QUARTER).astimezone(there)
        assert hours[place] == local.weekday() * 24 + local.hour


@given(
    zone=st.sampled_from(ZONES),
    anchor=st.dates(date(2023, 12, 20), date(2026, 12, 31)),
    period=st.sampled_from(["month", "week", "quarter"]),
    cuts=st.lists(st.floats(0, 1), max_size=12),
)
def test_windows_partition_the_period(
    zone: str, anchor: date, period: str, cuts: list[float]
) -> None:
    budget = Budget("b", Fraction(1), period=period, starts=anchor)  # type: ignore[arg-type]
    plan = laid(zone, *budget.period_holding(anchor))
    whole = plan.end.astimezone(UTC) - plan.start.astimezone(UTC)
    edges = [plan.start.astimezone(UTC) + cut * whole for cut in sorted({0.0, 1.0, *cuts})]
    shares = [plan.share_between(a, b) for a, b in pairwise(edges)]
    assert sum(shares) == 1.0
    assert min(shares) >= 0


@pytest.mark.parametrize("first", [date(2026, 1, 31), date(2024, 1, 31), date(2024, 2, 29)])
def test_a_month_that_starts_on_the_31st_ends_where_the_next_begins(first: date) -> None:
    budget = Budget("b", Fraction(1), period="month", starts=date(2026, 1, 31))
    start, end = budget.period_holding(first)
    plan = laid("Australia/Lord_Howe", start, end)
    assert plan.share_before(plan.start) == 0
    assert plan.share_before(plan.end) == 1
    assert plan.basis == "profile"


@given(
    share=st.floats(0.05, 0.95),
    steps=st.lists(st.tuples(st.integers(0, 31), st.floats(0.1, 10)), min_size=1, max_size=3),
)
def test_coming_prices_move_only_what_is_to_come(
    share: float, steps: list[tuple[int, float]]
) -> None:
    plan = laid("UTC", date(2026, 10, 1), date(2026, 11, 1))
    place = round(share * (plan.end - plan.start) / plan.step)
    watermark = plan.start.astimezone(UTC) + place * plan.step
    by_day = dict(sorted(steps))
    begins = [plan.start.astimezone(UTC) + n * DAY for n in by_day]
    path = PricePath(tuple(zip(begins, by_day.values(), strict=True)))
    moved = with_coming_prices(plan, watermark, path)
    earlier = watermark - 3 * HOUR
    assert moved.share_before(earlier) == plan.share_before(earlier)
    assert moved.share_before(watermark) == plan.share_before(watermark)
    assert moved.share_before(plan.end - timedelta(microseconds=1)) == pytest.approx(1)
    cut = watermark + (plan.end - watermark) / 2
    first, second = plan.share_between(watermark, cut), plan.share_between(cut, plan.end)
    before, after = moved.share_between(watermark, cut), moved.share_between(cut, plan.end)
    factors = [1.0, *by_day.values()]
    spread = max(factors) / min(factors) * (1 + 1e-6)
    assert after * first <= before * second * spread
    assert before * second <= after * first * spread
    assert with_coming_prices(plan, watermark, NO_CHANGE) is plan


def test_a_series_off_the_grid_is_refused() -> None:
    start = datetime(2026, 1, 1, 0, 7, tzinfo=UTC)
    with pytest.raises(ValueError, match="no multiple"):
        Series(start, QUARTER, np.zeros(1), np.zeros(1, dtype=np.int16))


def test_a_table_needs_all_hours_of_a_week() -> None:
    with pytest.raises(ValueError, match="168 weights"):
        laid("UTC", date(2026, 1, 1), date(2026, 2, 1), table=(1.0,) * 167)
