"""How spend is said: its rows, its total, and what the total misses."""

from __future__ import annotations

from fractions import Fraction
from math import floor, log10
from typing import TYPE_CHECKING, Any

from costmodel.money import dollars
from tollbook.output import amount, tokens_text

if TYPE_CHECKING:
    from costmodel.spend import Spend, SpendRow, UnpricedVolume

TIME_WORDS = frozenset({"hour", "day", "week", "month"})

CENT = Fraction(1, 100)

TOKEN_KEYS = (
    "input_tokens",
    "uncached_input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "output_tokens",
)


def row_answer(row: SpendRow, by: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return one group as JSON: its dimensions, its usage, its money."""
    return {
        **dict(zip(by, row.dimensions, strict=True)),
        "requests": row.requests,
        **{name: getattr(row, name) for name in TOKEN_KEYS},
        "cost": amount(row.cost),
        "list_cost": amount(row.list_cost),
    }


def unpriced_answer(volume: UnpricedVolume) -> dict[str, Any]:
    """Return usage without a price as JSON."""
    return {
        "provider": volume.provider,
        "model": volume.model,
        "tokens": volume.tokens,
        "units": volume.units,
        "requests": volume.requests,
        "reason": volume.reason,
    }


def unpriced_words(volume: UnpricedVolume) -> str:
    """Return usage without a price in words: ``1.2M tokens of acme-7b (...)``."""
    units = f" and {volume.units:,} units" if volume.units else ""
    return f"{tokens_text(volume.tokens)} tokens{units} of {volume.model} ({volume.reason})"


def sorted_rows(spend: Spend) -> list[SpendRow]:
    """Return the groups: by time where one groups by it, dearest first otherwise."""
    times = [place for place, word in enumerate(spend.by) if word in TIME_WORDS]

    def order(row: SpendRow) -> tuple[object, ...]:
        when = tuple(row.dimensions[place] or "" for place in times)
        cost = (row.cost is None, -(row.cost or 0))
        return (*when, *cost, tuple(value or "" for value in row.dimensions))

    return sorted(spend.rows, key=order)


def money_words(money: Fraction | None, currency: str) -> str:
    """Return money in cents, or in its first two digits where it is less than a cent."""
    if money and abs(money) < CENT:
        places = -floor(log10(abs(money))) + 1
        return dollars(money, currency, places)
    return dollars(money, currency)
