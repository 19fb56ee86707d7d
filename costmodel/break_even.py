"""Break-even: from where on a cascade, a cache or a batch costs more than doing without.

A cascade pays for every request twice that it hands on. It saves against sending all
requests to the second model at once as long as the requests handed on cost, there, less
than a limit share of what all requests would cost there: the *cost-weighted* share. The
share of requests says the same only while requests handed on are as long as the others.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.flows import ZERO, Flow, FlowQuantities, total_of
from costmodel.inputs import Input, name_of
from costmodel.levers import Cascade, Lever, StartWith
from costmodel.meters import INPUT_METERS, OUTPUT_METERS, Meter
from costmodel.scenario import kept_for, total_cost
from costmodel.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from costmodel.case import Case

ONE = Fraction(1)


@dataclass(frozen=True)
class CascadeBreakEven:
    """From where on a lever that tries a small model first costs more than the large one alone.

    ``limit`` is that share of requests, ``weighted_limit`` the share of what all
    requests would cost on the large model; None where the cascade never saves.
    ``escalate`` is what is planned, ``seen`` and ``seen_weighted`` what the usage
    shows by requests and by cost (None: it marks no second calls). ``straight_cost``
    is the cost of the whole scenario with everything sent to ``then`` at once.
    """

    name: str
    first: str
    then: str
    escalate: Fraction
    limit: Fraction | None
    weighted_limit: Fraction | None
    straight_cost: Fraction
    seen: Fraction | None = None
    seen_weighted: Fraction | None = None

    @property
    def saves(self) -> bool:
        """Tell whether the planned share lies below the limit."""
        return self.limit is not None and self.escalate < self.limit


@dataclass(frozen=True, kw_only=True)
class _Straight(Cascade):
    """The same requests as a cascade's, sent to its second model at once and unchecked."""

    def changed(self, flow: Flow, scene: Scene) -> Iterable[Flow]:
        """Move what would be tried; second calls that it would replace fall away."""
        if self._tries(flow, scene):
            return (scene.moved(flow, self.then),)
        return () if self._replaces(flow, scene) else (flow,)

    def calls_seen(self, flows: Iterable[Flow], scene: Scene) -> tuple[list[Flow], list[Flow]]:
        """Return first and second calls of the usage as it came, both on the second model."""
        listed = list(flows)
        first = [scene.moved(flow, self.then) for flow in listed if self._tries(flow, scene)]
        second = [scene.moved(flow, self.then) for flow in listed if self._replaces(flow, scene)]
        return first, second


def break_evens(case: Case) -> tuple[CascadeBreakEven, ...]:
    """Return the break-even of every lever of a case that tries one model first."""
    return tuple(
        _break_even(case, place, lever)
        for place, lever in enumerate(case.levers)
        if isinstance(lever, Cascade) or (isinstance(lever, StartWith) and lever.escalate)
    )


def _break_even(case: Case, place: int, lever: Cascade | StartWith) -> CascadeBreakEven:
    def cost(changed: Lever) -> Fraction:
        return case.having((*case.levers[:place], changed, *case.levers[place + 1 :])).cost()

    nothing_handed_on = cost(replace(lever, escalate=ZERO))
    second_calls = cost(replace(lever, escalate=ONE)) - nothing_handed_on
    on_large = cost(_plain(lever, ONE)) - cost(_plain(lever, ZERO))
    straight = cost(_straight(lever))
    saved = straight - nothing_handed_on
    seen, seen_weighted = _seen(case, lever)
    return CascadeBreakEven(
        name=name_of(case.levers, Input(place, "escalate")).rpartition(".")[0],
        first=_first_of(lever),
        then=_then_of(lever),
        escalate=lever.escalate,
        limit=saved / second_calls if saved > 0 and second_calls else None,
        weighted_limit=saved / on_large if saved > 0 and on_large else None,
        straight_cost=straight,
        seen=seen,
        seen_weighted=seen_weighted,
    )


def _plain(lever: Cascade | StartWith, escalate: Fraction) -> Lever:
    """Return the lever with second calls that cost what straight ones would."""
    if isinstance(lever, StartWith):
        return replace(lever, escalate=escalate)
    return replace(lever, escalate=escalate, verifier=None, draft=False, then_hit_rate=None)


def _straight(lever: Cascade | StartWith) -> Lever:
    if isinstance(lever, StartWith):
        moved = sum((share for _, share in lever.starts), ZERO)
        return replace(lever, starts=((lever.full, moved),), escalate=ZERO)
    return _Straight(**{each.name: getattr(lever, each.name) for each in fields(lever)})


def _first_of(lever: Cascade | StartWith) -> str:
    if isinstance(lever, Cascade):
        return lever.first
    return ", ".join(name for name, share in lever.starts if share and name != lever.full)


def _then_of(lever: Cascade | StartWith) -> str:
    return lever.then if isinstance(lever, Cascade) else lever.full


def _seen(case: Case, lever: Cascade | StartWith) -> tuple[Fraction | None, Fraction | None]:
    """Return which share was called again, by requests and by cost on the large model."""
    straight = _straight(lever)
    if not isinstance(straight, _Straight):
        return None, None
    kept = kept_for(case.baseline, (lever,))
    first, second = straight.calls_seen(kept.flows, Scene(case.book, kept))
    requests = [sum((flow.requests for flow in calls), ZERO) for calls in (first, second)]
    if not all(requests):
        return None, None
    costs = [
        total_cost(replace(kept, flows=tuple(calls)), (), case.book) for calls in (first, second)
    ]
    return requests[1] / requests[0], costs[1] / costs[0] if costs[0] else None


def write_break_even(rates: Mapping[Meter, Fraction]) -> Fraction | None:
    """Return the cached share above which writing to a cache pays: (w - 1) / (w - r).

    ``w`` and ``r`` are what writing and reading cost as multiples of uncached input.
    None where writes have no price of their own: then a cache never loses.
    """
    uncached, read = rates.get(Meter.INPUT), rates.get(Meter.CACHED_INPUT)
    written = rates.get(Meter.CACHE_WRITE)
    if written is None or read is None or uncached is None or written <= uncached:
        return None
    return (written - uncached) / (written - read) if written > read else None


def batch_or_cache(
    standard: Mapping[Meter, Fraction],
    batch: Mapping[Meter, Fraction],
    amounts: FlowQuantities,
) -> Fraction | None:
    """Return the cached share below which a batch is cheaper than standard with a cache.

    At that share of the input both cost the same; above 1 the batch is always cheaper.
    None where no share decides: there is no input, or a cache takes as much off a batch.
    """
    read = total_of(amounts, INPUT_METERS)
    written = total_of(amounts, OUTPUT_METERS)

    def saved(meter: Meter) -> Fraction:
        return standard[meter] - batch.get(meter, batch[Meter.INPUT])

    at_none = read * saved(Meter.INPUT) + written * saved(Meter.OUTPUT)
    taken_off = read * (saved(Meter.INPUT) - saved(Meter.CACHED_INPUT))
    return at_none / taken_off if taken_off > 0 else None
