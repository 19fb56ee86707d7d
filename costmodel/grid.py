"""Grids: the cost at each pair of values of two inputs, and scenarios side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from costmodel.flows import ZERO
from costmodel.inputs import name_of
from costmodel.surface import surface

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from costmodel.case import Case
    from costmodel.inputs import Input
    from costmodel.scenario import Outcome

MOST_VALUES = 50
"""A table with more rows or columns is read by nobody."""

MOST_SCENARIOS = 8
"""So many scenarios can be told apart side by side."""


class GridError(ValueError):
    """A table that nobody could read: two equal inputs, too many values or scenarios."""


@dataclass(frozen=True)
class Grid:
    """Exact costs by the values of two inputs: ``costs[row][column]``."""

    down: str
    across: str
    rows: tuple[Fraction, ...]
    columns: tuple[Fraction, ...]
    costs: tuple[tuple[Fraction, ...], ...]


def grid(
    case: Case,
    down: tuple[Input, Sequence[Fraction]],
    across: tuple[Input, Sequence[Fraction]],
) -> Grid:
    """Return a two-way table: each input with the values that it takes.

    The costs are interpolated between exact corners, which is exact. Raises
    ``GridError`` for one input twice, no value or too many, ``LeverError`` for a value
    that a lever refuses.
    """
    _check(down, across)
    (row_input, rows), (column_input, columns) = down, across
    corners = surface(case, {row_input: rows, column_input: columns})
    return Grid(
        down=name_of(case.levers, row_input),
        across=name_of(case.levers, column_input),
        rows=tuple(rows),
        columns=tuple(columns),
        costs=tuple(tuple(corners.cost_at((row, column)) for column in columns) for row in rows),
    )


def _check(
    down: tuple[Input, Sequence[Fraction]], across: tuple[Input, Sequence[Fraction]]
) -> None:
    if down[0] == across[0]:
        raise GridError("a two-way table needs two different inputs")
    for _, values in (down, across):
        if not values:
            raise GridError("a two-way table needs at least one value of each input")
        if len(values) > MOST_VALUES:
            raise GridError(f"{len(values)} values are too many: give at most {MOST_VALUES}")


@dataclass(frozen=True)
class Line:
    """One line of a comparison: what it is, and its amount in each scenario."""

    name: str
    amounts: tuple[Fraction, ...]


@dataclass(frozen=True)
class SideBySide:
    """Scenarios beside each other: their costs whole, by model and by token type.

    ``at_least``: the total misses usage without a price.
    """

    names: tuple[str, ...]
    costs: tuple[Fraction, ...]
    at_least: tuple[bool, ...]
    by_model: tuple[Line, ...]
    by_meter: tuple[Line, ...]


def side_by_side(outcomes: Mapping[str, Outcome]) -> SideBySide:
    """Return a comparison of up to eight scenarios by name; models in their first order.

    Raises ``GridError`` for more of them.
    """
    if len(outcomes) > MOST_SCENARIOS:
        raise GridError(
            f"{len(outcomes)} scenarios are too many to compare: choose at most {MOST_SCENARIOS}"
        )
    all_of = list(outcomes.values())
    return SideBySide(
        names=tuple(outcomes),
        costs=tuple(outcome.cost for outcome in all_of),
        at_least=tuple(outcome.at_least for outcome in all_of),
        by_model=_lines([_by_model(outcome) for outcome in all_of]),
        by_meter=_lines([_by_meter(outcome) for outcome in all_of]),
    )


def _by_model(outcome: Outcome) -> dict[str, Fraction]:
    """Return the cost by model name, whoever serves it."""
    costs: dict[str, Fraction] = {}
    for each in outcome.models:
        costs[each.model] = costs.get(each.model, ZERO) + each.cost
    return costs


def _by_meter(outcome: Outcome) -> dict[str, Fraction]:
    return {str(meter): cost for meter, cost in outcome.parts.items() if cost}


def _lines(costs: Sequence[Mapping[str, Fraction]]) -> tuple[Line, ...]:
    names = dict.fromkeys(name for each in costs for name in each)
    return tuple(Line(name, tuple(each.get(name, ZERO) for each in costs)) for name in names)
