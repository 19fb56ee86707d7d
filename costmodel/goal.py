"""Goal Seek: which setting of one slider meets a budget, by division on corner costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from costmodel.corners import interpolate

if TYPE_CHECKING:
    from fractions import Fraction

    from costmodel.controls import Controls
    from costmodel.corners import CornerTable

Slider = Literal["escalate", "cache", "batch"]


@dataclass(frozen=True)
class Goal:
    """The setting that costs exactly the budget, or the cheapest one where none does.

    ``met``: ``exactly`` at ``setting``; ``always``: every setting is within the
    budget; ``never``: none is. In the last two ``setting`` is the cheapest one.
    ``is_upper``: the budget is met at ``setting`` and below, else at and above it.
    """

    slider: Slider
    met: Literal["exactly", "always", "never"]
    setting: Fraction
    cost: Fraction
    is_upper: bool


def seek(table: CornerTable, controls: Controls, slider: Slider, budget: Fraction) -> Goal:
    """Return the setting of a slider that meets the budget, all else as in ``controls``.

    Of several the one nearest to today's setting is returned.
    """
    knots = next(axis.knots for axis in table.axes if axis.name == slider)
    points = [(knot, interpolate(table, _with(controls, slider, knot))) for knot in knots]
    crossings = [
        (low + (high - low) * (budget - start) / (end - start), start < end)
        for (low, start), (high, end) in pairwise(points)
        if min(start, end) <= budget <= max(start, end) and start != end
    ]
    cheapest, cost = min(points, key=lambda point: point[1])
    dearest = max(cost for _, cost in points)
    if not crossings:
        met: Literal["always", "never"] = "always" if dearest <= budget else "never"
        return Goal(slider, met, cheapest, cost, is_upper=points[0][1] <= points[-1][1])
    now = getattr(controls, slider) or knots[0]
    setting, is_upper = min(crossings, key=lambda crossing: abs(crossing[0] - now))
    return Goal(slider, "exactly", setting, budget, is_upper=is_upper)


def _with(controls: Controls, slider: Slider, value: Fraction) -> Controls:
    settings: dict[str, Fraction] = {slider: value}
    return replace(controls, **settings)  # type: ignore[arg-type]
