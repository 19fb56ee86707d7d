from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.budget import BUDGET_MEASURES, BUDGET_PERIODS, PLAN_NAMES, RULE_SET_NAMES, Budget
from costmodel.burn.rules import ActualRule, ForecastRule, HourlyLimit, SloRule
from costmodel.pace import Profile
from ingest.budget_section import OPTIONAL
from ingest.budget_text import budget_text, read_budget
from ingest.configuration import ConfigurationError, read_configuration
from pricing import located_yaml

SAMPLE = Path(__file__).parents[2] / "docs" / "tollbook.sample.yaml"
HOUR = timedelta(hours=1)


def mistakes(text: str) -> list[tuple[str, str]]:
    with pytest.raises(ConfigurationError) as caught:
        read_budget(f"{{name: a, amount: 5, {text}}}")
    return [(each.key, each.message) for each in caught.value.problems]


def test_the_sample_shows_every_key_of_a_budget() -> None:
    shown = {key for each in located_yaml.read(SAMPLE).plain()["budgets"] for key in each}
    assert shown == {"name", "amount", *OPTIONAL}


def test_the_sample_s_budgets() -> None:
    _, search, tokens = read_configuration(SAMPLE).budgets
    assert (search.rules, search.plan, search.measure) == ("quiet", "uniform", "money")
    assert search.levels == (
        ActualRule("actual", "notice", 0.8),
        ActualRule("actual", "critical", 1.0),
        ForecastRule("forecast", "warning", 0.8),
        HourlyLimit("hourly limit 50", "critical", 50.0, 4.0),
        SloRule("error rate 1h", "warning", "error_rate", 0.05, HOUR),
        SloRule("p95 latency 6h", "warning", "p95_seconds", 20.0, 6 * HOUR),
        SloRule("quality 1d", "warning", "quality", 0.8, 24 * HOUR, 50),
    )
    assert (tokens.measure, tokens.each, tokens.period) == ("tokens", "api_key", "day")
    assert isinstance(tokens.plan, Profile)
    assert tokens.plan.weights[0] == pytest.approx(1 / 24)
    assert tokens.plan.weights[-1] == pytest.approx(0.2 / 24)


def test_an_hour_of_a_plan_may_weigh_for_itself() -> None:
    monday = ", ".join(["0"] * 23 + ["2"])
    rest = ", ".join(f"{day}: 0" for day in ["tuesday", "wednesday", "thursday", "friday"])
    plan = f"plan: {{monday: [{monday}], {rest}, saturday: 0, sunday: 0}}"
    found = read_budget(f"{{name: a, amount: 5, {plan}}}").plan
    assert isinstance(found, Profile)
    assert found.weights == (0.0,) * 23 + (2.0,) + (0.0,) * 144


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("measure: token", "measure", "did you mean 'tokens'?"),
        ("each: api_keys", "each", "did you mean 'api_key'?"),
        ("each: session", "each", "is not known here"),
        ("rules: quite", "rules", "did you mean 'quiet'?"),
        ("plan: unifrom", "plan", "did you mean 'uniform'?"),
        ("plan: {monday: 1}", "plan", "the key 'tuesday' is missing"),
        ("measure: requests, currency: EUR", "currency", "a number of requests"),
        ("levels: [{actual: 80}]", "levels[0].actual", "write 80%"),
        ("levels: [{actual: 0%}]", "levels[0].actual", "more than 0"),
        ("levels: [{chance: 101%}]", "levels[0].chance", "between 0% and 100%"),
        ("levels: [{actual: 80%, chance: 80%}]", "levels[0]", "exactly one of these keys"),
        ("levels: [{severity: notice}]", "levels[0]", "exactly one of these keys"),
        ("levels: [{actual: 80%, window: 1h}]", "levels[0].window", "unknown key 'window'"),
        ("levels: [{actual: 80%, severity: bad}]", "levels[0].severity", "'bad' is not known"),
        ("levels: [{per_hour: 0}]", "levels[0].per_hour", "more than 0"),
        ("levels: [{error_rate: 5%, window: soon}]", "levels[0].window", "is no age"),
        ("levels: [{actual: 80%}, {actual: 80%}]", "levels[1]", "already a level like this"),
    ],
)
def test_a_mistake_is_told_where_it_is(text: str, key: str, said: str) -> None:
    found = mistakes(text)
    assert found[0][0] == key
    assert said in found[0][1]


def test_a_level_above_the_amount_and_at_every_chance() -> None:
    levels = "levels: [{actual: 120%}, {actual: 0.8}, {chance: 100%}]"
    found = read_budget(f"{{name: a, amount: 5, {levels}}}").levels
    assert found == (
        ActualRule("actual", "critical", 1.2),
        ActualRule("actual", "notice", 0.8),
        ForecastRule("forecast", "warning", 1.0),
    )


SEVERITY = st.sampled_from(["notice", "warning", "critical"])
SHARE = st.integers(1, 1000).map(lambda n: n / 1000)
LEVELS = st.lists(
    st.one_of(
        st.builds(ActualRule, st.just("actual"), SEVERITY, SHARE),
        st.builds(ForecastRule, st.just("forecast"), SEVERITY, SHARE),
    ),
    unique_by=lambda rule: (type(rule), getattr(rule, "share", None), getattr(rule, "chance", 0)),
    max_size=4,
)
WORD = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1)


@given(
    name=WORD,
    cents=st.integers(1, 10**12),
    period=st.sampled_from(BUDGET_PERIODS),
    starts=st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    values=st.lists(st.none() | WORD, min_size=1, max_size=3),
    measure=st.sampled_from(BUDGET_MEASURES),
    rules=st.sampled_from(RULE_SET_NAMES),
    plan=st.sampled_from([None, *PLAN_NAMES, Profile(tuple(n / 7 for n in range(168)))]),
    levels=LEVELS,
)
def test_a_budget_is_the_same_after_writing_and_reading(
    name: str,
    cents: int,
    period: Any,  # noqa: ANN401 - one word of a list, as are the others
    starts: date | None,
    values: list[str | None],
    measure: Any,  # noqa: ANN401
    rules: Any,  # noqa: ANN401
    plan: Any,  # noqa: ANN401
    levels: list[ActualRule | ForecastRule],
) -> None:
    budget = Budget(
        name=name,
        amount=Fraction(cents, 100),
        period=period,
        starts=starts,
        filters={"feature": tuple(values)},
        owners=("finance",),
        measure=measure,
        each="team",
        rules=rules,
        plan=plan,
        levels=tuple(levels),
    )
    assert read_budget(budget_text(budget)) == budget
