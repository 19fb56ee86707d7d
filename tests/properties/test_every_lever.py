"""All levers at once against single requests: what each is expected to cost, branch by branch."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.levers import (
    Batch,
    Cache,
    Cap,
    Cascade,
    Commit,
    Compress,
    Grow,
    Lever,
    Reprice,
    Retry,
    Review,
    Route,
    Tier,
    Verify,
    When,
)
from costmodel.live import keeps_kinds, live
from costmodel.live_dials import dials_of_levers
from costmodel.meters import Meter
from costmodel.scenario import evaluate, total_cost
from costmodel.workload import Baseline, ledger_baseline
from tests.books import BOOK
from tests.properties import scenarios as some
from tests.workloads import cell

if TYPE_CHECKING:
    from collections.abc import Iterator

MINI, FULL, NANO = "gpt-4.1-mini", "gpt-4.1", "gpt-4.1-nano"
MILLION = 1_000_000
ONE = Fraction(1)
PRICES = {  # input, cached, output; in batch cached input is billed as input
    (FULL, "standard"): ("2", "0.5", "8"),
    (FULL, "batch"): ("1", "1", "4"),
    (FULL, "priority"): ("3.5", "0.875", "14"),
    (MINI, "standard"): ("0.4", "0.1", "1.6"),
    (MINI, "batch"): ("0.2", "0.2", "0.8"),
    (MINI, "priority"): ("0.7", "0.175", "2.8"),
    (NANO, "standard"): ("0.1", "0.025", "0.4"),
    (NANO, "batch"): ("0.05", "0.05", "0.2"),
    (NANO, "priority"): ("0.2", "0.05", "0.8"),
}
HOURS = ("2026-11-02T09:00+00:00", "2026-11-02T10:00+00:00", "2026-11-02T11:00+00:00")


@dataclass(frozen=True)
class Request:
    model: str
    tokens_in: int
    cached: int
    tokens_out: int
    hour: str


REQUESTS = (
    Request(MINI, 9_000, 8_192, 1, HOURS[0]),
    Request(MINI, 2_500, 1_024, 3_000, HOURS[0]),
    Request(MINI, 40_000, 0, 200, HOURS[1]),
    Request(FULL, 31_999, 640, 700, HOURS[1]),
    Request(FULL, 150_000, 0, 0, HOURS[2]),
    Request(NANO, 40_000, 39_936, 12, HOURS[2]),
)


@dataclass(frozen=True)
class Settings:
    growth: Fraction
    failed: Fraction
    billed: Fraction
    shorter_in: Fraction
    shorter_out: Fraction
    routed: Fraction
    long_routed: bool
    escalated: Fraction | None
    checked_by: str | None
    read: Fraction
    hit_rate: Fraction | None
    priority: Fraction
    batched: Fraction
    output_price: Fraction | None
    committed: Fraction | None

    def levers(self) -> list[Lever]:
        made: list[Lever] = [
            Batch(share=self.batched),
            Tier(to="priority", share=self.priority, where={"tier": ("standard",)}),
            Review(share=self.read, minutes=Fraction(3), usd_per_hour=Fraction(20)),
            Compress(input=self.shorter_in, output=self.shorter_out),
            Retry(rate=self.failed, billed=self.billed),
            Grow(requests=self.growth),
        ]
        if self.committed is not None:
            made.append(Commit(amount=self.committed, discount=Fraction(1, 10)))
        if self.output_price is not None:
            rates = {Meter.OUTPUT: self.output_price}
            made.append(Reprice(model=MINI, usd_per_million=rates))
        if self.hit_rate is not None:
            made.append(Cache(hit_rate=self.hit_rate))
        if self.checked_by:
            made.append(Verify(model=self.checked_by, output_tokens=30))
        if self.escalated is not None:
            made.append(Cascade(first=MINI, then=FULL, escalate=self.escalated))
        if self.is_ruled:
            made.append(Route(to=NANO, source=(MINI,), when=When(above=32_000)))
        else:
            made.append(Route(to=NANO, source=(MINI,), share=self.routed))
        return made

    @property
    def is_ruled(self) -> bool:
        """By length, which nobody knows any more after compressing."""
        return self.long_routed and not self.shorter_in


fractions = st.fractions(min_value=0, max_value=1, max_denominator=40)
small = st.fractions(min_value=0, max_value="1/2", max_denominator=40)


@st.composite
def all_settings(draw: st.DrawFn) -> Settings:
    return Settings(
        growth=draw(small),
        failed=draw(small),
        billed=draw(fractions),
        shorter_in=draw(st.just(Fraction(0)) | small),
        shorter_out=draw(fractions),
        routed=draw(fractions),
        long_routed=draw(st.booleans()),
        escalated=draw(st.none() | fractions),
        checked_by=draw(st.sampled_from((None, MINI, NANO))),
        read=draw(fractions),
        hit_rate=draw(st.none() | fractions),
        priority=draw(fractions),
        batched=draw(fractions),
        output_price=draw(st.none() | fractions),
        committed=draw(st.none() | small),
    )


def expected(request: Request, asked: Settings) -> tuple[Fraction, Fraction]:
    """What meters and people are expected to cost for one request."""
    tries = 1 + asked.billed * asked.failed / (1 - asked.failed)
    metered = sum(
        (
            chance * part * _cost(model, tier, tokens_in, cached, tokens_out, asked)
            for chance, model, tokens_in, cached, tokens_out in _calls(request, asked)
            for part, tier in _tiers(asked)
        ),
        Fraction(0),
    )
    people = asked.read * 3 * 20 / 60
    return (1 + asked.growth) * tries * metered, (1 + asked.growth) * people


def _calls(
    request: Request, asked: Settings
) -> Iterator[tuple[Fraction, str, Fraction, Fraction, Fraction]]:
    tokens_in = request.tokens_in * (1 - asked.shorter_in)
    tokens_out = request.tokens_out * (1 - asked.shorter_out)
    cached = Fraction(0 if asked.shorter_in else request.cached)
    if asked.hit_rate is not None:
        cached = asked.hit_rate * tokens_in
    for chance, model in _starts(request, asked):
        if asked.escalated is None or model == NANO:
            yield chance, model, tokens_in, cached, tokens_out
        else:
            yield chance, MINI, tokens_in, cached, tokens_out
            yield chance * asked.escalated, FULL, tokens_in, cached, tokens_out
    if asked.checked_by:
        read = tokens_in + tokens_out
        yield ONE, asked.checked_by, read, (asked.hit_rate or 0) * read, Fraction(30)


def _starts(request: Request, asked: Settings) -> list[tuple[Fraction, str]]:
    if request.model != MINI:
        return [(ONE, request.model)]
    if asked.is_ruled:
        return [(ONE, NANO if request.tokens_in > 32_000 else MINI)]
    return [(1 - asked.routed, MINI), (asked.routed, NANO)]


def _tiers(asked: Settings) -> list[tuple[Fraction, str]]:
    standard = 1 - asked.priority
    return [
        (asked.priority, "priority"),
        (standard * asked.batched, "batch"),
        (standard * (1 - asked.batched), "standard"),
    ]


def _cost(
    model: str,
    tier: str,
    tokens_in: Fraction,
    cached: Fraction,
    tokens_out: Fraction,
    asked: Settings,
) -> Fraction:
    price_in, price_cached, price_out = map(Fraction, PRICES[model, tier])
    if asked.output_price is not None and (model, tier) == (MINI, "standard"):
        price_out = asked.output_price
    uncached = tokens_in - cached
    return (uncached * price_in + cached * price_cached + tokens_out * price_out) / MILLION


def usage() -> Baseline:
    cells = [
        cell(
            r.model,
            input_tokens=r.tokens_in,
            cached=r.cached,
            output=r.tokens_out,
            dimensions=(r.hour,),
        )
        for r in REQUESTS
    ]
    return ledger_baseline(cells, BOOK, days=30, dimension_names=("hour_at",))


@given(all_settings(), st.randoms(use_true_random=False))
def test_every_lever_costs_what_single_requests_are_expected_to(
    asked: Settings, chance: object
) -> None:
    costs = [expected(request, asked) for request in REQUESTS]
    metered, people = (sum(column, Fraction(0)) for column in zip(*costs, strict=True))
    if asked.committed is not None:
        metered = max(asked.committed, metered * Fraction(9, 10))
    levers = asked.levers()
    chance.shuffle(levers)  # type: ignore[attr-defined]
    outcome = evaluate(usage(), levers, BOOK)
    assert outcome.cost == metered + people
    assert total_cost(usage(), levers, BOOK) == outcome.cost
    assert sum(outcome.costs) == outcome.cost


@given(all_settings(), st.sampled_from(("requests", "tokens", "money")), fractions)
@settings(max_examples=20)
def test_a_cap_leaves_what_single_requests_leave_of_each_hour(
    asked: Settings, measure: str, part: Fraction
) -> None:
    asked = replace(asked, committed=None, checked_by=None, escalated=None)
    grown = (1 + asked.growth) * (1 + asked.billed * asked.failed / (1 - asked.failed))
    hours: dict[str, list[tuple[Fraction, Fraction, Fraction]]] = defaultdict(list)
    for request in REQUESTS:
        money, people = expected(request, asked)
        tokens_in = request.tokens_in * (1 - asked.shorter_in)
        tokens = tokens_in + request.tokens_out * (1 - asked.shorter_out)
        measured = {"requests": grown, "tokens": grown * tokens, "money": money}[measure]
        hours[request.hour].append((measured, money, people))
    volumes = [sum((m for m, _, _ in calls), Fraction(0)) for calls in hours.values()]
    limit = max(volumes) * part
    left = sum(
        (
            (money + people) * min(ONE, limit / volume if volume else ONE)
            for calls, volume in zip(hours.values(), volumes, strict=True)
            for _, money, people in calls
        ),
        Fraction(0),
    )
    cap = Cap(measure=measure, per_hour=limit)  # type: ignore[arg-type]
    assert total_cost(usage(), [cap, *asked.levers()], BOOK) == left


@given(st.data())
def test_cost_is_monotone_in_each_rate_under_every_lever(data: st.DataObject) -> None:
    asked = data.draw(all_settings())
    place = data.draw(st.integers(min_value=0, max_value=len(BOOK.cards) - 1))
    meter = data.draw(some.METER)
    cards = list(BOOK.cards)
    rates = {**cards[place].usd_per_million, meter: Fraction(100)}
    cards[place] = replace(cards[place], usd_per_million=rates)
    dearer = replace(BOOK, cards=tuple(cards))
    levers = asked.levers()
    assert total_cost(usage(), levers, dearer) >= total_cost(usage(), levers, BOOK)


@given(fractions, st.booleans())
def test_rules_conserve_requests_and_tokens(share: Fraction, ruled: bool) -> None:
    rule = When(above=32_000) if ruled else None
    lever = Route(to=NANO, share=ONE if ruled else share, when=rule)
    after = evaluate(usage(), (lever,), BOOK).flows
    assert sum(flow.requests for flow in after) == len(REQUESTS)
    assert sum(flow.tokens for flow in after) == sum(r.tokens_in + r.tokens_out for r in REQUESTS)


@given(all_settings())
@settings(max_examples=10)
def test_a_workbook_of_every_lever_has_the_same_total(asked: Settings) -> None:
    asked = replace(asked, checked_by=None)
    levers = [lever for lever in asked.levers() if not isinstance(lever, Cascade)]
    baseline = usage().keeping(())
    dials, levers_at = dials_of_levers(levers, baseline, BOOK)
    found = live(baseline, dials, levers_at, BOOK, by_kind=keeps_kinds(levers))
    assert keeps_kinds(levers)
    assert found.cost() == total_cost(baseline, levers, BOOK)
