from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from costmodel.charges import Charge, Refusal
from costmodel.commitment import Commitment
from costmodel.contract import Contract, ContractTerm
from costmodel.levers import Batch, Cap, Commit, Grow, LeverError, Reprice, Retire, Review
from costmodel.meters import Meter
from costmodel.scenario import evaluate
from costmodel.weekdays import on_calendar
from tests.books import BOOK
from tests.workloads import cell, guide, ledger, percent, run

if TYPE_CHECKING:
    from costmodel.workload import Baseline

MINI, FULL, LUNA = "gpt-4.1-mini", "gpt-4.1", "gpt-6-luna"
CHEAPER = {Meter.INPUT: Fraction("0.3"), Meter.OUTPUT: Fraction("1.2")}


def test_a_new_price_is_paid_and_the_list_stands_beside_it() -> None:
    outcome = run(Reprice(model=MINI, usd_per_million=CHEAPER))
    assert outcome.cost == 297
    assert outcome.list_cost == 396
    assert run(Reprice(model=FULL, usd_per_million=CHEAPER)).cost == 396


def test_a_new_price_holds_for_its_tier() -> None:
    half = Batch(share=percent(50))
    assert run(half, Reprice(model=MINI, usd_per_million=CHEAPER)).cost == 99 + Fraction("148.5")
    batched = Reprice(model=MINI, tier="batch", usd_per_million={Meter.OUTPUT: Fraction(0)})
    assert run(half, batched).cost == 198 + 27


def test_a_new_price_is_found_where_retired_traffic_goes() -> None:
    retired = Retire(model=MINI, to=LUNA, on=date(2026, 11, 1))
    new = Reprice(model=LUNA, usd_per_million={Meter.INPUT: Fraction(0)})
    assert run(retired).cost == 117
    assert run(retired, new).cost == 90


def test_a_new_price_begins_on_its_day() -> None:
    usage = ledger(cell(requests=10), cell(requests=10, on=date(2026, 12, 1)))
    one_request = Fraction("0.0016")
    free = {Meter.INPUT: Fraction(0), Meter.OUTPUT: Fraction(0)}
    lever = Reprice(model=MINI, usd_per_million=free, from_=date(2026, 12, 1))
    assert run(lever, baseline=usage).cost == 10 * one_request
    # of two prices the later day's holds from there on, whatever the order
    dearer = {Meter.INPUT: Fraction("0.8"), Meter.OUTPUT: Fraction("3.2")}
    later = Reprice(model=MINI, usd_per_million=dearer, from_=date(2026, 11, 1))
    assert run(lever, later, baseline=usage).cost == 20 * one_request


def test_a_new_price_replaces_the_contracts_and_its_discount_still_comes_off() -> None:
    terms = (
        ContractTerm("deal", model=MINI, usd_per_million={Meter.INPUT: Fraction(1)}),
        ContractTerm("deal", discount=percent(10)),
    )
    book = BOOK.with_contract(Contract(terms=terms))
    outcome = evaluate(guide(), (Reprice(model=MINI, usd_per_million=CHEAPER),), book)
    assert outcome.cost == 297 * percent(90)


def test_a_price_does_not_depend_on_features() -> None:
    with pytest.raises(LeverError, match="a price does not depend on feature; 'where' may name"):
        Reprice(model=MINI, usd_per_million=CHEAPER, where={"feature": ("a",)})
    with pytest.raises(LeverError, match="the rate of input cannot be negative"):
        Reprice(model=MINI, usd_per_million={Meter.INPUT: Fraction(-1)})
    elsewhere = Reprice(model=MINI, usd_per_million=CHEAPER, where={"provider": ("azure",)})
    assert run(elsewhere).cost == 396


@pytest.mark.parametrize(
    ("model", "discount_on", "paid", "discount", "shortfall"),
    [
        # Mini uses $396.00 of the $500: 396 - 39.60 falls 143.60 short
        (MINI, "all", "500", "39.6", "143.6"),
        (MINI, "above", "500", "0", "104"),
        # full uses $1,980.00
        (FULL, "all", "1782", "198", "0"),
        (FULL, "above", "1832", "148", "0"),
    ],
)
def test_a_commitment_is_paid_at_least(
    model: str, discount_on: str, paid: str, discount: str, shortfall: str
) -> None:
    lever = Commit(amount=Fraction(500), discount=percent(10), discount_on=discount_on)  # type: ignore[arg-type]
    outcome = run(lever, baseline=guide(model))
    assert outcome.cost == Fraction(paid)
    found = {charge.kind: charge.amount for charge in outcome.charges}
    assert found.get("commitment discount", 0) == -Fraction(discount)
    assert found.get("commitment shortfall", 0) == Fraction(shortfall)
    assert outcome.uncommitted_cost == sum(outcome.parts.values())


def test_a_commitment_says_when_it_is_not_used_up() -> None:
    short, dear = run(Commit(amount=Fraction(500), discount=percent(10))).warnings
    assert short == "commit: $143.60 of $500.00 a month would be paid for nothing"
    assert dear == "commit: it pays from $500.00 of usage a month on; this is $396.00"
    assert run(Commit(amount=Fraction(300), discount=percent(10))).warnings == ()
    never = run(Commit(amount=Fraction(500))).warnings
    assert never[1] == "commit: without a discount it never pays"


