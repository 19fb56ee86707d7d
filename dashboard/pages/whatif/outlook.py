"""One plan beside today: costs, the steps between them, twelve months. All exact."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from costmodel.corners import interpolate, interpolate_months

if TYPE_CHECKING:
    from costmodel.controls import Controls
    from costmodel.corners import CornerTable

STEPS: tuple[str, ...] = ("start_with", "escalate", "cache", "batch", "growth")
"""The controls in the order in which the waterfall takes them."""

ZERO = Fraction(0)


@dataclass(frozen=True)
class Outlook:
    """What a plan costs, in the order of ``STEPS``: ``steps`` lead from today to the plan.

    ``months_today`` carry the plan's growth, so that both lines show the same traffic.
    """

    today: Fraction
    plan: Fraction
    steps: tuple[Fraction, ...]
    months_today: tuple[Fraction, ...]
    months_plan: tuple[Fraction, ...]


def untouched(controls: Controls) -> Controls:
    """Return the settings under which everything stays as it is today."""
    return replace(controls, start_with=(), escalate=ZERO, cache=None, batch=ZERO, growth=ZERO)


def outlook(table: CornerTable, controls: Controls) -> Outlook:
    """Return the outlook of a setting of the controls."""
    start = untouched(controls)
    reached = [interpolate(table, start)]
    for place in range(len(STEPS)):
        names = STEPS[: place + 1]
        partial = replace(start, **{name: getattr(controls, name) for name in names})
        reached.append(interpolate(table, partial))
    return Outlook(
        today=reached[0],
        plan=reached[-1],
        steps=tuple(b - a for a, b in pairwise(reached)),
        months_today=interpolate_months(table, replace(start, growth=controls.growth)),
        months_plan=interpolate_months(table, controls),
    )
