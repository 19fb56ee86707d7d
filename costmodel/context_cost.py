"""What planned calls cost: each at the price of its size, exactly."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from costmodel.book import Unpriced
from costmodel.context import (
    NO_CACHE,
    Calls,
    best_interval,
    cache_rule,
    compacted,
    conversation,
)
from costmodel.cost import price
from costmodel.meters import INDEX, METERS, Meter, size_band
from costmodel.usage import PricingKey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.context import CacheRule, Compaction, Conversation
    from costmodel.rates import Model


FAR_BEYOND = 4
ENOUGH_TRIED = 60


class NoPriceError(Exception):
    """A model has no price in this tier or on this day; the message says why."""


@dataclass(frozen=True)
class Prices:
    """Which models are called, where and when: one that answers, one that reads pieces."""

    book: PriceBook
    model: Model
    on: date
    reader: Model | None = None
    tier: str = "standard"

    def of(self, calls: Calls) -> Model:
        """Return the model of a call."""
        return self.reader if calls.first and self.reader is not None else self.model


@dataclass(frozen=True)
class Priced:
    """What calls cost together and by step, and how many tokens they read and write."""

    total: Fraction
    by_step: dict[str, Fraction]
    calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    largest_input: int
    assumptions: tuple[str, ...]


def priced(calls: Iterable[Calls], prices: Prices) -> Priced:
    """Return what calls cost.

    Raises:
        NoPriceError: A model has no price for them.
    """
    calls = tuple(calls)
    sums: dict[tuple[str, bool, int], list[int]] = defaultdict(lambda: [0] * len(METERS))
    for each in calls:
        amounts = sums[each.step, each.first, size_band(each.input_tokens)]
        for meter, tokens in _meters(each, prices).items():
            amounts[INDEX[meter]] += tokens * each.count
    by_step: dict[str, Fraction] = defaultdict(Fraction)
    assumed: dict[str, None] = {}
    for (step, first, band), amounts in sums.items():
        model = prices.reader if first and prices.reader is not None else prices.model
        cost, texts = _cost(model, band, tuple(amounts), prices)
        by_step[step] += cost
        assumed |= dict.fromkeys(texts)
    return Priced(
        total=sum(by_step.values(), Fraction(0)),
        by_step=dict(by_step),
        calls=sum(each.count for each in calls),
        input_tokens=sum(each.count * each.input_tokens for each in calls),
        cached_tokens=sum(each.count * each.cached_tokens for each in calls),
        output_tokens=sum(each.count * each.output_tokens for each in calls),
        largest_input=max(each.input_tokens for each in calls),
        assumptions=tuple(assumed),
    )


def _meters(calls: Calls, prices: Prices) -> dict[Meter, int]:
    """Return the meters of one call; writing to a cache is input where it has no price."""
    written = calls.written_tokens if _charges_writes(prices.of(calls), prices) else 0
    return {
        Meter.INPUT: calls.input_tokens - calls.cached_tokens - written,
        Meter.CACHED_INPUT: calls.cached_tokens,
        Meter.CACHE_WRITE: written,
        Meter.OUTPUT: calls.output_tokens,
    }


def _key(model: Model, band: int, prices: Prices) -> PricingKey:
    return PricingKey(model.provider, model.name, "global", prices.tier, band, prices.on)


def _charges_writes(model: Model, prices: Prices) -> bool:
    quote = prices.book.quote(_key(model, 0, prices))
    return not isinstance(quote, Unpriced) and Meter.CACHE_WRITE in quote.card.usd_per_million


def _cost(
    model: Model, band: int, amounts: tuple[int, ...], prices: Prices
) -> tuple[Fraction, list[str]]:
    cost = price(_key(model, band, prices), amounts, prices.book)
    if isinstance(cost, Unpriced):
        raise NoPriceError(f"{model.name}: {cost.reason}")
    return cost.total, [*cost.warnings, *(each.text for each in cost.assumptions)]


def rate(meter: Meter, prices: Prices, input_tokens: int = 0) -> Fraction:
    """Return what one token of a meter costs in a call of this size."""
    quote = prices.book.quote(_key(prices.model, size_band(input_tokens), prices))
    if isinstance(quote, Unpriced):
        raise NoPriceError(f"{prices.model.name}: {quote.reason}")
    return quote.rates[meter] / 1_000_000


@dataclass(frozen=True)
class Interval:
    """Compacting every ``every`` turns, and what that costs; ``estimate`` is the formula's."""

    every: int
    cost: Priced
    estimate: float


def cheapest_interval(
    talk: Conversation, compaction: Compaction, prices: Prices, rule: CacheRule = NO_CACHE
) -> Interval:
    """Return the number of turns between summaries that costs least.

    All up to several times the estimate are tried, and none at all: beyond, what is
    held only grows.
    """
    estimate = estimated_interval(talk, compaction, prices, rule)
    furthest = talk.turns
    if estimate < talk.turns / FAR_BEYOND:
        furthest = max(ENOUGH_TRIED, ceil(estimate * FAR_BEYOND))
    tried = {
        every: compacted(talk, every, compaction, rule)
        for every in (*range(1, min(furthest, talk.turns)), talk.turns)
    }
    costs = {every: priced(calls, prices) for every, calls in tried.items()}
    best = min(costs, key=lambda every: costs[every].total)
    return Interval(best, costs[best], estimate)


def estimated_interval(
    talk: Conversation, compaction: Compaction, prices: Prices, rule: CacheRule = NO_CACHE
) -> float:
    """Return the economic order quantity of turns between summaries.

    Each turn of history costs every later turn u + a tokens, at the cached price where
    the prefix is cached. A summary costs its output and instruction, reading system
    prompt and earlier summary once more, and the new summary at full price where
    turns otherwise read it from the cache.
    """
    full, out = rate(Meter.INPUT, prices), rate(Meter.OUTPUT, prices)
    held = full if rule == NO_CACHE else rate(Meter.CACHED_INPUT, prices)
    again = (talk.system + compaction.summary) * held + compaction.summary * (full - held)
    setup = compaction.summary * out + compaction.instruction * full + again
    return best_interval(float(setup), float(talk.growth * held))


def without_compaction(talk: Conversation, prices: Prices, *, cached: bool) -> Priced:
    """Return what a conversation costs that is never compacted."""
    rule = cache_rule(prices.model) if cached else NO_CACHE
    return priced(conversation(talk, rule), prices)
