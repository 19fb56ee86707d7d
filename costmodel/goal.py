"""Goal Seek: which setting of one slider, or of one input of a plan, meets a budget.

Along one input the cost is a straight line between its bends, so a division finds the
setting. Where it is none (growth compounds) the interval is halved instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import TYPE_CHECKING, Literal

from costmodel.controls import with_slider, with_start
from costmodel.corners import interpolate
from costmodel.flows import ZERO
from costmodel.inputs import is_whole, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from costmodel.case import Case
    from costmodel.controls import Controls, Slider
    from costmodel.corners import CornerTable
    from costmodel.inputs import Input

NEAR = Fraction(1, 10**9)
"""Where no division finds a setting, it is found to within this, on the side of the budget."""

MOST_DOUBLINGS = 40
"""An input without a highest value is looked for up to its setting doubled so often."""


@dataclass(frozen=True)
class Goal:
    """The setting that costs exactly the budget, or the cheapest one where none does.

    ``slider`` is the slider's or the input's name. ``met``: ``exactly`` at
    ``setting``; ``nearly``: at most the budget, and to within ``NEAR`` or one whole
    thing the last setting that is; ``always``: every setting is within the budget;
    ``never``: none is. In the last two ``setting`` is the cheapest one. ``is_upper``:
    the budget is met at ``setting`` and below, else at and above it.
    """

    slider: str
    met: Literal["exactly", "nearly", "always", "never"]
    setting: Fraction
    cost: Fraction
    is_upper: bool


Point = tuple[Fraction, Fraction]
"""A setting, and what it costs."""


def seek(table: CornerTable, controls: Controls, slider: Slider, budget: Fraction) -> Goal:
    """Return the setting of a slider that meets the budget, all else as in ``controls``.

    Of several the one nearest to today's setting is returned.
    """
    settings = ((knot, with_slider(controls, slider, knot)) for knot in table.knots(slider))
    points = [(knot, interpolate(table, setting)) for knot, setting in settings]
    return _on_line(slider, points, getattr(controls, slider) or ZERO, budget)


def seek_start(table: CornerTable, controls: Controls, model: str, budget: Fraction) -> Goal:
    """Return the share of a mix that meets the budget; the other shares give way in proportion.

    Raises ``ValueError`` where no other model has a share that could give way.
    """
    shares = dict(controls.start_with)
    ends = ZERO, sum(shares.values(), ZERO)
    points = [(end, interpolate(table, with_start(controls, model, end))) for end in ends]
    return _on_line(model, points, shares.get(model, ZERO), budget)


def _on_line(name: str, points: Sequence[Point], now: Fraction, budget: Fraction) -> Goal:
    """Return the setting that costs the budget, between points with straight lines between."""
    ends = _crossed(points, now, budget)
    if ends is None:
        return _without_crossing(name, points, budget)
    setting = _divided(ends, budget)
    return Goal(name, "exactly", setting, budget, is_upper=ends[0][1] < ends[1][1])


def seek_input(case: Case, asked: Input, budget: Fraction) -> Goal:
    """Return the setting of an input of a case that meets the budget, all else as it is.

    Of several the one nearest to today's setting is returned.
    """
    name, points = name_of(case.levers, asked), _points(case, asked, budget)
    ends = _crossed(points, case.value(asked), budget)
    if ends is None:
        return _without_crossing(name, points, budget)
    is_upper = ends[0][1] < ends[1][1]
    setting = _divided(ends, budget)
    if not is_whole(case.levers, asked) or setting.denominator == 1:
        cost = case.cost_at({asked: setting})
        if cost == budget:
            return Goal(name, "exactly", setting, cost, is_upper=is_upper)
    setting = _halved(case, asked, ends, budget)
    cost = case.cost_at({asked: setting})
    return Goal(name, "nearly", setting, cost, is_upper=is_upper)


def _points(case: Case, asked: Input, budget: Fraction) -> list[Point]:
    """Return what the cost is at the lowest and highest setting, and where it bends between."""
    low, high = case.bounds(asked)
    start = low, case.cost_at({asked: low})
    if high is None:
        return [start, _reaching(case, asked, start, budget)]
    between = (knot for knot in case.knots(asked) if low < knot < high)
    return [start, *((value, case.cost_at({asked: value})) for value in (*between, high))]


def _reaching(case: Case, asked: Input, start: Point, budget: Fraction) -> Point:
    """Return a setting on the other side of the budget than the lowest one, if there is any."""
    value = max(case.value(asked), Fraction(1))
    cost = case.cost_at({asked: value})
    for _ in range(MOST_DOUBLINGS):
        if cost == start[1] or (start[1] <= budget) != (cost <= budget):
            break
        value *= 2
        cost = case.cost_at({asked: value})
    return value, cost


def _crossed(
    points: Sequence[Point], now: Fraction, budget: Fraction
) -> tuple[Point, Point] | None:
    """Return the stretch on which the cost crosses the budget, the one nearest to today's."""
    stretches = [
        (start, end)
        for start, end in pairwise(points)
        if min(start[1], end[1]) <= budget <= max(start[1], end[1]) and start[1] != end[1]
    ]
    return min(stretches, key=lambda ends: abs(_divided(ends, budget) - now), default=None)


def _divided(ends: tuple[Point, Point], budget: Fraction) -> Fraction:
    (low, start), (high, end) = ends
    return low + (high - low) * (budget - start) / (end - start)


def _without_crossing(name: str, points: Sequence[Point], budget: Fraction) -> Goal:
    cheapest, cost = min(points, key=lambda point: point[1])
    dearest = max(cost for _, cost in points)
    met: Literal["always", "never"] = "always" if dearest <= budget else "never"
    return Goal(name, met, cheapest, cost, is_upper=points[0][1] <= points[-1][1])


def _halved(case: Case, asked: Input, ends: tuple[Point, Point], budget: Fraction) -> Fraction:
    """Return the last setting within the budget, coming from the end that is within it."""
    within, beyond = (value for value, _ in sorted(ends, key=lambda end: end[1]))
    whole = is_whole(case.levers, asked)
    while abs(beyond - within) > (1 if whole else NEAR):
        middle = (within + beyond) / 2
        if whole:
            middle = Fraction(floor(middle) if beyond > within else ceil(middle))
        if case.cost_at({asked: middle}) <= budget:
            within = middle
        else:
            beyond = middle
    return within
