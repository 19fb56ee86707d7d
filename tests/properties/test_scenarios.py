from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.book import PriceBook
from costmodel.controls import levers_of, with_slider, with_start
from costmodel.corners import corner_table, interpolate, interpolate_months
from costmodel.goal import seek, seek_start
from costmodel.horizon import horizon, month_costs
from costmodel.levers import Batch, Cache, Route, StartWith
from costmodel.money import rounded_to
from costmodel.scenario import evaluate, total_cost
from costmodel.sensitivity import SLIDERS, Steps, slider_effects
from costmodel.spend import spend
from costmodel.workload import ledger_baseline
from tests.properties import scenarios as some

if TYPE_CHECKING:
    from costmodel.controls import Controls
    from costmodel.corners import CornerTable
    from costmodel.goal import Goal
    from costmodel.meters import Meter

FIRST_MONTH = date(2026, 12, 1)
CENT = 2


@given(st.data())
def test_no_lever_changes_nothing(data: st.DataObject) -> None:
    book = data.draw(some.books())
    cells = data.draw(some.cells_of_usage())
    spent = spend(cells, book)  # type: ignore[arg-type]
    baseline = ledger_baseline(
        cells,  # type: ignore[arg-type]
        book,
        days=30,
        dimension_names=("feature", "escalated_from"),
    )
    outcome = evaluate(baseline, (), book)
    assert outcome.cost == (spent.total.cost or 0)
    assert outcome.list_cost == (spent.total.list_cost or 0)
    assert set(outcome.unpriced) == set(spent.unpriced)


@given(st.data())
def test_the_quick_total_is_the_total(data: st.DataObject) -> None:
    book = data.draw(some.books())
    baseline, levers = data.draw(some.baselines(book)), data.draw(some.levers())
    outcome = evaluate(baseline, levers, book)
    assert outcome.cost == total_cost(baseline, levers, book)
    assert outcome.cost == sum(outcome.parts.values()) == sum(outcome.costs)
    assert outcome.cost == sum(model.cost for model in outcome.models)
    assert outcome.cost == evaluate(baseline, reversed(levers), book).cost


@given(st.data())
def test_the_cost_of_usage_twice_is_twice_the_cost(data: st.DataObject) -> None:
    book = data.draw(some.books())
    baseline, levers = data.draw(some.baselines(book)), data.draw(some.levers())
    once = total_cost(baseline, levers, book)
    assert total_cost(baseline.scaled(Fraction(2)), levers, book) == 2 * once


@given(st.data())
def test_routing_conserves_requests_and_tokens(data: st.DataObject) -> None:
    book = data.draw(some.books())
    baseline = data.draw(some.baselines(book))
    lever = Route(
        to=data.draw(some.names), share=data.draw(some.shares), where=data.draw(some.wheres)
    )
    after = evaluate(baseline, (lever,), book).flows
    before = (*baseline.flows, *baseline.unpriced)
    assert sum(flow.requests for flow in after) == sum(flow.requests for flow in before)
    assert sum(flow.tokens for flow in after) == sum(flow.tokens for flow in before)


@given(st.data())
def test_cache_and_batch_conserve_tokens(data: st.DataObject) -> None:
    book = data.draw(some.books())
    baseline = data.draw(some.baselines(book))
    levers = (Cache(hit_rate=data.draw(some.shares)), Batch(share=data.draw(some.shares)))
    after = evaluate(baseline, levers, book).flows
    before = (*baseline.flows, *baseline.unpriced)
    assert sum(flow.input_tokens for flow in after) == sum(flow.input_tokens for flow in before)
    assert sum(flow.output_tokens for flow in after) == sum(flow.output_tokens for flow in before)


