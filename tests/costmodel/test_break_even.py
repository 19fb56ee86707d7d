from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from costmodel.book import Quote
from costmodel.break_even import CascadeBreakEven, batch_or_cache, break_evens
from costmodel.case import Case
from costmodel.levers import Cache, Cascade, Lever, Route, StartWith
from costmodel.meters import Meter
from costmodel.usage import PricingKey
from costmodel.workload import Baseline, ledger_baseline
from tests.books import BOOK
from tests.workloads import DAY, cell, guide

MINI, FULL, NANO = "gpt-4.1-mini", "gpt-4.1", "gpt-4.1-nano"
VECTORS = Path(__file__).parents[3] / "shared" / "facts" / "vectors.yaml"
TWELVE = Fraction(12, 100)


def limit(first: str = MINI, then: str = FULL, **settings: Any) -> CascadeBreakEven:  # noqa: ANN401  any field of the lever
    lever = Cascade(first=first, then=then, escalate=TWELVE, **settings)
    [found] = break_evens(Case(guide(first), (lever,), BOOK))
    return found


def test_full_costs_five_times_mini() -> None:
    """1980 - 396 are saved while nothing is handed on; each share of it costs its part of 1980."""
    found = limit()
    assert found.limit == found.weighted_limit == Fraction(1584, 1980) == Fraction(80, 100)
    assert found.straight_cost == 1980
    assert (found.name, found.escalate, found.saves) == ("cascade", TWELVE, True)
    assert (found.seen, found.seen_weighted) == (None, None)


def test_both_sides_of_the_limit() -> None:
    for share, saves in ((Fraction(79, 100), True), (Fraction(80, 100), False)):
        lever = Cascade(first=MINI, then=FULL, escalate=share)
        case = Case(guide(), (lever,), BOOK)
        [found] = break_evens(case)
        assert found.saves is saves
        assert (case.cost() < found.straight_cost) is saves


def test_a_draft_is_read_again_but_costs_the_large_model_nothing_alone() -> None:
    """600 tokens more to read at $2: second calls cost 2340, not 1980."""
    found = limit(draft=True)
    assert found.limit == Fraction(1584, 2340)
    assert found.weighted_limit == Fraction(80, 100)


def test_a_check_as_dear_as_the_answer_never_saves() -> None:
    dear = limit(verifier=FULL, verifier_output_tokens=600)
    assert (dear.limit, dear.weighted_limit, dear.saves) == (None, None, False)


def test_the_break_evens_of_the_vectors() -> None:
    if not VECTORS.exists():
        pytest.skip("the project's vectors (../shared/facts) are not beside this checkout")
    known = yaml.safe_load(VECTORS.read_text(encoding="utf-8"))["break_even"]
    found = {
        "mini_full": limit(),
        "nano_mini": limit(NANO, MINI),
        "nano_full": limit(NANO, FULL),
        "mini_full_self_check": limit(verifier=MINI),
        "mini_full_nano_check": limit(verifier=NANO),
        "mini_full_full_judge": limit(verifier=FULL),
    }
    for name, each in found.items():
        assert each.limit is not None
        assert float(each.limit) == pytest.approx(known[name], abs=known["tolerance"])


def test_other_levers_of_the_plan_count() -> None:
    """Cached input makes second calls cheaper, as it does everything on full."""
    lever = Cascade(first=MINI, then=FULL, escalate=TWELVE, then_hit_rate=Fraction(0))
    cached = Case(guide(), (lever, Cache(hit_rate=Fraction(80, 100))), BOOK)
    [found] = break_evens(cached)
    # full with 80% of 270M input tokens cached: 540 x 0.4 + 1440; Mini a fifth of that
    assert found.straight_cost == 1656
    assert found.limit == Fraction(1656 * 4, 5 * 1980)
    assert found.weighted_limit == Fraction(80, 100)


