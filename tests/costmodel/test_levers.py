from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import permutations

import pytest

from costmodel.levers import (
    Batch,
    Cache,
    Cascade,
    Grow,
    Lever,
    LeverError,
    Retire,
    Route,
    StartWith,
    in_order,
)
from costmodel.meters import Meter
from costmodel.scenario import evaluate
from costmodel.workload import ledger_baseline
from tests.books import BOOK, book_with, card
from tests.workloads import DAY, cell, guide, ledger, percent, requests_of

MINI, FULL, NANO, LUNA = "gpt-4.1-mini", "gpt-4.1", "gpt-4.1-nano", "gpt-6-luna"


def cost(*levers: Lever, model: str = MINI) -> Fraction:
    return evaluate(guide(model), levers, BOOK).cost


@pytest.mark.parametrize(
    ("share", "expected"),
    [(10, "554.4"), (20, "712.8"), (30, "871.2"), (50, "1188"), (80, "1663.2"), (100, "1980")],
)
def test_routing_the_guides_workload(share: int, expected: str) -> None:
    assert cost(Route(to=FULL, share=percent(share))) == Fraction(expected)


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0, 396), (10, 594), (20, 792), (30, 990), (50, 1386), (80, 1980), (100, 2376)],
)
def test_escalating_the_guides_workload_pays_both_calls(share: int, expected: int) -> None:
    assert cost(Cascade(first=MINI, then=FULL, escalate=percent(share))) == expected


def test_batch_and_cache_on_the_guides_workload() -> None:
    assert cost(Batch(share=Fraction(1))) == 198
    assert cost(Cache(hit_rate=percent(50))) == Fraction("355.5")
    # 4.1 has no cached price in batch: nothing is gained by caching what is batched
    assert cost(Cache(hit_rate=percent(50)), Batch(share=Fraction(1))) == 198
    assert cost(Cache(hit_rate=percent(50)), Batch(share=percent(40))) == Fraction(
        "355.5"
    ) * percent(60) + 198 * percent(40)


def test_the_plan_of_the_design() -> None:
    cascade = Cascade(first=MINI, then=FULL, escalate=percent(12))
    assert cost(cascade, Cache(hit_rate=percent(60))) == Fraction("555.84")


def test_half_full_half_mini_and_mini_first() -> None:
    half = Route(to=FULL, share=percent(50))
    assert cost(half) == 1188
    assert cost(half, Cascade(first=MINI, then=FULL, escalate=percent(12))) == Fraction("633.6")


@pytest.mark.parametrize(
    ("first", "then", "verifier", "break_even"),
    [
        (MINI, FULL, None, 0.80),
        (NANO, MINI, None, 0.75),
        (NANO, FULL, None, 0.95),
        (MINI, FULL, MINI, 0.697),
        (MINI, FULL, NANO, 0.774),
        (MINI, FULL, FULL, 0.285),
    ],
)
def test_break_even_escalation(
    first: str, then: str, verifier: str | None, break_even: float
) -> None:
    def cascade(share: int) -> Fraction:
        lever = Cascade(first=first, then=then, escalate=Fraction(share), verifier=verifier)
        return cost(lever, model=then)

    all_strong = cost(model=then)
    share = (all_strong - cascade(0)) / (cascade(1) - cascade(0))
    assert float(share) == pytest.approx(break_even, abs=0.001)


def test_a_draft_is_read_by_the_second_call() -> None:
    # 900 + 600 tokens read at $2, 600 written at $8, per million; 300,000 sessions; half of them
    lever = Cascade(first=MINI, then=FULL, escalate=percent(50), draft=True)
    second = Fraction(1_500 * 2 + 600 * 8, 1_000_000) * 300_000 / 2
    assert cost(lever) == 396 + second


def test_a_draft_may_lift_a_second_call_over_a_price_step() -> None:
    baseline = ledger(cell(LUNA, input_tokens=272_000, output=1_000))
    lever = Cascade(first=LUNA, then=LUNA, escalate=Fraction(1), draft=True)
    first = Fraction(272_000, 10) + Fraction(1_000, 2)
    second = Fraction(273_000 * 2, 10) + Fraction(1_000 * 3, 4)
    assert evaluate(baseline, (lever,), BOOK).cost == (first + second) / 1_000_000


def test_second_calls_keep_their_own_cached_share() -> None:
    # first calls at 80% cached, second calls cold
    levers = (
        Cascade(first=MINI, then=FULL, escalate=percent(50), then_hit_rate=Fraction(0)),
        Cache(hit_rate=percent(80)),
    )
    first = Fraction("396") - 108 * percent(80) * Fraction(3, 4)
    assert cost(*levers) == first + Fraction(1980, 2)


