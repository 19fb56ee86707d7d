from __future__ import annotations

from fractions import Fraction

import pytest

from costmodel.case import Case
from costmodel.inputs import (
    VOLUME,
    Input,
    InputError,
    bounds_of,
    inputs_of,
    is_share,
    is_whole,
    kind_of,
    name_of,
    named,
    value_of,
    with_value,
)
from costmodel.levers import (
    Batch,
    Cache,
    Cascade,
    Grow,
    Lever,
    LeverError,
    Reprice,
    Route,
    StartWith,
)
from costmodel.meters import Meter
from costmodel.range_nodes import nodes_of
from costmodel.workload import ledger_baseline
from tests.books import BOOK
from tests.workloads import cell, guide

MINI, FULL, NANO, LUNA = "gpt-4.1-mini", "gpt-4.1", "gpt-4.1-nano", "gpt-6-luna"
MIX = StartWith(
    starts=((MINI, Fraction(60, 100)), (NANO, Fraction(30, 100))),
    full=FULL,
    escalate=Fraction(12, 100),
)
CASCADE = Cascade(first=MINI, then=FULL, escalate=Fraction(12, 100))
LEVERS: tuple[Lever, ...] = (
    MIX,
    CASCADE,
    Cache(hit_rate=Fraction(1, 2)),
    Grow(requests=Fraction(0)),
)


def names(*levers: Lever) -> list[str]:
    return [name_of(levers, each) for each in inputs_of(levers)]


def test_every_number_of_a_lever_is_an_input() -> None:
    assert names(*LEVERS) == [
        f"start_with.starts.{MINI}",
        f"start_with.starts.{NANO}",
        "start_with.escalate",
        "cascade.escalate",
        "cascade.verifier_output_tokens",
        "cache.hit_rate",
        "grow.requests",
    ]
    # a share that is not set is no input, one that is set to nothing is
    cold = Cascade(first=MINI, then=FULL, escalate=Fraction(0), then_hit_rate=Fraction(0))
    assert "cascade.then_hit_rate" in names(cold)


def test_prices_by_token_type_are_inputs_and_levers_of_a_kind_are_numbered() -> None:
    dearer = Reprice(
        model=MINI, usd_per_million={Meter.INPUT: Fraction(1), Meter.OUTPUT: Fraction(2)}
    )
    assert names(dearer) == ["reprice.usd_per_million.input", "reprice.usd_per_million.output"]
    changed = with_value((dearer,), Input(0, "usd_per_million", "output"), Fraction(3))
    assert Case(guide(), changed, BOOK).cost() == 270 + 540
    two = (Route(to=FULL, share=Fraction(1, 4)), Route(to=NANO, share=Fraction(1, 4)))
    assert names(*two) == ["route.1.share", "route.2.share"]
    assert named(two, "route.2.share") == Input(1, "share")
    with pytest.raises(InputError, match=r"one of several: write route\.1\.share or route\.2"):
        named(two, "share")


def test_the_last_part_of_a_name_is_enough() -> None:
    assert named((CASCADE,), "escalate") == named((CASCADE,), "cascade.escalate")
    assert named(LEVERS, MINI) == Input(0, "starts", MINI)
    assert named((), "volume") == VOLUME
    with pytest.raises(InputError, match="'escalat'; did you mean 'escalate'"):
        named((CASCADE,), "escalat")
    with pytest.raises(InputError, match=r"it has start_with.starts.gpt-4.1-mini, .* and 4 more"):
        named(LEVERS, "zzz")


def test_values_are_read_and_set() -> None:
    for asked in inputs_of(LEVERS):
        changed = with_value(LEVERS, asked, Fraction(1, 5))
        assert value_of(changed, asked) == Fraction(1, 5)
        others = [each for each in inputs_of(LEVERS) if each != asked]
        assert all(value_of(changed, each) == value_of(LEVERS, each) for each in others)
    tokens = named(LEVERS, "verifier_output_tokens")
    assert isinstance(with_value(LEVERS, tokens, Fraction(80))[1].verifier_output_tokens, int)  # type: ignore[attr-defined]
    assert value_of(LEVERS, VOLUME) == 1
    with pytest.raises(LeverError, match="escalate must lie between"):
        with_value(LEVERS, named(LEVERS, "cascade.escalate"), Fraction(2))


