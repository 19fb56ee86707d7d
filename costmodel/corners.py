"""Corners: the exact costs at the corners of the sliders' box, and interpolation between.

The cost is multilinear in the sliders, so interpolating corner costs gives the cost of
any setting. The cached share is only piecewise linear (it stops at what requests long
enough hold), so its axis has knots where it bends. Growth compounds, so it is no axis:
a table of slider positions holds its factor in each month. Further levers are axes with
two ends, off and on.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Literal

from costmodel.alike import grouped_alike
from costmodel.controls import levers_of
from costmodel.flows import ZERO
from costmodel.horizon import MONTHS, month_costs
from costmodel.knots import cache_knots
from costmodel.scenario import total_cost
from costmodel.scene import Scene
from costmodel.switches import switches_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.controls import Controls, Slider
    from costmodel.levers import Lever
    from costmodel.switches import Switch
    from costmodel.workload import Baseline

ONE = Fraction(1)
TODAY = "today"
"""The first choice of a mix: what stays as it is."""

GROWTH_POSITIONS = tuple(Fraction(half_percent, 200) for half_percent in range(-20, 41))
"""Growth a month at the slider's steps: -10% to 20% in half percents."""

Weights = list[tuple[int, Fraction]]
"""Entries of an axis, or corners of a table, and how much each of them counts."""


@dataclass(frozen=True)
class Axis:
    """One axis: a ``mix`` has choices whose shares sum to 1, a ``slider`` has knots.

    A mix's first choice is ``today``; what its shares leave to 1 is today's. With
    ``has_today`` the first entry of a slider is "as today", before its knots: its
    value is then None.
    """

    name: str
    kind: Literal["mix", "slider"]
    choices: tuple[str, ...] = ()
    knots: tuple[Fraction, ...] = ()
    has_today: bool = False

    @property
    def entries(self) -> tuple[str | Fraction | None, ...]:
        """Return what the corners stand for along this axis, in order."""
        if self.kind == "mix":
            return self.choices
        return (None, *self.knots) if self.has_today else self.knots

    def mix_weights(self, shares: Iterable[tuple[str, Fraction]]) -> Weights:
        """Return how much each choice counts; what is left to 1 is today's.

        Raises ``ValueError`` for an unknown choice or shares that are no shares.
        """
        given = [(name, share) for name, share in shares if share and name != TODAY]
        left = ONE - sum((share for _, share in given), ZERO)
        if left < 0 or any(share < 0 for _, share in given):
            raise ValueError("shares to start with must lie between 0% and 100% together")
        weighed = [(self.choices.index(name), share) for name, share in given]
        return [(0, left), *weighed] if left else weighed

    def slider_weights(self, value: Fraction | None) -> Weights:
        """Return the entries round a value and how much each counts.

        Raises ``ValueError`` for a value outside the knots.
        """
        if value is None and self.has_today:
            return [(0, ONE)]
        value = value or ZERO
        if not self.knots[0] <= value <= self.knots[-1]:
            raise ValueError(f"{self.name} must lie between 0% and 100%, not {float(value):.4g}")
        offset = 1 if self.has_today else 0
        below = min(bisect_right(self.knots, value), len(self.knots) - 1) - 1
        low, high = self.knots[below], self.knots[below + 1]
        part = (value - low) / (high - low)
        pair = [(below + offset, ONE - part), (below + 1 + offset, part)]
        return [(entry, weight) for entry, weight in pair if weight]


