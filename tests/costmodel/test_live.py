"""Scenarios to compute again: exact at every setting of their dials, volumes and rates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.controls import Controls, levers_of
from costmodel.levers import (
    Batch,
    Cache,
    Cascade,
    Compress,
    Grow,
    Lever,
    Review,
    Route,
    Verify,
)
from costmodel.live import ALL_TOKENS, Live, keeps_kinds, live
from costmodel.live_dials import Dial, dials_of_controls, dials_of_levers
from costmodel.meters import Meter
from costmodel.scenario import evaluate
from costmodel.terms import Commit, Reprice
from costmodel.workload import Baseline, typed_workload
from pricing import load_book
from tests.conftest import SOAK

BOOK = load_book()
MINI, FULL = "gpt-4.1-mini", "gpt-4.1"
LEVERS: tuple[Lever, ...] = (
    Cascade(first=MINI, then=FULL, escalate=Fraction(12, 100)),
    Cache(hit_rate=Fraction(60, 100)),
    Batch(share=Fraction(1, 10)),
    Grow(requests=Fraction(5, 100)),
)


def workload(model: str = MINI) -> Baseline:
    return typed_workload(
        sessions_per_day=Fraction(10_000),
        days=Fraction(30),
        tokens_per_session=Fraction(1_500),
        output_share=Fraction(40, 100),
        model=model,
        on=date(2026, 11, 1),
        book=BOOK,
    )


def made(levers: tuple[Lever, ...], months: int = 1) -> Live:
    dials, levers_at = dials_of_levers(levers, workload(), BOOK, months)
    return live(workload(), dials, levers_at, BOOK, months_ahead=months)


def turned(found: Live, *values: Fraction | None) -> Live:
    dials = (replace(d, setting=v) for d, v in zip(found.dials, values, strict=True))
    return replace(found, dials=tuple(dials))


def test_the_plan_of_the_design_and_its_parts() -> None:
    found = made(LEVERS[:2])
    assert found.cost() == Fraction("555.84")
    assert [(dial.name, dial.setting) for dial in found.dials] == [
        ("Escalated to gpt-4.1", Fraction(12, 100)),
        ("Cached share of input", Fraction(60, 100)),
    ]
    # 270M tokens in, 180M out: Mini reads 60% of its input from the cache
    amounts = {(part.model, str(part.meter)): n for part, n in found.quantities().items()}
    assert amounts[MINI, "cached_input"] == 162_000_000
    assert amounts[FULL, "output"] == 21_600_000
    assert [(v.kind, v.amount) for v in found.volumes] == [
        ("input", 270_000_000),
        ("output", 180_000_000),
    ]


def test_without_levers_it_is_today() -> None:
    assert live(workload(), (), lambda _: (), BOOK).cost() == 396


share = st.fractions(0, 1, max_denominator=1_000)


@settings(max_examples=400 if SOAK else 10)
@given(shares=st.tuples(share, share, share), growth=st.fractions(-1, 2), months=st.integers(1, 14))
def test_every_setting_costs_what_the_levers_cost(
    shares: tuple[Fraction, Fraction, Fraction], growth: Fraction, months: int
) -> None:
    found = made(LEVERS, months)
    dials, levers_at = dials_of_levers(LEVERS, workload(), BOOK, months)
    assert found.dials == dials
    levers = levers_at((*shares, growth))
    expected = evaluate(workload(), levers, BOOK, months_ahead=months).cost
    assert turned(found, *shares, growth).cost() == expected


def test_another_volume_and_another_rate_move_the_cost() -> None:
    found = made(LEVERS[:2])
    wide = tuple(replace(v, amount=v.amount * 2) for v in found.volumes)
    ways = tuple(replace(w, volume=wide[found.volumes.index(w.volume)]) for w in found.ways)
    assert replace(found, volumes=wide, ways=ways).cost() == Fraction("1111.68")


def test_two_routes_stay_apart() -> None:
    levers = (
        Route(to=FULL, share=Fraction(20, 100), source=(MINI,)),
        Route(to="gpt-4.1-nano", share=Fraction(50, 100), source=(MINI,)),
    )
    found = made(levers)
    # 20% of $1,980.00, half of $99.00, and 30% of $396.00 stays
    assert found.cost() == Fraction("396.00") + Fraction("49.50") + Fraction("118.80")
    # 10% and 40%: $198.00, $39.60, half of $396.00
    assert turned(found, Fraction(1, 10), Fraction(4, 10)).cost() == Fraction("435.60")


def test_drafts_make_one_volume_of_a_models_tokens() -> None:
    draft = Cascade(first=MINI, then=FULL, escalate=Fraction(1, 10), draft=True)
    assert keeps_kinds(LEVERS)
    assert not keeps_kinds((draft,))
    dials, levers_at = dials_of_levers((draft,), workload(), BOOK)
    found = live(workload(), dials, levers_at, BOOK, by_kind=False)
    assert [(v.kind, v.amount) for v in found.volumes] == [(ALL_TOKENS, 450_000_000)]
    # each second call also reads the 600 tokens of the first answer:
    # $396.00 and 10% of $1,980.00 + 180M x $2.00
    assert found.cost() == Fraction("396.00") + Fraction("198.00") + Fraction("36.00")


def test_the_controls_of_what_if_can_be_turned() -> None:
    usage = workload(FULL)
    controls = Controls(start_with=((MINI, Fraction(1)),), full=FULL, escalate=Fraction(12, 100))
    dials, levers_at = dials_of_controls(controls, usage, (MINI, FULL), BOOK)
    found = live(usage, dials, levers_at, BOOK)
    assert found.cost() == Fraction("633.60")
    values = (Fraction(1, 2), Fraction(1, 5), Fraction(7, 10), Fraction(1, 4), Fraction(1, 10))
    there = Controls(((MINI, values[0]),), FULL, values[1], "tried_first", *values[2:])
    assert turned(found, *values).cost() == evaluate(usage, levers_of(there), BOOK).cost
    empty = turned(found, Fraction(1), Fraction(12, 100), None, Fraction(0), Fraction(0))
    assert empty.cost() == Fraction("633.60")


def test_the_controls_can_be_turned_beside_further_levers() -> None:
    """Mini first with 12% escalated, 20% shorter prompts, checked by Nano, read by people."""
    usage = workload(FULL)
    more = (
        Compress(input=Fraction(1, 5)),
        Verify(model="gpt-4.1-nano"),
        Review(share=Fraction(1, 1_000), minutes=Fraction(1), usd_per_hour=Fraction(60)),
    )
    controls = Controls(
        start_with=((MINI, Fraction(1)),), full=FULL, escalate=Fraction(12, 100), more=more
    )
    dials, levers_at = dials_of_controls(controls, usage, (MINI, FULL), BOOK)
    found = live(usage, dials, levers_at, BOOK, by_kind=keeps_kinds(more))
    # 374.40 + 12% of 1,872.00; Nano reads 396M at $0.10 and writes 15M at $0.40; 300 minutes
    assert found.cost() == Fraction("374.40") + Fraction("224.64") + Fraction("45.60") + 300
    values = (Fraction(1, 2), Fraction(1, 5), Fraction(7, 10), Fraction(1, 4), Fraction(1, 10))
    there = Controls(((MINI, values[0]),), FULL, values[1], "tried_first", *values[2:], more=more)
    assert turned(found, *values).cost() == evaluate(usage, levers_of(there), BOOK).cost


@pytest.mark.parametrize(
    ("setting", "weights"),
    [(0, (1, 0, 0)), (Fraction(1, 4), (0.5, 0.5, 0)), (Fraction(1, 2), (0, 1, 0)), (1, (0, 0, 1))],
)
def test_a_dial_bends_at_its_knots(setting: Fraction, weights: tuple[float, ...]) -> None:
    knots = (Fraction(0), Fraction(1, 2), Fraction(1))
    dial = Dial("a", Fraction(setting), knots)
    assert dial.weights() == weights
    empty = Dial("a", Fraction(setting), knots, can_be_empty=True)
    assert empty.weights() == (0, *weights)
    assert replace(empty, setting=None).weights() == (1, 0, 0, 0)


def test_a_new_price_is_the_rate_of_its_part() -> None:
    levers = (Reprice(model=MINI, usd_per_million={Meter.INPUT: Fraction("0.30")}),)
    found = made(levers)
    # 270M tokens at $0.30 instead of $0.40: $27.00 less
    assert found.cost() == 369
    assert {str(part.meter): part.rate_per_million for part in found.parts} == {
        "input": Fraction("0.30"),
        "output": Fraction("1.60"),
    }
    assert found.other_at_corners == (0,)


def test_money_that_no_token_type_carries_stands_apart() -> None:
    # a commitment of $1,000.00 is paid whole over $396.00 of usage
    found = made((Commit(amount=Fraction(1_000), period="month"),))
    assert found.cost() == 1_000
    assert found.other_at_corners == (604,)
