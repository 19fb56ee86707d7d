"""Between which values of a range that people type the cost is a straight line."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.knots import cache_knots
from costmodel.levers import Cache, Cap, Compress

if TYPE_CHECKING:
    from costmodel.book import PriceBook
    from costmodel.levers import Lever
    from costmodel.workload import Baseline

A_LITTLE = Fraction(1, 1_000_000)
"""The least shortening breaks what is cached, none does not: a range begins just above none."""

CURVE_NODES = 5
"""A cost that is no straight line is followed at so many points."""


def nodes_of(
    levers: tuple[Lever, ...],
    place: int,
    name: str,
    ends: tuple[Fraction, Fraction],
    usage: tuple[Baseline, PriceBook],
) -> list[Fraction]:
    """Return the nodes of a field between two values, for one of a scenario's levers.

    A cap bends the cost of every lever beside it; commitments are settled afterwards.
    """
    lever, (low, high), (baseline, book) = levers[place], ends, usage
    if isinstance(lever, Compress) and name == "input" and not low and not lever.keeps_prefix:
        low = high * A_LITTLE
    nodes = {low, high}
    if name in lever.curved or any(isinstance(each, Cap) for each in levers):
        step = (high - low) / (CURVE_NODES - 1)
        nodes |= {low + step * n for n in range(CURVE_NODES)}
    if isinstance(lever, Cache):
        names = [model for each in levers for model in each.model_names()]
        knots = cache_knots(baseline, lever.where, names, book)
        nodes |= {knot for knot in knots if low < knot < high}
    return sorted(nodes)
