"""Ways to serve segments of usage: model, tier and cached share, each with its exact cost.

A segment is usage that has its own needs: how good answers must be, how soon they must
come, whether they may wait a day for a batch. A way that is too slow is kept apart, so
that the price of being fast can be told.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

from costmodel.flows import ZERO, Flow
from costmodel.levers import Cache
from costmodel.meters import METERS, Meter, size_band
from costmodel.scenario import evaluate
from costmodel.scene import Scene
from costmodel.workload import Baseline, model_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.scenario import Outcome

BATCH = "batch"
MINUTES_A_DAY = 1_440
REQUESTS, TOKENS = "requests a minute", "tokens a minute"

LimitName = tuple[str, str]
"""A model, and ``REQUESTS`` or ``TOKENS``."""


@dataclass(frozen=True)
class Need:
    """One segment as it is wanted: its month of usage, and what its answers must be like.

    ``quality_floor`` is the least share of right answers, ``p95_seconds`` within which
    95 of 100 answers must come; None: no matter. ``cached_share`` is the share of input
    that could be billed at the cached price, None: what it is in the usage.
    """

    name: str
    usage: Baseline
    quality_floor: Fraction | None = None
    p95_seconds: Fraction | None = None
    may_wait: bool = False
    cached_share: Fraction | None = None


@dataclass(frozen=True)
class Offer:
    """One model as it may be used.

    ``quality`` is the share of right answers by segment, None as its key: everywhere.
    ``p95_seconds`` is by tier.
    """

    model: str
    tiers: tuple[str, ...] = ("standard", BATCH)
    quality: Mapping[str | None, Fraction] = field(default_factory=dict)
    p95_seconds: Mapping[str, Fraction] = field(default_factory=dict)

    def quality_for(self, segment: str) -> Fraction | None:
        """Return the share of right answers in a segment, None where nobody knows."""
        return self.quality.get(segment, self.quality.get(None))


@dataclass(frozen=True, eq=False)
class Way:
    """One way to serve a whole segment; ``cost`` is that of a month.

    ``loads`` is what the busiest minute uses of each limit. A batch uses none.
    """

    model: str
    tier: str
    cached_share: Fraction | None
    cost: Fraction
    quality: Fraction | None
    p95_seconds: Fraction | None
    loads: Mapping[LimitName, Fraction] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the way in words: ``gpt-4.1-mini in batch, 60% of input cached``."""
        tier = "" if self.tier == "standard" else f" in {self.tier}"
        cached = (
            "" if self.cached_share is None else f", {float(self.cached_share):.0%} of input cached"
        )
        return f"{self.model}{tier}{cached}"


@dataclass(frozen=True, eq=False)
class Segment:
    """A segment with every way that answers soon enough, and those that are too slow.

    ``requests`` a month weigh its quality among all segments. ``today`` is what a month
    costs as it is served now, None for typed numbers.
    """

    name: str
    requests: Fraction
    ways: tuple[Way, ...]
    too_slow: tuple[Way, ...] = ()
    quality_floor: Fraction | None = None
    p95_seconds: Fraction | None = None
    today: Fraction | None = None

    @property
    def good_ways(self) -> tuple[Way, ...]:
        """Return the ways that reach the quality floor by themselves."""
        floor = self.quality_floor
        return tuple(
            way
            for way in self.ways
            if floor is None or (way.quality is not None and way.quality >= floor)
        )


def typed_need(  # noqa: PLR0913  these are the numbers that people type
    *,
    requests: Fraction,
    input_tokens: Fraction,
    output_tokens: Fraction,
    cached_share: Fraction,
    on: date,
    model: str,
    book: PriceBook,
) -> Baseline:
    """Return a month of typed requests, tokens counted for each of them.

    ``model`` only says whose prices stand beside it today.
    """
    known = model_named(model, book)
    cached = input_tokens * cached_share
    amounts = {
        Meter.INPUT: (input_tokens - cached) * requests,
        Meter.CACHED_INPUT: cached * requests,
        Meter.OUTPUT: output_tokens * requests,
    }
    flow = Flow(
        provider=known.provider,
        model=known.name,
        zone="global",
        tier="standard",
        size_band=size_band(int(input_tokens)),
        on=on,
        dimensions=(),
        requests=requests,
        quantities=tuple(amounts.get(meter, ZERO) for meter in METERS),
        origin=known.name,
    )
    return Baseline("typed", (flow,), Fraction(30))


def segment_of(
    need: Need, offers: Iterable[Offer], book: PriceBook, *, peak_factor: Fraction, today: date
) -> Segment:
    """Return a segment with all ways to serve it that have a price.

    ``peak_factor`` is how much busier the busiest minute is than the mean one. Second
    calls of the usage fall away: each request is one call.
    """
    served = _as_first_calls(need.usage)
    ways = [way for offer in offers for way in _ways(need, served, offer, book, peak_factor, today)]
    is_ledger = need.usage.kind == "ledger"
    return Segment(
        name=need.name,
        requests=served.requests,
        ways=tuple(way for way in ways if not _is_too_slow(way, need)),
        too_slow=tuple(way for way in ways if _is_too_slow(way, need)),
        quality_floor=need.quality_floor,
        p95_seconds=need.p95_seconds,
        today=evaluate(need.usage, (), book).cost if is_ledger else None,
    )


def _as_first_calls(usage: Baseline) -> Baseline:
    flows = tuple(flow for flow in usage.flows if not flow.is_second_call)
    return replace(usage, flows=flows, unpriced=(), escalation_seen=None)


def _ways(
    need: Need,
    served: Baseline,
    offer: Offer,
    book: PriceBook,
    peak_factor: Fraction,
    today: date,
) -> Iterator[Way]:
    shares = (None,) if need.cached_share is None else (None, need.cached_share)
    for tier, share in product(offer.tiers, shares):
        outcome = _served(served, offer.model, tier, share, book, today)
        if outcome is not None:
            yield Way(
                model=offer.model,
                tier=tier,
                cached_share=share,
                cost=outcome.cost,
                quality=offer.quality_for(need.name),
                p95_seconds=offer.p95_seconds.get(tier),
                loads={} if tier == BATCH else _loads(offer.model, outcome, served, peak_factor),
            )


def _served(
    served: Baseline,
    model: str,
    tier: str,
    share: Fraction | None,
    book: PriceBook,
    today: date,
) -> Outcome | None:
    """Return what the segment costs this way, None where some of it has no price."""
    scene = Scene(book, served)
    flows = tuple(replace(scene.moved(flow, model), tier=tier) for flow in served.flows)
    levers = () if share is None else (Cache(hit_rate=share),)
    outcome = evaluate(replace(served, flows=flows), levers, book, as_of=today)
    is_gone = any("is gone since" in text for text in outcome.warnings)
    return None if outcome.unpriced or outcome.refused or is_gone else outcome


def _loads(
    model: str, outcome: Outcome, served: Baseline, peak_factor: Fraction
) -> dict[LimitName, Fraction]:
    minutes = served.days * MINUTES_A_DAY
    tokens = sum((flow.tokens for flow in outcome.flows), ZERO)
    return {
        (model, REQUESTS): served.requests * peak_factor / minutes,
        (model, TOKENS): tokens * peak_factor / minutes,
    }


def _is_too_slow(way: Way, need: Need) -> bool:
    """Tell whether answers come too late; without a known time a limit is not met."""
    if way.tier == BATCH:
        return not need.may_wait
    if need.p95_seconds is None:
        return False
    return way.p95_seconds is None or way.p95_seconds > need.p95_seconds
