"""Price the same usage here, with genai-prices and with litellm, in one run.

Run: ``python -m benchmarks.pricing_speed [requests]``. Prints seconds, requests a
second, ratios and the totals, which must agree to a tenth of a cent: speed on
another answer would prove nothing. Ours appears twice: request by request, and
as the screens do it, over quarter-hour cells.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # the map in the package, no network

from typing import TYPE_CHECKING

import genai_prices
import litellm

from costmodel.cost import Cost, price
from costmodel.meters import Meter, size_band
from costmodel.spend import spend
from costmodel.usage import NOTHING, Cell, PricingKey, added, quantities
from pricing import load_book

if TYPE_CHECKING:
    from collections.abc import Callable

    from costmodel.book import PriceBook

MODELS = ("gpt-4.1-2025-04-14", "gpt-4.1-mini-2025-04-14", "gpt-4o-mini-2024-07-18")
FEATURES = ("search", "support", "review", "summaries")
FIRST_DAY = datetime(2026, 10, 20, tzinfo=UTC)
ROUNDS = 3


@dataclass(frozen=True)
class Request:
    """One request: when, which model and feature, and its tokens (input holds cached)."""

    when: datetime
    model: str
    feature: str
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int


def seeded_requests(count: int) -> list[Request]:
    """Return the same random month of requests in every run."""
    draw = random.Random(1)
    requests = []
    for _ in range(count):
        input_tokens = int(draw.lognormvariate(7, 1)) + 1
        requests.append(
            Request(
                FIRST_DAY + timedelta(seconds=draw.randrange(30 * 86_400)),
                draw.choice(MODELS),
                draw.choice(FEATURES),
                input_tokens,
                draw.randrange(input_tokens + 1) if draw.random() < 0.5 else 0,
                int(draw.lognormvariate(5, 1)),
            )
        )
    return requests


def as_cell(request: Request, when: date) -> Cell:
    """Return one request as a cell."""
    band = size_band(request.input_tokens)
    key = PricingKey("openai", request.model, "global", "standard", band, when)
    amounts = {
        Meter.INPUT: request.input_tokens - request.cached_input_tokens,
        Meter.CACHED_INPUT: request.cached_input_tokens,
        Meter.OUTPUT: request.output_tokens,
    }
    return Cell(key, (request.feature,), 1, quantities(amounts))


def as_cells(requests: list[Request]) -> list[Cell]:
    """Return quarter-hour cells: what the store holds before anybody asks."""
    sums: dict[tuple[object, ...], Cell] = {}
    for request in requests:
        single = as_cell(request, request.when.date())
        quarter = int(request.when.timestamp()) // 900
        before = sums.get((quarter, single.key, single.dimensions))
        seen = before.requests if before else 0
        amounts = added(before.quantities if before else NOTHING, single.quantities)
        sums[quarter, single.key, single.dimensions] = Cell(
            single.key, single.dimensions, seen + 1, amounts
        )
    return list(sums.values())


def ours_by_request(singles: list[Cell], book: PriceBook) -> Fraction:
    """Return the exact total, one request after the other."""
    costs = (price(cell.key, cell.quantities, book) for cell in singles)
    return sum((cost.total for cost in costs if isinstance(cost, Cost)), Fraction(0))


def ours_by_cell(cells: list[Cell], book: PriceBook) -> Fraction:
    """Return the exact total as every screen gets it, by model and feature."""
    return spend(cells, book, ("model", "feature"), ("feature",)).total.cost or Fraction(0)


def genai(requests: list[Request]) -> float:
    """Return genai-prices' total."""
    return sum(
        float(
            genai_prices.calc_price(
                genai_prices.Usage(
                    input_tokens=request.input_tokens,
                    cache_read_tokens=request.cached_input_tokens,
                    output_tokens=request.output_tokens,
                ),
                model_ref=request.model,
                provider_id="openai",
                genai_request_timestamp=request.when,
            ).total_price
        )
        for request in requests
    )


def lite(requests: list[Request]) -> float:
    """Return litellm's total."""
    return sum(
        sum(
            litellm.cost_per_token(
                model=request.model,
                prompt_tokens=request.input_tokens,
                completion_tokens=request.output_tokens,
                cache_read_input_tokens=request.cached_input_tokens,
                custom_llm_provider="openai",
            )
        )
        for request in requests
    )


def main() -> None:
    """Time all four in alternating rounds and print medians."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    requests, book = seeded_requests(count), load_book()
    singles = [as_cell(request, request.when.date()) for request in requests]
    cells = as_cells(requests)
    ways: dict[str, Callable[[], Fraction | float]] = {
        "tollbook, cells": lambda: ours_by_cell(cells, book),
        "tollbook, requests": lambda: ours_by_request(singles, book),
        "genai-prices": lambda: genai(requests),
        "litellm": lambda: lite(requests),
    }
    seconds, totals = _measured(ways)
    print(f"{count:,} requests, {len(cells):,} cells, median of {ROUNDS} alternating rounds")
    for name in ways:
        middle = sorted(seconds[name])[ROUNDS // 2]
        ratio = middle / sorted(seconds["tollbook, cells"])[ROUNDS // 2]
        rate = count / middle
        print(f"{name:20} {middle:9.4f} s {rate:12,.0f}/s  x{ratio:7.1f}  ${totals[name]:.6f}")
    assert max(totals.values()) - min(totals.values()) < 0.001, totals


def _measured(
    ways: dict[str, Callable[[], Fraction | float]],
) -> tuple[dict[str, list[float]], dict[str, float]]:
    seconds: dict[str, list[float]] = defaultdict(list)
    totals: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            totals[name] = float(way())
            seconds[name].append(time.perf_counter() - start)
    return seconds, totals


if __name__ == "__main__":
    main()
