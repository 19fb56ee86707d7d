from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from costmodel.charges import Charge
from costmodel.contract import Contract, ExchangeRate
from costmodel.levers import (
    Batch,
    Cache,
    Cascade,
    Compress,
    Lever,
    LeverError,
    Retry,
    Review,
    Route,
    StartWith,
    Verify,
)
from costmodel.meters import Meter
from costmodel.scenario import evaluate
from costmodel.workload import ledger_baseline
from tests.books import BOOK
from tests.workloads import cell, guide, ledger, percent, requests_of, run

MINI, FULL, NANO, LUNA = "gpt-4.1-mini", "gpt-4.1", "gpt-4.1-nano", "gpt-6-luna"


@pytest.mark.parametrize(
    ("rate", "multiplier"), [("0", 1), ("5", "20/19"), ("10", "10/9"), ("20", "5/4")]
)
def test_failed_calls_are_paid_until_one_succeeds(rate: str, multiplier: str | int) -> None:
    # 1 + p / (1 - p) calls for each success: the vectors' 1.053, 1.111 and 1.25
    assert run(Retry(rate=percent(rate))).cost == 396 * Fraction(multiplier)


def test_only_billed_failures_cost() -> None:
    # 0.5 x 0.1 / 0.9 of 396 = 22
    assert run(Retry(rate=percent(10), billed=percent(50))).cost == 418
    assert run(Retry(rate=percent(10), billed=Fraction(0))).cost == 396


def test_second_calls_and_checks_fail_as_often() -> None:
    cascade = Cascade(first=MINI, then=FULL, escalate=percent(12))
    # (396 + 12% of 1,980) / 0.9
    assert run(cascade, Retry(rate=percent(10))).cost == Fraction("633.6") / Fraction("0.9")


def test_failed_second_calls_of_a_ledger_go_with_those_that_a_cascade_replaces() -> None:
    baseline = ledger(
        cell(MINI, requests=90, dimensions=(None,)),
        cell(FULL, requests=18, dimensions=(MINI,)),
        names=("escalated_from",),
    )
    levers = Retry(rate=percent(10)), Cascade(first=MINI, then=FULL, escalate=percent(50))
    assert requests_of(run(*levers, baseline=baseline)) == {MINI: 100, FULL: 50}


def test_a_mix_to_start_with_fails_as_often_and_is_read_once() -> None:
    mix = StartWith(starts=((MINI, Fraction(1)),), full=FULL, escalate=percent(12))
    review = Review(share=percent(5), minutes=Fraction(2), usd_per_hour=Fraction(30))
    usage = guide(FULL)
    assert run(mix, Retry(rate=percent(10)), baseline=usage).cost == 704
    assert run(mix, Retry(rate=percent(10)), review, baseline=usage).cost == 15_704
    assert run(mix, Verify(model=MINI), baseline=usage).cost == Fraction("633.6") + 204


def test_what_always_fails_is_refused() -> None:
    assert Retry(rate=percent("99.9")).billed_failures == 999
    with pytest.raises(LeverError, match="below 100%"):
        Retry(rate=Fraction(1))


def test_shorter_prompts_and_answers_cost_less() -> None:
    # 108 in and 288 out
    assert run(Compress(input=percent(20))).cost == Fraction("374.4")
    assert run(Compress(output=percent(25))).cost == 324
    assert run(Compress(input=percent(20), output=percent(25))).cost == Fraction("302.4")
    assert run(Compress(input=Fraction(1), output=Fraction(1))).cost == 0


def test_a_shortened_prompt_is_read_from_no_cache() -> None:
    # 10,000 in of which 6,000 cached; 9,000 uncached at $0.40, 500 out at $1.60 per million
    baseline = ledger(cell(input_tokens=10_000, cached=6_000))
    outcome = run(Compress(input=percent(10)), baseline=baseline)
    assert outcome.cost * 1_000_000 == 9_000 * Fraction("0.4") + 500 * Fraction("1.6")
    assert "shortened prompts begin otherwise" in outcome.warnings[0]
    shorter_answers = run(Compress(output=percent(10)), baseline=baseline)
    assert shorter_answers.parts[Meter.CACHED_INPUT] * 1_000_000 == 600
    assert shorter_answers.warnings == ()


def test_a_kept_prefix_stays_cached() -> None:
    baseline = ledger(cell(input_tokens=10_000, cached=6_000))
    outcome = run(Compress(input=percent(10), keeps_prefix=True), baseline=baseline)
    # 6,000 at $0.10, 90% of 4,000 at $0.40, 500 at $1.60
    assert outcome.cost * 1_000_000 == 600 + 1_440 + 800
    assert outcome.warnings == ()


def test_a_cache_lever_says_what_of_shortened_prompts_is_cached() -> None:
    baseline = ledger(cell(input_tokens=10_000, cached=6_000))
    outcome = run(Compress(input=percent(10)), Cache(hit_rate=percent(50)), baseline=baseline)
    assert outcome.cost * 1_000_000 == 4_500 * Fraction("0.4") + 4_500 * Fraction("0.1") + 800


