"""Surfaces: exact costs at the corners of several inputs, and interpolation between.

The cost is multilinear in the inputs of a scenario (a cached share bends where some
usage can be cached no more, growth is a power), so interpolating corner costs gives the
cost of any setting. That an input behaves so is not believed but tried, in exact
fractions; one that does not gets a corner at each of its values.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from math import ceil, floor, prod
from typing import TYPE_CHECKING

from costmodel.flows import ZERO
from costmodel.inputs import bounds_of
from costmodel.levers import LeverError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from costmodel.case import Case
    from costmodel.inputs import Input

ONE = Fraction(1)
TRIED_AT = Fraction(3, 7)
"""How far between two nodes the straight line is tried; no lever has a kink just there."""


@dataclass(frozen=True)
class Span:
    """One input's nodes: between them the cost is a straight line in (1 + value) ** power."""

    asked: Input
    nodes: tuple[Fraction, ...]
    power: int = 1

    def weights(self, value: Fraction) -> list[tuple[int, Fraction]]:
        """Return the nodes round a value and how much each of them counts."""
        if len(self.nodes) == 1:
            return [(0, ONE)]
        below = min(max(bisect_right(self.nodes, value), 1), len(self.nodes) - 1) - 1
        low, high, here = (
            (1 + x) ** self.power for x in (self.nodes[below], self.nodes[below + 1], value)
        )
        part = (here - low) / (high - low)
        return [(place, n) for place, n in ((below, ONE - part), (below + 1, part)) if n]


@dataclass(frozen=True)
class Surface:
    """Exact costs at every corner of some inputs, the last input running fastest."""

    spans: tuple[Span, ...]
    costs: tuple[Fraction, ...]

    def cost_at(self, values: Sequence[Fraction]) -> Fraction:
        """Return the cost at values between the nodes, in the order of the inputs."""
        corners = [(0, ONE)]
        for span, value in zip(self.spans, values, strict=True):
            size = len(span.nodes)
            along = span.weights(value)
            corners = [(c * size + place, w * n) for c, w in corners for place, n in along]
        return sum((self.costs[corner] * weight for corner, weight in corners), ZERO)


def surface(case: Case, wanted: Mapping[Input, Sequence[Fraction]]) -> Surface:
    """Return the corner costs from which the cost at all combinations of values follows.

    Raises ``LeverError`` where a combination is impossible.
    """
    try:
        corners = priced(case, spans_of(case, wanted))
    except LeverError:
        corners = None  # a corner that nobody asks for
    if corners is None or not holds(case, corners, wanted):
        spans = [Span(asked, tuple(sorted(set(values)))) for asked, values in wanted.items()]
        corners = priced(case, spans)
    return corners


def priced(case: Case, spans: Sequence[Span]) -> Surface:
    """Return the costs at the corners of some spans."""
    asked = [span.asked for span in spans]
    corners = product(*(span.nodes for span in spans))
    costs = (case.cost_at(dict(zip(asked, corner, strict=True))) for corner in corners)
    return Surface(tuple(spans), tuple(costs))


def holds(case: Case, corners: Surface, wanted: Mapping[Input, Sequence[Fraction]]) -> bool:
    """Tell whether interpolation gives the exact cost at the first value of every input."""
    first = {asked: values[0] for asked, values in wanted.items()}
    return corners.cost_at(list(first.values())) == case.cost_at(first)


def spans_of(case: Case, wanted: Mapping[Input, Sequence[Fraction]]) -> tuple[Span, ...]:
    """Return the nodes of each input: as few as its values need.

    Raises ``LeverError`` where the middle of all bounds is impossible.
    """
    ends = {asked: _ends(case, asked, values) for asked, values in wanted.items()}
    middle = case.with_settings({asked: (low + high) / 2 for asked, (low, high) in ends.items()})
    return tuple(_span(middle, asked, values, ends[asked]) for asked, values in wanted.items())


def _ends(case: Case, asked: Input, values: Sequence[Fraction]) -> tuple[Fraction, Fraction]:
    """Return bounds round the values that make short fractions: nothing and all of a share."""
    low, high = bounds_of(case.levers, asked)
    if high is not None and low <= min(values) and max(values) <= high:
        return low, high
    return Fraction(floor(min(values))), Fraction(ceil(max(values)))


def size_of(spans: Sequence[Span]) -> int:
    """Return how many corners some spans have."""
    return prod(len(span.nodes) for span in spans)


def _span(
    middle: Case, asked: Input, values: Sequence[Fraction], ends: tuple[Fraction, Fraction]
) -> Span:
    distinct, (low, high) = sorted(set(values)), ends
    nodes = (low, *(knot for knot in middle.knots(asked) if low < knot < high), high)
    if len(distinct) > len(nodes):
        costs = {node: middle.cost_at({asked: node}) for node in nodes}
        for power in middle.powers(asked):
            span = Span(asked, nodes, power)
            if all(_is_straight(middle, span, costs, pair) for pair in pairwise(nodes)):
                return span
    return Span(asked, tuple(distinct))


def _is_straight(
    middle: Case, span: Span, costs: Mapping[Fraction, Fraction], ends: tuple[Fraction, Fraction]
) -> bool:
    low, high = ends
    tried = low + (high - low) * TRIED_AT
    drawn = sum((costs[span.nodes[place]] * n for place, n in span.weights(tried)), ZERO)
    return middle.cost_at({span.asked: tried}) == drawn
