"""The folded part of a budget's form: start day, zone, plan, and levels of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.budget import Budget
from costmodel.burn.rules import ActualRule, ForecastRule, HourlyLimit, SloRule
from costmodel.pace import Profile
from dashboard.pages.budgets import form, level_text, more_fields
from ingest.budget_text import budget_text, read_budget, read_level

if TYPE_CHECKING:
    from costmodel.burn.rules import Rule

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BY_NAME = {field.name: field for field in level_text.LEVEL_FIELDS}
PLAIN = Budget("Search", Fraction(900))


def typed(**changes: object) -> form.Typed:
    fields: dict[str, object] = {
        "name": "Search", "amount": 900, "measure": "money", "period": "month", "each": "none",
        "filters": [], "owners": [], "rules": "default",
    }  # fmt: skip
    return form.Typed(**(fields | changes))


def fields_of(budget: Budget) -> dict[str, Any]:
    """Return what the folded part shows of a budget, by field."""
    found = {}
    for part in more_fields.more_fields(budget, "UTC")._traverse():
        name = getattr(part, "id", None)
        if isinstance(name, dict):
            found[name["field"]] = part.value
    return found


def test_what_is_typed_there_becomes_a_budget() -> None:
    found = form.budget_of(
        typed(
            starts="2026-02-15", timezone="Asia/Kolkata", plan="weekdays",
            weights="1, 1, 1, 1, 1, 0.2, 0", actual=["50%", "80% warning", "100%"],
            chance=["50% critical"], per_hour=["1,200 3x plan"], error_rate=["5% over 6h"],
            p95_seconds=["8"], quality=["90% notice over 2d from 10 calls"],
        ),
        None,
        "USD",
    )  # fmt: skip
    assert (found.starts, found.timezone) == (date(2026, 2, 15), "Asia/Kolkata")
    assert found.period_holding(date(2026, 3, 1)) == (date(2026, 2, 15), date(2026, 3, 15))
    assert isinstance(found.plan, Profile)
    assert found.plan.weights[:24] == (1 / 24,) * 24
    assert found.plan.weights[-48:] == (0.2 / 24,) * 24 + (0.0,) * 24
    assert found.levels == (
        ActualRule("actual", "notice", 0.5),
        ActualRule("actual", "warning", 0.8),
        ActualRule("actual", "critical", 1.0),
        ForecastRule("forecast", "critical", 0.5),
        HourlyLimit("hourly limit 1200", "critical", 1200.0, 3.0),
        SloRule("error rate 6h", "warning", "error_rate", 0.05, 6 * HOUR),
        SloRule("p95 latency 1h", "warning", "p95_seconds", 8.0, HOUR),
        SloRule("quality 2d", "notice", "quality", 0.9, 2 * DAY, 10),
    )
    assert form.budget_of(typed(**fields_of(found)), found, "USD") == found, "nothing is lost"


def test_nothing_typed_there_is_a_budget_as_the_calendar_and_its_rules_say() -> None:
    assert form.budget_of(typed(), None, "USD") == PLAIN
    assert form.budget_of(typed(**fields_of(PLAIN)), PLAIN, "USD") == PLAIN


@pytest.mark.parametrize("plan", [None, "profile", "uniform"])
def test_a_plan_is_shown_as_it_is(plan: Any) -> None:  # noqa: ANN401 - one of a type's words
    budget = replace(PLAIN, plan=plan)
    assert form.budget_of(typed(**fields_of(budget)), budget, "USD") == budget


def test_a_table_of_hours_can_only_be_kept_or_replaced() -> None:
    budget = replace(PLAIN, plan=Profile(tuple(float(hour % 24) for hour in range(168))))
    shown = fields_of(budget)
    assert (shown["plan"], shown["weights"]) == ("kept", "")
    assert form.budget_of(typed(**shown), budget, "USD") == budget
    assert form.budget_of(typed(**(shown | {"plan": "uniform"})), budget, "USD").plan == "uniform"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"starts": "15.2.2026"}, "Write the first day as 2026-02-15; '15.2.2026' is no day."),
        ({"starts": "2026-02-30"}, "Write the first day as 2026-02-15; '2026-02-30' is no day."),
        ({"starts": "20260215"}, "Write the first day as 2026-02-15; '20260215' is no day."),
        (
            {"timezone": "Europe/Nowhere"},
            "'Europe/Nowhere' is no time zone; write UTC or a name such as Europe/Paris.",
        ),
        (
            {"plan": "weekdays", "weights": "1, 1"},
            "Write seven weights, from Monday to Sunday, such as 1, 1, 1, 1, 1, 0.2, 0.2.",
        ),
        (
            {"plan": "weekdays", "weights": "1 1 1 1 1 1 -1"},
            "Write seven weights, from Monday to Sunday, such as 1, 1, 1, 1, 1, 0.2, 0.2.",
        ),
        ({"plan": "weekdays", "weights": "0 0 0 0 0 0 0"}, "Some weekday must weigh more than 0."),
        (
            {"weights": "1 1 1 1 1 1 1"},
            "Choose the plan by weights of the weekdays, or empty the weights.",
        ),
        (
            {"actual": ["soon"]},
            "Tell at this share spent: 'soon' is not clear; write it as 80% warning.",
        ),
        (
            {"actual": ["80% loud"]},
            "Tell at this share spent: '80% loud' is not clear; write it as 80% warning.",
        ),
        (
            {"actual": ["80% warning notice"]},
            "Tell at this share spent: '80% warning notice' is not clear; write it as 80% warning.",
        ),
        ({"actual": ["0%"]}, "Tell at this share spent: '0%' must be more than 0."),
        (
            {"actual": ["80%", "80% warning"]},
            "There is already a level like this one (actual); keep one.",
        ),
        (
            {"per_hour": ["1,5"]},
            "Most in one hour: '1,5' is not clear; write it as 20 critical.",
        ),
        (
            {"error_rate": ["5% over 0h"]},
            "Most calls that fail: '5% over 0h' is not clear; write it as 5% over 1h.",
        ),
        ({"per_hour": ["0"]}, "Most in one hour: '0' must be more than 0."),
        (
            {"error_rate": ["5% over 6 h"]},
            "Most calls that fail: '5% over 6 h' is not clear; write it as 5% over 1h.",
        ),
    ],
)
def test_a_mistake_is_told_in_one_sentence(changes: dict[str, object], said: str) -> None:
    with pytest.raises(form.FormError) as refused:
        form.budget_of(typed(**changes), None, "USD")
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("actual", "80", "'80' is no level"),
        ("chance", "150%", "'150%' must lie between 0% and 100%."),
        ("quality", "101%", "'101%' must lie between 0% and 100%."),
    ],
)
def test_a_share_that_is_none_is_told_with_its_field(name: str, text: str, said: str) -> None:
    field = BY_NAME[name]
    with pytest.raises(level_text.LevelError) as refused:
        level_text.levels_of(field, [text])
    assert str(refused.value).startswith(f"{field.label}: ")
    assert said in str(refused.value)


PERCENT = st.integers(1, 100).map(lambda n: f"{n}%")
SEVERITY = st.sampled_from(["notice", "warning", "critical"])
RULES = st.one_of(
    st.builds(lambda n, s: read_level({"actual": n, "severity": s}), PERCENT, SEVERITY),
    st.builds(lambda n, s: read_level({"chance": n, "severity": s}), PERCENT, SEVERITY),
    st.builds(
        lambda n, f, s: read_level({"per_hour": n, "severity": s} | ({"factor": f} if f else {})),
        st.integers(1, 10**9).map(lambda n: n / 100),
        st.sampled_from([None, 2.5, 3.0]),
        SEVERITY,
    ),
    st.builds(
        lambda m, n, w, c, s: read_level(
            {m: n, "window": f"{w}h", "least_requests": c, "severity": s}
        ),
        st.sampled_from(["error_rate", "quality"]),
        PERCENT,
        st.integers(1, 100),
        st.integers(1, 1_000),
        SEVERITY,
    ),
)


@given(RULES)
def test_every_level_is_read_as_it_is_shown(rule: Rule) -> None:
    shown = {name: level_text.level_texts(field, [rule]) for name, field in BY_NAME.items()}
    (name,) = (name for name, texts in shown.items() if texts)
    assert level_text.levels_of(BY_NAME[name], shown[name]) == (rule,)
    budget = replace(PLAIN, levels=(rule,))
    assert read_budget(budget_text(budget)) == budget
