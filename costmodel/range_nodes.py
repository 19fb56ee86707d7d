"""Between which values of a range that people type the cost is a straight line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from costmodel.levers import Cache, Cap
from costmodel.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.levers import Lever
    from costmodel.workload import Baseline

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
    lever, (low, high) = levers[place], ends
    nodes = {low, high}
    if name in lever.curved or any(isinstance(each, Cap) for each in levers):
        step = (high - low) / (CURVE_NODES - 1)
        nodes |= {low + step * n for n in range(CURVE_NODES)}
    if isinstance(lever, Cache):
        nodes |= {knot for knot in _ceilings(lever, *usage) if low < knot < high}
    return sorted(nodes)


def _ceilings(lever: Cache, baseline: Baseline, book: PriceBook) -> Iterable[Fraction]:
    scene = Scene(book, baseline)
    minimums = {scene.minimum_of(flow) for flow in baseline.flows}
    origins = {flow.origin for flow in baseline.flows}
    return {scene.cacheable_share(lever.where, o, m) for o in origins for m in minimums}
