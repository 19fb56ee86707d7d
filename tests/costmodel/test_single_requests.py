"""Levers against brute force: what each single request is expected to cost, branch by branch."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import pytest

from costmodel.levers import Batch, Cache, Cascade, Grow, Lever, Route
from costmodel.scenario import evaluate
from costmodel.workload import ledger_baseline
from tests.books import BOOK
from tests.workloads import cell

MILLION = 1_000_000
PRICES = {  # input, cached, output; in batch cached input is billed as input
    ("gpt-4.1", "standard"): ("2", "0.5", "8"),
    ("gpt-4.1", "batch"): ("1", "1", "4"),
    ("gpt-4.1-mini", "standard"): ("0.4", "0.1", "1.6"),
    ("gpt-4.1-mini", "batch"): ("0.2", "0.2", "0.8"),
    ("gpt-4.1-nano", "standard"): ("0.1", "0.025", "0.4"),
    ("gpt-4.1-nano", "batch"): ("0.05", "0.05", "0.2"),
}


@dataclass(frozen=True)
class Request:
    model: str
    tokens_in: int
    cached: int
    tokens_out: int


REQUESTS = (
    Request("gpt-4.1-mini", 1_024, 0, 100),
    Request("gpt-4.1-mini", 9_000, 8_192, 1),
    Request("gpt-4.1-mini", 2_048, 1_024, 3_000),
    Request("gpt-4.1", 31_999, 640, 700),
    Request("gpt-4.1", 1_500, 0, 0),
    Request("gpt-4.1-nano", 40_000, 39_936, 12),
)


@dataclass(frozen=True)
class Settings:
    growth: Fraction | None = None
    routed: Fraction | None = None
    escalated: Fraction | None = None
    hit_rate: Fraction | None = None
    batched: Fraction | None = None

    def levers(self) -> list[Lever]:
        made: list[Lever] = []
        if self.batched is not None:
            made.append(Batch(share=self.batched))
        if self.hit_rate is not None:
            made.append(Cache(hit_rate=self.hit_rate))
        if self.escalated is not None:
            made.append(Cascade(first="gpt-4.1-mini", then="gpt-4.1", escalate=self.escalated))
        if self.routed is not None:
            made.append(Route(to="gpt-4.1-nano", share=self.routed, source=("gpt-4.1-mini",)))
        if self.growth is not None:
            made.append(Grow(requests=self.growth))
        return made


def expected(request: Request, settings: Settings) -> Fraction:
    """The expected cost of one request: every branch times its chance."""
    total = Fraction(0)
    for chance, model in _starts(request, settings):
        for times, called in _calls(model, settings):
            for part, tier in _tiers(settings):
                total += chance * times * part * _cost(request, called, tier, settings)
    return total * (1 + (settings.growth or 0))


def _starts(request: Request, settings: Settings) -> list[tuple[Fraction, str]]:
    if settings.routed is None or request.model != "gpt-4.1-mini":
        return [(Fraction(1), request.model)]
    return [(1 - settings.routed, request.model), (settings.routed, "gpt-4.1-nano")]


def _calls(model: str, settings: Settings) -> list[tuple[Fraction, str]]:
    if settings.escalated is None or model == "gpt-4.1-nano":
        return [(Fraction(1), model)]
    return [(Fraction(1), "gpt-4.1-mini"), (settings.escalated, "gpt-4.1")]


def _tiers(settings: Settings) -> list[tuple[Fraction, str]]:
    batched = settings.batched or Fraction(0)
    return [(1 - batched, "standard"), (batched, "batch")]


def _cost(request: Request, model: str, tier: str, settings: Settings) -> Fraction:
    price_in, price_cached, price_out = map(Fraction, PRICES[model, tier])
    rate = settings.hit_rate
    cached = Fraction(request.cached) if rate is None else rate * request.tokens_in
    uncached = request.tokens_in - cached
    return (uncached * price_in + cached * price_cached + request.tokens_out * price_out) / MILLION


CHOICES = (None, Fraction(0), Fraction(37, 100), Fraction(1))
EVERY_PAIR = [
    Settings(*settings)
    for settings in product(CHOICES, repeat=5)
    if sum(setting is not None for setting in settings) <= 2
]
ALL_AT_ONCE = [
    Settings(*map(Fraction, ("0.05", "0.3", "0.12", "0.6", "0.25"))),
    Settings(*map(Fraction, ("0", "1", "1", "1", "1"))),
]


@pytest.mark.parametrize("settings", [*EVERY_PAIR, *ALL_AT_ONCE], ids=str)
def test_usage_costs_what_its_single_requests_are_expected_to(settings: Settings) -> None:
    cells = [
        cell(r.model, input_tokens=r.tokens_in, cached=r.cached, output=r.tokens_out)
        for r in REQUESTS
    ]
    together = evaluate(ledger_baseline(cells, BOOK, days=30), settings.levers(), BOOK)
    assert together.cost == sum(expected(request, settings) for request in REQUESTS)


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_batch_is_cheaper_than_caching_below_the_break_even(request_: Request) -> None:
    """Batch wins iff the hit rate is below 2/3 + 2/3 of output over uncached input dollars."""
    price_in, _, price_out = map(Fraction, PRICES[request_.model, "standard"])
    ratio = request_.tokens_out * price_out / (request_.tokens_in * price_in)
    limit = Fraction(2, 3) + Fraction(2, 3) * ratio
    baseline = ledger_baseline(
        [cell(request_.model, input_tokens=request_.tokens_in, output=request_.tokens_out)],
        BOOK,
        days=30,
    )
    batched = evaluate(baseline, (Batch(share=Fraction(1)),), BOOK).cost
    for hit_rate in (limit - Fraction(1, 100), limit + Fraction(1, 100)):
        if 0 <= hit_rate <= 1:
            cached = evaluate(baseline, (Cache(hit_rate=hit_rate),), BOOK).cost
            assert (batched < cached) == (hit_rate < limit)
