"""``tollbook plan --table`` and ``--compare``: two fields against each other, scenarios abreast."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tollbook.errors import UsageProblem
from tollbook.output import Column, Table, amount, at_least, number_column
from tollbook.plan_words import input_words, setting_words
from tollbook.spend_words import money_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from costmodel.case import Case
    from costmodel.grid import Grid, Line, SideBySide
    from costmodel.plan import Scenario
    from tollbook.invocation import Invocation

F = TypeVar("F", bound="Callable[..., Any]")

TWO_FIELDS = 2
_VALUE = re.compile(r"(-?\d+(?:\.\d+)?)\s*(%?)")


@dataclass(frozen=True)
class TablesAsked:
    """What the options said: two fields with the values that each takes, scenarios abreast."""

    fields: tuple[tuple[str, tuple[Fraction, ...]], ...] = ()
    compare: bool = False


@dataclass(frozen=True)
class PlanTable:
    """The two-way table of one scenario; ``are_shares``: its rows, its columns."""

    scenario: str
    grid: Grid
    are_shares: tuple[bool, bool]

    def to_json(self) -> dict[str, object]:
        """Return the JSON of the command line, money as decimal strings."""
        return {
            "scenario": self.scenario,
            "down": {"input": self.grid.down, "values": [float(v) for v in self.grid.rows]},
            "across": {"input": self.grid.across, "values": [float(v) for v in self.grid.columns]},
            "monthly_costs": [[amount(cost) for cost in row] for row in self.grid.costs],
        }


def table_options(function: F) -> F:
    """Add ``--table`` and ``--compare`` to a command; see ``tables_asked``."""
    options = [
        click.option(
            "--table",
            multiple=True,
            metavar="FIELD=VALUES",
            help="Twice: the cost at each pair of values, escalate=0%,10%,20% and hit_rate=0%,60%.",
        ),
        click.option(
            "--compare",
            is_flag=True,
            help="Put up to 8 scenarios abreast, by model and token type.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def tables_asked(options: dict[str, Any]) -> TablesAsked:
    """Take the options of tables out of all options."""
    given = tuple(_field(text) for text in options.pop("table"))
    if len(given) not in {0, TWO_FIELDS}:
        raise UsageProblem("a table has two fields: give --table twice, such as escalate=0%,10%")
    return TablesAsked(given, options.pop("compare"))


def _field(text: str) -> tuple[str, tuple[Fraction, ...]]:
    name, _, values = text.partition("=")
    found = [_VALUE.fullmatch(value.strip()) for value in values.split(",")]
    if not name.strip() or None in found:
        raise UsageProblem(f"--table {text!r} is no field with values: write escalate=0%,10%,20%")
    return name.strip(), tuple(
        Fraction(value[1]) / (100 if value[2] else 1) for value in found if value
    )


def tables_of(cases: Sequence[tuple[Scenario, Case]], asked: TablesAsked) -> tuple[PlanTable, ...]:
    """Return the table of each scenario that has both fields.

    Raises ``UsageProblem`` where none has, or for a table that nobody could read.
    """
    from costmodel.grid import GridError
    from costmodel.inputs import InputError

    found: list[PlanTable] = []
    unknown: InputError | None = None
    for scenario, case in cases if asked.fields else ():
        try:
            found.append(_table(scenario, case, asked))
        except InputError as error:
            unknown = unknown or error
        except GridError as error:
            raise UsageProblem(f"--table: {error}") from None
    if unknown and not found:
        raise UsageProblem(f"--table: {unknown}")
    return tuple(found)


def _table(scenario: Scenario, case: Case, asked: TablesAsked) -> PlanTable:
    from costmodel.grid import grid
    from costmodel.inputs import is_share, named

    (down, rows), (across, columns) = asked.fields
    inputs = named(case.levers, down), named(case.levers, across)
    costs = grid(case, (inputs[0], rows), (inputs[1], columns))
    return PlanTable(
        scenario.name, costs, (is_share(case.levers, inputs[0]), is_share(case.levers, inputs[1]))
    )


def compared(cases: Sequence[tuple[Scenario, Case]], asked: TablesAsked) -> SideBySide | None:
    """Return the scenarios side by side; raises ``UsageProblem`` for more than eight."""
    if not asked.compare:
        return None
    from costmodel.grid import GridError, side_by_side

    try:
        return side_by_side({scenario.name: case.outcome() for scenario, case in cases})
    except GridError as error:
        raise UsageProblem(f"--compare: {error}") from None


def comparison_answer(found: SideBySide) -> dict[str, object]:
    """Return scenarios side by side as JSON, money as decimal strings."""
    return {
        "scenarios": list(found.names),
        "monthly_costs": [amount(cost) for cost in found.costs],
        "by_model": {line.name: [amount(cost) for cost in line.amounts] for line in found.by_model},
        "by_token_type": {
            line.name: [amount(cost) for cost in line.amounts] for line in found.by_meter
        },
    }


def show_table(invocation: Invocation, each: PlanTable, currency: str) -> None:
    """Print a two-way table, rows down and columns across."""
    grid, (rows_are_shares, columns_are_shares) = each.grid, each.are_shares
    title = f"{each.scenario}: a month by {input_words(grid.down)}, across: "
    across = [setting_words(grid.across, value, columns_are_shares) for value in grid.columns]
    table = Table([Column(""), *map(number_column, across)], title=title + input_words(grid.across))
    for value, costs in zip(grid.rows, grid.costs, strict=True):
        head = setting_words(grid.down, value, rows_are_shares)
        table.rows.append([head, *(money_words(cost, currency) for cost in costs)])
    invocation.output.table(table)


def show_comparison(invocation: Invocation, found: SideBySide, currency: str) -> None:
    """Print scenarios side by side: whole, by model, by token type."""
    table = Table([Column("Side by side"), *map(number_column, found.names)])
    totals = zip(found.costs, found.at_least, strict=True)
    table.rows.append(
        [
            "a month",
            *(at_least(money_words(cost, currency), is_lower_bound=low) for cost, low in totals),
        ]
    )
    for line in (*found.by_model, *found.by_meter):
        table.rows.append([_name(line), *(money_words(cost, currency) for cost in line.amounts)])
    invocation.output.table(table)


def _name(line: Line) -> str:
    return line.name.replace("_", " ")
