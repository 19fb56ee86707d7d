"""Further levers beside the five controls: off or on in one table of corners, to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from costmodel.controls import Controls, levers_of
from costmodel.corners import corner_table, interpolate, interpolate_months
from costmodel.flows import ZERO
from costmodel.levers import Compress, Retire, Retry, Review, Route, Tier, Verify
from costmodel.scenario import evaluate
from costmodel.switches import MOST_APART, switches_of
from costmodel.workload import ledger_baseline
from tests.books import BOOK
from tests.workloads import cell, guide

if TYPE_CHECKING:
    from costmodel.levers import Lever

MINI, FULL, NANO, LUNA = "gpt-4.1-mini", "gpt-4.1", "gpt-4.1-nano", "gpt-6-luna"
MONTH = date(2026, 12, 1)
SHORTER = Compress(input=Fraction(1, 5))
ASKED_AGAIN = Retry(rate=Fraction(1, 10), billed=Fraction(1, 2))
CHECKED = Verify(model=NANO, output_tokens=50)
READ = Review(share=Fraction(1, 100), minutes=Fraction(2), usd_per_hour=Fraction(30))


def plan(*more: Lever, **settings: object) -> Controls:
    return replace(Controls(full=FULL, more=more), **settings)  # type: ignore[arg-type]


# The guide's month: 300,000 requests, 270M tokens in at $0.40 and 180M out at $1.60 on Mini.
@pytest.mark.parametrize(
    ("controls", "cost"),
    [
        (plan(SHORTER), "374.40"),  # 0.8 x 108 + 288
        (plan(Compress(output=Fraction(1, 4))), "324"),  # 108 + 0.75 x 288
        (plan(SHORTER, cache=Fraction(1, 2)), "342"),  # 216M in, half at $0.10: 43.2 + 10.8 + 288
        (plan(ASKED_AGAIN), "418"),  # 396 x (1 + 0.5 x 0.1 / 0.9)
        (plan(CHECKED), "447"),  # Nano reads 450M at $0.10 and writes 15M at $0.40: 45 + 6
        (plan(CHECKED, growth=Fraction(1, 10)), "491.70"),
        (plan(READ), "3396"),  # 3,000 answers, 2 minutes each at $0.50 a minute
        (plan(READ, batch=Fraction(1)), "3198"),  # people are not sent in a batch: 198 + 3,000
        (plan(Tier(to="priority", share=Fraction(1, 2))), "544.5"),  # half at 0.7 and 2.8
        (plan(Tier(to="priority", share=Fraction(1, 2)), batch=Fraction(1)), "445.5"),
        (plan(Route(to=NANO, source=(MINI,), share=Fraction(1, 4))), "321.75"),
        (plan(Retire(model=MINI, to=NANO, on=date(2026, 11, 1))), "99"),
        (plan(Retire(model=MINI, to=NANO, on=date(2026, 11, 2))), "396"),
        (plan(SHORTER, READ, CHECKED), "3420"),  # Nano reads 54M less: 374.4 + 45.6 + 3,000
    ],
)
def test_each_lever_costs_what_is_worked_out_by_hand(controls: Controls, cost: str) -> None:
    usage = guide()
    table = corner_table(usage, (MINI, FULL, LUNA), controls, BOOK)
    assert interpolate(table, controls) == Fraction(cost)
    assert evaluate(usage, levers_of(controls), BOOK).cost == Fraction(cost)
    assert interpolate(table, Controls(full=FULL)) == 396


def test_up_to_two_levers_are_switches_of_their_own_more_are_one() -> None:
    levers = (SHORTER, ASKED_AGAIN, CHECKED)
    assert [each.name for each in switches_of(levers[:MOST_APART])] == ["compress", "retry"]
    [together] = switches_of(levers)
    assert (together.name, together.levers) == ("more", levers)
    assert together.is_on(levers)
    assert not together.is_on(levers[1:])
    assert switches_of(()) == ()


def test_months_are_those_of_the_plan_and_of_today() -> None:
    controls = plan(SHORTER, ASKED_AGAIN)
    table = corner_table(guide(), (MINI, FULL), controls, BOOK, first_month=MONTH)
    plan_months = interpolate_months(table, controls)
    assert plan_months[0] == interpolate(table, controls)
    assert interpolate_months(table, Controls(full=FULL))[0] == 396
    assert sum(map(bool, table.months)) == 1 + len(table.costs) // 4
    with pytest.raises(IndexError):
        interpolate_months(table, plan(SHORTER))


def test_each_feature_is_shortened_by_its_own_mean_length() -> None:
    """Two features in one size band: the shorter one falls below what can be cached, alone."""
    cells = [
        cell(MINI, input_tokens=size, cached=0, output=10, requests=100, dimensions=(name,))
        for name, size in (("a", 1_100), ("b", 30_000), ("c", 30_000))
    ]
    usage = ledger_baseline(cells, BOOK, days=30, dimension_names=("feature",))
    where = {"feature": ("a", "b")}
    controls = plan(Compress(input=Fraction(1, 5)), cache=Fraction(1, 2), where=where)
    table = corner_table(usage, (MINI, FULL), controls, BOOK)
    exact = evaluate(usage, levers_of(controls), BOOK).cost
    assert interpolate(table, controls) == exact
    assert table.untouched > ZERO