def test_a_mix_that_is_tried_first() -> None:
    """Half starts on Mini, half on Nano: 198 + 49.50 against 1980."""
    half = Fraction(1, 2)
    mix = StartWith(starts=((MINI, half), (NANO, half)), full=FULL, escalate=TWELVE)
    [found] = break_evens(Case(guide(), (mix,), BOOK))
    assert (found.name, found.first, found.then) == ("start_with", f"{MINI}, {NANO}", FULL)
    assert found.limit == 1 - Fraction("247.50") / 1980
    assert break_evens(Case(guide(), (StartWith(starts=((MINI, half),), full=FULL),), BOOK)) == ()


def test_levers_that_try_nothing_have_no_break_even() -> None:
    assert break_evens(Case(guide(), (Route(to=FULL, share=TWELVE),), BOOK)) == ()


def escalated(long_requests: int) -> Baseline:
    """90 short requests and 10 long ones on Mini, of which so many were called again on full."""
    cells = [
        cell(MINI, input_tokens=1_000, output=0, requests=90, dimensions=(None,)),
        cell(MINI, input_tokens=20_000, output=0, requests=10, dimensions=(None,)),
        cell(FULL, input_tokens=20_000, output=0, requests=long_requests, dimensions=(MINI,)),
    ]
    return ledger_baseline(cells, BOOK, days=30, dimension_names=("escalated_from",))


def test_few_long_requests_are_a_large_share_of_the_cost() -> None:
    """10 of 100 requests are 200,000 of 290,000 tokens: far more than 10%."""
    lever: Lever = Cascade(first=MINI, then=FULL, escalate=Fraction(1, 10))
    [found] = break_evens(Case(escalated(10), (lever,), BOOK))
    assert found.seen == Fraction(1, 10)
    assert found.seen_weighted == Fraction(200_000, 290_000)
    assert found.weighted_limit == Fraction(80, 100)
    [half] = break_evens(Case(escalated(5), (lever,), BOOK))
    assert (half.seen, half.seen_weighted) == (Fraction(5, 100), Fraction(100_000, 290_000))


def test_the_share_by_cost_tells_what_the_share_of_requests_cannot() -> None:
    """All long requests called again: Mini and full cost 0.116 + 0.40 against 0.58 on full alone.

    With 12 of them 480,000 of 580,000 hundredths of a cent: just above 80%.
    """
    lever = Cascade(first=MINI, then=FULL, escalate=Fraction(1, 10))
    usage = escalated(10)
    [found] = break_evens(Case(usage, (lever,), BOOK))
    paid, alone = Case(usage, (), BOOK).cost(), Fraction("0.58")
    assert paid == Fraction("0.516")
    assert (found.seen_weighted or 0) < Fraction(80, 100)
    assert paid < alone
    dearer = Case(escalated(12), (), BOOK)
    [above] = break_evens(dearer.having((lever,)))
    assert (above.seen_weighted or 0) > Fraction(80, 100)
    assert dearer.cost() > alone


@pytest.mark.parametrize(
    ("output", "expected"), [(0, "2/3"), (25, "11/15"), (Fraction("62.5"), "5/6"), (125, "1")]
)
def test_batch_or_cache(output: Fraction | int, expected: str) -> None:
    """Mini: 1,000 tokens in are $0.0004; so many out are 0, 10%, 25% and 50% of that."""

    def rates(tier: str) -> dict[Meter, Fraction]:
        quote = BOOK.quote(PricingKey("openai", MINI, "global", tier, 0, DAY))
        assert isinstance(quote, Quote)
        return dict(quote.rates)

    amounts = tuple(
        {Meter.INPUT: Fraction(1_000), Meter.OUTPUT: Fraction(output)}.get(m, Fraction(0))
        for m in Meter
    )
    assert batch_or_cache(rates("standard"), rates("batch"), amounts) == Fraction(expected)


def test_no_share_decides_where_nothing_is_read_or_batches_are_cached_too() -> None:
    standard = {
        Meter.INPUT: Fraction(2),
        Meter.CACHED_INPUT: Fraction(1),
        Meter.OUTPUT: Fraction(8),
    }
    same = {**standard, Meter.OUTPUT: Fraction(4)}
    nothing = tuple(Fraction(0) for _ in Meter)
    some = tuple(Fraction(1) for _ in Meter)
    assert batch_or_cache(standard, same, nothing) is None
    assert batch_or_cache(standard, same, some) is None