@dataclass(frozen=True)
class CornerTable:
    """Exact costs at every corner, last axis fastest, and the months of each corner.

    The axes of ``switches`` come first. Months are known with all of them on, and of
    today; those of other corners are empty. ``untouched`` is the part of every cost that
    no control touches. Costs and months are without growth:
    ``growth_factors[position][month]`` multiplies all but the untouched part (month 0 is
    also the headline's).
    """

    axes: tuple[Axis, ...]
    costs: tuple[Fraction, ...]
    untouched: Fraction
    months: tuple[tuple[Fraction, ...], ...]
    untouched_months: tuple[Fraction, ...]
    growth_positions: tuple[Fraction, ...]
    growth_factors: tuple[tuple[Fraction, ...], ...]
    currency: str
    switches: tuple[Switch, ...] = ()

    def knots(self, slider: Slider) -> tuple[Fraction, ...]:
        """Return the values of a slider between which the cost of a month is a straight line."""
        if slider == "growth":
            return self.growth_positions[0], self.growth_positions[-1]
        return next(axis.knots for axis in self.axes if axis.name == slider)

    def to_json(self) -> dict[str, object]:
        """Return the table as floats and strings, for the browser."""
        return {
            "axes": [
                {
                    "name": axis.name,
                    "kind": axis.kind,
                    "choices": list(axis.choices),
                    "knots": _floats(axis.knots),
                    "has_today": axis.has_today,
                }
                for axis in self.axes
            ],
            "costs": _floats(self.costs),
            "untouched": float(self.untouched),
            "months": [_floats(costs) for costs in self.months],
            "untouched_months": _floats(self.untouched_months),
            "growth_positions": _floats(self.growth_positions),
            "growth_factors": [_floats(factors) for factors in self.growth_factors],
            "currency": self.currency,
        }


def _floats(numbers: Iterable[Fraction]) -> list[float]:
    return [float(number) for number in numbers]


def interpolate(table: CornerTable, controls: Controls) -> Fraction:
    """Return the cost at a setting, equal to that of the levers it stands for.

    Growth is exact at the slider's positions and linear between them.
    """
    cost = sum((table.costs[c] * weight for c, weight in corner_weights(table, controls)), ZERO)
    factor = growth_factor(table, controls.growth, 0)
    return table.untouched + (cost - table.untouched) * factor


def interpolate_months(table: CornerTable, controls: Controls) -> tuple[Fraction, ...]:
    """Return the cost of each month at a setting, with all further levers or as today."""
    weights = corner_weights(table, controls)
    costs = []
    for month, untouched in enumerate(table.untouched_months):
        cost = sum((table.months[corner][month] * weight for corner, weight in weights), ZERO)
        factor = growth_factor(table, controls.growth, month)
        costs.append(untouched + (cost - untouched) * factor)
    return tuple(costs)


def growth_factor(table: CornerTable, growth: Fraction, month: int) -> Fraction:
    """Return by how much usage has grown in a month ahead, the first one being 0."""
    weights = Axis("growth", "slider", knots=table.growth_positions).slider_weights(growth)
    return sum((table.growth_factors[entry][month] * weight for entry, weight in weights), ZERO)


def corner_weights(table: CornerTable, controls: Controls) -> Weights:
    """Return the corners round a setting and how much each counts; they sum to 1."""
    values = {
        "escalate": controls.escalate, "cache": controls.cache, "batch": controls.batch,
        **{each.name: Fraction(each.is_on(controls.more)) for each in table.switches},
    }  # fmt: skip
    corners: Weights = [(0, ONE)]
    for axis in table.axes:
        along = (
            axis.mix_weights(controls.start_with)
            if axis.kind == "mix"
            else axis.slider_weights(values[axis.name])
        )
        size = len(axis.entries)
        corners = [(c * size + entry, w * share) for c, w in corners for entry, share in along]
    return corners


def corner_table(
    baseline: Baseline,
    choices: Sequence[str],
    controls: Controls,
    book: PriceBook,
    *,
    first_month: date | None = None,
) -> CornerTable:
    """Return the corners of the five controls; ``choices`` are the models to start with.

    ``controls`` gives what is no axis: the full model, the kind of escalation, family
    and where; and further levers, which may be off or on. Axes, in this order: a switch
    for each of those or one for all, start_with, escalate, cache, batch. Without
    ``first_month`` there are no months.
    """
    touched, rest, where = _split(baseline, controls, book)
    everywhere = replace(controls, where=where, family=controls.family or baseline.family(book))
    switches = switches_of(controls.more)
    axes = (
        *(Axis(each.name, "slider", knots=(ZERO, ONE)) for each in switches),
        *_axes(touched, choices, everywhere, book),
    )
    corners = list(product(*(axis.entries for axis in axes)))
    levers = [levers_of(_at(everywhere, switches, corner)) for corner in corners]
    untouched = total_cost(rest, (), book)
    asked = [
        levers[place] if place == 0 or all(corner[: len(switches)]) else None
        for place, corner in enumerate(corners)
    ]
    months, untouched_months = _months(touched, rest, asked, book, first_month)
    return CornerTable(
        axes=axes,
        costs=tuple(untouched + cost for cost in _costs(touched, levers, book)),
        untouched=untouched,
        months=months,
        untouched_months=untouched_months,
        growth_positions=GROWTH_POSITIONS,
        growth_factors=tuple(
            tuple((1 + growth) ** (month + 1) for month in range(MONTHS))
            for growth in GROWTH_POSITIONS
        ),
        currency=book.contract.currency,
        switches=switches,
    )


