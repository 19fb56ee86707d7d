"""What is usual in a long period: learned anew every four weeks, from what was known by then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from costmodel.burn.facts import Facts
from costmodel.burn.level import RELEARNED_EVERY
from costmodel.burn.plan import plan_for
from costmodel.burn.readings import readings
from costmodel.burn.rules import ChangeRule
from costmodel.burn.series import DAY, HOUR, Series, hours_of_week, local_midnight

START = datetime(2026, 7, 1, tzinfo=UTC)
FIRST = START - 56 * DAY
DAYS = 92
CHANGE = ChangeRule("change", "warning", 12.0, 72 * HOUR, 3 * HOUR)


def quarter(*shifts: tuple[int, float], amount: float = 2_500.0, days: int = DAYS) -> Facts:
    """A period of which each hour costs 1, from given days on so many times as much."""
    hours = hours_of_week(FIRST, HOUR, (56 + days) * 24, ZoneInfo("UTC"))
    amounts = np.ones(len(hours))
    for day, times in shifts:
        amounts[(56 + day) * 24 :] = times
    series = Series(FIRST, HOUR, amounts, hours)
    end = START + timedelta(days=days)
    return Facts(START, end, amount, series, plan_for(series, START, end, amount))


def known_at(facts: Facts, moment: datetime) -> float:
    """Return what an average hour usually costs, as is known at a moment."""
    (place,) = facts.plan.levels.places(np.array([facts.series.position(moment)])).tolist()
    level = facts.plan.levels.of(place)
    assert level is not None
    return float(level.means.mean())


def strength(facts: Facts, day: float) -> float:
    at = np.array([facts.series.position(START + day * DAY)])
    return float(readings(CHANGE, facts, at).strength[0])


@pytest.mark.parametrize(
    ("days", "hour", "usual"),
    [
        (0, 0, 1.0),
        (27, 23, 1.0),
        (28, 0, 1.5),  # four weeks at 1 and four at 2
        (55, 23, 1.5),
        (56, 0, 2.0),
        (91, 0, 2.0),
    ],
)
def test_a_doubling_becomes_usual_in_four_weeks_steps(days: int, hour: int, usual: float) -> None:
    facts = quarter((0, 2.0))
    assert known_at(facts, START + days * DAY + hour * HOUR) == pytest.approx(usual)


@pytest.mark.parametrize(("days", "steps"), [(7, 1), (30, 1), (31, 1), (32, 2), (92, 4), (365, 14)])
def test_only_a_period_longer_than_a_month_learns_anew(days: int, steps: int) -> None:
    assert len(quarter(days=days).plan.levels.untils) == steps


def test_a_month_of_31_days_and_an_hour_is_a_month() -> None:
    zone = ZoneInfo("Europe/Berlin")
    start, end = (
        local_midnight(datetime(2026, month, 1, tzinfo=UTC).date(), zone) for month in (10, 11)
    )
    begin = start.astimezone(UTC) - 57 * DAY
    begin = begin.replace(hour=0)
    hours = hours_of_week(begin, HOUR, 95 * 24, zone)
    series = Series(begin, HOUR, np.ones(95 * 24), hours)
    assert (end.astimezone(UTC) - start.astimezone(UTC)) / HOUR == 31 * 24 + 1
    assert plan_for(series, start, end, 100.0).levels.untils == (start,)


def test_the_plan_stays_what_it_was_at_the_start() -> None:
    moment = START + 40 * DAY
    assert quarter((0, 2.0)).plan.share_before(moment) == quarter().plan.share_before(moment)
    assert quarter().plan.share_before(moment) == pytest.approx(40 / 92)


def test_a_shift_that_stayed_is_told_when_it_comes_and_not_again_after_two_months() -> None:
    facts = quarter((3, 2.0))
    assert strength(facts, 5) > 1
    assert strength(facts, 27) > 1, "the same shift, as long as it is not usual"
    assert strength(facts, 80) < 0.1


def test_a_second_shift_is_held_against_what_became_usual() -> None:
    facts = quarter((0, 2.0), (78, 4.0))
    assert strength(facts, 77) < 0.1
    at = np.array([facts.series.position(START + 80 * DAY)])
    read = readings(CHANGE, facts, at)
    assert read.strength[0] > 1
    assert read.level[0] == pytest.approx(2.0, rel=0.02), "twice what became usual"
    assert read.began[0] == facts.series.position(START + 78 * DAY)


def test_who_begins_from_nothing_is_known_after_four_weeks() -> None:
    hours = hours_of_week(FIRST, HOUR, (56 + DAYS) * 24, ZoneInfo("UTC"))
    amounts = np.r_[np.zeros(56 * 24), np.ones(DAYS * 24)]
    plan = plan_for(Series(FIRST, HOUR, amounts, hours), START, START + DAYS * DAY, 2_500.0)
    assert plan.level is None
    assert plan.basis == "uniform"
    later = plan.levels.of(1)
    assert later is not None
    assert (later.days, later.until) == (28, START + RELEARNED_EVERY)


def test_weeks_without_usage_leave_the_level_before_them() -> None:
    facts = quarter((0, 0.0))
    assert [known_at(facts, START + day * DAY) for day in (0, 28, 56, 84)] == pytest.approx(
        [1.0, 0.5, 0.5, 0.5]
    )
