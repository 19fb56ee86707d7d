"""Usage: how much of each meter, under which pricing key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from costmodel.meters import (
    CACHED_METERS,
    INDEX,
    INPUT_METERS,
    METERS,
    OUTPUT_METERS,
    TOKEN_METERS,
    UNCACHED_METERS,
    WRITE_METERS,
    Meter,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

Quantities = tuple[int, ...]
"""How much of each meter, in the order of ``METERS``."""

NOTHING: Quantities = (0,) * len(METERS)


@dataclass(frozen=True, slots=True)
class PricingKey:
    """Everything a rate depends on.

    ``model`` is the name as served; the book resolves it at read time, so a new
    alias re-prices history. ``tier`` is standard, batch, flex or priority, or
    the word of the export when it means none of them (such usage is unpriced).
    ``on`` is the UTC day whose rates count.
    """

    provider: str
    model: str
    zone: str
    tier: str
    size_band: int
    on: date


@dataclass(frozen=True, slots=True)
class Cell:
    """Usage of one pricing key and one group, summed.

    ``dimensions`` holds the values of the dimensions asked for, in their order;
    None where the export did not give one. ``estimated_tokens`` were counted by
    us, ``unmetered_requests`` came without any count.
    """

    key: PricingKey
    dimensions: tuple[str | None, ...]
    requests: int
    quantities: Quantities
    estimated_tokens: int = 0
    unmetered_requests: int = 0


def quantities(amounts: Mapping[Meter, int]) -> Quantities:
    """Return amounts by meter as a tuple in the order of ``METERS``."""
    return tuple(amounts.get(meter, 0) for meter in METERS)


def added(left: Quantities, right: Quantities) -> Quantities:
    """Return the sum, meter by meter."""
    return tuple(a + b for a, b in zip(left, right, strict=True))


def total_of(amounts: Quantities, meters: Iterable[Meter]) -> int:
    """Return how much the named meters count together."""
    return sum(amounts[INDEX[meter]] for meter in meters)


def all_tokens(amounts: Quantities) -> int:
    """Return all tokens, in and out."""
    return total_of(amounts, TOKEN_METERS)


def input_tokens(amounts: Quantities) -> int:
    """Return all input tokens, cached and written ones included."""
    return total_of(amounts, INPUT_METERS)


def uncached_input_tokens(amounts: Quantities) -> int:
    """Return input tokens billed at the full input rate."""
    return total_of(amounts, UNCACHED_METERS)


def cached_input_tokens(amounts: Quantities) -> int:
    """Return input tokens read from a cache."""
    return total_of(amounts, CACHED_METERS)


def cache_write_tokens(amounts: Quantities) -> int:
    """Return input tokens written to a cache."""
    return total_of(amounts, WRITE_METERS)


def output_tokens(amounts: Quantities) -> int:
    """Return all output tokens, reasoning included."""
    return total_of(amounts, OUTPUT_METERS)