@given(st.data())
def test_starting_everywhere_conserves_first_calls(data: st.DataObject) -> None:
    book = data.draw(some.books())
    baseline = data.draw(some.baselines(book))
    lever = StartWith(starts=((data.draw(some.names), data.draw(some.shares)),), full="large")
    after = evaluate(baseline, (lever,), book).flows

    def first_calls(flows: object) -> Fraction:
        calls = [f.requests for f in flows if not f.is_second_call]  # type: ignore[attr-defined]
        return sum(calls, Fraction(0))

    assert first_calls(after) == first_calls((*baseline.flows, *baseline.unpriced))


@given(st.data())
def test_cost_is_monotone_in_each_rate(data: st.DataObject) -> None:
    book = data.draw(some.books())
    baseline, levers = data.draw(some.baselines(book)), data.draw(some.levers())
    place = data.draw(st.integers(min_value=0, max_value=len(book.cards) - 1))
    dearer = _with_dearer(book, place, data.draw(some.METER))
    assert total_cost(baseline, levers, dearer) >= total_cost(baseline, levers, book)


def _with_dearer(book: PriceBook, place: int, meter: Meter) -> PriceBook:
    cards = list(book.cards)
    rates = {**cards[place].usd_per_million, meter: Fraction(100)}
    cards[place] = replace(cards[place], usd_per_million=rates)
    return PriceBook(book.models, tuple(cards))


@given(st.data())
def test_interpolating_the_corners_gives_the_cost(data: st.DataObject) -> None:
    book = data.draw(some.books())
    baseline, controls = data.draw(some.baselines(book)), data.draw(some.controls())
    table = corner_table(baseline, some.NAMES, controls, book)
    exact = total_cost(baseline, levers_of(controls), book)
    assert interpolate(table, controls) == exact
    floats = _interpolated_in_floats(table.to_json(), controls)
    assert abs(floats - exact) <= abs(exact) / 10**9
    near_half_a_cent = abs((exact * 100) % 1 - Fraction(1, 2)) < Fraction(1, 10**6)
    assert near_half_a_cent or rounded_to(Fraction(floats), CENT) == rounded_to(exact, CENT)


@given(st.data())
def test_corners_without_the_further_levers_are_those_of_a_plan_without_them(
    data: st.DataObject,
) -> None:
    """Today, and what the steps between today and the plan go through."""
    book = data.draw(some.books())
    baseline, controls = data.draw(some.baselines(book)), data.draw(some.controls())
    table = corner_table(baseline, some.NAMES, controls, book)
    switches = [each for each in table.switches if data.draw(st.booleans())]
    fewer = replace(controls, more=tuple(lever for each in switches for lever in each.levers))
    assert interpolate(table, fewer) == total_cost(baseline, levers_of(fewer), book)
    today = replace(
        controls, start_with=(), cache=None, batch=Fraction(0), growth=Fraction(0), more=()
    )
    assert interpolate(table, today) == total_cost(baseline, (), book) == table.costs[0]


