from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from costmodel.levers import Batch, Cap, Commit, Compress, Lever, Retry, Review, Route
from costmodel.plan import History, LedgerBaseline, Plan, Range, Scenario, TypedBaseline, run_plan
from costmodel.plan_terms import settled_draws
from costmodel.range_nodes import nodes_of
from costmodel.scenario import evaluate
from costmodel.workload import ledger_baseline
from tests.books import BOOK
from tests.workloads import cell, guide

if TYPE_CHECKING:
    from costmodel.plan_result import ScenarioResult

TODAY = date(2026, 11, 20)
GUIDE = TypedBaseline(
    sessions_per_day=Fraction(10_000),
    days=Fraction(30),
    tokens_per_session=Fraction(1_500),
    output_share=Fraction(40, 100),
    model="gpt-4.1-mini",
    on=date(2026, 11, 1),
)


def percent(number: int) -> Fraction:
    return Fraction(number, 100)


def typed(*levers: Lever, **ranges: Range) -> ScenarioResult:
    varied = {(0, name): between for name, between in ranges.items()}
    plan = Plan(GUIDE, (Scenario("one", levers, varied),), date(2026, 12, 1))
    (found,) = run_plan(plan, BOOK, today=TODAY).scenarios
    return found


def stored(*levers: Lever) -> ScenarioResult:
    """A thousand requests a day, 200 more or less every other week."""
    first = date(2026, 10, 19)
    cells = [
        cell(
            requests=1_000 + (200 if n // 7 % 2 else -200),
            dimensions=((first + timedelta(days=n)).isoformat(), None),
        )
        for n in range(28)
    ]
    past = History(cells, ("day", "escalated_from"), first, first + timedelta(days=27))
    plan = Plan(LedgerBaseline(), (Scenario("one", levers),))
    (found,) = run_plan(plan, BOOK, today=TODAY, history=past).scenarios
    return found


def test_charges_and_commitments_of_a_scenario_as_json() -> None:
    review = Review(share=percent(5), minutes=Fraction(2), usd_per_hour=Fraction(30))
    found = typed(review, Commit(amount=Fraction(500), discount=percent(10))).terms.to_json()
    assert found["charges"] == [
        {"kind": "people", "amount": "15000.00"},
        {"kind": "commitment discount", "amount": "-39.60"},
        {"kind": "commitment shortfall", "amount": "143.60"},
    ]
    (commitment,) = found["commitments"]  # type: ignore[misc]
    assert commitment["monthly_amount"] == commitment["break_even_usage"] == "500.00"  # type: ignore[has-type]
    # a fifth less and more than $396.00; 450 million tokens, of which 360 and 540
    usages = [commitment[name]["usage"] for name in ("low", "middle", "high")]  # type: ignore[has-type]
    assert usages == ["316.80", "396.00", "475.20"]
    middle: dict[str, Any] = commitment["middle"]  # type: ignore[has-type]
    assert (middle["paid"], middle["shortfall"], middle["saving"]) == (
        "500.00",
        "143.60",
        "-104.00",
    )
    assert middle["effective_price"] == pytest.approx(500 / 396)
    assert middle["effective_rate"] == "1.111111111111"
    assert found["caps"] == []


def test_a_scenario_without_terms_has_none() -> None:
    assert typed(Batch(share=percent(50))).terms.to_json() == {
        "charges": [],
        "commitments": [],
        "caps": [],
    }


def test_the_likely_range_never_lies_below_a_commitment() -> None:
    free = stored()
    assert free.p10 is not None
    assert free.p90 is not None
    committed = stored(Commit(amount=free.monthly_cost, discount=percent(0)))
    assert committed.monthly_cost == free.monthly_cost
    assert committed.p10 == round(free.monthly_cost * 100) / Fraction(100)
    assert committed.p90 == free.p90
    (view,) = committed.terms.commitments
    assert view.low.usage < view.middle.usage == free.monthly_cost < view.high.usage
    assert float(view.low.usage) == pytest.approx(float(free.p10), rel=0.001)
    assert view.low.shortfall == free.monthly_cost - view.low.usage
    assert view.high.shortfall == 0


def test_a_range_beside_a_commitment_is_settled_at_each_draw() -> None:
    ends = Range(Fraction(0), percent(20))
    # usage between $396.00 and $712.80, in the middle $554.40; at least $554.40 is paid
    route = Route(to="gpt-4.1", share=ends.middle)
    found = typed(route, Commit(amount=Fraction("554.4")), share=ends)
    assert found.monthly_cost == Fraction("554.4")
    assert found.p10 == Fraction("554.4")
    assert found.p90 is not None
    # nine tenths of a triangle lie below its high end less half its width x the root of 0.2
    high = 712.8 - (712.8 - 396) / 2 * 0.2**0.5
    assert float(found.p90) == pytest.approx(high, rel=0.01)


def test_a_range_of_failures_follows_its_curve() -> None:
    ends = Range(Fraction(0), percent(50))
    found = typed(Retry(rate=ends.middle), rate=ends)
    assert found.monthly_cost == 528
    assert found.p90 is not None
    rate = 0.5 - 0.25 * 0.2**0.5
    assert float(found.p90) == pytest.approx(396 / (1 - rate), rel=0.02)


@pytest.mark.parametrize("discount_on", ["all", "above"])
def test_draws_are_settled_as_single_amounts_are(discount_on: str) -> None:
    lever = Commit(amount=Fraction(400), discount=percent(25), discount_on=discount_on)  # type: ignore[arg-type]
    outcome = evaluate(guide(), (lever,), BOOK)
    usages = [100, 396, 400, 500, 600, 2_000]
    (settlement,) = outcome.settlements
    expected = [float(settlement.commitment.paid(Fraction(usage))) for usage in usages]
    assert settled_draws(np.array(usages, dtype=np.float64), outcome) == pytest.approx(expected)


def test_a_range_of_shortening_begins_where_caches_break() -> None:
    # 10,000 tokens, 8,000 of them cached at $0.10: $0.0016 in; uncached at $0.40: $0.004
    usage = ledger_baseline([cell(input_tokens=10_000, cached=8_000, output=0)], BOOK, days=1)
    ends = Fraction(0), percent(20)
    nodes = nodes_of((Compress(input=percent(10)),), 0, "input", ends, (usage, BOOK))
    costs = [evaluate(usage, (Compress(input=node),), BOOK).cost for node in nodes]
    assert [round(cost, 6) for cost in costs] == [Fraction("0.004"), Fraction("0.0032")]
    kept = (Compress(input=percent(10), keeps_prefix=True),)
    assert nodes_of(kept, 0, "input", ends, (usage, BOOK)) == [0, percent(20)]


def test_a_cap_bends_the_levers_beside_it() -> None:
    levers = Batch(share=percent(50)), Cap(measure="money", per_hour=Fraction(1))
    nodes = nodes_of(levers, 0, "share", (Fraction(0), Fraction(1)), (guide(), BOOK))
    assert nodes == [0, Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), 1]
