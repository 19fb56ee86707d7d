"""When the amount is used up, along the hours in which it is spent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from costmodel.burn.exhaustion import used_up
from costmodel.burn.facts import Facts
from costmodel.burn.plan import plan_for, table_of
from costmodel.burn.series import HOUR, Series, hours_of_week
from costmodel.forecast import Forecast, NotForecastable

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
WORKING_DAYS = table_of((1, 1, 1, 1, 1, 0, 0), (1,) * 24)


def facts(amount: float, expected: float, hours: int = 96) -> Facts:
    """A week of working days at $1 an hour, seen until Friday 00:00."""
    calendar = hours_of_week(MONDAY, HOUR, 14 * 24, ZoneInfo("UTC"))
    series = Series(MONDAY, HOUR, np.ones(hours), calendar)
    end = MONDAY + timedelta(days=14)
    plan = plan_for(series, MONDAY, end, amount, table=WORKING_DAYS)
    errors = tuple(float(x) for x in np.linspace(-0.2, 0.2, 41))
    ahead = Forecast(float(hours), expected, 0, 0, 10, "weekday profile", errors)
    return Facts(MONDAY, end, amount, series, plan, ahead)


def test_nothing_is_used_up_on_a_weekend_without_work() -> None:
    # 144 hours of work are left and $144 expected: $30 last for Friday and 6 hours of Monday
    found = used_up(facts(126.0, 240.0))
    assert found is not None
    assert found.expected is not None
    wanted = MONDAY + timedelta(days=7, hours=6)
    assert abs(found.expected - wanted) < timedelta(seconds=1)
    assert found.earliest is not None
    assert found.latest is not None
    assert found.earliest < found.expected < found.latest


def test_a_budget_that_lasts_has_no_date_but_perhaps_a_range() -> None:
    found = used_up(facts(245.0, 240.0))
    assert found is not None
    assert found.expected is None
    assert found.earliest is not None
    assert found.latest is None


def test_a_budget_that_is_used_up_says_since_when() -> None:
    found = used_up(facts(90.0, 240.0))
    assert found is not None
    assert found.expected == MONDAY + timedelta(hours=90)


@pytest.mark.parametrize("ahead", [None, NotForecastable("too few days")])
def test_without_a_forecast_there_is_no_date(ahead: NotForecastable | None) -> None:
    assert used_up(replace(facts(126.0, 240.0), ahead=ahead)) is None
