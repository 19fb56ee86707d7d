"""Incidents and states, worked out by hand, and sweeps of a set's lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alerts.rule_sets import load_rule_sets
from benchmarks.alert_curves import INCIDENTS, months
from costmodel.burn.facts import Facts
from costmodel.burn.incidents import Incident, by_hour, struck, with_incident
from costmodel.burn.plan import plan_for
from costmodel.burn.rules import ActualRule, ForecastRule, RuleSet, SloRule
from costmodel.burn.series import DAY, HOUR, Series, hours_of_week
from costmodel.burn.trial import (
    Known,
    Month,
    heard,
    outcome,
    rises_of,
    scaled,
    states,
    swept,
)

if TYPE_CHECKING:
    from costmodel.burn.rules import Rule


@pytest.mark.parametrize(
    ("incident", "hours"),
    [
        (Incident("multiplier", 2.0, 2), [1, 3, 2, 2]),
        (Incident("price change", 1.5, 3), [1, 3, 1, 1.5]),
        (Incident("loop", 9.0, 2), [1, 3, 19, 19]),  # 9 times the mean of 1 and 3
        (Incident("cache loss", 3.0, 2), [1, 3, 2, 2]),  # half of it is input
        (Incident("ramp", 169.0, 2), [1, 3, 2, 3]),  # 1 more each hour of a week
    ],
)
def test_an_incident_changes_hours_from_its_begin_on(
    incident: Incident, hours: list[float]
) -> None:
    spent = np.array([1.0, 3.0, 1.0, 1.0])
    assert list(with_incident(spent, incident)) == pytest.approx(hours)
    assert list(spent) == [1, 3, 1, 1]


def test_higher_lines_are_heard_later() -> None:
    told = swept(load_rule_sets()["default"], list(months(3, 1, INCIDENTS["2x"])), (0.8, 1.0, 2.0))
    delays = {scale: [each.delay_hours for each in found] for scale, found in told.items()}
    for low, same, high in zip(*delays.values(), strict=True):
        assert low is not None
        assert same is not None
        assert low <= same
        assert high is None or same <= high
    assert delays[0.8] != delays[2.0]


MONDAY = datetime(2026, 6, 1, tzinfo=UTC)


def series(step: timedelta, *amounts: float) -> Series:
    """Steps from a Monday on."""
    spent = np.array(amounts, dtype=np.float64)
    return Series(MONDAY, step, spent, np.zeros(len(amounts), dtype=np.int16))


def test_an_incident_of_hours_changes_the_steps_within_them() -> None:
    quarters = series(HOUR / 4, 0, 1, 0, 0, 1, 0, 2, 0, 5)
    doubled = struck(quarters, Incident("multiplier", 2.0, 1))
    assert list(doubled.amounts) == [0, 1, 0, 0, 1.75, 0.75, 2.75, 0.75, 5]  # 3 more in 4 steps
    assert list(by_hour(doubled)) == [1, 6]


def test_an_incident_that_begins_within_a_day_changes_the_rest_of_it() -> None:
    days = series(DAY, 24, 24, 48)
    doubled = struck(days, Incident("multiplier", 2.0, 24 + 18))
    assert list(doubled.amounts) == pytest.approx([24, 30, 96])
    looped = struck(days, Incident("loop", 9.0, 24))  # 9 times the mean hour, $1, in each hour
    assert list(looped.amounts) == pytest.approx([24, 24 + 216, 48 + 216])


def facts(spent: list[float], amount: float = 100) -> Facts:
    """Return hours of a month that began on a Monday, with a week of even history."""
    calendar = hours_of_week(MONDAY - 7 * DAY, HOUR, 38 * 24, ZoneInfo("UTC"))
    whole = Series(MONDAY - 7 * DAY, HOUR, np.array([0.1] * 168 + spent), calendar)
    end = MONDAY + 30 * DAY
    return Facts(MONDAY, end, amount, whole, plan_for(whole, MONDAY, end, amount))


def only(*rules: Rule) -> RuleSet:
    return RuleSet("own", rules, "", recovery=0.8)


@pytest.mark.parametrize(("line", "first"), [(0.80, 2), (0.81, 4)])
def test_a_forecast_fires_from_its_line_on_and_keeps_its_state_where_nothing_is_known(
    line: float, first: int
) -> None:
    chances = np.array([0.1, 0.79, 0.80, np.nan, 0.95, np.nan, 0.66, 0.6, np.nan])
    rules = only(ForecastRule("forecast", "warning", line))
    on = states(rules, facts([0.1] * 9), Known(chances))["forecast"]
    assert list(on) == [first <= hour < 7 for hour in range(9)]  # .66 is above .8 times .8


def test_without_forecasts_and_calls_their_rules_are_not_tried() -> None:
    slo = SloRule("errors", "warning", "error_rate", 0.05, HOUR)
    rules = only(ForecastRule("forecast", "warning", 0.8), slo)
    assert states(rules, facts([0.1])) == {}


def test_every_line_of_one_name_has_a_state_of_its_own() -> None:
    shares = [ActualRule("actual", "notice", share) for share in (0.02, 0.05)]
    found = states(only(*shares, ActualRule("amount", "critical", 1)), facts([1.0] * 6))
    assert {name: list(on) for name, on in found.items()} == {
        "actual 2%": [False, True, True, True, True, True],
        "actual 5%": [False, False, False, False, True, True],
        "amount": [False] * 6,
    }


def test_what_was_firing_when_the_period_began_is_not_told_again() -> None:
    slo = SloRule("errors", "warning", "error_rate", 0.05, HOUR)
    known = Known(service={"errors": np.array([True, True, False, True])})
    month = Month(facts([0.1] * 3), None, known)
    on = states(only(slo), month.facts, known)["errors"]
    assert list(on) == [True, False, True]
    assert (known.stood(), known.stood("errors"), known.stood("fast")) == (True, True, False)
    assert rises_of(on, stood=True) == [2]
    assert rises_of(on) == [0, 2]
    assert outcome(on, month, stood=True).edges == (2,)


def test_an_alert_about_calls_that_goes_on_hides_no_alert_about_spending() -> None:
    by_rule = {
        "errors": np.array([True] * 40),
        "fast": np.array([False] * 30 + [True] * 10),
        "drift": np.array([False] * 35 + [True] * 5),
    }

    def edges(stood: bool) -> tuple[int, ...]:
        service = {"errors": np.array([stood] + [True] * 40)}
        return heard(by_rule, Month(facts([0.1] * 40), None, Known(service=service))).edges

    assert edges(stood=False) == (0, 30)
    assert edges(stood=True) == (30,)


@pytest.mark.parametrize(
    ("scale", "chance"),
    [(1.0, 0.8), (1.5, 6 / 7), (0.25, 0.5)],  # the odds are 4 to 1
)
def test_a_chance_is_scaled_by_its_odds(scale: float, chance: float) -> None:
    rule = scaled(ForecastRule("forecast", "warning", 0.8), scale)
    assert isinstance(rule, ForecastRule)
    assert rule.chance == pytest.approx(chance)


def test_a_certain_chance_stays_certain() -> None:
    certain = ForecastRule("forecast", "warning", 1.0)
    assert scaled(certain, 0.6) == certain