def test_levers_apply_in_the_same_order_whatever_the_order_given() -> None:
    levers = (
        Grow(requests=percent(10)),
        Route(to=FULL, share=percent(30)),
        Cascade(first=MINI, then=FULL, escalate=percent(12)),
        Cache(hit_rate=percent(60)),
        Batch(share=percent(25)),
        Retire(model=FULL, on=DAY),
    )
    baseline = ledger(cell(cached=100, requests=50), cell(FULL, requests=9))
    assert len({evaluate(baseline, order, BOOK).cost for order in permutations(levers)}) == 1


def test_routes_take_their_shares_of_what_was_there_before() -> None:
    routes = [Route(to=FULL, share=percent(20)), Route(to=LUNA, share=percent(30), source=(MINI,))]
    assert cost(*routes) == cost(*reversed(routes)) == 198 + 396 + Fraction("35.1")
    with pytest.raises(LeverError, match="110% of the requests of"):
        cost(*routes, Route(to=NANO, share=percent(60)))


def test_cascades_hand_on_to_each_other() -> None:
    # 1 nano + 30% mini + 30% x 20% full
    stages = [
        Cascade(first=MINI, then=FULL, escalate=percent(20)),
        Cascade(first=NANO, then=MINI, escalate=percent(30)),
    ]
    expected = 99 + 396 * percent(30) + 1980 * percent(6)
    assert cost(*stages, model=NANO) == cost(*reversed(stages), model=NANO) == expected
    assert in_order(stages) == in_order(reversed(stages)) == stages[::-1]


def test_cascades_in_a_circle_apply_once_each() -> None:
    circle = [
        Cascade(first=MINI, then=FULL, escalate=percent(20)),
        Cascade(first=FULL, then=MINI, escalate=percent(30)),
    ]
    assert in_order(circle) == in_order(reversed(circle))
    assert len(in_order(circle)) == 2


def test_a_zone_is_a_providers_own() -> None:
    zoned = replace(cell(FULL), key=replace(cell(FULL).key, zone="regional:eu"))
    book = book_with(card(FULL, "standard", "2/1/8", zone="regional:eu"))
    baseline = ledger_baseline([zoned], book, days=30)
    elsewhere = evaluate(baseline, (Route(to="haiku", source=(FULL,)),), book)
    assert [flow.zone for flow in elsewhere.flows] == ["global"]
    # the same provider has no price for Mini in that zone: unpriced, not the global price
    (miss,) = evaluate(baseline, (Route(to=MINI),), book).unpriced
    assert "no price in zone 'regional:eu'" in miss.reason


def test_a_route_moves_the_family_and_leaves_others_alone() -> None:
    baseline = ledger(
        cell(MINI, requests=10), cell(NANO, requests=5), cell("haiku", provider="anthropic")
    )
    moved = evaluate(baseline, (Route(to=LUNA),), BOOK)
    assert requests_of(moved) == {LUNA: 15, "haiku": 1}
    named = evaluate(baseline, (Route(to=LUNA, source=(NANO,)),), BOOK)
    assert requests_of(named) == {MINI: 10, LUNA: 5, "haiku": 1}


def test_a_lever_touches_only_where_it_should() -> None:
    baseline = ledger(
        cell(requests=10, dimensions=("support",)),
        cell(requests=20, dimensions=("search",)),
        cell(requests=40, dimensions=(None,)),
        names=("feature",),
    )
    lever = Route(to=FULL, where={"feature": ("support", None)})
    assert requests_of(evaluate(baseline, (lever,), BOOK)) == {FULL: 50, MINI: 20}
    with pytest.raises(LeverError, match="no dimension 'team'; it has feature, model"):
        evaluate(baseline, (Route(to=FULL, where={"team": ("x",)}),), BOOK)


def test_a_lever_touches_only_from_its_day_on() -> None:
    later = date(2026, 11, 2)
    baseline = ledger(cell(requests=10), cell(requests=20, on=later))
    assert requests_of(evaluate(baseline, (Route(to=FULL, from_=later),), BOOK)) == {
        MINI: 10,
        FULL: 20,
    }


def test_growth_compounds_by_months_ahead() -> None:
    lever = (Grow(requests=percent(10)),)
    assert evaluate(guide(), lever, BOOK).cost == Fraction("435.6")
    assert evaluate(guide(), lever, BOOK, months_ahead=3).cost == 396 * Fraction("1.331")
    later = (Grow(requests=percent(10), from_=date(2026, 10, 15)),)
    assert evaluate(guide(), later, BOOK, months_ahead=12).cost == 396 * Fraction("1.21")


def test_second_calls_of_a_ledger_are_replaced_by_the_cascade() -> None:
    baseline = ledger(
        cell(MINI, requests=100, dimensions=(None,)),
        cell(FULL, requests=50, dimensions=(None,)),
        cell(FULL, requests=12, dimensions=(MINI,)),
        names=("escalated_from",),
    )
    lever = Cascade(first=MINI, then=FULL, escalate=percent(20))
    assert requests_of(evaluate(baseline, (lever,), BOOK)) == {MINI: 150, FULL: 30}


