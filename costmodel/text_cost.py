"""What texts cost to read: in each tier, whole and with a prefix from the cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from costmodel.book import Unpriced
from costmodel.context import cache_rule
from costmodel.cost import price
from costmodel.meters import Meter, size_band
from costmodel.usage import PricingKey, quantities

if TYPE_CHECKING:
    from datetime import date
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.rates import Model


@dataclass(frozen=True)
class PairCost:
    """Two texts as input in one tier; ``cached`` is the second whose prefix was read before."""

    tier: str
    first: Fraction
    second: Fraction
    cached: Fraction


def pair_costs(
    model: Model, tokens: tuple[int, int], cacheable: int, book: PriceBook, on: date
) -> list[PairCost]:
    """Return what two texts cost as input in every tier that the model is offered in."""
    found = []
    for tier in book.tiers_of(model.provider, model.name):
        costs = [_cost(model, tier, n, 0, book, on) for n in tokens]
        costs.append(_cost(model, tier, tokens[1], cacheable, book, on))
        if all(cost is not None for cost in costs):
            found.append(PairCost(tier, *(cost for cost in costs if cost is not None)))
    return found


def _cost(
    model: Model, tier: str, tokens: int, cached: int, book: PriceBook, on: date
) -> Fraction | None:
    key = PricingKey(model.provider, model.name, "global", tier, size_band(tokens), on)
    amounts = quantities({Meter.INPUT: tokens - cached, Meter.CACHED_INPUT: cached})
    cost = price(key, amounts, book)
    return None if isinstance(cost, Unpriced) else cost.total


def cacheable(model: Model, shared: int) -> int:
    """Return how many tokens of a shared prefix the model's cache can hold, in its steps."""
    return cache_rule(model).cached(shared)