def test_a_year_is_committed_to_in_twelfths() -> None:
    outcome = run(Commit(amount=Fraction(6_000), period="year"))
    assert outcome.cost == 500
    assert outcome.assumptions[-1].name == "commitment-spread"
    assert run(Commit(amount=Fraction(1_500), period="quarter")).cost == 500


def test_no_commitment_changes_nothing() -> None:
    assert run(Commit(amount=Fraction(0))).cost == 396
    assert run(Commit(amount=Fraction(0))).charges == ()


def test_a_commitment_is_about_the_usage_that_it_names() -> None:
    baseline = ledger(cell(requests=1_000), cell(FULL, requests=1_000))
    lever = Commit(amount=Fraction(5), where={"model": (FULL,)}, discount=percent(50))
    # Mini $1.60, full $8.00 at half price: less than $5.00
    assert run(lever, baseline=baseline).cost == Fraction("1.6") + 5
    other = Commit(amount=Fraction(1), where={"model": (MINI,)}, discount=percent(50))
    assert run(lever, other, baseline=baseline).cost == 6
    with pytest.raises(LeverError, match="two commitments are about the same usage"):
        run(lever, Commit(amount=Fraction(1)), baseline=baseline)


def test_every_flow_bears_its_part_of_a_commitment() -> None:
    baseline = ledger(
        cell(requests=300, dimensions=("a",)),
        cell(requests=100, dimensions=("b",)),
        names=("feature",),
    )
    # $0.64 of usage, three quarters of it in a
    outcome = evaluate(baseline, (Commit(amount=Fraction(2)),), BOOK, by=("feature",))
    assert outcome.cost_by("feature") == {"a": Fraction("1.5"), "b": Fraction("0.5")}
    nothing = evaluate(ledger(cell(requests=0)), (Commit(amount=Fraction(2)),), BOOK)
    assert (nothing.cost, sum(nothing.costs)) == (2, 0)


def test_a_commitment_is_not_about_people() -> None:
    review = Review(share=percent(5), minutes=Fraction(2), usd_per_hour=Fraction(30))
    assert run(review, Commit(amount=Fraction(500))).cost == 15_000 + 500


def test_a_commitment_that_has_not_begun_costs_nothing() -> None:
    later = Commit(amount=Fraction(500), from_=date(2026, 12, 1))
    assert run(later).cost == 396
    # a month of 30 days, the commitment from its 16th on: half of it
    usage = ledger(cell(requests=10), cell(requests=10, on=date(2026, 11, 16)))
    half = Commit(amount=Fraction(500), from_=date(2026, 11, 16))
    assert run(half, baseline=usage).cost == 250 + 10 * Fraction("0.0016")


def test_effective_rate_shortfall_and_break_even_of_a_commitment() -> None:
    deal = Commitment(Fraction(900), percent(10))
    low, middle, high = deal.at_volumes(
        Fraction(450), Fraction(900), Fraction(2_000), tokens_per_money=Fraction(1_000_000)
    )
    assert (low.paid, low.shortfall, low.saving) == (900, 495, -450)
    assert (middle.paid, middle.shortfall, middle.saving) == (900, 90, 0)
    assert (high.paid, high.shortfall, high.saving) == (1_800, 0, 200)
    assert [p.effective_price for p in (low, middle, high)] == [2, 1, Fraction("0.9")]
    assert low.effective_rate == 2
    assert deal.break_even_usage == 900
    assert deal.used_up_at == 1_000
    assert deal.shortfall(Fraction(1_000)) == 0
    above = Commitment(Fraction(900), percent(10), "above")
    assert (above.paid(Fraction(900)), above.paid(Fraction(1_000))) == (900, 990)
    assert (above.break_even_usage, above.used_up_at) == (900, 900)
    assert Commitment(Fraction(900)).break_even_usage is None
    assert Commitment(Fraction(900), Fraction(1)).used_up_at is None
    assert deal.at(Fraction(0)).effective_price is None


HOURS = ("2026-11-02T09:00+00:00", "2026-11-02T10:00+00:00")


def hourly(*requests: int) -> Baseline:
    cells = [cell(requests=n, dimensions=(hour,)) for n, hour in zip(requests, HOURS, strict=True)]
    return ledger(*cells, names=("hour_at",))


@pytest.mark.parametrize(
    ("measure", "per_hour", "left"),
    [
        ("requests", "300", 400),
        ("requests", "299", 399),
        ("requests", "200", 300),
        ("requests", "0", 0),
        # a request has 2,500 tokens and costs $0.0016
        ("tokens", "500000", 300),
        ("money", "0.32", 300),
        ("money", "0.08", 100),
    ],
)
def test_a_cap_refuses_what_lies_above_it_in_an_hour(
    measure: str, per_hour: str, left: int
) -> None:
    lever = Cap(measure=measure, per_hour=Fraction(per_hour))  # type: ignore[arg-type]
    outcome = run(lever, baseline=hourly(100, 300))
    assert outcome.cost == left * Fraction("0.0016")
    assert outcome.requests == left
    (refusal,) = outcome.refusals
    assert refusal.requests == 400 - left
    assert refusal.saved == (400 - left) * Fraction("0.0016")


