from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from costmodel.controls import Controls, levers_of
from costmodel.corners import Axis, corner_table, interpolate, interpolate_months
from costmodel.goal import seek
from costmodel.scenario import evaluate
from costmodel.workload import ledger_baseline
from tests.books import BOOK
from tests.workloads import cell, guide

MINI, FULL, NANO, LUNA = "gpt-4.1-mini", "gpt-4.1", "gpt-4.1-nano", "gpt-6-luna"
CHOICES = (MINI, FULL, NANO, LUNA)
MINI_FIRST = Controls(start_with=((MINI, Fraction(1)),), full=FULL, escalate=Fraction(12, 100))
DIRECTLY = replace(MINI_FIRST, escalation="sent_directly")


def test_controls_left_alone_pull_no_lever() -> None:
    assert levers_of(Controls()) == ()
    assert levers_of(Controls(escalate=Fraction(1, 5))) == ()


@pytest.mark.parametrize(
    ("controls", "cost"),
    [
        (MINI_FIRST, "633.6"),
        (replace(MINI_FIRST, escalate=Fraction(20, 100)), "792"),
        (replace(DIRECTLY, escalate=Fraction(20, 100)), "712.8"),
        (replace(MINI_FIRST, cache=Fraction(60, 100)), "555.84"),
        (replace(MINI_FIRST, escalate=Fraction(0), batch=Fraction(1)), "198"),
        (Controls(start_with=((FULL, Fraction(1, 2)), (MINI, Fraction(1, 2)))), "1188"),
        (Controls(start_with=((LUNA, Fraction(1)),)), "117"),
        (Controls(start_with=((NANO, Fraction(1)),), growth=Fraction(10, 100)), "108.9"),
        (Controls(), "396"),
    ],
)
def test_controls_cost_what_their_plan_costs(controls: Controls, cost: str) -> None:
    assert evaluate(guide(), levers_of(controls), BOOK).cost == Fraction(cost)
    table = corner_table(guide(), CHOICES, controls, BOOK)
    assert interpolate(table, controls) == Fraction(cost)


def test_the_axes_and_their_corners() -> None:
    table = corner_table(guide(), CHOICES, MINI_FIRST, BOOK, first_month=date(2026, 12, 1))
    assert [axis.name for axis in table.axes] == ["start_with", "escalate", "cache", "batch"]
    assert table.axes[0].choices == ("today", *CHOICES)
    assert table.axes[2].entries == (None, Fraction(0), Fraction(1))
    assert len(table.costs) == len(table.months) == 5 * 2 * 3 * 2
    assert table.untouched == 0
    assert table.growth_factors[table.growth_positions.index(Fraction(1, 10))][2] == Fraction(
        "1.331"
    )


def test_the_cached_share_bends_where_no_more_can_be_cached() -> None:
    cells = (
        cell(MINI, input_tokens=1_500, requests=40),
        cell(MINI, input_tokens=500, requests=80),
        cell(FULL, input_tokens=500, requests=3),
        cell(FULL, input_tokens=1_500, requests=9),
    )
    baseline = ledger_baseline(cells, BOOK, days=30)
    table = corner_table(baseline, CHOICES, MINI_FIRST, BOOK)
    assert [float(knot) for knot in table.axes[2].knots] == [0, 0.6, 0.9, 1]
    for cache in (Fraction(1, 3), Fraction(3, 4), Fraction(95, 100)):
        controls = replace(MINI_FIRST, cache=cache)
        assert interpolate(table, controls) == evaluate(baseline, levers_of(controls), BOOK).cost


def test_what_no_control_touches_does_not_grow() -> None:
    cells = (
        cell(requests=100, dimensions=("support",)),
        cell(requests=900, dimensions=("search",)),
    )
    baseline = ledger_baseline(cells, BOOK, days=30, dimension_names=("feature",))
    controls = replace(MINI_FIRST, where={"feature": ("support",)}, growth=Fraction(1, 10))
    table = corner_table(baseline, CHOICES, controls, BOOK, first_month=date(2026, 12, 1))
    assert table.untouched == evaluate(baseline, (), BOOK).cost * Fraction(9, 10)
    assert interpolate(table, controls) == evaluate(baseline, levers_of(controls), BOOK).cost
    assert interpolate_months(table, controls)[0] == interpolate(table, controls)


