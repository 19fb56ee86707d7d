"""Which rules fire, by hand on both sides of each line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from costmodel.burn.evaluation import dropped_rules, findings, reading_of, windows_of
from costmodel.burn.facts import Facts
from costmodel.burn.plan import plan_for
from costmodel.burn.rules import ActualRule, BurnRule, ChangeRule, HourlyLimit, RuleSet, SloRule
from costmodel.burn.series import DAY, HOUR, Series, hours_of_week, local_midnight

BERLIN = ZoneInfo("Europe/Berlin")
START, END = local_midnight(date(2026, 11, 1), BERLIN), local_midnight(date(2026, 12, 1), BERLIN)
HISTORY_DAYS = 28
FAST = BurnRule("fast", "critical", HOUR, HOUR, factor=4, least_excess=0.01)


def facts(
    last_hours: list[float],
    amount: float = 720.0,
    history: float = 1.0,
    step: timedelta = HOUR,
    wobble: float = 0.0,
) -> Facts:
    """A steady $1 an hour, budgeted at $1 an hour, then these hours up to the watermark."""
    begin = datetime(2026, 10, 4, tzinfo=UTC) - timedelta(hours=1) if step == HOUR else None
    begin = begin or datetime(2026, 10, 4, tzinfo=UTC)
    before = round((START - begin) / step)
    inside = np.concatenate((np.ones(round(10 * DAY / step)), last_hours)) * (step / HOUR)
    past = history * (step / HOUR) * np.random.default_rng(1).lognormal(0, wobble, before)
    amounts = np.concatenate((past, inside))
    calendar = hours_of_week(begin, step, -((begin - END) // step), BERLIN)
    series = Series(begin, step, amounts, calendar)
    return Facts(START, END, amount, series, plan_for(series, START, END, amount))


def only(rule: object, known: Facts, recovery: float = 0.8):  # type: ignore[no-untyped-def]  # noqa: ANN201
    (found,) = findings(RuleSet("test", (rule,), "", recovery=recovery), known)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("last_hour", "reading"),
    # 1% of $720 beyond the planned $1 is $8.20; four times plan alone does not do
    [(8.21, "firing"), (8.19, "between"), (6.77, "between"), (6.75, "clear"), (1.0, "clear")],
)
def test_a_burn_fires_with_enough_beyond_plan(last_hour: float, reading: str) -> None:
    found = only(FAST, facts([last_hour]))
    assert found.reading == reading
    assert found.value == pytest.approx(last_hour)


@pytest.mark.parametrize(("last_hour", "reading"), [(4.01, "firing"), (3.99, "between")])
def test_a_burn_fires_above_its_factor(last_hour: float, reading: str) -> None:
    rule = BurnRule("fast", "critical", HOUR, HOUR, factor=4, least_excess=0.001)
    assert only(rule, facts([last_hour])).reading == reading


def test_a_burn_needs_the_short_window_too() -> None:
    rule = BurnRule("slow", "warning", 6 * HOUR, HOUR, factor=2, least_excess=0.01)
    assert only(rule, facts([9.0] * 6)).is_firing
    assert not only(rule, facts([9.0] * 5 + [1.5])).is_firing


def test_the_sentence_says_pace_and_money() -> None:
    assert only(FAST, facts([11.0])).sentence == (
        "Spending 11.0x plan over the last hour, and 1.4% of the month's budget beyond it"
    )


def test_the_share_that_is_spent_has_the_moment_at_which_it_was_reached() -> None:
    found = only(ActualRule("spent", "warning", 240 / 720), facts([]))
    assert found.is_firing
    assert found.level == "33.3333%"
    assert only(ActualRule("spent", "warning", 241 / 720), facts([])).reading == "between"


def test_an_hourly_limit_needs_no_history() -> None:
    rule = HourlyLimit("limit", "critical", floor=5.0, factor=4.0)
    assert only(rule, facts([5.01], history=0.0)).is_firing
    assert not only(rule, facts([4.99], history=0.0)).is_firing


@pytest.mark.parametrize("rule", [FAST, ChangeRule("change", "warning", 10, 72 * HOUR, 3 * HOUR)])
def test_a_start_from_nothing_does_not_fire_on_ratio(rule: BurnRule | ChangeRule) -> None:
    rules = RuleSet("test", (rule,), "")
    known = facts([50.0] * 12, history=0.001)
    assert findings(rules, known) == ()
    (said,) = dropped_rules(rules, known)
    assert "a week of usual spending" in said


def test_daily_data_drops_rules_of_hours_and_says_so() -> None:
    drift = BurnRule("drift", "warning", 3 * DAY, DAY, factor=1.25, least_excess=0.03)
    rules = RuleSet("test", (FAST, drift), "")
    known = facts([2.0, 2.0, 2.0], step=DAY)
    assert [found.rule for found in findings(rules, known)] == ["drift"]
    assert findings(rules, known)[0].is_firing
    (said,) = dropped_rules(rules, known)
    assert "'fast' is left out: the usage comes by the day" in said


def test_a_change_says_since_when_and_by_how_much() -> None:
    rule = ChangeRule("change", "warning", 10, 72 * HOUR, 3 * HOUR)
    known = facts([2.0] * 14, wobble=0.1)
    found = only(rule, known)
    assert found.is_firing
    assert found.sentence == "Spending moved to 2.0x about 14 hours ago"
    assert found.since == known.watermark - 14 * HOUR


def test_a_change_that_fits_the_budget_is_left_in_peace() -> None:
    rule = ChangeRule("change", "warning", 10, 72 * HOUR, 3 * HOUR)
    assert not only(rule, facts([2.0] * 14, wobble=0.2, amount=1_400.0)).is_firing
    assert only(rule, facts([2.0] * 14, wobble=0.2, amount=1_150.0)).is_firing


def test_both_windows_are_shown() -> None:
    drift = BurnRule("drift", "warning", 72 * HOUR, 24 * HOUR, factor=1.25, least_excess=0.03)
    shown = windows_of(RuleSet("test", (drift,), ""), facts([2.0] * 24))
    assert [(rule, window) for rule, window, _, _ in shown] == [
        ("drift", 72 * HOUR),
        ("drift", 24 * HOUR),
    ]
    assert [times for _, _, times, _ in shown] == pytest.approx([96 / 72, 2.0])


@pytest.mark.parametrize(
    ("value", "requests", "fires"), [(0.051, 50, True), (0.05, 50, False), (0.5, 49, None)]
)
def test_an_error_rate_needs_enough_calls(value: float, requests: int, fires: bool | None) -> None:
    rule = SloRule("errors", "critical", "error_rate", 0.05, HOUR)
    known = facts([])
    told = Facts(
        known.start,
        known.end,
        720.0,
        known.series,
        known.plan,
        slo={"error_rate": (value, requests)},
    )
    found = findings(RuleSet("test", (rule,), ""), told)
    assert [each.is_firing for each in found] == ([] if fires is None else [fires])


def test_between_the_lines_nothing_changes() -> None:
    assert [reading_of(x, 0.8) for x in (1.0, 0.99, 0.8, 0.79)] == [
        "firing", "between", "between", "clear",
    ]  # fmt: skip
