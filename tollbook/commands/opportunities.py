"""``tollbook opportunities``: the best move of every feature, what ends soon, who calls what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tollbook.errors import TollbookError
from tollbook.invocation import Invocation, with_invocation
from tollbook.numbers import parse_share, reading
from tollbook.opportunity_answers import inventory_answer, opportunities_answer
from tollbook.options import command
from tollbook.output import (
    Column,
    Table,
    at_least,
    listed,
    number_column,
    plural,
    share_words,
)
from tollbook.report_options import filter_values
from tollbook.spend_words import money_words
from tollbook.usage_period import usage_period

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from costmodel.ending import Ending
    from costmodel.opportunities import Opportunities
    from ingest.opportunities import InventoryLine
    from ingest.periods import Period
    from ingest.store import Store

GROUPS = ("feature", "endpoint", "team")
KINDS = ("smaller model", "successor", "cache", "batch", "shorter prompt")
NOT_GIVEN = "(not given)"
MOST_CALLERS = 5


@command("opportunities")
@click.option(
    "--by",
    type=click.Choice(GROUPS),
    default="feature",
    show_default=True,
    help="Look for one move for each of these.",
)
@click.option("--last", metavar="RANGE", help="Only this usage: 30d, 2026-10, ...  [default: 30d]")
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Only usage with this value, such as team=legal; repeat for others.",
)
@click.option(
    "--without",
    type=click.Choice(KINDS),
    multiple=True,
    help="Leave these moves out; repeat for others.",
)
@click.option(
    "--shorter",
    callback=reading(parse_share),
    metavar="SHARE",
    help="By how much prompts could be shorter, such as 20%.  [default: 10%, assumed]",
)
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.yaml",
    help="Write the moves as a plan file, for 'tollbook plan'.",
)
@click.option(
    "--inventory", is_flag=True, help="Show who calls which model instead, for a migration."
)
@with_invocation
def opportunities_command(
    invocation: Invocation,
    by: str,
    last: str | None,
    filters: tuple[str, ...],
    without: tuple[str, ...],
    shorter: Fraction | None,
    plan_file: Path | None,
    inventory: bool,  # noqa: FBT001 - click passes flags by name
) -> None:
    """Show for every feature the move that saves most.

    Critical features of the configuration are left alone, and no saving is counted
    twice. Example: tollbook opportunities --without batch --plan moves.yaml
    """
    from costmodel.moves import Hints

    store, only = invocation.store(), filter_values(filters)
    period = usage_period(invocation, store, last)
    if inventory:
        _show_inventory(invocation, store, period, only)
        return
    kinds = tuple(kind for kind in KINDS if kind not in without)
    hints = Hints(shorter_prompt=shorter, kinds=kinds)  # type: ignore[arg-type]
    found = _found(invocation, store, period, only, by, hints)
    if not found.rows:
        raise TollbookError(f"there is no usage with a price in {invocation.db} ({period.label})")
    if plan_file is not None:
        _write_plan(plan_file, found, period, only)
    ending = _ending(invocation, store, period, only)
    if invocation.as_json:
        invocation.output.result(opportunities_answer(found, ending, period))
    else:
        _show(invocation, found, ending, period)


def _found(
    invocation: Invocation,
    store: Store,
    period: Period,
    only: Mapping[str, tuple[str | None, ...]],
    by: str,
    hints: Any,  # noqa: ANN401 - imported only when the command runs
) -> Opportunities:
    from ingest.opportunities import usage_opportunities

    return usage_opportunities(
        store,
        invocation.book,
        invocation.configuration,
        period,
        only,
        by=by,
        today=invocation.now.date(),
        hints=hints,
    )


def _ending(
    invocation: Invocation,
    store: Store,
    period: Period,
    only: Mapping[str, tuple[str | None, ...]],
) -> list[Ending]:
    from costmodel.ending import KEY_WORDS, endings
    from ingest.report import ReportQuery, report

    query = ReportQuery(period, (*KEY_WORDS, "feature"), only)
    rows = report(store, invocation.book, query).rows
    return endings(rows, invocation.book, invocation.now.date())


def _write_plan(
    path: Path,
    found: Opportunities,
    period: Period,
    only: Mapping[str, tuple[str | None, ...]],
) -> None:
    from ingest.plan_text import plan_text, scenario_text

    if not found.levers:
        raise TollbookError(f"no move saves anything, so {path} was not written")
    scenario = scenario_text("the best moves", found.levers)
    path.write_text(plan_text(period.text, only, scenario), encoding="utf-8")


def _show(
    invocation: Invocation, found: Opportunities, ending: list[Ending], period: Period
) -> None:
    out = invocation.output
    out.say(f"{period.label}, as a month of 30 days")
    out.table(_table(found))
    out.say(_together(found))
    for line in _remarks(found):
        out.say(line)
    for each in ending:
        out.say(_ending_words(each, found.currency))


def _together(found: Opportunities) -> str:
    if not found.levers:
        return "No move saves 1% or more of anything."
    now, then = (
        at_least(money_words(cost, found.currency), is_lower_bound=found.at_least)
        for cost in (found.today, found.together)
    )
    saving = money_words(found.saving, found.currency)
    share = share_words(found.saving / found.today)
    return f"All moves together save {saving} a month ({share}): {now} becomes {then}."


def _table(found: Opportunities) -> Table:
    table = Table(
        [
            Column(found.by.capitalize()),
            number_column("A month"),
            Column("Best move"),
            number_column("Saves"),
            number_column("Share"),
            Column("Risk"),
        ]
    )
    for row in found.rows:
        cells = [row.value or NOT_GIVEN, money_words(row.cost, found.currency)]
        if row.best is None:
            why = "left alone: critical" if row.is_critical else "nothing that saves 1% or more"
            table.rows.append([*cells, why, "", "", ""])
            continue
        saving = row.best.saving
        table.rows.append(
            [
                *cells,
                row.best.move.name,
                money_words(saving, found.currency),
                share_words(saving / row.cost),
                row.best.move.risk,
            ]
        )
    return table


def _remarks(found: Opportunities) -> list[str]:
    """Return what the moves rest on: of each once, with those it holds for."""
    holders: dict[str, list[str]] = {}
    for row in found.rows:
        if row.best:
            holders.setdefault(row.best.move.assumption, []).append(row.value or NOT_GIVEN)
    lines = [f"Assumed for {listed(names)}: {text}." for text, names in holders.items()]
    return [*lines, *(f"Note: {text}." for text in found.warnings)]


def _ending_words(each: Ending, currency: str) -> str:
    names, days = listed(each.models), plural(each.days_left, "day")
    text = f"Ending soon: {names}, {each.on}, in {days}; {money_words(each.cost, currency)} here"
    if each.successor and each.successor_cost is not None:
        then = money_words(each.successor_cost, currency)
        text += f", the same tokens on {each.successor} {then}"
    callers = [caller.names[0] for caller in each.callers if caller.names[0]]
    more = len(callers) - MOST_CALLERS
    shown = [*callers[:MOST_CALLERS], *([f"{more} more"] if more > 0 else [])]
    return f"{text}; called by {listed(shown)}." if shown else f"{text}."


def _show_inventory(
    invocation: Invocation,
    store: Store,
    period: Period,
    only: Mapping[str, tuple[str | None, ...]],
) -> None:
    from ingest.opportunities import inventory

    lines = inventory(store, invocation.book, invocation.configuration, period, only)
    currency, out = invocation.book.contract.currency, invocation.output
    if invocation.as_json:
        rows = [inventory_answer(line) for line in lines]
        out.result({"period": period.label, "currency": currency, "rows": rows})
        return
    out.say(period.label)
    names, numbers = ("Feature", "Endpoint", "Model"), ("Requests", "Cost", "95 of 100 within")
    ends = ("Owner", "Last seen", "Ends on")
    table = Table([*map(Column, names), *map(number_column, numbers), *map(Column, ends)])
    table.rows += [_inventory_row(line, currency) for line in lines]
    out.table(table)


def _inventory_row(line: InventoryLine, currency: str) -> list[str]:
    latency = line.p95_latency_seconds
    return [
        line.feature or NOT_GIVEN,
        line.endpoint or "",
        line.model,
        f"{line.requests:,}",
        money_words(line.cost, currency),
        "" if latency is None else f"{latency:.1f} s",
        line.owner or "",
        f"{line.last_seen:%Y-%m-%d}" if line.last_seen else "",
        f"{line.ends_on}" if line.ends_on else "",
    ]