def test_second_calls_from_elsewhere_stay() -> None:
    baseline = ledger(
        cell(MINI, requests=100, dimensions=(None,)),
        cell(MINI, requests=9, dimensions=(NANO,)),
        names=("escalated_from",),
    )
    lever = Cascade(first=MINI, then=FULL, escalate=percent(10))
    assert requests_of(evaluate(baseline, (lever,), BOOK)) == {MINI: 109, FULL: 10}


def test_with_where_a_cascade_tries_all_traffic() -> None:
    baseline = ledger(
        cell(NANO, requests=100, dimensions=("a",)),
        cell("haiku", provider="anthropic", requests=10, dimensions=("a",)),
        cell(NANO, requests=7, dimensions=("b",)),
        names=("feature",),
    )
    lever = Cascade(first=MINI, then=FULL, escalate=percent(10), where={"feature": ("a",)})
    assert requests_of(evaluate(baseline, (lever,), BOOK)) == {MINI: 110, FULL: 11, NANO: 7}


def test_starting_shares_leave_the_rest_as_today() -> None:
    baseline = ledger(
        cell(FULL, requests=100, dimensions=(None,)),
        cell(FULL, requests=10, dimensions=(MINI,)),
        names=("escalated_from",),
    )
    lever = StartWith(starts=((MINI, percent(60)),), full=FULL, escalate=percent(50))
    # 40 first and 4 second calls stay; 60 start on Mini, 30 of them are called again
    assert requests_of(evaluate(baseline, (lever,), BOOK)) == {FULL: 40 + 4 + 30, MINI: 60}


def test_a_moved_meter_without_a_rate_is_unpriced_and_never_zero() -> None:
    book = book_with(card("gpt-4.1", "flex", "1/1/4"))
    audio = evaluate(ledger_baseline([cell(FULL, audio=70)], book, days=1), (), book)
    assert [(miss.model, miss.tokens) for miss in audio.unpriced] == [(FULL, 70)]
    flex = ledger_baseline([cell(FULL, tier="flex", requests=4)], book, days=1)
    moved = evaluate(flex, (Route(to=MINI),), book)
    assert moved.cost == 0
    assert [(miss.model, miss.tokens, miss.requests) for miss in moved.unpriced] == [
        (MINI, 10_000, 4)
    ]
    assert "tier 'flex' is not offered" in moved.unpriced[0].reason


def test_what_has_no_price_today_is_kept_aside() -> None:
    baseline = ledger(cell("acme-7b", requests=5), cell())
    outcome = evaluate(baseline, (Route(to=FULL), Grow(requests=Fraction(1))), BOOK)
    assert [(miss.model, miss.requests) for miss in outcome.unpriced] == [("acme-7b", 5)]
    assert requests_of(outcome) == {FULL: 2}


def test_batch_is_refused_where_no_model_offers_it() -> None:
    baseline = ledger(cell("haiku", provider="anthropic"))
    outcome = evaluate(baseline, (Batch(share=percent(50)),), BOOK)
    assert outcome.refused == ("batch: not offered for haiku; leave the lever out",)
    mixed = ledger(cell("haiku", provider="anthropic"), cell())
    assert not evaluate(mixed, (Batch(share=percent(50)),), BOOK).refused
    assert evaluate(mixed, (Batch(share=percent(50)),), BOOK).warnings == (
        "batch is not offered for haiku: that traffic stays standard",
    )


def test_batch_says_when_a_cached_price_is_assumed() -> None:
    baseline = ledger(cell(cached=1_500))
    (warning,) = evaluate(baseline, (Batch(share=Fraction(1)),), BOOK).warnings
    assert warning.startswith("no cached price in batch for gpt-4.1-mini")


def test_batch_takes_standard_traffic_only() -> None:
    baseline = ledger(cell(tier="priority", requests=4), cell(requests=8))
    outcome = evaluate(baseline, (Batch(share=percent(25)),), BOOK)
    tiers = {flow.tier: flow.requests for flow in outcome.flows}
    assert tiers == {"priority": 4, "standard": 6, "batch": 2}


def test_a_cached_share_is_of_all_input_and_stops_at_long_requests() -> None:
    # 60% of the input stands in requests of 1,500 tokens, 40% in requests of 500
    cells = (cell(input_tokens=1_500, requests=40), cell(input_tokens=500, requests=80))
    baseline = ledger(*cells)

    def cached(hit_rate: int) -> tuple[Fraction, tuple[str, ...]]:
        outcome = evaluate(baseline, (Cache(hit_rate=percent(hit_rate)),), BOOK)
        amounts = [flow.amount(Meter.CACHED_INPUT) for flow in outcome.flows]
        return sum(amounts, Fraction(0)) / 100_000, outcome.warnings

    assert cached(30) == (percent(30), ())
    share, (warning,) = cached(90)
    assert share == percent(60)
    assert warning.startswith("only 60.0% of the input tokens")


