"""The pace of spending against a budget laid on the hours of the week."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from costmodel import pace

MONDAY = date(2026, 11, 2)
MIDNIGHT = datetime(2026, 11, 2)  # noqa: DTZ001 - profiles are made of local hours


def working_days(weeks: int) -> list[float]:
    """$10 a working day, $2 a weekend day, from a Monday on."""
    return [10.0, 10.0, 10.0, 10.0, 10.0, 2.0, 2.0] * weeks


def week_of(hours: dict[int, float]) -> list[float]:
    """The same hours every day of the week."""
    return [hours.get(hour, 0.0) for hour in range(24)] * 7


OFFICE_HOURS = week_of(dict.fromkeys(range(9, 17), 1.0))


def profile(days: list[float], week: list[float] = OFFICE_HOURS) -> pace.Profile:
    """The profile of days from ``MONDAY`` on."""
    return pace.profile_of(days, MONDAY + timedelta(days=len(days)), week)


def test_less_than_two_weeks_are_an_even_plan() -> None:
    assert profile(working_days(2)[:13]) == pace.EVEN
    assert profile(working_days(2)) != pace.EVEN


def test_weekdays_weigh_what_they_cost() -> None:
    week = pace.planned_by_day(profile(working_days(4)), MIDNIGHT, MIDNIGHT + timedelta(days=7))
    assert list(week.values()) == pytest.approx([10 / 54] * 5 + [2 / 54] * 2)


def test_days_that_begin_in_the_middle_of_a_week_keep_their_weekdays() -> None:
    days = working_days(4)[3:]
    found = pace.profile_of(days, MONDAY + timedelta(days=28), OFFICE_HOURS)
    assert found == profile(working_days(4))


def test_what_was_more_than_eight_weeks_ago_does_not_count() -> None:
    assert profile([500.0] * 63 + working_days(8)) == profile(working_days(8))


def test_hours_weigh_what_they_cost() -> None:
    end = MIDNIGHT + timedelta(days=1)
    shares = [
        pace.planned_share(
            profile(working_days(4)), MIDNIGHT, end, MIDNIGHT + timedelta(hours=hour)
        )
        for hour in (0, 9, 13, 17, 24)
    ]
    assert shares == pytest.approx([0, 0, 0.5, 1, 1])


def test_half_an_hour_counts_half() -> None:
    until = MIDNIGHT + timedelta(minutes=30)
    end = MIDNIGHT + timedelta(hours=1)
    assert pace.planned_share(pace.EVEN, MIDNIGHT, end, until) == pytest.approx(0.5)


def test_usage_that_knows_only_days_is_even_within_the_day() -> None:
    of_days = profile(working_days(4), week_of({0: 10.0}))
    noon = MIDNIGHT + timedelta(hours=12)
    assert pace.planned_share(of_days, MIDNIGHT, MIDNIGHT + timedelta(days=1), noon) == (
        pytest.approx(0.5)
    )


def test_one_runaway_night_does_not_become_the_plan() -> None:
    days = working_days(4)
    days[9] = 500.0
    week = pace.planned_by_day(profile(days), MIDNIGHT, MIDNIGHT + timedelta(days=7))
    assert list(week.values())[2] == pytest.approx(10 / 54)


def test_what_is_left_of_a_day_follows_the_hours_of_its_kind_of_day() -> None:
    week = [0.0] * 168
    for day, hour, money in ((0, 9, 6.0), (0, 14, 2.0), (1, 14, 4.0), (5, 20, 5.0), (6, 2, 5.0)):
        week[24 * day + hour] = money
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