@settings(max_examples=settings().max_examples // 4)  # each costs seven months at every corner
@given(st.data())
def test_interpolating_the_months_gives_the_horizon(data: st.DataObject) -> None:
    book = data.draw(some.books())
    baseline, controls = data.draw(some.baselines(book)), data.draw(some.controls())
    table = corner_table(baseline, some.NAMES, controls, book, first_month=FIRST_MONTH)
    levers = levers_of(controls)
    exact = month_costs(baseline, levers, book, FIRST_MONTH)
    assert interpolate_months(table, controls) == exact
    assert tuple(m.cost for m in horizon(baseline, levers, book, FIRST_MONTH).months) == exact


@given(st.data())
def test_a_goal_that_is_met_costs_the_budget(data: st.DataObject) -> None:
    book = data.draw(some.books())
    baseline, controls = data.draw(some.baselines(book)), data.draw(some.controls())
    table = corner_table(baseline, some.NAMES, controls, book)
    budget = Fraction(data.draw(st.integers(min_value=0, max_value=10**6)), 100)
    goal, set_there = data.draw(st.sampled_from(_goals(table, controls, budget)))
    reached = total_cost(baseline, levers_of(set_there), book)
    assert reached == goal.cost
    assert {"exactly": reached == budget, "always": reached <= budget, "never": reached > budget}[
        goal.met
    ]


def _goals(table: CornerTable, controls: Controls, budget: Fraction) -> list[tuple[Goal, Controls]]:
    """Every slider and every share of a mix, sought, and the controls set there."""
    found = [(slider, seek(table, controls, slider, budget)) for slider in SLIDERS]
    goals = [(goal, with_slider(controls, slider, goal.setting)) for slider, goal in found]
    shares = [name for name, share in controls.start_with if share]
    for name in shares if len(shares) > 1 else ():
        goal = seek_start(table, controls, name, budget)
        goals.append((goal, with_start(controls, name, goal.setting)))
    return goals


@given(st.data())
def test_a_step_of_a_slider_costs_what_its_effect_says(data: st.DataObject) -> None:
    """Between the bends of a cached share the cost is a straight line."""
    book = data.draw(some.books())
    baseline, controls = data.draw(some.baselines(book)), data.draw(some.controls())
    table = corner_table(baseline, some.NAMES, controls, book)
    step = Fraction(1, 100)
    effects = slider_effects(table, controls, Fraction(1, 2), Steps(step, step))
    assert [each.name for each in effects[: len(SLIDERS)]] == list(SLIDERS)
    straight = [
        each for each in effects if each.name != "cache" and each.high - each.low == 2 * step
    ]
    for each in straight:
        now = total_cost(baseline, levers_of(controls), book)
        assert each.cost_at_high - now == each.of(step) == now - each.cost_at_low


@given(st.data())
def test_no_composition_of_levers_fails_or_costs_less_than_nothing(data: st.DataObject) -> None:
    book = data.draw(some.books())
    baseline, levers = data.draw(some.baselines(book)), data.draw(some.levers())
    assert evaluate(baseline, levers, book).cost >= 0


def _interpolated_in_floats(table: dict[str, object], controls: object) -> float:
    """What the browser does with the table: floats only, no rate and no rule."""
    values = {name: getattr(controls, name) for name in ("escalate", "cache", "batch")}
    values = dict.fromkeys((axis["name"] for axis in table["axes"]), Fraction(1)) | values  # type: ignore[attr-defined]
    starts = dict(controls.start_with)  # type: ignore[attr-defined]
    corners = [(0, 1.0)]
    for axis in table["axes"]:  # type: ignore[attr-defined]
        along = _weights(axis, starts if axis["kind"] == "mix" else values[axis["name"]])
        size = len(axis["choices"]) or len(axis["knots"]) + axis["has_today"]
        corners = [(c * size + e, w * part) for c, w in corners for e, part in along]
    costs, untouched = table["costs"], table["untouched"]
    cost = sum(costs[corner] * weight for corner, weight in corners)  # type: ignore[index]
    position = table["growth_positions"].index(float(controls.growth))  # type: ignore[attr-defined]
    factor = table["growth_factors"][position][0]  # type: ignore[index]
    return float(untouched + (cost - untouched) * factor)  # type: ignore[operator]


def _weights(axis: dict[str, object], value: object) -> list[tuple[int, float]]:
    if isinstance(value, dict):
        given = [(axis["choices"].index(name), float(s)) for name, s in value.items()]  # type: ignore[attr-defined]
        return [(0, 1 - sum(share for _, share in given)), *given]
    if value is None:
        return [(0, 1.0)]
    knots: list[float] = axis["knots"]  # type: ignore[assignment]
    number, offset = float(value), int(bool(axis["has_today"]))  # type: ignore[arg-type]
    above = next(n for n, knot in enumerate(knots) if n and number <= knot)
    part = (number - knots[above - 1]) / (knots[above] - knots[above - 1])
    return [(above - 1 + offset, 1 - part), (above + offset, part)]
