"""Every question that the tables can answer, to be put to other libraries as well."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from costmodel.cost import Cost, price
from costmodel.meters import TIERS, Meter, size_band
from costmodel.usage import PricingKey, input_tokens, quantities
from tests.oracle.oracles import AS_OF, Case
from tests.shipped import BOOK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from fractions import Fraction

    from costmodel.rates import Model, RateCard

Amounts = dict[Meter, int]

DAYS = (
    date(2025, 6, 9),
    date(2025, 6, 10),
    date(2026, 3, 12),
    date(2026, 3, 13),
    date(2026, 7, 29),
    date(2026, 7, 30),
    date(2026, 8, 20),
    date(2026, 8, 21),
    date(2026, 9, 2),
    AS_OF,
    date(2026, 12, 1),
    date(2027, 1, 1),
)
"""Both sides of every day on which a price changed, and the day of comparison."""


def cases() -> Iterator[tuple[Case, Amounts]]:
    """Every name of every model in every tier it is offered in, by mix and day."""
    for model in BOOK.models:
        for tier in TIERS:
            cards = _cards(model, tier)
            for mix, amounts in _mixes(cards).items():
                for name in model.names:
                    for day in DAYS:
                        yield Case(model.provider, name, tier, mix, day), amounts


def our_cost(case: Case, amounts: Mapping[Meter, int]) -> Fraction | None:
    """What the book says, None where it has no price on that day."""
    counted = quantities(amounts)
    band = size_band(input_tokens(counted))
    key = PricingKey(case.provider, case.name, "global", case.tier, band, case.on)
    answer = price(key, counted, BOOK)
    return answer.total if isinstance(answer, Cost) else None


def _cards(model: Model, tier: str) -> list[RateCard]:
    return [
        card
        for card in BOOK.cards_of(model.provider, model.name)
        if (card.zone, card.tier) == ("global", tier) and card.status != "withdrawn"
    ]


def _mixes(cards: list[RateCard]) -> dict[str, Amounts]:
    """Mixes of tokens for which these cards have rates of their own."""
    if not cards:
        return {}
    meters = cards[0].usd_per_million
    mixes: dict[str, Amounts] = {
        "plain": {Meter.INPUT: 1_000, Meter.OUTPUT: 500},
        "cached": {Meter.INPUT: 400, Meter.CACHED_INPUT: 600, Meter.OUTPUT: 500},
    }
    if Meter.CACHE_WRITE in meters:
        mixes["written"] = {
            Meter.INPUT: 300,
            Meter.CACHED_INPUT: 400,
            Meter.CACHE_WRITE: 300,
            Meter.OUTPUT: 500,
        }
    if Meter.CACHE_WRITE_1H in meters:
        mixes["written-1h"] = {Meter.INPUT: 700, Meter.CACHE_WRITE_1H: 300, Meter.OUTPUT: 500}
    if Meter.INPUT_AUDIO in meters and Meter.OUTPUT_AUDIO in meters:
        mixes["sound"] = {
            Meter.INPUT: 100,
            Meter.INPUT_AUDIO: 900,
            Meter.OUTPUT: 100,
            Meter.OUTPUT_AUDIO: 400,
        }
    for edge in {card.above_input_tokens for card in cards if card.above_input_tokens}:
        for word, more in (("at-edge", 0), ("above-edge", 1)):
            mixes[word] = {
                Meter.INPUT: edge - 60_000 + more,
                Meter.CACHED_INPUT: 60_000,
                Meter.OUTPUT: 500,
            }
    return mixes
