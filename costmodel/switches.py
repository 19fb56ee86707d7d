"""Switches: further levers of What-if, each off or as it is set.

A lever that no slider moves is an axis of the corners with two ends. So today, the plan
and every step between them come from one table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from costmodel.lever import Lever

MOST_APART = 2
"""Each switch doubles the corners to compute: more levers than these are one switch.

On the demo one switch costs 0.4 s more, two 1 s, three 2 s.
"""

TOGETHER = "more"
"""The name of the switch that holds all further levers."""


@dataclass(frozen=True)
class Switch:
    """Levers that are off or on together, named after their step where it is one."""

    name: str
    levers: tuple[Lever, ...]

    def is_on(self, levers: Collection[Lever]) -> bool:
        """Tell whether a plan has these levers."""
        return all(lever in levers for lever in self.levers)


def switches_of(more: Sequence[Lever]) -> tuple[Switch, ...]:
    """Return the switches of further levers: one each, or one for all of many."""
    if len(more) > MOST_APART:
        return (Switch(TOGETHER, tuple(more)),)
    return tuple(Switch(lever.step, (lever,)) for lever in more)
