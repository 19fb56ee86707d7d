"""Groups of flows that every lever treats alike, so that few flows stand for many.

Levers look at the mean length of requests: it decides from which length on they can be
cached, and after a prompt got shorter what its tokens cost. A group holds flows whose
means lie between the same such lengths, before and after, prompts alone and with their
answers. Means of a sum lie between those of its parts, so the sum is treated as they are.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from costmodel.flows import folded
from costmodel.levers import Compress, Verify
from costmodel.meters import MINIMUM_CACHEABLE_EDGE, UNKNOWN_BAND, size_band
from costmodel.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.flows import Flow
    from costmodel.levers import Lever
    from costmodel.workload import Baseline

ALIKE = "alike"
"""The dimension that names a flow's group."""


def grouped_alike(
    baseline: Baseline, more: Iterable[Lever], book: PriceBook
) -> tuple[Baseline, Mapping[str, tuple[str | None, ...]]]:
    """Return the usage in as few flows as may be, and the ``where`` that keeps these apart.

    ``more`` holds the levers that may shorten it or add calls to it.
    """
    known = tuple(more)
    scene = Scene(book, baseline)
    lengths = {each.minimum_cacheable_tokens or MINIMUM_CACHEABLE_EDGE for each in book.models}
    names = [_name(flow, known, scene, lengths) for flow in baseline.flows]
    found = tuple(dict.fromkeys(names))
    if len(found) <= 1:
        return baseline.keeping(()), {}
    flows = zip(baseline.flows, names, strict=True)
    grouped = replace(
        baseline,
        flows=folded(replace(flow, dimensions=(name,)) for flow, name in flows),
        unpriced=tuple(replace(flow, dimensions=(None,)) for flow in baseline.unpriced),
        dimension_names=(ALIKE,),
    )
    return grouped, {ALIKE: found}


def _name(flow: Flow, more: Sequence[Lever], scene: Scene, lengths: Collection[int]) -> str | None:
    """Return between which lengths the means of a flow lie; None where they do not count."""
    if not flow.requests or flow.size_band == UNKNOWN_BAND:
        return None
    shorter = [lever for lever in more if isinstance(lever, Compress)]
    sizes = [flow, *(each for lever in shorter for each in lever.changed(flow, scene))]
    means = [each.input_tokens / each.requests for each in sizes]
    if any(isinstance(lever, Verify) for lever in more):
        means += [each.tokens / each.requests for each in sizes]
    return ", ".join(_between(mean, lengths) for mean in means)


def _between(mean: Fraction, lengths: Collection[int]) -> str:
    reached = sum(mean >= length for length in lengths)
    return f"{size_band(math.ceil(mean))}/{reached}"
