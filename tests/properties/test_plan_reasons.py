"""Properties of what explains a plan: bridges, break-evens, goals, tables and the engine."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from costmodel.break_even import break_evens
from costmodel.bridge import BridgeError, bridge
from costmodel.case import Case
from costmodel.engine import costs_of
from costmodel.goal import seek_input
from costmodel.inputs import VOLUME, Input, inputs_of, is_share, with_value
from costmodel.levers import Cascade, LeverError
from costmodel.scenario import total_cost
from costmodel.surface import surface
from tests.conftest import SOAK
from tests.properties import scenarios as some

if TYPE_CHECKING:
    from costmodel.levers import Lever

few = settings(max_examples=1_000 if SOAK else 20)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Random usage, prices and levers; growth has compounded up to three times."""
    book = draw(some.books())
    months = draw(st.integers(min_value=1, max_value=3))
    return Case(draw(some.baselines(book)), tuple(draw(some.levers())), book, months)


def drawn_input(data: st.DataObject, case: Case) -> Input:
    shares = [each for each in inputs_of(case.levers) if is_share(case.levers, each)]
    return data.draw(st.sampled_from([*shares, VOLUME]))


@given(cases())
@few
def test_the_parts_of_a_bridge_sum_to_the_difference(case: Case) -> None:
    try:
        found = bridge(case)
    except BridgeError:
        assume(False)
    assert found.start == case.having(()).cost()
    assert found.end == case.cost()
    assert sum(found.parts, found.start) == found.end
    assert sum(found.cents) == round(found.change * 100)
    turned = bridge(case.having(reversed(case.levers)))
    assert turned.parts == tuple(reversed(found.parts))


@given(cases(), st.data())
@few
def test_any_setting_between_the_corners_costs_what_the_levers_cost(
    case: Case, data: st.DataObject
) -> None:
    asked = list(dict.fromkeys((drawn_input(data, case), drawn_input(data, case))))
    values = {each: data.draw(st.lists(some.shares, min_size=1, max_size=6)) for each in asked}
    corners = surface(case, values)
    for _ in range(3):
        setting = {each: data.draw(st.sampled_from(of)) for each, of in values.items()}
        assert corners.cost_at(list(setting.values())) == case.cost_at(setting)


@given(cases(), st.data())
@few
def test_the_setting_that_is_found_meets_the_budget(case: Case, data: st.DataObject) -> None:
    asked, reached = drawn_input(data, case), data.draw(some.shares)
    budget = case.cost_at({asked: reached})
    goal = seek_input(case, asked, budget)
    # some setting costs just so much, so "never" can only mean that it is the cheapest
    assert goal.met != "never"
    assert case.cost_at({asked: goal.setting}) == goal.cost
    if goal.met == "exactly":
        assert goal.cost == budget
    else:
        assert goal.cost <= budget


@st.composite
def cascades(draw: st.DrawFn) -> Cascade:
    return Cascade(
        first=draw(some.names),
        then=draw(some.names),
        escalate=draw(some.shares),
        draft=draw(st.booleans()),
        verifier=draw(st.none() | some.names),
        then_hit_rate=draw(st.none() | some.shares),
    )


@given(cases(), cascades(), some.shares)
@few
def test_a_cascade_costs_what_straight_costs_at_its_limit(
    case: Case, cascade: Cascade, share: Fraction
) -> None:
    others = [lever for lever in case.levers if not isinstance(lever, Cascade)]
    tried = case.having((cascade, *others))
    [found] = break_evens(tried)
    none, every, here = (
        tried.cost_at({Input(0, "escalate"): e}) for e in (Fraction(0), Fraction(1), share)
    )
    if found.limit is None:
        assert none >= found.straight_cost or none == every
        return
    assert none + (every - none) * found.limit == found.straight_cost
    assert (here < found.straight_cost) == (share < found.limit)


def varied(data: st.DataObject, levers: tuple[Lever, ...]) -> tuple[Lever, ...]:
    for asked in inputs_of(levers):
        if is_share(levers, asked):
            levers = with_value(levers, asked, data.draw(some.shares))
    return levers


@given(cases(), st.data())
@few
def test_the_engine_agrees_with_the_exact_path(case: Case, data: st.DataObject) -> None:
    others = tuple(data.draw(some.levers()))
    asked = [varied(data, case.levers) for _ in range(data.draw(st.integers(1, 40)))]
    asked += [others, case.levers]
    try:
        found = costs_of(case.baseline, asked, case.book, months_ahead=case.months_ahead)
    except LeverError:
        assume(False)
    for levers, cost in zip(asked, found, strict=True):
        exact = total_cost(case.baseline, levers, case.book, months_ahead=case.months_ahead)
        assert cost == pytest.approx(float(exact), rel=1e-9, abs=1e-9)
