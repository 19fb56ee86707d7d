"""Levers on how requests are served: from a cache, in batches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from costmodel.book import Unpriced
from costmodel.flows import ZERO, total_of, with_cached_share
from costmodel.lever import Lever
from costmodel.meters import (
    CACHED_METERS,
    MINIMUM_CACHEABLE_EDGE,
    TIERS,
    UNKNOWN_BAND,
    WRITE_METERS,
    Meter,
)
from costmodel.scene import LeverError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from costmodel.flows import Flow
    from costmodel.scene import Scene

ONE = Fraction(1)


def write_break_even(uncached: Fraction, write: Fraction, cached: Fraction) -> Fraction:
    """Return the cached share from which paid writes cost less than no cache: (w-1)/(w-r).

    Of the input all that is not read is written. Rates are money per million; 1 where
    reading costs no less than writing.
    """
    return (write - uncached) / (write - cached) if write > cached else ONE


@dataclass(frozen=True, kw_only=True)
class Cache(Lever):
    """``hit_rate`` of all input tokens is billed at the cached price, on every model.

    The share is absolute: it replaces what was cached before. In a ledger only
    requests long enough can be cached: their share rises until the whole traffic
    that one model served reaches the rate, and stops where they are cached whole. A
    typed workload only warns. ``models`` limits the lever. ``written`` is the share of
    the input not read that is written to the cache, where a model has a price for
    writes (None: as in the usage); ``kept`` how long writes are kept.
    """

    step = "cache"
    shares = ("hit_rate", "written")

    hit_rate: Fraction
    models: tuple[str, ...] = ()
    written: Fraction | None = None
    kept: Literal["5m", "1h"] | None = None

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
        share = self._share(flow, scene, ceilings[where], minimum)
        cached = with_cached_share(flow, share)
        if not self._bills_writes(flow, scene):
            return cached
        self._warn_of_writes(flow, scene)
        if self.written is None or scene.can_be_cached(flow, minimum):
            return self._with_writes(cached, self.written)
        return self._with_writes(cached, ZERO)

    def _bills_writes(self, flow: Flow, scene: Scene) -> bool:
        quote = scene.quote(flow)
        if isinstance(quote, Unpriced):
            return False
        rates = quote.rates
        return rates.get(Meter.CACHE_WRITE, ZERO) > rates.get(Meter.INPUT, ZERO)

    def _with_writes(self, flow: Flow, written: Fraction | None) -> Flow:
        """Return the flow with its writes as the lever says, its reads unchanged."""
        before, for_an_hour = total_of(flow.quantities, WRITE_METERS), Meter.CACHE_WRITE_1H
        missed = before + flow.amount(Meter.INPUT)
        writes = before if written is None else missed * written
        if self.kept is not None:
            long_part = ONE if self.kept == "1h" else ZERO
        else:
            long_part = flow.amount(for_an_hour) / before if before else ZERO
        return flow.with_amounts(
            {
                Meter.INPUT: missed - writes,
                Meter.CACHE_WRITE: writes * (1 - long_part),
                for_an_hour: writes * long_part,
            }
        )

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
        """Say what writes may cost where neither the usage nor the lever counts them."""
        counted = self.written is not None or total_of(flow.quantities, WRITE_METERS)
        quote = scene.quote(flow)
        if not self.hit_rate or counted or isinstance(quote, Unpriced):
            return
        paying = write_break_even(
            quote.rates[Meter.INPUT],
            quote.rates[Meter.CACHE_WRITE],
            quote.rates.get(Meter.CACHED_INPUT, quote.rates[Meter.INPUT]),
        )
        scene.warn(
            f"{flow.model} bills cache writes, which this usage does not count; were all that "
            f"is not read written, caching would pay from {float(paying):.1%} on"
        )

    def model_names(self) -> tuple[str, ...]:
        """Return the models that the lever is limited to."""
        return self.models


@dataclass(frozen=True, kw_only=True)
class Tier(Lever):
    """A share of the traffic of other tiers is served in ``to``, where a model is offered there.

    Priority takes no long requests: they stay where they are.
    """

    step = "tier"
    shares = ("share",)

    to: str
    share: Fraction = ONE

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.to not in TIERS:
            raise LeverError(f"there is no tier {self.to!r}; there are {', '.join(TIERS)}")

    def apply(self, flows: Iterable[Flow], scene: Scene) -> list[Flow]:
        """Move the share to the tier's rates; refuse where nothing can move."""
        asked = [(f, f.tier != self.to and self.touches(f, scene)) for f in flows]
        return _sent_in(self.to, self.share, asked, scene)


@dataclass(frozen=True, kw_only=True)
class Batch(Lever):
    """A share of standard traffic is sent in batches, where the model is offered there."""

    step = "batch"
    shares = ("share",)

    share: Fraction

    def apply(self, flows: Iterable[Flow], scene: Scene) -> list[Flow]:
        """Move the share to batch rates; refuse where nothing can move."""
        asked = [(f, f.tier == "standard" and self.touches(f, scene)) for f in flows]
        return _sent_in("batch", self.share, asked, scene)


def _sent_in(
    tier: str, share: Fraction, asked: Sequence[tuple[Flow, bool]], scene: Scene
) -> list[Flow]:
    """Return the flows after a share of those asked for went to a tier that offers them."""
    if not share:
        return [flow for flow, _ in asked]
    staying: dict[str, str] = {}
    found: list[Flow] = []
    some_move = False
    for flow, is_asked in asked:
        is_offered = is_asked and _is_offered(flow, tier, scene)
        if is_asked and not is_offered:
            staying[flow.model] = flow.tier
        some_move |= is_offered
        if not is_offered or _is_too_long(flow, tier, scene):
            found.append(flow)
            continue
        if share < 1:
            found.append(flow.scaled(1 - share))
        found.append(replace(flow, tier=tier).scaled(share))
        _warn_of_assumed_rates(found[-1], scene)
    if staying:
        _remark_on_staying(tier, staying, scene, some_move=some_move)
    return found


def _remark_on_staying(
    tier: str, staying: Mapping[str, str], scene: Scene, *, some_move: bool
) -> None:
    names, tiers = ", ".join(staying), " or ".join(dict.fromkeys(staying.values()))
    if some_move:
        scene.warn(f"{tier} is not offered for {names}: that traffic stays {tiers}")
    else:
        scene.refuse(f"{tier}: not offered for {names}; leave the lever out")


def _is_offered(flow: Flow, tier: str, scene: Scene) -> bool:
    return not isinstance(scene.quote(replace(flow, tier=tier)), Unpriced)


def _is_too_long(flow: Flow, tier: str, scene: Scene) -> bool:
    """Tell whether requests are longer than the tier takes; says so where they are."""
    longest = scene.longest_in(flow, tier)
    if longest is None:
        return False
    if flow.size_band == UNKNOWN_BAND:
        scene.warn(
            f"{tier} takes no request of {flow.model} above {longest:,} input tokens; "
            "the sizes of single requests are not known here"
        )
        return False
    if flow.size_band < longest:
        return False
    scene.warn(
        f"{tier} takes no request of {flow.model} above {longest:,} input tokens: "
        "those stay as they are"
    )
    return True


def _warn_of_assumed_rates(moved: Flow, scene: Scene) -> None:
    quote = scene.quote(moved)
    if isinstance(quote, Unpriced):
        return
    for meter in CACHED_METERS:
        if moved.amount(meter) and meter in quote.assumptions:
            text = quote.assumptions[meter].text
            scene.warn(f"no cached price in {moved.tier} for {moved.model}: {text}")
