"""Levers on how requests are served: from a cache, in batches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.book import Unpriced
from costmodel.flows import ZERO, total_of, with_cached_share
from costmodel.lever import Lever
from costmodel.meters import CACHED_METERS, MINIMUM_CACHEABLE_EDGE, WRITE_METERS, Meter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from costmodel.flows import Flow
    from costmodel.scene import Scene

ONE = Fraction(1)


@dataclass(frozen=True, kw_only=True)
class Cache(Lever):
    """``hit_rate`` of all input tokens is billed at the cached price, on every model.

    The share is absolute: it replaces what was cached before. In a ledger only
    requests long enough can be cached: their share rises until the whole traffic
    that one model served reaches the rate, and stops where they are cached whole. A
    typed workload only warns. ``models`` limits the lever.
    """

    step = "cache"
    shares = ("hit_rate",)

    hit_rate: Fraction
    models: tuple[str, ...] = ()

    def apply(self, flows: Iterable[Flow], scene: Scene) -> list[Flow]:
        """Set the cached share, and say where it cannot be reached."""
        ceilings: dict[tuple[str, int], Fraction] = {}
        self._warn_of_length(scene)
        return [self._cached(flow, scene, ceilings) for flow in flows]

    def _cached(self, flow: Flow, scene: Scene, ceilings: dict[tuple[str, int], Fraction]) -> Flow:
        limited = bool(self.models) and not scene.is_one_of(flow, self.models)
        if flow.keeps_cache or limited or not self.touches(flow, scene):
            return flow
        minimum = scene.minimum_of(flow)
        where = flow.origin, minimum
        if where not in ceilings:
            ceilings[where] = scene.cacheable_share(self.where, flow.origin, minimum)
        self._warn_of_writes(flow, scene)
        return with_cached_share(flow, self._share(flow, scene, ceilings[where], minimum))

    def _share(self, flow: Flow, scene: Scene, ceiling: Fraction, minimum: int) -> Fraction:
        """Return the cached share of one flow that brings its origin to the hit rate."""
        if not ceiling or not scene.can_be_cached(flow, minimum):
            return ZERO
        return min(ONE, self.hit_rate / ceiling)

    def _warn_of_length(self, scene: Scene) -> None:
        if scene.baseline.kind == "typed":
            self._warn_of_short_sessions(scene)
            return
        cached_today = scene.cached_share(self.where)
        if self.hit_rate < cached_today:
            scene.warn(f"{float(cached_today):.1%} of the input is cached today: this is less")
        ceiling = scene.cacheable_share(self.where, None, MINIMUM_CACHEABLE_EDGE)
        if self.hit_rate > ceiling:
            scene.warn(
                f"only {float(ceiling):.1%} of the input tokens stand in requests of "
                f"{MINIMUM_CACHEABLE_EDGE:,} tokens or more: the cached share stops there"
            )

    def _warn_of_short_sessions(self, scene: Scene) -> None:
        for flow in scene.baseline.flows:
            minimum = scene.minimum_of(flow)
            if self.hit_rate and flow.input_tokens < minimum * flow.requests:
                mean = float(flow.input_tokens / flow.requests)
                scene.warn(
                    f"{mean:,.0f} input tokens a session are fewer than the {minimum:,} that "
                    "can be cached: this share needs longer prompts"
                )

    def _warn_of_writes(self, flow: Flow, scene: Scene) -> None:
        quote = scene.quote(flow)
        if (
            not self.hit_rate
            or isinstance(quote, Unpriced)
            or total_of(flow.quantities, WRITE_METERS)
        ):
            return
        rates = quote.rates
        if rates.get(Meter.CACHE_WRITE, ZERO) > rates.get(Meter.INPUT, ZERO):
            scene.warn(f"{flow.model} bills cache writes, which this usage does not count")

    def model_names(self) -> tuple[str, ...]:
        """Return the models that the lever is limited to."""
        return self.models


@dataclass(frozen=True, kw_only=True)
class Batch(Lever):
    """A share of standard traffic is sent in batches, where the model is offered there."""

    step = "batch"
    shares = ("share",)

    share: Fraction

    def apply(self, flows: Iterable[Flow], scene: Scene) -> list[Flow]:
        """Move the share to batch rates; refuse where nothing can move."""
        listed = list(flows)
        asked = [f for f in listed if f.tier == "standard" and self.touches(f, scene)]
        staying = {f.model: None for f in asked if not _has_batch(f, scene)}
        if self.share and staying:
            names = ", ".join(staying)
            if len(staying) == len({f.model for f in asked}):
                scene.refuse(f"batch: not offered for {names}; leave the lever out")
            else:
                scene.warn(f"batch is not offered for {names}: that traffic stays standard")
        return [changed for flow in listed for changed in self.changed(flow, scene)]

    def changed(self, flow: Flow, scene: Scene) -> Iterable[Flow]:
        """Split a flow between standard and batch."""
        standard = flow.tier == "standard" and self.touches(flow, scene)
        if not self.share or not standard or not _has_batch(flow, scene):
            yield flow
            return
        if self.share < 1:
            yield flow.scaled(1 - self.share)
        batch = replace(flow, tier="batch").scaled(self.share)
        _warn_of_assumed_rates(batch, scene)
        yield batch


def _has_batch(flow: Flow, scene: Scene) -> bool:
    return not isinstance(scene.quote(replace(flow, tier="batch")), Unpriced)


def _warn_of_assumed_rates(batch: Flow, scene: Scene) -> None:
    quote = scene.quote(batch)
    if isinstance(quote, Unpriced):
        return
    for meter in CACHED_METERS:
        if batch.amount(meter) and meter in quote.assumptions:
            text = quote.assumptions[meter].text
            scene.warn(f"no cached price in batch for {batch.model}: {text}")