def test_a_cached_share_replaces_what_was_cached() -> None:
    baseline = ledger(cell(input_tokens=2_000, cached=1_800))
    assert (
        evaluate(baseline, (Cache(hit_rate=Fraction(0)),), BOOK).cost
        == evaluate(ledger(cell(input_tokens=2_000)), (), BOOK).cost
    )


def test_less_caching_than_today_says_so() -> None:
    baseline = ledger(cell(input_tokens=2_000, cached=1_000))
    lower, same = (
        evaluate(baseline, (Cache(hit_rate=percent(rate)),), BOOK).warnings for rate in (49, 50)
    )
    assert lower == ("50.0% of the input is cached today: this is less",)
    assert same == ()


def test_a_longer_minimum_of_a_model_bounds_its_cache() -> None:
    # haiku caches from 4,096 tokens on
    short = ledger(cell("haiku", provider="anthropic", input_tokens=4_000))
    long = ledger(cell("haiku", provider="anthropic", input_tokens=4_096))
    lever = (Cache(hit_rate=Fraction(1)),)
    assert Meter.CACHED_INPUT not in evaluate(short, lever, BOOK).parts
    assert Meter.INPUT not in evaluate(long, lever, BOOK).parts


def test_caching_on_a_model_that_bills_writes_says_so() -> None:
    (warning,) = evaluate(ledger(cell(LUNA)), (Cache(hit_rate=percent(50)),), BOOK).warnings
    # a write costs 1.25 and a read 0.1 of the input: it takes a share of 0.25 in 1.15 to pay
    assert warning == (
        "gpt-6-luna bills cache writes, which this usage does not count; were all that is not "
        "read written, caching would pay from 21.7% on"
    )


def test_a_cache_can_be_limited_to_models() -> None:
    baseline = ledger(cell(MINI), cell(FULL))
    outcome = evaluate(baseline, (Cache(hit_rate=Fraction(1), models=(FULL,)),), BOOK)
    assert {flow.model: flow.amount(Meter.CACHED_INPUT) for flow in outcome.flows} == {
        MINI: 0,
        FULL: 2_000,
    }


def test_typed_sessions_too_short_to_cache_only_warn() -> None:
    outcome = evaluate(guide(), (Cache(hit_rate=percent(50)),), BOOK)
    assert outcome.cost == Fraction("355.5")
    assert "900 input tokens a session are fewer than the 1,024" in outcome.warnings[0]


def test_retiring_goes_to_the_successor_from_the_day_of_shutdown() -> None:
    before, after = date(2027, 1, 13), date(2027, 1, 14)
    assert evaluate(guide(on=before), (Retire(model=MINI),), BOOK).cost == 396
    assert evaluate(guide(on=after), (Retire(model=MINI),), BOOK).cost == 117
    assert evaluate(guide(on=before), (Retire(model=MINI, to=NANO, on=before),), BOOK).cost == 99
    with pytest.raises(LeverError, match="no successor for gpt-6-luna; write 'to'"):
        evaluate(guide(LUNA), (Retire(model=LUNA),), BOOK)


def test_a_model_that_is_gone_is_for_comparison_only() -> None:
    gone = evaluate(guide(), (Route(to=NANO),), BOOK, as_of=date(2026, 11, 20))
    assert gone.warnings == ("gpt-4.1-nano is gone since 2026-10-23, for comparison only",)
    # usage of the time when it was there is no comparison
    past = ledger_baseline([cell(NANO, on=date(2026, 10, 1))], BOOK, days=30)
    assert evaluate(past, (), BOOK, as_of=date(2026, 11, 20)).warnings == ()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Route(to=MINI, share=Fraction(11, 10)),
        lambda: Cascade(first=MINI, then=FULL, escalate=Fraction(-1, 10)),
        lambda: Cache(hit_rate=Fraction(60)),
        lambda: Grow(requests=Fraction(-2)),
        lambda: StartWith(starts=((MINI, Fraction(2, 3)), (FULL, Fraction(2, 3))), full=FULL),
    ],
)
def test_a_share_outside_its_bounds_is_no_lever(make: object) -> None:
    with pytest.raises(LeverError, match="100%"):
        make()  # type: ignore[operator]


def test_an_unknown_model_is_refused_with_the_nearest() -> None:
    with pytest.raises(LeverError, match="nearest: gpt-4"):
        cost(Route(to="gpt-4.1-minni"))