def test_the_table_travels_as_json() -> None:
    table = corner_table(guide(), CHOICES, MINI_FIRST, BOOK, first_month=date(2026, 12, 1))
    read = json.loads(json.dumps(table.to_json()))
    assert read["costs"] == [float(cost) for cost in table.costs]
    assert read["axes"][1] == {
        "name": "escalate",
        "kind": "slider",
        "choices": [],
        "knots": [0.0, 1.0],
        "has_today": False,
    }
    assert len(read["months"][0]) == len(read["untouched_months"]) == 12
    assert read["currency"] == "USD"


@pytest.mark.parametrize(
    "controls",
    [
        replace(MINI_FIRST, escalate=Fraction(12)),
        replace(MINI_FIRST, start_with=((MINI, Fraction(2, 3)), (FULL, Fraction(2, 3)))),
        replace(MINI_FIRST, growth=Fraction(1)),
    ],
)
def test_a_setting_outside_the_box_has_no_cost(controls: Controls) -> None:
    table = corner_table(guide(), CHOICES, MINI_FIRST, BOOK)
    with pytest.raises(ValueError, match="must lie between"):
        interpolate(table, controls)


@pytest.mark.parametrize(("controls", "share"), [(MINI_FIRST, "0.103030"), (DIRECTLY, "0.128788")])
def test_600_dollars_are_met_by_this_escalation(controls: Controls, share: str) -> None:
    goal = seek(corner_table(guide(), CHOICES, controls, BOOK), controls, "escalate", Fraction(600))
    assert goal.met == "exactly"
    assert abs(goal.setting - Fraction(share)) < Fraction(1, 10**6)
    assert goal.is_upper
    met = replace(controls, escalate=goal.setting)
    assert evaluate(guide(), levers_of(met), BOOK).cost == 600


def test_a_higher_cached_share_meets_a_budget_from_below() -> None:
    controls = replace(MINI_FIRST, escalate=Fraction(0), cache=Fraction(0))
    goal = seek(
        corner_table(guide(), CHOICES, controls, BOOK), controls, "cache", Fraction("355.5")
    )
    assert (goal.setting, goal.is_upper) == (Fraction(1, 2), False)


def test_no_setting_meets_a_budget_below_the_cheapest() -> None:
    table = corner_table(guide(), CHOICES, MINI_FIRST, BOOK)
    goal = seek(table, MINI_FIRST, "escalate", Fraction(395))
    assert goal.met == "never"
    assert goal.setting == 0
    assert goal.cost == 396
    assert seek(table, MINI_FIRST, "escalate", Fraction(2_377)).met == "always"


def test_of_several_settings_the_nearest_is_taken() -> None:
    cache = Axis("cache", "slider", knots=(Fraction(0), Fraction(1, 2), Fraction(1)))
    table = replace(
        corner_table(guide(), (), MINI_FIRST, BOOK),
        axes=(Axis("start_with", "mix", choices=("today",)), cache),
        costs=(Fraction(10), Fraction(20), Fraction(10)),
    )
    for now, met, is_upper in ((Fraction(1, 10), "0.25", True), (Fraction(1), "0.75", False)):
        goal = seek(table, Controls(cache=now), "cache", Fraction(15))
        assert goal.setting == Fraction(met)
        assert goal.is_upper == is_upper


def test_past_the_ceiling_no_cached_share_helps() -> None:
    cells = (cell(input_tokens=1_500, requests=40), cell(input_tokens=500, requests=80))
    baseline = ledger_baseline(cells, BOOK, days=30)
    table = corner_table(baseline, CHOICES, MINI_FIRST, BOOK)
    floor = interpolate(table, replace(MINI_FIRST, cache=Fraction(1)))
    assert seek(table, MINI_FIRST, "cache", floor - 1).met == "never"
    goal = seek(table, MINI_FIRST, "cache", floor)
    assert goal.setting == Fraction(60, 100)
