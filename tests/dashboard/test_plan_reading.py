"""Plan files on What-if: out and back to the same settings; what no control can say is named."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from costmodel.controls import levers_of
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.more import TIERS, More
from dashboard.pages.whatif.plan_reading import LONGEST_TEXT, PlanTextError, opened
from dashboard.pages.whatif.plan_yaml import plan_yaml
from dashboard.pages.whatif.screen import screen_of
from dashboard.pages.whatif.settings import STATE_KEYS, Settings, TypedNumbers, written
from dashboard.state import State, parse
from pricing import load_book

if TYPE_CHECKING:
    from dashboard.context import DashboardContext

BOOK = load_book()
TODAY = date(2026, 11, 20)
TYPED = """\
    baseline:
      workload: {sessions_per_day: 10000, days: 30, tokens_per_session: 1500, output_share: 40%,
        model: gpt-4.1-mini}
    limits: {monthly_cost: 600}
    scenarios:
      - name: one
        levers: [LEVERS]
    """


def typed(levers: str) -> str:
    return dedent(TYPED).replace("LEVERS", levers)


@pytest.mark.parametrize(
    "search",
    [
        "",
        "?escalate=15&cached=60&batch=20&growth=5&limit=900",
        "?start=gpt-4.1-mini%3A70%2Cgpt-4.1%3A30&escalate=8",
        "?start=gpt-4.1-mini&escalate=12.5&sent=directly",
        "?start=today&range=2026-10&feature=search",
        "?apply=search&cached=70",
        "?workload=typed&served=gpt-4.1&escalate=12&limit=600",
        "?workload=typed&sessions=200&tokens=3000&output=12.5&days=7&start=gpt-4.1-nano",
        "?prompts=20&answers=10&beginning=kept&retries=5&billed=50",
        "?checker=gpt-4.1-nano&checked=20&review=0.5&minutes=1.25&hourly=60&cached=30&apply=search",
        "?served-in=priority&served-share=30&batch=40&moved-from=gpt-4.1&moved-to=gpt-4.1-mini",
        "?workload=typed&ending=gpt-4.1-mini&moved-from=gpt-4.1-mini&moved-to=gpt-4.1-nano",
        "?ending=gpt-4.1&successor=gpt-4.1-mini&ends-on=2027-02-01&retries=2.5",
    ],
)
def test_out_and_back_costs_the_same_cents(search: str, demo: DashboardContext) -> None:
    shown = screen_of(demo, parse(search, STATE_KEYS, DEFAULT_RANGE))
    [again] = opened(plan_yaml(shown), BOOK, TODAY)
    assert again.missing == ()
    back = screen_of(demo, parse(again.state.search(), STATE_KEYS, DEFAULT_RANGE))
    assert back.notices == shown.notices
    assert levers_of(back.controls) == levers_of(shown.controls)
    assert back.settings.more == shown.settings.more
    assert back.view.today == shown.view.today
    assert back.outcome.cost == shown.outcome.cost
    assert back.limit == shown.limit


TENTHS = st.integers(0, 999).map(lambda tenths: Fraction(tenths, 1_000))
SOME = TENTHS.filter(bool)
CENTS = st.integers(0, 10_000).map(lambda cents: Fraction(cents, 100))
NAMES = st.sampled_from(("gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-6-luna"))


@st.composite
def more_that_is_on(draw: st.DrawFn) -> More:
    """Any of the levers under "More"; a file has no room for the fields of those that are off."""
    parts: list[dict[str, object]] = [
        {"prompts": draw(SOME), "answers": draw(TENTHS), "keeps_beginning": draw(st.booleans())},
        {"retries": draw(SOME), "billed": draw(TENTHS)},
        {"checker": draw(NAMES), "check_tokens": draw(st.integers(0, 1_000))},
        {"review": draw(SOME), "minutes": draw(CENTS), "hourly": draw(CENTS)},
        {"tier": draw(st.sampled_from(TIERS)), "tier_share": draw(SOME)},
        {"moved_from": draw(NAMES), "moved_to": draw(NAMES), "moved_share": draw(SOME)},
        {
            "ending": draw(NAMES),
            "successor": "o4-mini",
            "ends_on": draw(st.dates(date(2026, 1, 1), date(2028, 1, 1))),
        },
    ]
    chosen = draw(st.lists(st.sampled_from(parts), max_size=4, unique_by=id))
    values: dict[str, object] = {name: value for part in chosen for name, value in part.items()}
    return More(**values)  # type: ignore[arg-type]


@settings(
    max_examples=settings().max_examples,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(more=more_that_is_on(), start=NAMES, cache=st.none() | TENTHS, batch=TENTHS)
def test_every_plan_comes_back_from_its_file(
    more: More, start: str, cache: Fraction | None, batch: Fraction, demo: DashboardContext
) -> None:
    asked = Settings(
        typed=TypedNumbers(model="gpt-4.1"),
        start=((start, Fraction(1)),),
        escalate=Fraction(12, 100),
        cache=cache,
        batch=batch,
        more=more,
    )
    shown = screen_of(demo, State().with_own(**written(asked)))
    assert shown.settings == asked
    [again] = opened(plan_yaml(shown), BOOK, TODAY)
    assert again.missing == ()
    back = screen_of(demo, parse(again.state.search(), STATE_KEYS, DEFAULT_RANGE))
    assert back.settings == asked
    assert back.outcome.cost == shown.outcome.cost == shown.view.plan


def test_the_plan_of_the_design_sets_the_controls(demo: DashboardContext) -> None:
    levers = (
        "{cascade: {first: gpt-4.1-mini, then: gpt-4.1, escalate: 12%}}, {cache: {hit_rate: 60%}}"
    )
    [found] = opened(typed(levers), BOOK, TODAY)
    assert (found.name, found.missing) == ("one", ())
    shown = screen_of(demo, parse(found.state.search(), STATE_KEYS, DEFAULT_RANGE))
    assert "This plan $555.84" in shown.sentence
    assert shown.limit == 600


def test_a_route_of_typed_numbers_is_a_mix(demo: DashboardContext) -> None:
    [found] = opened(typed("{route: {to: gpt-4.1, share: 20%}}"), BOOK, TODAY)
    shown = screen_of(demo, parse(found.state.search(), STATE_KEYS, DEFAULT_RANGE))
    assert "This plan $712.80" in shown.sentence


@pytest.mark.parametrize(
    ("levers", "missing"),
    [
        ("{commit: {amount: 100}}", "commit: no control here says it"),
        ("{reprice: {model: gpt-4.1, rates: {input: 1}}}", "reprice: no control here says it"),
        ("{tier: {to: batch}}", "tier: no control here says it"),
        ("{retry: {rate: 3.33%}}", "retry: rate is rounded to 3.3%"),
        (
            "{review: {share: 1%, minutes: 1.125, usd_per_hour: 30}}",
            "review: minutes is rounded to 1.12",
        ),
        ("{compress: {input: 20%}}, {compress: {output: 20%}}", "a second compress"),
        ("{cache: {hit_rate: 60%, models: [gpt-4.1]}}", "cache: a cached share for some models"),
        ("{grow: {requests: 1.3%}}", "grow: growth goes from -10% to 20%"),
        ("{batch: {share: 33.33%}}", "batch: share is rounded to 33.3%"),
        ("{batch: {share: 10% to 20%}}", "the range of share: its middle, 15%, is set"),
        ("{batch: {share: 10%}, from: 2027-01-01}", "batch from 2027-01-01: here it holds"),
        ("{batch: {share: 10%, where: {team: [legal]}}}", "where: here all controls touch"),
        ("{batch: {share: 10%, where: {feature: a}}}, {cache: {hit_rate: 5%}}", "where: here all"),
        ("{batch: {share: 10%}}, {batch: {share: 20%}}", "a second batch"),
        (
            "{start_with: {shares: {gpt-4.1-mini: 100%}, full: gpt-4.1}}, {route: {to: gpt-4.1}}",
            "route: it moves other requests",
        ),
        (
            "{route: {to: gpt-4.1, when: {input_tokens: {above: 1000}}}}",
            "route: it moves other requests",
        ),
        (
            "{cascade: {first: gpt-4.1-mini, then: gpt-4.1, escalate: 5%, draft: true}}",
            "cascade: it moves other requests",
        ),
        (
            "{start_with: {shares: {gpt-4.1-mini: 40%}, full: gpt-4.1}}",
            "start_with: shares that leave a part as it is today",
        ),
    ],
)
def test_what_no_control_can_say_is_named(levers: str, missing: str) -> None:
    [found] = opened(typed(levers), BOOK, TODAY)
    assert len(found.missing) == 1
    assert found.missing[0].startswith(missing)


def test_prices_of_another_day_are_named_only_where_they_differ() -> None:
    same = typed("").replace("model: gpt-4.1-mini}", "model: gpt-4.1-mini, on: 2026-11-20}")
    assert opened(same, BOOK, TODAY)[0].missing == ()
    first = min(day for day in BOOK.change_dates() if day > date(2025, 6, 1))
    [found] = opened(same, BOOK, first.replace(year=first.year - 1))
    assert found.missing == ("prices of 2026-11-20: the page shows today's",)


def test_every_scenario_is_opened() -> None:
    text = typed("") + "  - {name: two, levers: [{batch: {share: 50%}}]}\n"
    one, two = opened(text, BOOK, TODAY)
    assert (one.name, two.name) == ("one", "two")
    assert "batch=50" in two.state.search()
    assert "batch" not in one.state.search()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "plan.yaml:1"),
        ("a: [", "plan.yaml:"),
        ("baseline: {ledger: {}}\nscenarios: [{name: a, levers: [{batch: {share: 12}}]}]", "12%"),
        ("x" * (LONGEST_TEXT + 1), "A plan file has at most 200,000 letters."),
    ],
)
def test_text_that_is_no_plan_is_told_by_line(text: str, said: str) -> None:
    with pytest.raises(PlanTextError, match=said):
        opened(text, BOOK, TODAY)