def test_a_cap_says_what_it_refuses_and_saves() -> None:
    lever = Cap(measure="requests", per_hour=Fraction(200))
    outcome = run(lever, baseline=hourly(100, 300))
    assert outcome.warnings == (
        "cap: 100 requests would be refused, in 1 of 2 hours with usage; $0.16 of usage not paid",
    )
    assert outcome.refusals == (
        Refusal(
            measure="requests",
            per_hour=Fraction(200),
            hours=Fraction(2),
            hours_cut=Fraction(1),
            requests=Fraction(100),
            tokens=Fraction(250_000),
            saved=Fraction("0.16"),
        ),
    )
    wide = run(Cap(measure="requests", per_hour=Fraction(300)), baseline=hourly(100, 300))
    assert wide.warnings == ("cap: no hour comes to it, nothing is refused",)


def test_usage_that_has_grown_comes_to_the_cap_sooner() -> None:
    levers = Grow(requests=Fraction(1)), Cap(measure="requests", per_hour=Fraction(300))
    assert run(*levers, baseline=hourly(100, 300)).requests == 200 + 300


def test_a_new_price_counts_before_a_cap_of_money_and_a_commitment_after_it() -> None:
    cap = Cap(measure="money", per_hour=Fraction("0.32"))
    half = {Meter.INPUT: Fraction("0.2"), Meter.OUTPUT: Fraction("0.8")}
    assert (
        run(cap, Reprice(model=MINI, usd_per_million=half), baseline=hourly(100, 300)).requests
        == 400
    )
    committed = run(cap, Commit(amount=Fraction(1)), baseline=hourly(100, 300))
    assert committed.cost == 1
    assert Charge("commitment shortfall", 1 - Fraction("0.48")) in committed.charges


def test_people_read_nothing_of_what_a_cap_refuses() -> None:
    review = Review(share=Fraction(1), minutes=Fraction(1), usd_per_hour=Fraction(60))
    cap = Cap(measure="requests", per_hour=Fraction(200))
    assert run(review, cap, baseline=hourly(100, 300)).charges == (Charge("people", Fraction(300)),)


def test_a_cap_is_about_the_usage_that_it_names() -> None:
    cells = [
        cell(requests=300, dimensions=(HOURS[0], "a")),
        cell(requests=300, dimensions=(HOURS[0], "b")),
    ]
    baseline = ledger(*cells, names=("hour_at", "feature"))
    lever = Cap(measure="requests", per_hour=Fraction(100), where={"feature": ("a",)})
    assert run(lever, baseline=baseline).requests == 400


def test_a_cap_needs_hours() -> None:
    lever = Cap(measure="requests", per_hour=Fraction(1))
    with pytest.raises(LeverError, match="the hours of this usage are not known"):
        run(lever)
    without = ledger(cell(dimensions=(None,)), names=("hour_at",))
    with pytest.raises(LeverError, match="some usage has no hour"):
        run(lever, baseline=without)
    with pytest.raises(LeverError, match="requests an hour cannot be negative"):
        Cap(measure="requests", per_hour=Fraction(-1))


def test_past_hours_stand_in_a_month_as_often_as_their_weekday() -> None:
    # four weeks; every Monday one hour of 300 requests, every other day one of 100
    first = date(2026, 11, 2)
    days = [first + timedelta(days=n) for n in range(28)]
    cells = [
        cell(
            requests=100 if day.weekday() else 300,
            dimensions=(day.isoformat(), f"{day.isoformat()}T09:00+00:00"),
        )
        for day in days
    ]
    baseline = on_calendar(
        cells,
        BOOK,
        dimension_names=("day", "hour_at"),
        window=(days[0], days[-1]),
        month=date(2027, 3, 1),
        boundaries=[date(2027, 3, 10)],
    )
    # March 2027 begins with a Monday and has five of them
    assert baseline.requests == 5 * 300 + 26 * 100
    outcome = evaluate(baseline, (Cap(measure="requests", per_hour=Fraction(200)),), BOOK)
    (refusal,) = outcome.refusals
    assert (refusal.requests, refusal.hours_cut, refusal.hours) == (500, 5, 31)
    # on the rates of one day, and scaled to a month of 30 days, they are as many hours
    one_day = baseline.priced_on(date(2027, 3, 1))
    (folded,) = evaluate(one_day, (Cap(measure="requests", per_hour=Fraction(200)),), BOOK).refusals
    assert (folded.requests, folded.hours_cut) == (500, 5)
    (month,) = evaluate(
        one_day.a_month(), (Cap(measure="requests", per_hour=Fraction(200)),), BOOK
    ).refusals
    assert month.requests == 500 * Fraction(30, 31)