def test_what_kind_of_number_an_input_is() -> None:
    shares = {name_of(LEVERS, each) for each in inputs_of(LEVERS) if is_share(LEVERS, each)}
    assert shares == set(names(*LEVERS)) - {"cascade.verifier_output_tokens"}
    assert is_whole(LEVERS, named(LEVERS, "verifier_output_tokens"))
    assert not is_whole(LEVERS, named(LEVERS, "hit_rate"))
    assert not is_share(LEVERS, VOLUME)
    assert kind_of(MIX) == "start_with"


def test_bounds() -> None:
    assert bounds_of(LEVERS, named(LEVERS, "hit_rate")) == (0, 1)
    assert bounds_of(LEVERS, named(LEVERS, "requests")) == (-1, None)
    assert bounds_of(LEVERS, named(LEVERS, "verifier_output_tokens")) == (0, None)
    assert bounds_of(LEVERS, VOLUME) == (0, None)
    # the other model of the mix starts 30%
    assert bounds_of(LEVERS, named(LEVERS, MINI)) == (0, Fraction(70, 100))


def test_a_share_has_what_others_of_the_same_requests_leave() -> None:
    both = (
        Route(to=FULL, share=Fraction(1, 4), source=(MINI,)),
        Route(to=NANO, share=Fraction(1, 3), source=(MINI,)),
    )
    assert Case(guide(), both, BOOK).bounds(Input(0, "share")) == (0, Fraction(2, 3))
    apart = (both[0], Route(to=NANO, share=Fraction(1, 3), source=(LUNA,)))
    assert Case(guide(), apart, BOOK).bounds(Input(0, "share")) == (0, 1)


def test_a_case_is_priced_at_other_settings() -> None:
    at_twelve = Case(guide(), (CASCADE,), BOOK)
    escalate = named(at_twelve.levers, "escalate")
    assert at_twelve.cost() == at_twelve.outcome().cost == Fraction("633.60")
    assert at_twelve.cost_at({escalate: Fraction(20, 100)}) == 792
    assert at_twelve.cost_at({VOLUME: Fraction(1, 2)}) == Fraction("316.80")
    assert at_twelve.cost_at({VOLUME: Fraction(2), escalate: Fraction(0)}) == 792
    assert at_twelve.having((Batch(share=Fraction(1)),)).cost() == 198


def test_knots_lie_where_long_requests_are_cached_whole() -> None:
    """A quarter of Mini's input stands in requests of 1,024 tokens or more."""
    usage = ledger_baseline(
        [cell(input_tokens=300, requests=100), cell(input_tokens=10_000, requests=1)],
        BOOK,
        days=30,
    )
    case = Case(usage, (Cache(hit_rate=Fraction(1, 10)),), BOOK)
    assert case.knots(Input(0, "hit_rate")) == (Fraction(1, 4),)
    assert Case(guide(), (CASCADE,), BOOK).knots(Input(0, "escalate")) == ()


def test_a_model_that_usage_moves_to_may_cache_longer_requests_only() -> None:
    """Haiku caches from 4,096 tokens on: three quarters of this input, all of it on Mini."""
    usage = ledger_baseline(
        [cell(input_tokens=2_000, requests=20), cell(input_tokens=40_000, requests=3)],
        BOOK,
        days=30,
    )
    cache = Cache(hit_rate=Fraction(1, 10))
    moved = (Route(to="haiku", share=Fraction(1, 2)), cache)
    assert Case(usage, (cache,), BOOK).knots(Input(0, "hit_rate")) == ()
    assert Case(usage, moved, BOOK).knots(Input(1, "hit_rate")) == (Fraction(3, 4),)
    ends = Fraction(1, 2), Fraction(1)
    assert nodes_of(moved, 1, "hit_rate", ends, (usage, BOOK)) == [ends[0], Fraction(3, 4), 1]
