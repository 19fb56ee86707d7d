"""Where the cost bends along a cached share: where some usage can be cached no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from costmodel.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.workload import Baseline


def cache_knots(
    baseline: Baseline,
    where: Mapping[str, tuple[str | None, ...]],
    names: Iterable[str],
    book: PriceBook,
) -> tuple[Fraction, ...]:
    """Return the bends between nothing and everything, in order.

    ``where`` is that of the cache lever; ``names`` are models that usage may be moved
    to, which may cache from another length on than the model that it came from.
    """
    scene, others = Scene(book, baseline), tuple(names)
    flows = [
        moved
        for flow in baseline.flows
        for moved in (flow, *(scene.moved(flow, name) for name in others))
    ]
    asked = dict.fromkeys((flow.origin, scene.minimum_of(flow)) for flow in flows)
    ceilings = {scene.cacheable_share(where, origin, minimum) for origin, minimum in asked}
    return tuple(sorted(share for share in ceilings if 0 < share < 1))
