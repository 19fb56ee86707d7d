"""Levers on what every request takes: retry, compress, verify, review."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from costmodel.flows import ZERO, check_of, resized, total_of, with_cached_share
from costmodel.lever import Lever
from costmodel.meters import (
    CACHED_METERS,
    SIZE_BAND_EDGES,
    UNKNOWN_BAND,
    WRITE_METERS,
    Meter,
)
from costmodel.rates import Assumption
from costmodel.scene import LeverError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from costmodel.flows import Flow
    from costmodel.scene import Scene

ONE = Fraction(1)
MINUTES_AN_HOUR = 60

TEXT_INPUT = (Meter.INPUT, Meter.CACHED_INPUT, *WRITE_METERS)
"""What a shorter prompt has less of; audio and images stay as they are."""

BEGINS_OTHERWISE = (
    "compress: shortened prompts begin otherwise, so what is cached today is billed in full "
    "where no cache lever says what then is; 'keeps_prefix: true' leaves the beginning"
)
"""What is said where a prompt was cached before it got shorter."""

MEAN_LENGTH = Assumption(
    "mean-length", "shortened requests of one size are priced by their mean length"
)


@dataclass(frozen=True, kw_only=True)
class Retry(Lever):
    """A share ``rate`` of all calls fails and is made again, until it succeeds.

    Comes on top of the calls that the usage counts. ``billed`` is the share of failed
    calls that is billed, as a call that succeeds: for one success they cost
    ``billed x rate / (1 - rate)`` more. Later levers treat failed calls as calls.
    """

    step = "retry"
    shares = ("rate", "billed")
    curved = ("rate",)

    rate: Fraction
    billed: Fraction = ONE

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rate == 1:
            raise LeverError("rate must lie below 100%: what always fails never ends")

    @property
    def billed_failures(self) -> Fraction:
        """Return how many failed calls are billed for each success."""
        return self.billed * self.rate / (1 - self.rate)

    def changed(self, flow: Flow, scene: Scene) -> Iterable[Flow]:
        """Add the failed calls that are billed."""
        yield flow
        if self.billed_failures and self.touches(flow, scene):
            yield replace(flow, made_by="retry").scaled(self.billed_failures)


@dataclass(frozen=True, kw_only=True)
class Compress(Lever):
    """Prompts get shorter by the share ``input`` of their text, answers by ``output``.

    A shortened prompt begins otherwise than the one before, so nothing of it is read
    from a cache until a cache lever says so. With ``keeps_prefix`` the beginning stays
    word for word, and ``input`` is a share of what is neither read nor written there.
    """

    step = "compress"
    shares = ("input", "output")

    input: Fraction = ZERO
    output: Fraction = ZERO
    keeps_prefix: bool = False

    def changed(self, flow: Flow, scene: Scene) -> Iterable[Flow]:
        """Shorten a flow's prompts and answers."""
        if not (self.input or self.output) or not self.touches(flow, scene):
            return (flow,)
        prepared = flow if self.keeps_prefix or not self.input else _uncached(flow, scene)
        shortened = (Meter.INPUT,) if self.keeps_prefix else TEXT_INPUT
        amounts = {meter: prepared.amount(meter) * (1 - self.input) for meter in shortened}
        amounts[Meter.OUTPUT] = prepared.amount(Meter.OUTPUT) * (1 - self.output)
        after = resized(prepared.with_amounts(amounts))
        self._remark(flow, after, scene)
        return (replace(after, mean_sized=True) if self.input else after,)

    def _remark(self, before: Flow, after: Flow, scene: Scene) -> None:
        minimum = scene.minimum_of(after)
        if scene.baseline.kind == "typed" or before.size_band == UNKNOWN_BAND:
            return
        if scene.can_be_cached(before, minimum) and not scene.can_be_cached(after, minimum):
            scene.warn(
                f"compress: some requests on {after.model} get shorter than the {minimum:,} "
                "input tokens that can be cached"
            )
        if self.input and _straddles(before, self.input, (minimum, *scene.price_steps(after))):
            scene.assume(MEAN_LENGTH)


def _uncached(flow: Flow, scene: Scene) -> Flow:
    cached = total_of(flow.quantities, CACHED_METERS)
    if not cached:
        return flow
    scene.warn(BEGINS_OTHERWISE)
    return with_cached_share(flow, ZERO)


def _straddles(flow: Flow, removed: Fraction, edges: Iterable[int]) -> bool:
    """Tell whether requests of a flow's size may fall on both sides of an edge."""
    ends = dict(pairwise(SIZE_BAND_EDGES))
    low, high = flow.size_band * (1 - removed), ends.get(flow.size_band)
    return any(low < edge and (high is None or edge < high * (1 - removed)) for edge in edges)


@dataclass(frozen=True, kw_only=True)
class Verify(Lever):
    """``model`` reads the prompt and the answer of every request and writes its judgement.

    A request that was called a second time is checked once; the checks themselves are
    not checked.
    """

    step = "verify"

    model: str
    output_tokens: int = 50

    def __post_init__(self) -> None:
        if self.output_tokens < 0:
            raise LeverError("output_tokens cannot be negative")

    def changed(self, flow: Flow, scene: Scene) -> Iterable[Flow]:
        """Add a check of each request."""
        yield flow
        is_request = not flow.stands_beside and not flow.is_second_call
        if is_request and self.touches(flow, scene):
            yield resized(scene.moved(check_of(flow, self.output_tokens), self.model))

    def model_names(self) -> tuple[str, ...]:
        """Return the model that checks."""
        return (self.model,)


@dataclass(frozen=True, kw_only=True)
class Review(Lever):
    """People read a share of the answers, each for so many minutes at an hourly rate.

    Dollars become the contract's currency as prices do. Failed calls, second calls
    and checks give no answer of their own.
    """

    step = "review"
    shares = ("share",)

    share: Fraction
    minutes: Fraction
    usd_per_hour: Fraction

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.minutes < 0 or self.usd_per_hour < 0:
            raise LeverError("minutes and usd_per_hour cannot be negative")

    @property
    def usd_per_request(self) -> Fraction:
        """Return what reading costs for each request, read or not."""
        return self.share * self.minutes * self.usd_per_hour / MINUTES_AN_HOUR

    @property
    def _assumption(self) -> Assumption:
        text = (
            f"people read {float(100 * self.share):g}% of the answers, "
            f"{float(self.minutes):g} minutes each at ${float(self.usd_per_hour):,.2f} an hour"
        )
        return Assumption("people", text)

    def changed(self, flow: Flow, scene: Scene) -> Iterable[Flow]:
        """Put the money for people on the requests whose answers they read."""
        is_answer = flow.made_by is None and not flow.is_second_call
        if not is_answer or not self.usd_per_request or not self.touches(flow, scene):
            return (flow,)
        scene.assume(self._assumption)
        per_usd, note = scene.book.contract.exchange(flow.on)
        if note:
            scene.assume(note)
        paid = self.usd_per_request * flow.requests * per_usd
        return (replace(flow, people_cost=flow.people_cost + paid),)
