"""What the shipped price tables say one request costs."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.cost import Cost, price
from costmodel.meters import Meter, size_band
from costmodel.usage import PricingKey, input_tokens, quantities
from pricing import load_book

if TYPE_CHECKING:
    from collections.abc import Mapping

BOOK = load_book()
NOVEMBER = date(2026, 11, 2)
"""A day on which every rate of the tables is in force that is not history or announced."""


def cost_of(
    model: str,
    amounts: Mapping[str, int] | None = None,
    *,
    on: date = NOVEMBER,
    tier: str = "standard",
    provider: str | None = None,
    zone: str = "global",
    **more: int,
) -> Cost:
    """The cost of one request; amounts by meter, ``input`` being uncached input alone."""
    everything = {**(amounts or {}), **more}
    counted = quantities({Meter(meter): amount for meter, amount in everything.items()})
    band = size_band(input_tokens(counted))
    seller = provider or maker(model)
    answer = price(PricingKey(seller, model, zone, tier, band, on), counted, BOOK)
    assert isinstance(answer, Cost), answer
    assert not answer.unpriced_quantities, answer.unpriced_quantities
    return answer


def maker(model: str) -> str:
    """Who made a model; Azure only serves others' models."""
    return next(p for p in ("openai", "anthropic", "google") if BOOK.resolve(p, model))


def usd(text: str) -> Fraction:
    """An amount of money, exactly as written."""
    return Fraction(text)