def _axes(
    baseline: Baseline, choices: Sequence[str], controls: Controls, book: PriceBook
) -> tuple[Axis, ...]:
    ends = (ZERO, ONE)
    names = (*choices, controls.full, *(n for lever in controls.more for n in lever.model_names()))
    knots = cache_knots(baseline, controls.where, names, book)
    return (
        Axis("start_with", "mix", choices=(TODAY, *choices)),
        Axis("escalate", "slider", knots=ends),
        Axis("cache", "slider", knots=(ZERO, *knots, ONE), has_today=True),
        Axis("batch", "slider", knots=ends),
    )


def _at(controls: Controls, switches: Sequence[Switch], corner: Sequence[object]) -> Controls:
    """Return the settings of one corner; those that cost the same are made equal."""
    ends, (start, escalate, cache, batch) = corner[: len(switches)], corner[len(switches) :]
    starts = () if start == TODAY else ((str(start), ONE),)
    can_escalate = starts and start != controls.full
    on = (each for each, end in zip(switches, ends, strict=True) if end)
    return replace(
        controls,
        start_with=starts,
        escalate=escalate if can_escalate and isinstance(escalate, Fraction) else ZERO,
        cache=cache if isinstance(cache, Fraction) else None,
        batch=batch if isinstance(batch, Fraction) else ZERO,
        growth=ZERO,
        more=tuple(lever for each in on for lever in each.levers),
    )


def _split(
    baseline: Baseline, controls: Controls, book: PriceBook
) -> tuple[Baseline, Baseline, Mapping[str, tuple[str | None, ...]]]:
    """Return the usage that the controls touch, the rest, and the ``where`` of all touched."""
    kept = baseline.keeping(controls.where)
    scene = Scene(book, kept)
    touched = [flow for flow in kept.flows if scene.matches(flow, controls.where)]
    rest = [flow for flow in kept.flows if not scene.matches(flow, controls.where)]
    alike, where = grouped_alike(replace(kept, flows=tuple(touched)), controls.more, book)
    return alike, replace(kept, flows=tuple(rest)), where


def _costs(
    baseline: Baseline, settings: Iterable[tuple[Lever, ...]], book: PriceBook
) -> Iterator[Fraction]:
    known: dict[str, Fraction] = {}
    for levers in settings:
        name = repr(levers)
        if name not in known:
            known[name] = total_cost(baseline, levers, book)
        yield known[name]


def _months(
    touched: Baseline,
    rest: Baseline,
    settings: Iterable[tuple[Lever, ...] | None],
    book: PriceBook,
    first_month: date | None,
) -> tuple[tuple[tuple[Fraction, ...], ...], tuple[Fraction, ...]]:
    """Return the months of the corners, and the part of them that no control touches.

    Where the settings are None nobody asks for the months.
    """
    if first_month is None:
        return (), ()
    untouched = month_costs(rest, (), book, first_month)
    known: dict[str, tuple[Fraction, ...]] = {repr(None): ()}
    months = []
    for levers in settings:
        name = repr(levers)
        if levers is not None and name not in known:
            own = month_costs(touched, levers, book, first_month)
            known[name] = tuple(a + b for a, b in zip(own, untouched, strict=True))
        months.append(known[name])
    return tuple(months), untouched
