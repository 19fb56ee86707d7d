"""Workloads that several tests price: the guide's typed one, and usage from a ledger."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.meters import Meter, size_band
from costmodel.scenario import Outcome, evaluate, total_cost
from costmodel.usage import Cell, PricingKey, quantities
from costmodel.workload import Baseline, ledger_baseline, typed_workload
from tests.books import BOOK

if TYPE_CHECKING:
    from costmodel.book import PriceBook
    from costmodel.levers import Lever

DAY = date(2026, 11, 1)


def guide(model: str = "gpt-4.1-mini", on: date = DAY, book: PriceBook = BOOK) -> Baseline:
    """10,000 sessions a day x 30 days x 1,500 tokens, 40% of them output."""
    return typed_workload(
        sessions_per_day=10_000,
        days=30,
        tokens_per_session=1_500,
        output_share=Fraction(2, 5),
        model=model,
        on=on,
        book=book,
    )


def cell(
    model: str = "gpt-4.1-mini",
    *,
    input_tokens: int = 2_000,
    cached: int = 0,
    output: int = 500,
    requests: int = 1,
    dimensions: tuple[str | None, ...] = (),
    tier: str = "standard",
    provider: str = "openai",
    on: date = DAY,
    audio: int = 0,
) -> Cell:
    """Usage of equal requests, each with these tokens; cached ones count among the input."""
    key = PricingKey(provider, model, "global", tier, size_band(input_tokens + audio), on)
    amounts = {
        Meter.INPUT: (input_tokens - cached) * requests,
        Meter.CACHED_INPUT: cached * requests,
        Meter.OUTPUT: output * requests,
        Meter.INPUT_AUDIO: audio * requests,
    }
    return Cell(key, dimensions, requests, quantities(amounts))


def ledger(*cells: Cell, names: tuple[str, ...] = ()) -> Baseline:
    """Usage of 30 days, which are a month."""
    return ledger_baseline(cells, BOOK, days=30, dimension_names=names)


def percent(number: float | str) -> Fraction:
    """A share as people write it."""
    return Fraction(str(number)) / 100


def run(*levers: Lever, baseline: Baseline | None = None) -> Outcome:
    """What levers make of the guide, or of other usage, in whatever order they are given."""
    usage = baseline or guide()
    outcome = evaluate(usage, levers, BOOK)
    assert outcome.cost == total_cost(usage, levers, BOOK)
    assert outcome.cost == evaluate(usage, levers[::-1], BOOK).cost
    return outcome


def requests_of(outcome: Outcome) -> dict[str, Fraction]:
    """Requests by model."""
    return {model.model: model.requests for model in outcome.models}
