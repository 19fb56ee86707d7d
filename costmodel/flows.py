"""Flows: usage in exact fractions, which levers move and scale."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from costmodel.meters import (
    INDEX,
    INPUT_METERS,
    OUTPUT_METERS,
    TOKEN_METERS,
    UNKNOWN_BAND,
    WRITE_METERS,
    Meter,
    size_band,
)
from costmodel.usage import PricingKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

FlowQuantities = tuple[Fraction, ...]
"""How much of each meter, in the order of ``METERS``."""

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Flow:
    """Usage of one pricing key and one group.

    ``model`` is canonical where the book knows it. ``on`` is the UTC day whose
    rates count. ``origin`` names the model that served the flow before any lever.
    ``escalated_from`` is set on second calls: the model that was tried first;
    ``made_by`` says that a lever added the call. ``keeps_cache``: the cached share was
    set with the call and a cache lever leaves it alone. ``people_cost`` is money for
    people who read the answers, which no meter counts. ``mean_sized``: the band is
    that of the mean length, single requests may lie in others.
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
    made_by: Literal["second call", "check", "retry"] | None = None
    keeps_cache: bool = False
    people_cost: Fraction = ZERO
    mean_sized: bool = False

    @property
    def key(self) -> PricingKey:
        """Return what the flow's rates depend on."""
        return PricingKey(self.provider, self.model, self.zone, self.tier, self.size_band, self.on)

    @property
    def is_second_call(self) -> bool:
        """Tell whether another model's answer was tried before."""
        return self.escalated_from is not None

    @property
    def stands_beside(self) -> bool:
        """Tell whether a lever added the call beside the request: a second call or a check."""
        return self.made_by in {"second call", "check"}

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
        return replace(
            self,
            requests=self.requests * factor,
            quantities=tuple(n * factor if n else n for n in self.quantities),
            people_cost=self.people_cost * factor if self.people_cost else ZERO,
        )

    @property
    def output_tokens(self) -> Fraction:
        """Return all output tokens, reasoning included."""
        return total_of(self.quantities, OUTPUT_METERS)

    def with_amounts(self, amounts: Mapping[Meter, Fraction]) -> Flow:
        """Return this flow with some meters counting something else."""
        changed = list(self.quantities)
        for meter, amount in amounts.items():
            changed[INDEX[meter]] = amount
        return replace(self, quantities=tuple(changed))

    def amount(self, meter: Meter) -> Fraction:
        """Return how much of one meter the flow uses."""
        return self.quantities[INDEX[meter]]

    def priced_on(self, day: date) -> Flow:
        """Return this flow at the rates of another day."""
        return replace(self, on=day)


def total_of(amounts: FlowQuantities, meters: Iterable[Meter]) -> Fraction:
    """Return how much the named meters count together."""
    used = [amount for meter in meters if (amount := amounts[INDEX[meter]])]
    return sum(used[1:], used[0]) if used else ZERO


def folded(flows: Iterable[Flow]) -> tuple[Flow, ...]:
    """Return flows with equal keys and groups summed, in the order of their first ones."""
    sums: dict[Flow, list[Flow]] = defaultdict(list)
    for flow in flows:
        sums[replace(flow, requests=ZERO, quantities=(), people_cost=ZERO)].append(flow)
    return tuple(_sum(group) for group in sums.values())


def _sum(group: list[Flow]) -> Flow:
    if len(group) == 1:
        return group[0]
    amounts = tuple(
        sum((n for n in column if n), ZERO)
        for column in zip(*(flow.quantities for flow in group), strict=True)
    )
    return replace(
        group[0],
        requests=sum((flow.requests for flow in group), ZERO),
        quantities=amounts,
        people_cost=sum((flow.people_cost for flow in group if flow.people_cost), ZERO),
    )


INPUT_KINDS: tuple[tuple[Meter, Meter, tuple[Meter, ...]], ...] = (
    (Meter.INPUT, Meter.CACHED_INPUT, WRITE_METERS),
    (Meter.INPUT_AUDIO, Meter.CACHED_INPUT_AUDIO, ()),
    (Meter.INPUT_IMAGE, Meter.CACHED_INPUT_IMAGE, ()),
)
"""Uncached, cached and written meters of text, audio and images."""


def with_cached_share(flow: Flow, share: Fraction) -> Flow:
    """Return the flow with this share of its input read from a cache, in every kind of input.

    What is not read splits between uncached and written as it did before.
    """
    amounts: dict[Meter, Fraction] = {}
    for uncached, cached, written in INPUT_KINDS:
        missed = {m: n for m in (uncached, *written) if (n := flow.amount(m))}
        read = flow.amount(cached)
        if not missed and not read:
            continue
        missed_before = sum(missed.values(), ZERO)
        total = missed_before + read
        amounts[cached] = total * share
        left = total - amounts[cached]
        if missed_before:
            part = left / missed_before
            amounts |= {meter: n * part for meter, n in missed.items()}
        else:
            amounts[uncached] = left
    return flow.with_amounts(amounts)


def resized(flow: Flow) -> Flow:
    """Return the flow in the band of its mean input length, where its band is known."""
    if flow.size_band == UNKNOWN_BAND or not flow.requests:
        return flow
    return replace(flow, size_band=size_band(math.ceil(flow.input_tokens / flow.requests)))


def check_of(flow: Flow, output_tokens: int) -> Flow:
    """Return a call that reads every prompt and answer of a flow and writes so many tokens."""
    nothing = replace(
        flow,
        quantities=(ZERO,) * len(flow.quantities),
        made_by="check",
        keeps_cache=False,
        people_cost=ZERO,
    )
    written = output_tokens * flow.requests
    return nothing.with_amounts({Meter.INPUT: flow.tokens, Meter.OUTPUT: written})
