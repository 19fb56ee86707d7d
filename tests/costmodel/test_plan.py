from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from costmodel.levers import Batch, Cache, Cascade, Grow, Lever, Retire, Route
from costmodel.past_days import SessionSample
from costmodel.plan import (
    History,
    LedgerBaseline,
    Plan,
    PlanError,
    Range,
    Scenario,
    TypedBaseline,
    dimensions_of,
    run_plan,
)
from costmodel.weekdays import days_between
from tests.books import BOOK
from tests.workloads import cell

if TYPE_CHECKING:
    from costmodel.plan_result import PlanResult
    from costmodel.usage import Cell

TODAY = date(2026, 11, 20)
MINI, FULL, LUNA = "gpt-4.1-mini", "gpt-4.1", "gpt-6-luna"
GUIDE = TypedBaseline(
    sessions_per_day=Fraction(10_000),
    days=Fraction(30),
    tokens_per_session=Fraction(1_500),
    output_share=Fraction(40, 100),
    model=MINI,
    on=date(2026, 11, 1),
)
MINI_FIRST = Scenario(
    "mini first",
    (
        Cascade(first=MINI, then=FULL, escalate=Fraction(12, 100)),
        Cache(hit_rate=Fraction(60, 100)),
    ),
)


def typed(*scenarios: Scenario, limit: int = 600) -> PlanResult:
    plan = Plan(GUIDE, scenarios, date(2026, 12, 1), {"monthly_cost": Fraction(limit)})
    return run_plan(plan, BOOK, today=TODAY)


def single(*levers: Lever, **ranges: Range) -> Scenario:
    return Scenario("one", levers, {(0, name): between for name, between in ranges.items()})


