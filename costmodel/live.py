"""A scenario as volumes, rates and weights, so that a spreadsheet can compute it again.

The cost is linear in every volume and rate, and multilinear in the shares of a plan
(see ``costmodel.corners``). So a scenario is: volumes of today, what becomes of each of
them at every corner of the shares' box, and the rate of each part of the result. Whoever
changes a volume, a rate or a share gets the exact cost by multiplying and adding.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

from costmodel.book import Unpriced
from costmodel.flows import INPUT_KINDS, ZERO
from costmodel.levers import (
    Batch,
    Cache,
    Cap,
    Cascade,
    Commit,
    Compress,
    Grow,
    LeverError,
    Reprice,
    Retire,
    Retry,
    Review,
    Route,
    StartWith,
    Tier,
)
from costmodel.meters import METERS, Meter
from costmodel.money import MILLION
from costmodel.scenario import evaluate
from costmodel.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from costmodel.book import PriceBook, Quote
    from costmodel.flows import Flow
    from costmodel.levers import Lever
    from costmodel.live_dials import Dial
    from costmodel.scenario import Outcome
    from costmodel.workload import Baseline

VOLUME = "volume"
"""The dimension that says from which volume of today a flow comes."""

MOST_CORNERS = 128
ALL_TOKENS = "all tokens"
_KEEP_METERS = (
    *(Grow, Retry, Compress, Route, StartWith, Cascade, Review, Cache, Tier, Batch, Retire),
    *(Reprice, Commit, Cap),
)
"""Levers that never make one token type of another, unless a cascade reads drafts."""


@dataclass(frozen=True)
class Volume:
    """How much of one kind one model serves today, on one tier.

    ``kind`` is a token type; all input of one medium is one kind, cached or not.
    """

    provider: str
    model: str
    tier: str
    kind: str
    amount: Fraction


@dataclass(frozen=True)
class Part:
    """One token type of one model at one rate, money per million.

    ``above_input_tokens`` is where the rate's step of request sizes begins.
    """

    provider: str
    model: str
    tier: str
    meter: Meter
    above_input_tokens: int
    rate_per_million: Fraction
    source: str


@dataclass(frozen=True)
class Way:
    """How much of a part one unit of a volume becomes, at every corner."""

    volume: Volume
    part: Part
    at_corners: tuple[Fraction, ...]


@dataclass(frozen=True)
class Live:
    """A scenario to compute again; ``other_at_corners`` is money that no token type carries."""

    dials: tuple[Dial, ...]
    volumes: tuple[Volume, ...]
    parts: tuple[Part, ...]
    ways: tuple[Way, ...]
    other_at_corners: tuple[Fraction, ...]

    def corner_weights(self) -> tuple[Fraction, ...]:
        """Return how much each corner counts at the dials' settings; they sum to 1."""
        weights = [Fraction(1)]
        for dial in self.dials:
            own = dial.weights()
            weights = [one * other for one in weights for other in own]
        return tuple(weights)

    def quantities(self) -> dict[Part, Fraction]:
        """Return how much of each part the scenario uses."""
        weights = self.corner_weights()
        found: dict[Part, Fraction] = defaultdict(lambda: ZERO)
        for way in self.ways:
            found[way.part] += way.volume.amount * _weighed(way.at_corners, weights)
        return dict(found)

    def cost(self) -> Fraction:
        """Return what the scenario costs: parts at their rates, and other money."""
        parts = (n * part.rate_per_million / MILLION for part, n in self.quantities().items())
        return sum(parts, _weighed(self.other_at_corners, self.corner_weights()))


def _weighed(amounts: Sequence[Fraction], weights: Sequence[Fraction]) -> Fraction:
    pairs = zip(amounts, weights, strict=True)
    return sum((amount * weight for amount, weight in pairs if amount and weight), ZERO)


def live(
    baseline: Baseline,
    dials: Sequence[Dial],
    levers_at: Callable[[Sequence[object]], tuple[Lever, ...]],
    book: PriceBook,
    *,
    months_ahead: int = 1,
    by_kind: bool = True,
) -> Live:
    """Return a scenario whose dials can be turned; ``levers_at`` gives its levers at a corner.

    Dials beyond ``MOST_CORNERS`` corners stay as they are, as do all of them where the
    cost turns out not to be multilinear. ``by_kind`` False: each model's tokens are one
    volume, as where a lever turns answers into prompts.
    """
    settings = tuple(dial.setting for dial in dials)
    tagged = _tagged(baseline)

    def outcome_at(values: Sequence[object]) -> Outcome:
        levers = levers_at(values)
        return evaluate(tagged, levers, book, months_ahead=months_ahead, by=(VOLUME,))

    exact = outcome_at(settings).cost
    paid = _repriced(levers_at(settings), baseline, book)
    for turned in (_few(dials), ()):
        found = _live_with(turned, dials, outcome_at, _Traces(baseline, paid, by_kind=by_kind))
        if found is not None and found.cost() == exact:
            return found
    raise AssertionError("without dials the parts are the outcome's own")


