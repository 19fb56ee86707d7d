"""Price thousands of scenarios at once, and some of them one by one by the exact path.

Run: ``python -m benchmarks.scenario_speed [scenarios]``. Usage is 90 days of quarter-hour
cells; the scenarios are one plan at random settings. Both ways must agree to 1e-9 on
the scenarios that were priced twice; exits with an error where they don't, or where
10,000 scenarios take more than a second. Seconds are the processor's, so that other
work on the machine does not count.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.engine import by_regime, costs_of
from costmodel.levers import Batch, Cache, Cascade, Grow, Route
from costmodel.meters import Meter, size_band
from costmodel.scenario import total_cost
from costmodel.usage import Cell, PricingKey, quantities
from costmodel.workload import ledger_baseline
from pricing import load_book

if TYPE_CHECKING:
    from costmodel.levers import Lever

FIRST_DAY, DAYS, QUARTERS = date(2026, 8, 22), 90, 96
MODELS = ("gpt-4.1", "gpt-4.1-mini")
FEATURES = ("search", "support", "review")
SIZES = (600, 3_000, 40_000)
SAMPLE, ROUNDS = 5, 3
MOST_SECONDS = 1.0
TOLERANCE = 1e-9


def seeded_cells() -> list[Cell]:
    """Return the same 90 days of quarter-hour cells in every run."""
    dice = random.Random(1)
    return [
        _cell(dice, FIRST_DAY + timedelta(days=day), model, feature)
        for day in range(DAYS)
        for _ in range(QUARTERS)
        for model in MODELS
        for feature in FEATURES
    ]


def _cell(dice: random.Random, on: date, model: str, feature: str) -> Cell:
    size, requests = dice.choice(SIZES), dice.randint(1, 200)
    key = PricingKey("openai", model, "global", "standard", size_band(size), on)
    cached = dice.randint(0, size // 2)
    amounts = {
        Meter.INPUT: (size - cached) * requests,
        Meter.CACHED_INPUT: cached * requests,
        Meter.OUTPUT: dice.randint(50, 800) * requests,
    }
    return Cell(key, (feature,), requests, quantities(amounts))


def seeded_scenarios(count: int) -> list[tuple[Lever, ...]]:
    """Return one plan with five levers at so many random settings."""
    dice = random.Random(2)

    def share() -> Fraction:
        return Fraction(dice.randint(0, 1_000), 1_000)

    return [
        (
            Grow(requests=share() / 5),
            Route(to="gpt-4.1-mini", source=("gpt-4.1",), share=share()),
            Cascade(
                first="gpt-4.1-mini",
                then="gpt-4.1",
                escalate=share(),
                where={"feature": ("search",)},
            ),
            Cache(hit_rate=share()),
            Batch(share=share()),
        )
        for _ in range(count)
    ]


def main() -> None:
    """Time both ways in one run and print them side by side."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    book, cells, scenarios = load_book(), seeded_cells(), seeded_scenarios(count)
    start = time.process_time()
    usage = ledger_baseline(cells, book, days=DAYS, dimension_names=("feature",))
    reading = time.process_time() - start
    engine: list[float] = []
    exact: list[float] = []
    folded: list[float] = []
    furthest = 0.0
    for turn in range(ROUNDS):
        start = time.process_time()
        costs = costs_of(usage, scenarios, book)
        engine.append(time.process_time() - start)
        some = range(turn * SAMPLE, (turn + 1) * SAMPLE)
        for ways, base in ((exact, usage), (folded, by_regime(usage, scenarios[0], book))):
            start = time.process_time()
            one_by_one = [float(total_cost(base, scenarios[n], book)) for n in some]
            ways.append((time.process_time() - start) / SAMPLE * count)
            pairs = zip(one_by_one, costs[list(some)], strict=True)
            furthest = max(furthest, *(abs(a - b) / a for a, b in pairs))
    print(f"{count:,} scenarios of 5 levers, {DAYS} days: {len(cells):,} cells, ", end="")
    print(f"{len(usage.flows):,} flows (summed in {reading:.2f} s)")
    print(f"median of {ROUNDS} alternating rounds; one by one: {SAMPLE * ROUNDS}, scaled up")
    middle = sorted(engine)[ROUNDS // 2]
    for name, seconds in (
        ("all at once, folding included", engine),
        ("one by one, exact, days folded", folded),
        ("one by one, exact", exact),
    ):
        own = sorted(seconds)[ROUNDS // 2]
        print(f"{name:32} {own:10.3f} s {count / own:12,.0f}/s  x{own / middle:9,.1f}")
    print(f"furthest apart: {furthest:.1e}; limits: {TOLERANCE:.0e} and {MOST_SECONDS:.0f} s")
    if furthest > TOLERANCE or middle > MOST_SECONDS:
        sys.exit("scenarios are slower, or further from the exact path, than their limits")


if __name__ == "__main__":
    main()