def history(days: int = 28, *, spread: int = 0) -> History:
    """A thousand requests a day, more or less by the spread, every other week."""
    first = date(2026, 10, 19)
    cells = [
        cell(
            requests=1_000 + (spread if n // 7 % 2 else -spread),
            dimensions=((first + timedelta(days=n)).isoformat(), None),
        )
        for n in range(days)
    ]
    last = first + timedelta(days=days - 1)
    return History(cells, ("day", "escalated_from"), first, last)


def from_ledger(past: History, *scenarios: Scenario, period: date | None = None) -> PlanResult:
    return run_plan(Plan(LedgerBaseline(), scenarios, period), BOOK, today=TODAY, history=past)


def test_the_plan_of_the_design_as_json() -> None:
    result = typed(MINI_FIRST).to_json()
    assert result["currency"] == "USD"
    assert result["period"] == "2026-12"
    assert result["baseline"]["monthly_cost"] == "396.00"  # type: ignore[index]
    assert result["violations"] == []
    (scenario,) = result["scenarios"]  # type: ignore[misc]
    assert scenario["name"] == "mini first"  # type: ignore[has-type]
    assert scenario["monthly_cost"] == "555.84"  # type: ignore[has-type]
    assert scenario["delta"] == "159.84"  # type: ignore[has-type]
    assert scenario["delta_share"] == pytest.approx(159.84 / 396)  # type: ignore[has-type]
    assert (scenario["p10"], scenario["p90"]) == (None, None)  # type: ignore[has-type]
    assert "900 input tokens" in scenario["warnings"][0]  # type: ignore[has-type]


def test_a_limit_holds_for_scenarios_and_not_for_the_baseline() -> None:
    assert not typed(single(Batch(share=Fraction(1))), limit=198).violations
    (violation,) = typed(MINI_FIRST, limit=555).violations
    assert violation.scenario == "mini first"
    assert violation.allowed == 555
    assert violation.value == Fraction("555.84")
    assert typed(MINI_FIRST, limit=555).to_json()["violations"] == [
        {
            "scenario": "mini first",
            "limit": "monthly_cost",
            "allowed": "555.00",
            "value": "555.84",
        }
    ]


def test_a_range_is_triangular_round_its_middle() -> None:
    ends = Range(Fraction(10, 100), Fraction(20, 100))
    (result,) = typed(single(Route(to=FULL, share=ends.middle), share=ends)).scenarios
    assert result.monthly_cost == 396 + 1584 * Fraction(15, 100)
    # a tenth of a triangle lies below low + half its width times the root of 0.2
    reach = 0.05 * 0.2**0.5
    assert result.p10 is not None
    assert result.p90 is not None
    assert float(result.p10) == pytest.approx(396 + 1584 * (0.10 + reach), abs=2)
    assert float(result.p90) == pytest.approx(396 + 1584 * (0.20 - reach), abs=2)


def test_a_range_of_growth_follows_its_curve() -> None:
    between = Range(Fraction(0), Fraction(40, 100))
    scenario = single(Grow(requests=between.middle), requests=between)
    plan = Plan(replace(GUIDE, model=LUNA), (scenario,), date(2027, 5, 1))
    (result,) = run_plan(plan, BOOK, today=TODAY).scenarios
    assert result.monthly_cost == 117 * Fraction(12, 10) ** 6
    assert result.p10 is not None
    assert float(result.p10) == pytest.approx(117 * (1 + 0.2 * 0.2**0.5) ** 6, rel=0.03)


def test_growth_has_compounded_once_in_the_workloads_own_month() -> None:
    scenario = single(Grow(requests=Fraction(10, 100)))
    (own,) = run_plan(Plan(GUIDE, (scenario,)), BOOK, today=TODAY).scenarios
    (next_month,) = typed(scenario).scenarios
    assert own.monthly_cost == next_month.monthly_cost == Fraction("435.6")


def test_the_same_ranges_give_the_same_numbers() -> None:
    ends = Range(Fraction(0), Fraction(1))
    scenario = single(Route(to=FULL, share=ends.middle), share=ends)
    assert typed(scenario) == typed(scenario)


def test_a_ledger_plan_lays_weekdays_on_the_next_month() -> None:
    result = from_ledger(history(), single(Route(to=FULL)))
    # 1,000 requests of 2,000 + 500 tokens on each of December's 31 days
    assert result.period == "2026-12"
    assert result.baseline.monthly_cost == Fraction("1.6") * 31
    assert result.scenarios[0].delta == Fraction("1.6") * 31 * 4
    assert result.scenarios[0].delta_share == 4
    assert any("mean of its weekday" in text for text in result.baseline.assumptions)


def test_days_all_alike_have_no_spread_and_uneven_weeks_have() -> None:
    even = from_ledger(history()).baseline
    assert even.p10 == even.p90 == even.monthly_cost
    uneven = from_ledger(history(spread=200)).baseline
    assert uneven.p10 is not None
    assert uneven.p90 is not None
    # weeks of 800 and 1,200 requests a day take steps of variance 0.0076 a day in logs, and 35
    # steps lie between the 28 days and December: 1.28 spreads of 0.51 are a factor of 0.52
    assert 0.49 < uneven.p10 / uneven.monthly_cost < 0.53
    assert 1.9 < uneven.p90 / uneven.monthly_cost < 2.05


def test_a_short_history_has_no_range() -> None:
    assert from_ledger(history(13)).baseline.p10 is None


def test_a_ledger_plan_across_a_shutdown() -> None:
    january = date(2027, 1, 1)
    result = from_ledger(history(), single(Retire(model=MINI)), period=january)
    luna = Fraction("0.45")
    assert result.scenarios[0].monthly_cost == Fraction("1.6") * 13 + luna * 18
    assert result.baseline.monthly_cost == Fraction("1.6") * 31
    assert "gone since 2027-01-14, for comparison only" in result.baseline.warnings[0]


def test_a_ledger_plan_without_usage_is_refused() -> None:
    with pytest.raises(PlanError, match="there is none in the period"):
        run_plan(Plan(LedgerBaseline(), ()), BOOK, today=TODAY)


def test_a_refused_lever_refuses_the_plan() -> None:
    plan = Plan(replace(GUIDE, model="haiku"), (single(Batch(share=Fraction(1))),))
    with pytest.raises(PlanError, match="scenario 'one': batch: not offered for haiku"):
        run_plan(plan, BOOK, today=TODAY)


def test_a_scenario_in_which_nothing_has_a_price_is_refused() -> None:
    past = history()
    cells = [replace(each, key=replace(each.key, tier="priority")) for each in past.cells]
    with pytest.raises(PlanError, match="nothing in it has a price: tier 'priority'"):
        from_ledger(replace(past, cells=cells), single(Route(to=LUNA)))


def test_no_change_is_claimed_where_usage_would_have_no_price() -> None:
    past = history()
    cells = [cell(tier="priority", requests=7, dimensions=("2026-10-19", None)), *past.cells]
    (result,) = from_ledger(replace(past, cells=cells), single(Route(to=LUNA))).scenarios
    assert result.at_least
    assert result.delta is None
    assert result.delta_share is None


def test_what_a_total_misses_is_said_beside_it() -> None:
    past = history()
    extra: Cell = cell("acme-7b", requests=2, dimensions=("2026-10-19", None))
    result = from_ledger(replace(past, cells=[*past.cells, extra]))
    assert result.baseline.at_least
    assert result.baseline.warnings[0].startswith("at least: 5,000 tokens of acme-7b")


def test_a_workload_without_a_day_is_priced_in_the_period() -> None:
    plan = Plan(replace(GUIDE, on=None), ())
    assert run_plan(plan, BOOK, today=TODAY).period == "2026-11"
    later = run_plan(replace(plan, period=date(2027, 3, 1)), BOOK, today=TODAY)
    assert later.period == "2027-03"
    assert "gone since 2027-01-14" in later.baseline.warnings[0]


def test_a_plan_says_which_dimensions_it_needs() -> None:
    lever = Route(to=FULL, where={"feature": ("a",), "model": (MINI,)})
    assert dimensions_of(Plan(LedgerBaseline(), (single(lever),))) == (
        "day",
        "escalated_from",
        "feature",
    )


def test_days_between_are_both_included() -> None:
    assert len(days_between(date(2026, 11, 1), date(2026, 11, 30))) == 30


def test_how_likely_a_limit_is_crossed_comes_from_the_same_draws_as_the_range() -> None:
    past = history(56, spread=300)

    def chance(limit: Fraction | None) -> float | None:
        limits = {} if limit is None else {"monthly_cost": limit}
        plan = Plan(LedgerBaseline(), (Scenario("as it is", ()),), None, limits)
        (result,) = run_plan(plan, BOOK, today=TODAY, history=past).scenarios
        return result.probability_over_limit

    (free,) = from_ledger(past, Scenario("as it is", ())).scenarios
    assert free.p10 is not None
    assert free.p90 is not None
    assert chance(None) is None
    assert chance(free.p90) == pytest.approx(0.1, abs=0.005)
    assert chance(free.p10) == pytest.approx(0.9, abs=0.005)
    assert chance(free.monthly_cost * 20) == 0


def test_typed_numbers_tell_no_probability_unless_they_have_a_range() -> None:
    assert typed(MINI_FIRST).scenarios[0].probability_over_limit is None
    ends = Range(Fraction(0), Fraction(20, 100))
    (ranged,) = typed(
        single(Route(to=FULL, share=ends.middle), share=ends), limit=396 + 158
    ).scenarios
    # the limit is just below the middle of a triangle: about half of the draws cross it
    assert ranged.probability_over_limit == pytest.approx(0.5, abs=0.04)


def test_sessions_widen_the_range_of_equal_days() -> None:
    flat = history(28)
    # 280 sessions of a hundred requests each stand behind 28 equal days
    sample = SessionSample(
        [cell(requests=100, dimensions=(str(n), None)) for n in range(10)],
        ("session", "escalated_from"),
        {str(n): 28.0 for n in range(10)},
    )
    (alone,) = from_ledger(flat, Scenario("as it is", ())).scenarios
    (drawn,) = from_ledger(replace(flat, sessions=sample), Scenario("as it is", ())).scenarios
    assert alone.p10 == alone.p90 == alone.monthly_cost
    assert drawn.p10 is not None
    assert drawn.p90 is not None
    # 310 sessions in the month and 280 behind its mean: 1.2816 of (1/310 + 1/280) ** 0.5 a side
    reach = 1.2816 * (1 / 310 + 1 / 280) ** 0.5
    assert float(drawn.p10 / drawn.monthly_cost) == pytest.approx(1 - reach, abs=0.012)
    assert float(drawn.p90 / drawn.monthly_cost) == pytest.approx(1 + reach, abs=0.012)
    # on full the same sessions cost five times as much: the range follows
    (full,) = from_ledger(replace(flat, sessions=sample), single(Route(to=FULL))).scenarios
    assert full.p10 is not None
    assert float(full.p10) == pytest.approx(float(5 * drawn.p10), abs=0.03)
