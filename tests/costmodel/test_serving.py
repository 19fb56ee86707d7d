from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from costmodel.levers import Batch, Cache, LeverError, Tier
from costmodel.meters import UNKNOWN_BAND, Meter
from costmodel.rates import RateLimit
from costmodel.scenario import Outcome, evaluate
from costmodel.serving import write_break_even
from costmodel.workload import Baseline, ledger_baseline
from tests.books import BOOK, book_with, card
from tests.workloads import cell, guide, percent

MINI, FULL, LUNA = "gpt-4.1-mini", "gpt-4.1", "gpt-6-luna"
LIMITED = replace(
    BOOK,
    models=tuple(
        replace(each, rate_limits=(RateLimit("1"), RateLimit("1", above_input_tokens=128_000)))
        for each in BOOK.models
    ),
)


def ledger(*cells: object) -> Baseline:
    return ledger_baseline(cells, BOOK, days=30)  # type: ignore[arg-type]


def tiers_of(outcome: Outcome) -> dict[str, Fraction]:
    found: dict[str, Fraction] = {}
    for flow in outcome.flows:
        found[flow.tier] = found.get(flow.tier, Fraction(0)) + flow.requests
    return found


def test_a_share_is_served_in_another_tier() -> None:
    # all in priority: 900 at $0.70 and 600 at $2.80, 300,000 times: $693
    assert evaluate(guide(), (Tier(to="priority"),), BOOK).cost == 693
    some = evaluate(guide(), (Tier(to="priority", share=percent(30)),), BOOK)
    assert some.cost == 396 * percent(70) + 693 * percent(30)
    assert evaluate(guide(), (Tier(to="priority", share=Fraction(0)),), BOOK).cost == 396


def test_traffic_goes_back_to_standard() -> None:
    baseline = ledger(cell(tier="priority", requests=10), cell(tier="batch", requests=4), cell())
    lever = Tier(to="standard", share=percent(50), where={"tier": ("priority",)})
    assert tiers_of(evaluate(baseline, (lever,), BOOK)) == {
        "priority": 5,
        "batch": 4,
        "standard": 6,
    }


def test_a_batch_takes_what_the_tier_has_left_standard() -> None:
    levers = Batch(share=percent(50)), Tier(to="priority", share=percent(20))
    baseline = ledger(cell(requests=100))
    expected = {"priority": 20, "standard": 40, "batch": 40}
    assert tiers_of(evaluate(baseline, levers, BOOK)) == expected
    assert tiers_of(evaluate(baseline, levers[::-1], BOOK)) == expected


@pytest.mark.parametrize(("tokens", "moves"), [(128_000, True), (128_001, False)])
def test_priority_takes_no_long_requests(tokens: int, moves: bool) -> None:
    baseline = ledger_baseline([cell(FULL, input_tokens=tokens)], LIMITED, days=1)
    outcome = evaluate(baseline, (Tier(to="priority"),), LIMITED)
    assert tiers_of(outcome) == {"priority" if moves else "standard": 1}
    said = "priority takes no request of gpt-4.1 above 128,000 input tokens: those stay as they are"
    assert outcome.warnings == (() if moves else (said,))


def test_a_price_step_is_where_long_requests_begin() -> None:
    book = book_with(card(LUNA, "priority", "0.2/0.02/1"))
    cells = [cell(LUNA, input_tokens=n) for n in (272_000, 272_001)]
    lever = (Tier(to="priority"),)
    outcome = evaluate(ledger_baseline(cells, book, days=1), lever, book)
    assert tiers_of(outcome) == {"priority": 1, "standard": 1}
    priced = book_with(
        card(LUNA, "priority", "0.2/0.02/1"),
        card(LUNA, "priority", "0.4/0.04/1.5", above=272_000),
    )
    outcome = evaluate(ledger_baseline(cells, priced, days=1), lever, priced)
    assert tiers_of(outcome) == {"priority": 2}


def test_sums_without_sizes_go_to_priority_with_a_word() -> None:
    summed = replace(cell(FULL), key=replace(cell(FULL).key, size_band=UNKNOWN_BAND))
    outcome = evaluate(ledger_baseline([summed], LIMITED, days=1), (Tier(to="priority"),), LIMITED)
    assert tiers_of(outcome) == {"priority": 1}
    assert "the sizes of single requests are not known here" in outcome.warnings[0]


def test_a_tier_that_no_model_offers_is_refused() -> None:
    outcome = evaluate(guide(), (Tier(to="flex"),), BOOK)
    assert outcome.refused == ("flex: not offered for gpt-4.1-mini; leave the lever out",)
    with pytest.raises(LeverError, match="there is no tier 'express'; there are standard"):
        Tier(to="express")


def test_what_is_not_read_can_be_written() -> None:
    # Luna: 2,000 tokens, 40% read at $0.01, half of the rest written at $0.125, half at $0.10
    baseline = ledger(cell(LUNA, output=0))
    lever = Cache(hit_rate=percent(40), written=percent(50))
    outcome = evaluate(baseline, (lever,), BOOK)
    assert outcome.cost * 1_000_000 == 800 * Fraction("0.01") + 600 * (
        Fraction("0.125") + Fraction("0.1")
    )
    assert outcome.warnings == ()


@pytest.mark.parametrize(("above", "sign"), [("0.001", 1), ("-0.001", -1)])
def test_writes_pay_from_their_break_even_on(above: str, sign: int) -> None:
    even = write_break_even(Fraction("0.1"), Fraction("0.125"), Fraction("0.01"))
    assert float(even) == pytest.approx(0.2174, abs=0.0001)
    baseline = ledger(cell(LUNA))
    lever = Cache(hit_rate=even + Fraction(above), written=Fraction(1))
    saved = evaluate(baseline, (), BOOK).cost - evaluate(baseline, (lever,), BOOK).cost
    assert (saved > 0) == (sign > 0)


def test_the_break_even_of_writes_for_an_hour() -> None:
    assert float(write_break_even(Fraction(1), Fraction(2), Fraction("0.1"))) == pytest.approx(
        0.5263, abs=0.0001
    )
    assert write_break_even(Fraction(1), Fraction(1), Fraction(1)) == 1


def test_writes_kept_for_an_hour_have_their_own_price() -> None:
    hour = replace(
        card(LUNA, "standard", "0.1/0.01/0.5/0.125"),
        usd_per_million={
            **card(LUNA, "standard", "0.1/0.01/0.5/0.125").usd_per_million,
            Meter.CACHE_WRITE_1H: Fraction("0.2"),
        },
    )
    others = tuple(each for each in BOOK.cards if (each.model, each.tier) != (LUNA, "standard"))
    book = replace(BOOK, cards=(*others, hour))
    baseline = ledger_baseline([cell(LUNA, output=0)], book, days=1)
    for kept, rate in (("1h", "0.2"), ("5m", "0.125"), (None, "0.125")):
        lever = Cache(hit_rate=percent(40), written=Fraction(1), kept=kept)  # type: ignore[arg-type]
        cost = evaluate(baseline, (lever,), book).cost * 1_000_000
        assert cost == 800 * Fraction("0.01") + 1_200 * Fraction(rate)


def test_writes_without_a_price_stay_as_they_are() -> None:
    lever = Cache(hit_rate=percent(50), written=Fraction(1), kept="1h")
    assert evaluate(guide(), (lever,), BOOK).cost == Fraction("355.5")
