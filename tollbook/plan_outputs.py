"""What ``tollbook plan`` gives beside its table: Markdown, what changed, exit code 4."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tollbook.data_fitness import check_fresh, fitness_options
from tollbook.errors import DataUnfit, UsageProblem
from tollbook.output import Column, Table, number_column
from tollbook.plan_changes import Change, Version, changes_between
from tollbook.spend_words import money_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    from tollbook.invocation import Invocation

F = TypeVar("F", bound="Callable[..., Any]")


@dataclass(frozen=True)
class Asked:
    """What the options of a plan said."""

    markdown: bool
    base: Path | None
    xlsx: Path | None
    html: Path | None
    require_fresh: timedelta | None
    require_priced: bool


def plan_options(function: F) -> F:
    """Add the options to a command, which gets them as keyword arguments."""
    options = [
        click.option("--markdown", is_flag=True, help="Write Markdown for a pull request."),
        click.option(
            "--base",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            metavar="OTHER.yaml",
            help="Say what changes against this version of the plan.",
        ),
        click.option(
            "--xlsx",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="OUT",
            help="Write a workbook with live formulas too.",
        ),
        click.option(
            "--html",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="OUT",
            help="Write one HTML file too, which opens without a network.",
        ),
        fitness_options,
    ]
    for option in reversed(options):
        function = option(function)
    return function


def changes_of(invocation: Invocation, base: Version | None, head: Version) -> tuple[Change, ...]:
    """Return what changed since the base; nothing without one.

    Raises ``UsageProblem`` where the two cannot be compared.
    """
    if base is None:
        return ()
    if base.result.period != head.result.period:
        raise UsageProblem(
            f"the base plan is of {base.result.period}, this one of {head.result.period}; "
            "give both the same 'period'"
        )
    from tollbook.plan_causes import causes_between

    causes = causes_between(base, head, invocation.book, invocation.now.date())
    return changes_between(base, head, causes)


def say(
    invocation: Invocation,
    head: Version,
    changes: Sequence[Change],
    asked: Asked,
    further: Mapping[str, object],
) -> bool:
    """Print the plan where the options ask for another form than the table; tell whether they did.

    ``--json`` holds the changes under ``changes``, and what is ``further`` under its own keys.
    """
    if invocation.as_json:
        if asked.markdown:
            raise UsageProblem("--json and --markdown exclude each other; give one of them")
        answer = {**head.result.to_json(), **further}
        if asked.base is not None:
            answer["changes"] = [each.to_json() for each in changes]
        invocation.output.result(answer)
        return True
    if asked.markdown:
        from tollbook.plan_markdown import plan_markdown

        text = plan_markdown(head.result, changes, as_of=invocation.now.date())
        click.echo(text, nl=False)
    return asked.markdown


def show_changes(invocation: Invocation, head: Version, changes: Sequence[Change]) -> None:
    """Print what changed since the base, a row for each scenario; nothing without a base."""
    if not changes:
        return
    currency = head.result.currency
    titles = [Column("Changed against the base"), number_column("Before"), number_column("Now")]
    table = Table([*titles, number_column("Difference"), Column("Settings")])
    for each in changes:
        costs = [
            "" if found is None else money_words(found.monthly_cost, currency)
            for found in (each.before, each.now)
        ]
        difference = "" if each.difference is None else money_words(each.difference, currency)
        table.rows.append([each.name, *costs, difference, "; ".join(each.settings)])
    invocation.output.table(table)


def write_files(invocation: Invocation, head: Version, asked: Asked) -> None:
    """Write the files that the options ask for."""
    if asked.xlsx is not None:
        from tollbook.plan_files import write_workbook

        write_workbook(invocation, head, asked.xlsx)
    if asked.html is not None:
        from tollbook.plan_files import write_html

        write_html(invocation, head, asked.html)


def check_fit(invocation: Invocation, head: Version, asked: Asked) -> None:
    """Raise ``DataUnfit`` where the usage is too old or misses a price that was required."""
    from costmodel.plan import LedgerBaseline

    if asked.require_fresh is not None and isinstance(head.plan.baseline, LedgerBaseline):
        check_fresh(invocation, invocation.store(), asked.require_fresh)
    missing = [
        each.name for each in (head.result.baseline, *head.result.scenarios) if each.at_least
    ]
    if asked.require_priced and missing:
        names = ", ".join(map(repr, missing))
        raise DataUnfit(f"some usage has no price, so these costs are lower bounds: {names}")