def test_a_shortened_prompt_may_fall_under_a_price_step_or_the_shortest_that_is_cached() -> None:
    # 280,000 tokens of Luna cost double; 10% shorter they do not
    long = ledger(cell(LUNA, input_tokens=280_000, output=0))
    assert run(baseline=long).cost * 1_000_000 == 280_000 * Fraction("0.2")
    outcome = run(Compress(input=percent(10)), baseline=long)
    assert outcome.cost * 1_000_000 == 252_000 * Fraction("0.1")
    assert [each.name for each in outcome.assumptions] == ["mean-length"]
    short = run(Compress(input=percent(50)), baseline=ledger(cell(input_tokens=2_000)))
    assert "get shorter than the 1,024 input tokens that can be cached" in short.warnings[0]


def test_audio_gets_no_shorter() -> None:
    # the book has no price of audio: it stays as much as it was
    baseline = ledger(cell(FULL, input_tokens=1_000, audio=70))
    (miss,) = run(Compress(input=percent(50)), baseline=baseline).unpriced
    assert miss.tokens == 70


def test_every_answer_is_checked_once() -> None:
    # a check reads 1,500 tokens at $0.40 and writes 50 at $1.60, 300,000 times: $204
    check = Verify(model=MINI)
    assert run(check).cost == 600
    assert run(Verify(model=MINI, output_tokens=0)).cost == 396 + 180
    cascade = Cascade(first=MINI, then=FULL, escalate=percent(12))
    assert run(cascade, check).cost == Fraction("633.6") + 204
    with pytest.raises(LeverError, match="cannot be negative"):
        Verify(model=MINI, output_tokens=-1)


def test_second_calls_of_a_ledger_are_no_answers_of_their_own() -> None:
    baseline = ledger(
        cell(MINI, requests=100, dimensions=(None,)),
        cell(FULL, requests=12, dimensions=(MINI,)),
        names=("escalated_from",),
    )
    checked = run(Verify(model=NANO), baseline=baseline)
    assert requests_of(checked) == {MINI: 100, FULL: 12, NANO: 100}
    review = Review(share=Fraction(1), minutes=Fraction(1), usd_per_hour=Fraction(60))
    assert run(review, baseline=baseline).charges == (Charge("people", Fraction(100)),)


def test_people_cost_what_no_meter_counts() -> None:
    # 15,000 answers x 2 minutes at $30 an hour
    review = Review(share=percent(5), minutes=Fraction(2), usd_per_hour=Fraction(30))
    outcome = run(review)
    assert outcome.cost == 396 + 15_000
    assert outcome.charges == (Charge("people", Fraction(15_000)),)
    assert sum(outcome.parts.values()) == outcome.list_cost == 396
    assert sum(outcome.costs) == outcome.cost


def test_people_read_answers_and_not_calls() -> None:
    review = Review(share=percent(5), minutes=Fraction(2), usd_per_hour=Fraction(30))
    beside = (
        Cascade(first=MINI, then=FULL, escalate=percent(12)),
        Retry(rate=percent(10)),
        Verify(model=NANO),
        Batch(share=percent(40)),
    )
    assert run(review, *beside).cost == run(*beside).cost + 15_000


def test_people_read_where_it_says() -> None:
    baseline = ledger(
        cell(requests=60, dimensions=("support",)),
        cell(requests=40, dimensions=("search",)),
        names=("feature",),
    )
    review = Review(
        share=percent(50),
        minutes=Fraction(1),
        usd_per_hour=Fraction(60),
        where={"feature": ("support",)},
    )
    assert run(review, baseline=baseline).cost == Fraction("0.16") + 30
    by_feature = evaluate(baseline, (review,), BOOK, by=("feature",)).cost_by("feature")
    (said,) = (a.text for a in run(review, baseline=baseline).assumptions if a.name == "people")
    assert said == "people read 50% of the answers, 1 minutes each at $60.00 an hour"
    assert by_feature == {"support": Fraction("0.096") + 30, "search": Fraction("0.064")}


def test_dollars_for_people_become_the_contracts_currency() -> None:
    rates = (ExchangeRate(date(2026, 1, 1), Fraction("0.9"), "a bank"),)
    book = BOOK.with_contract(Contract(currency="EUR", exchange_rates=rates))
    review = Review(share=Fraction(1), minutes=Fraction(1), usd_per_hour=Fraction(60))
    outcome = evaluate(ledger_baseline([cell()], book, days=1), (review,), book)
    assert outcome.cost == Fraction("0.9") * (1 + Fraction("0.0016"))


@pytest.mark.parametrize(
    "lever",
    [
        Retry(rate=Fraction(0)),
        Compress(),
        Compress(keeps_prefix=True),
        Review(share=Fraction(0), minutes=Fraction(2), usd_per_hour=Fraction(30)),
        Review(share=Fraction(1), minutes=Fraction(0), usd_per_hour=Fraction(30)),
        Route(to=FULL, share=Fraction(0)),
        Batch(share=Fraction(0)),
    ],
)
def test_a_lever_at_zero_changes_nothing(lever: Lever) -> None:
    baseline = ledger(cell(cached=1_100), cell(FULL, input_tokens=90_000))
    assert run(lever, baseline=baseline) == run(baseline=baseline)
