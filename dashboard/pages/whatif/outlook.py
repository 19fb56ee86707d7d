"""One plan beside today: costs, the steps between them, twelve months. All exact."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.bridge import shares_of_change
from costmodel.corners import interpolate, interpolate_months

if TYPE_CHECKING:
    from costmodel.controls import Controls
    from costmodel.corners import CornerTable

STEPS: tuple[str, ...] = ("start_with", "escalate", "cache", "batch", "growth")
"""The controls in the order in which the waterfall shows them; further levers follow."""

TOGETHER: tuple[tuple[int, ...], ...] = ((0, 1), (2,), (3,), (4,))
"""Steps that are made one after the other: an escalation means nothing without its start."""

ZERO = Fraction(0)


@dataclass(frozen=True)
class Outlook:
    """What a plan costs; its ``steps`` sum to the difference.

    They stand in the order of ``STEPS``, then in that of the table's switches.
    ``months_today`` carry the plan's growth, so that both lines show the same traffic.
    """

    today: Fraction
    plan: Fraction
    steps: tuple[Fraction, ...]
    months_today: tuple[Fraction, ...]
    months_plan: tuple[Fraction, ...]


def untouched(controls: Controls) -> Controls:
    """Return the settings under which everything stays as it is today."""
    return replace(
        controls, start_with=(), escalate=ZERO, cache=None, batch=ZERO, growth=ZERO, more=()
    )


def outlook(table: CornerTable, controls: Controls) -> Outlook:
    """Return the outlook of a setting of the controls.

    A step's change is its mean over every order of the steps, an escalation standing
    right behind what it escalates from.
    """
    start, switches = untouched(controls), table.switches
    further = range(len(STEPS), len(STEPS) + len(switches))

    def cost_of(places: frozenset[int]) -> Fraction:
        values = {
            name: getattr(controls, name) for place, name in enumerate(STEPS) if place in places
        }
        on = (each for place, each in zip(further, switches, strict=True) if place in places)
        more = tuple(lever for each in on for lever in each.levers)
        return interpolate(table, replace(start, **values, more=more))

    return Outlook(
        today=interpolate(table, start),
        plan=interpolate(table, controls),
        steps=shares_of_change(cost_of, (*TOGETHER, *((place,) for place in further))),
        months_today=interpolate_months(table, replace(start, growth=controls.growth)),
        months_plan=interpolate_months(table, controls),
    )
