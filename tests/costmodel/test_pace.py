"""The pace of spending against a budget laid on the hours of the week."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from costmodel import pace

MONDAY = date(2026, 11, 2)
MIDNIGHT = datetime(2026, 11, 2)  # noqa: DTZ001 - profiles are made of local hours


def working_days(weeks: int) -> dict[date, float]:
    """$10 a working day, $2 a weekend day."""
    return {
        MONDAY + timedelta(n): 10.0 if (MONDAY + timedelta(n)).weekday() < 5 else 2.0
        for n in range(7 * weeks)
    }


def office_hours(weeks: int) -> dict[datetime, float]:
    """All money between 9 and 17."""
    return {
        MIDNIGHT + timedelta(days=day, hours=hour): 1.0
        for day in range(7 * weeks)
        for hour in range(9, 17)
    }


def test_less_than_two_weeks_are_an_even_plan() -> None:
    assert pace.profile_of(dict(list(working_days(2).items())[:13]), {}) == pace.EVEN


def test_weekdays_weigh_what_they_cost() -> None:
    profile = pace.profile_of(working_days(4), office_hours(4))
    week = pace.planned_by_day(profile, MIDNIGHT, MIDNIGHT + timedelta(days=7))
    assert list(week.values()) == pytest.approx([10 / 54] * 5 + [2 / 54] * 2)


def test_hours_weigh_what_they_cost() -> None:
    profile = pace.profile_of(working_days(4), office_hours(4))
    end = MIDNIGHT + timedelta(days=1)
    shares = [
        pace.planned_share(profile, MIDNIGHT, end, MIDNIGHT + timedelta(hours=hour))
        for hour in (0, 9, 13, 17, 24)
    ]
    assert shares == pytest.approx([0, 0, 0.5, 1, 1])


def test_half_an_hour_counts_half() -> None:
    until = MIDNIGHT + timedelta(minutes=30)
    end = MIDNIGHT + timedelta(hours=1)
    assert pace.planned_share(pace.EVEN, MIDNIGHT, end, until) == pytest.approx(0.5)


def test_usage_that_knows_only_days_is_even_within_the_day() -> None:
    whole_days = {MIDNIGHT + timedelta(days=day): 10.0 for day in range(28)}
    profile = pace.profile_of(working_days(4), whole_days)
    noon = MIDNIGHT + timedelta(hours=12)
    assert pace.planned_share(profile, MIDNIGHT, MIDNIGHT + timedelta(days=1), noon) == (
        pytest.approx(0.5)
    )


def test_one_runaway_night_does_not_become_the_plan() -> None:
    days = working_days(4)
    days[MONDAY + timedelta(days=9)] = 500.0
    week = pace.planned_by_day(pace.profile_of(days, {}), MIDNIGHT, MIDNIGHT + timedelta(days=7))
    assert list(week.values())[2] == pytest.approx(10 / 54)


def test_what_is_left_of_a_day_follows_the_hours_of_its_kind_of_day() -> None:
    week = pace.by_hour_of_week(
        {MIDNIGHT + timedelta(hours=hour): money for hour, money in ((9, 6.0), (14, 2.0))}
        | {MIDNIGHT + timedelta(days=1, hours=14): 4.0, MIDNIGHT + timedelta(days=5, hours=20): 5.0}
        | {MIDNIGHT + timedelta(days=6, hours=2): 5.0}
    )
    working = MIDNIGHT + timedelta(days=3)  # 6 of 12 at 9, 6 of 12 at 14
    quarter = timedelta(minutes=15)
    assert pace.share_left_of_day(week, working + timedelta(hours=9)) == pytest.approx(1)
    assert pace.share_left_of_day(week, working + timedelta(hours=9) + quarter) == pytest.approx(
        0.875
    )
    assert pace.share_left_of_day(week, working + timedelta(hours=12)) == pytest.approx(0.5)
    saturday = MIDNIGHT + timedelta(days=5)  # 5 of 10 at 2, 5 of 10 at 20
    assert pace.share_left_of_day(
        week, saturday + timedelta(hours=20, minutes=30)
    ) == pytest.approx(0.25)


def test_a_day_without_known_hours_goes_evenly() -> None:
    assert pace.share_left_of_day([0.0] * 168, MIDNIGHT + timedelta(hours=6)) == pytest.approx(0.75)


def test_a_day_of_23_hours_is_whole() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 3, 1, tzinfo=berlin)
    end = datetime(2026, 4, 1, tzinfo=berlin)
    assert sum(pace.planned_by_day(pace.EVEN, start, end).values()) == pytest.approx(1)
    assert pace.planned_share(pace.EVEN, start, end, end) == pytest.approx(1)


@pytest.mark.parametrize(
    ("spent", "budget", "share", "expected"),
    [(110, 1000, 0.1, 1.1), (0, 1000, 0.1, 0.0), (5, 0, 0.1, None), (5, 1000, 0.0, None)],
)
def test_pace_is_spending_over_plan(
    spent: float, budget: float, share: float, expected: float | None
) -> None:
    found = pace.pace(spent, budget, share)
    assert found == (pytest.approx(expected) if expected is not None else None)
