"""Flows: usage in exact fractions, which levers move and scale."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.meters import INDEX, INPUT_METERS, TOKEN_METERS, Meter
from costmodel.usage import PricingKey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

FlowQuantities = tuple[Fraction, ...]
"""How much of each meter, in the order of ``METERS``."""

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Flow:
    """Usage of one pricing key and one group.

    ``model`` is canonical where the book knows it. ``on`` is the UTC day whose
    rates count. ``origin`` names the model that served the flow before any lever.
    ``escalated_from`` is set on second calls: the model that was tried first.
    ``keeps_cache`` says that the flow's cached share was set and a cache lever
    leaves it alone.
    """

    provider: str
    model: str
    zone: str
    tier: str
    size_band: int
    on: date
    dimensions: tuple[str | None, ...]
    requests: Fraction
    quantities: FlowQuantities
    origin: str
    escalated_from: str | None = None
    keeps_cache: bool = False

    @property
    def key(self) -> PricingKey:
        """Return what the flow's rates depend on."""
        return PricingKey(self.provider, self.model, self.zone, self.tier, self.size_band, self.on)

    @property
    def is_second_call(self) -> bool:
        """Tell whether another model's answer was tried before."""
        return self.escalated_from is not None

    @property
    def input_tokens(self) -> Fraction:
        """Return all input tokens, cached and written ones included."""
        return total_of(self.quantities, INPUT_METERS)

    @property
    def tokens(self) -> Fraction:
        """Return all tokens, in and out."""
        return total_of(self.quantities, TOKEN_METERS)

    def scaled(self, factor: Fraction) -> Flow:
        """Return this flow with all volume multiplied."""
        if factor == 1:
            return self
        amounts = tuple(n * factor if n else n for n in self.quantities)
        return replace(self, requests=self.requests * factor, quantities=amounts)

    def priced_on(self, day: date) -> Flow:
        """Return this flow at the rates of another day."""
        return replace(self, on=day)


def total_of(amounts: FlowQuantities, meters: Iterable[Meter]) -> Fraction:
    """Return how much the named meters count together."""
    return sum((amounts[INDEX[meter]] for meter in meters), ZERO)


def folded(flows: Iterable[Flow]) -> tuple[Flow, ...]:
    """Return flows with equal keys and groups summed, in the order of their first ones."""
    sums: dict[Flow, list[Flow]] = defaultdict(list)
    for flow in flows:
        sums[replace(flow, requests=ZERO, quantities=())].append(flow)
    return tuple(_sum(group) for group in sums.values())


def _sum(group: list[Flow]) -> Flow:
    if len(group) == 1:
        return group[0]
    amounts = tuple(
        sum((n for n in column if n), ZERO)
        for column in zip(*(flow.quantities for flow in group), strict=True)
    )
    return replace(
        group[0], requests=sum((flow.requests for flow in group), ZERO), quantities=amounts
    )
