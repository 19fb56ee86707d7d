from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from costmodel.case import Case
from costmodel.controls import Controls, Slider, levers_of, with_start
from costmodel.corners import Axis, corner_table, interpolate, interpolate_months
from costmodel.goal import seek, seek_start
from costmodel.scenario import evaluate
from costmodel.sensitivity import Steps, price_effects, slider_effects
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


@pytest.mark.parametrize(
    ("slider", "setting", "is_upper"),
    [
        ("escalate", Fraction(204, 1980), True),
        # Mini reads 270M at $0.30 less, full 32.4M at $1.50 less: all cached takes off $129.60
        ("cache", Fraction(3360, 12_960), False),
        # all in batches takes off half of $633.60
        ("batch", Fraction(3360, 31_680), False),
        ("growth", Fraction(-3360, 63_360), True),
    ],
)
def test_600_dollars_are_met_by_every_slider(
    slider: Slider, setting: Fraction, is_upper: bool
) -> None:
    table = corner_table(guide(), CHOICES, MINI_FIRST, BOOK)
    goal = seek(table, MINI_FIRST, slider, Fraction(600))
    assert (goal.slider, goal.met, goal.setting, goal.is_upper) == (
        slider, "exactly", setting, is_upper
    )  # fmt: skip


def test_sliders_say_what_they_cannot_meet() -> None:
    table = corner_table(guide(), CHOICES, MINI_FIRST, BOOK)
    never = seek(table, MINI_FIRST, "cache", Fraction("503.99"))
    assert (never.met, never.setting, never.cost) == ("never", 1, 504)
    assert seek(table, MINI_FIRST, "cache", Fraction(504)).met == "exactly"
    # the slider ends at -10% and at 20%
    fewest = seek(table, MINI_FIRST, "growth", Fraction(570))
    assert (fewest.met, fewest.setting, fewest.cost) == (
        "never", Fraction(-1, 10), Fraction("570.24")
    )  # fmt: skip
    most = seek(table, MINI_FIRST, "growth", Fraction("760.33"))
    assert (most.met, most.setting) == ("always", Fraction(-1, 10))


def test_a_share_of_a_mix_is_sought_while_the_others_give_way() -> None:
    """All on Mini $396, on full $1,980, on Nano $99: the guide's 12.88% for $600."""
    starts = ((MINI, Fraction(4, 5)), (FULL, Fraction(1, 5)))
    mix = Controls(start_with=starts, full=FULL)
    table = corner_table(guide(), CHOICES, mix, BOOK)
    full = seek_start(table, mix, FULL, Fraction(600))
    assert (full.met, full.setting, full.is_upper) == ("exactly", Fraction(204, 1584), True)
    mini = seek_start(table, mix, MINI, Fraction(600))
    assert (mini.setting, mini.is_upper) == (1 - Fraction(204, 1584), False)
    three = replace(mix, start_with=(*starts[:1], (FULL, Fraction(1, 10)), (NANO, Fraction(1, 10))))
    # full and Nano by halves cost $1,039.50
    assert seek_start(table, three, MINI, Fraction("717.75")).setting == Fraction(1, 2)
    assert with_start(three, MINI, Fraction(0)).start_with[1:] == (
        (FULL, Fraction(1, 2)),
        (NANO, Fraction(1, 2)),
    )
    with pytest.raises(ValueError, match="starts alone"):
        seek_start(table, MINI_FIRST, MINI, Fraction(600))


def test_a_point_of_each_slider_and_a_percent_of_each_price() -> None:
    table = corner_table(guide(), CHOICES, MINI_FIRST, BOOK)
    point = Fraction(1, 100)
    effects = slider_effects(table, MINI_FIRST, Fraction(0), Steps(point, point))
    assert {each.name: each.of(point) for each in effects} == {
        "escalate": Fraction("19.80"),
        "cache": Fraction("-1.296"),
        "batch": Fraction("-3.168"),
        "growth": Fraction("6.336"),
    }
    assert [(each.low, each.high) for each in effects] == [
        (Fraction(11, 100), Fraction(13, 100)),
        (0, point),
        (0, point),
        (-point, point),
    ]
    prices = price_effects(Case(guide(), levers_of(MINI_FIRST), BOOK), Steps(point, point))
    assert {each.name: each.of(point) for each in prices} == {
        f"price of {MINI}": Fraction("3.96"),
        f"price of {FULL}": Fraction("2.376"),
    }


def test_a_point_of_a_mix_is_taken_from_the_others() -> None:
    """A point from full to Mini saves 1% of $1,980 - $396."""
    mix = Controls(start_with=((MINI, Fraction(1, 2)), (FULL, Fraction(1, 2))), full=FULL)
    table = corner_table(guide(), CHOICES, mix, BOOK)
    point = Fraction(1, 100)
    effects = slider_effects(table, mix, Fraction(0), Steps(point, point))
    assert {each.name: each.of(point) for each in effects[4:]} == {
        MINI: Fraction("-15.84"),
        FULL: Fraction("15.84"),
    }