def _repriced(levers: Iterable[Lever], baseline: Baseline, book: PriceBook) -> PriceBook:
    """Return the prices under the levers that change some."""
    scene = Scene(book, baseline)
    for lever in levers:
        if isinstance(lever, Reprice):
            scene = lever.repriced(scene)
    return scene.book


def _few(dials: Sequence[Dial]) -> tuple[Dial, ...]:
    kept: list[Dial] = []
    corners = 1
    for dial in dials:
        corners *= len(dial.corners)
        if corners <= MOST_CORNERS:
            kept.append(dial)
        else:
            corners //= len(dial.corners)
    return tuple(kept)


def _live_with(
    turned: Sequence[Dial],
    dials: Sequence[Dial],
    outcome_at: Callable[[Sequence[object]], Outcome],
    traces: _Traces,
) -> Live | None:
    """Return the scenario with these dials; None where a corner is no plan."""
    choices = [dial.corners if dial in turned else (dial.setting,) for dial in dials]
    try:
        corners = [traces.of(outcome_at(values)) for values in product(*choices)]
    except LeverError:
        return None
    places = dict.fromkeys(place for corner, _ in corners for place in corner)
    ways = tuple(
        Way(*place, tuple(corner.get(place, ZERO) for corner, _ in corners)) for place in places
    )
    return Live(
        dials=tuple(turned),
        volumes=traces.volumes,
        parts=tuple(sorted({way.part for way in ways}, key=_order)),
        ways=tuple(sorted(ways, key=lambda way: (_order(way.part), way.volume.model))),
        other_at_corners=tuple(other for _, other in corners),
    )


def _order(part: Part) -> tuple[object, ...]:
    place = METERS.index(part.meter)
    return (
        part.model,
        part.provider,
        part.tier,
        part.above_input_tokens,
        place,
        part.rate_per_million,
    )


def keeps_kinds(levers: Iterable[Lever]) -> bool:
    """Tell whether levers leave token types apart, so that each can be a volume of its own."""
    return all(
        type(lever) in _KEEP_METERS
        and not (isinstance(lever, Cascade) and (lever.draft or lever.verifier))
        for lever in levers
    )


def _group(flow: Flow) -> str:
    return f"{flow.provider}\n{flow.model}\n{flow.tier}"


def _volume(group: str, kind: str, amount: Fraction) -> Volume:
    provider, model, tier = group.split("\n")
    return Volume(provider, model, tier, kind, amount)


def _tagged(baseline: Baseline) -> Baseline:
    """Return the baseline with one more dimension: the model and tier that serve it today."""
    flows = tuple(
        replace(flow, dimensions=(*flow.dimensions, _group(flow))) for flow in baseline.flows
    )
    unpriced = tuple(replace(f, dimensions=(*f.dimensions, None)) for f in baseline.unpriced)
    names = (*baseline.dimension_names, VOLUME)
    return replace(baseline, flows=flows, unpriced=unpriced, dimension_names=names)


_KINDS: Mapping[Meter, str] = {
    meter: str(uncached).replace("_", " ")
    for uncached, cached, written in INPUT_KINDS
    for meter in (uncached, cached, *written)
}


def _part(flow: Flow, meter: Meter, quote: Quote) -> Part:
    card = quote.card
    served = flow.provider, flow.model, flow.tier
    return Part(*served, meter, card.above_input_tokens, quote.rates[meter], card.source)


class _Traces:
    """Follows the tokens of an outcome back to the volumes of today."""

    def __init__(self, baseline: Baseline, book: PriceBook, *, by_kind: bool) -> None:
        self._book = book
        self._by_kind = by_kind
        sums: dict[tuple[str, str], Fraction] = defaultdict(lambda: ZERO)
        for flow in baseline.flows:
            for meter, amount in zip(METERS, flow.quantities, strict=True):
                if amount:
                    sums[_group(flow), self._kind(meter)] += amount
        self._volumes = {
            (group, kind): _volume(group, kind, amount) for (group, kind), amount in sums.items()
        }

    @property
    def volumes(self) -> tuple[Volume, ...]:
        return tuple(self._volumes.values())

    def _kind(self, meter: Meter) -> str:
        return _KINDS.get(meter, str(meter).replace("_", " ")) if self._by_kind else ALL_TOKENS

    def of(self, outcome: Outcome) -> tuple[dict[tuple[Volume, Part], Fraction], Fraction]:
        """Return how much of each part one unit of each volume becomes, and other money."""
        place = outcome.dimension_names.index(VOLUME)
        sums: dict[tuple[Volume, Part], Fraction] = defaultdict(lambda: ZERO)
        paid = ZERO
        for flow in outcome.flows:
            quote = self._book.quote(flow.key)
            group = flow.dimensions[place]
            if isinstance(quote, Unpriced) or group is None:
                continue
            for meter, amount in zip(METERS, flow.quantities, strict=True):
                if amount and meter in quote.rates:
                    volume = self._volumes[group, self._kind(meter)]
                    sums[volume, _part(flow, meter, quote)] += amount / volume.amount
                    paid += amount * quote.rates[meter] / MILLION
        return dict(sums), outcome.cost - paid
