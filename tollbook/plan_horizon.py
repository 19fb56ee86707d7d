"""``tollbook plan --months``: what the scenarios cost month by month, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tollbook.errors import UsageProblem
from tollbook.output import Column, Table, amount, number_column
from tollbook.spend_words import money_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from costmodel.book import PriceBook
    from costmodel.horizon import Horizon
    from costmodel.horizon_rows import HorizonRow
    from costmodel.levers import Lever
    from costmodel.workload import Baseline
    from tollbook.invocation import Invocation
    from tollbook.plan_changes import Version

F = TypeVar("F", bound="Callable[..., Any]")

MOST_MONTHS = 60
MOST_COLUMNS = 6
"""More values than this are summed in the table for people; JSON holds each."""
LEVER = "lever"
DRIVERS = ("users", "requests", "tokens")


@dataclass(frozen=True)
class HorizonAsked:
    """What the options said: how far to look, by which word, and what grows."""

    months: int
    by: str | None
    growth: tuple[Lever, ...]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Return the words by which usage must be grouped for this."""
        words = {name for lever in self.growth for name in lever.where}
        if self.by not in {None, LEVER}:
            words.add(str(self.by))
        return tuple(sorted(words))


def horizon_options(function: F) -> F:
    """Add ``--months`` and its companions to a command; see ``horizon_asked``."""
    options = [
        click.option(
            "--months",
            type=click.IntRange(1, MOST_MONTHS),
            metavar="N",
            help="Show the next N months, such as 12.",
        ),
        click.option(
            "--by", metavar="WORD", help="Divide the months by team, feature, model, ...; or lever."
        ),
        click.option(
            "--grow",
            multiple=True,
            metavar="DRIVER=SHARE",
            help="users, requests or tokens grow so much a month: users=5%, "
            "or tokens=2%,feature=search.",
        ),
        click.option(
            "--growth",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            metavar="FILE.csv",
            help="Growth from a file: month, users, requests_per_user, tokens_per_request.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def horizon_asked(options: dict[str, Any]) -> HorizonAsked | None:
    """Take the options of the horizon out of all options; None where no months are asked for."""
    months, by, grow, growth = (options.pop(name) for name in ("months", "by", "grow", "growth"))
    if months is None:
        given = {"--by": by, "--grow": grow, "--growth": growth}
        for name in (name for name, value in given.items() if value):
            raise UsageProblem(f"{name} divides or changes coming months; add --months 12")
        return None
    levers = [_grown(text) for text in grow]
    if growth is not None:
        from ingest.driver_file import read_drivers

        levers += read_drivers(growth)
    return HorizonAsked(months, by, tuple(levers))


def _grown(text: str) -> Lever:
    """Return the lever that one ``--grow`` means."""
    from costmodel.drivers import GrowDrivers

    first, *rest = (part.partition("=") for part in text.split(","))
    driver, _, share = first
    if driver.strip() not in DRIVERS:
        raise UsageProblem(f"--grow {text!r} names none of {', '.join(DRIVERS)}: write users=5%")
    where = {name.strip(): (value.strip() or None,) for name, _, value in rest}
    shares = {name: Fraction(0) for name in DRIVERS}
    shares[driver.strip()] = _share(text, share)
    return GrowDrivers(
        users=shares["users"], requests=shares["requests"], tokens=shares["tokens"], where=where
    )


def _share(text: str, share: str) -> Fraction:
    from tollbook.numbers import parse_share

    sign = -1 if share.strip().startswith("-") else 1
    try:
        return sign * parse_share(share.strip().lstrip("+-"))
    except ValueError as error:
        raise UsageProblem(f"--grow {text!r}: {error}") from None


@dataclass(frozen=True)
class ScenarioMonths:
    """The coming months of one scenario; ``rows`` divide them, in whole cents."""

    name: str
    line: Horizon
    rows: tuple[HorizonRow, ...]

    @property
    def costs(self) -> tuple[Fraction, ...]:
        """Return each month's cost in whole cents."""
        return tuple(Fraction(round(month.cost * 100), 100) for month in self.line.months)


def coming_months(
    invocation: Invocation, head: Version, asked: HorizonAsked | None
) -> tuple[ScenarioMonths, ...]:
    """Return the months of the baseline and of every scenario, growth on all of them."""
    if asked is None:
        return ()
    from costmodel.plan import plan_usage

    plan, book, today = head.plan, invocation.book, invocation.now.date()
    usage, _ = plan_usage(plan, book, today=today, history=head.history)
    first = date.fromisoformat(f"{head.result.period}-01")
    levers = {"baseline": (), **{each.name: each.levers for each in plan.scenarios}}
    return tuple(
        _months(name, usage, (*those, *asked.growth), book, first, asked)
        for name, those in levers.items()
    )


def _months(
    name: str,
    usage: Baseline,
    levers: tuple[Lever, ...],
    book: PriceBook,
    first: date,
    asked: HorizonAsked,
) -> ScenarioMonths:
    from costmodel.horizon import horizon
    from costmodel.horizon_levers import lever_rows
    from costmodel.horizon_rows import horizon_rows, rows_in_cents

    line = horizon(usage, levers, book, first, asked.months)
    rows: tuple[HorizonRow, ...] = ()
    if asked.by == LEVER:
        rows = lever_rows(usage, levers, book, first, asked.months)
    elif asked.by is not None:
        rows = horizon_rows(usage, levers, book, first, asked.by, asked.months)
    return ScenarioMonths(name, line, rows_in_cents(rows))


def horizon_answer(found: Sequence[ScenarioMonths], asked: HorizonAsked) -> dict[str, Any]:
    """Return the months as JSON, all money in whole cents; rows sum to the months."""
    return {
        "months": [f"{month.month:%Y-%m}" for month in found[0].line.months],
        "by": asked.by,
        "scenarios": [_scenario_answer(each, asked.by) for each in found],
        "assumptions": list(
            dict.fromkeys(text.text for each in found for text in each.line.assumptions)
        ),
    }


def _scenario_answer(each: ScenarioMonths, by: str | None) -> dict[str, Any]:
    return {
        "name": each.name,
        "costs": [amount(cost) for cost in each.costs],
        "total": amount(sum(each.costs, Fraction(0))),
        "at_least": any(month.at_least for month in each.line.months),
        "rows": [
            {
                by or "": row.name,
                "costs": [amount(cost) for cost in row.costs],
                "total": amount(row.total),
            }
            for row in each.rows
        ],
        "events": [
            {
                "on": event.on.isoformat(),
                "kind": event.kind,
                "provider": event.provider,
                "model": event.model,
                "successor": event.successor,
            }
            for event in each.line.events
        ],
        "warnings": list(each.line.warnings),
    }


def show_horizon(
    invocation: Invocation, found: Sequence[ScenarioMonths], asked: HorizonAsked
) -> None:
    """Print the months for people: scenarios side by side, or each one divided."""
    currency, out = invocation.book.contract.currency, invocation.output
    if asked.by is None:
        out.table(_months_table(found[0], [(each.name, each.costs) for each in found], currency))
    for each in found if asked.by is not None else ():
        table = _months_table(each, [*_columns(each.rows), ("All", each.costs)], currency)
        table.title = each.name
        out.table(table)
    for text in _remarks(found):
        out.say(text)


def _columns(rows: Sequence[HorizonRow]) -> list[tuple[str, tuple[Fraction, ...]]]:
    """Return the dearest rows with their names, the rest summed."""
    named = rows if len(rows) <= MOST_COLUMNS else rows[: MOST_COLUMNS - 1]
    columns = [(row.name or "not given", row.costs) for row in named]
    rest = [row.costs for row in rows[len(named) :]]
    if rest:
        sums = tuple(sum(month, Fraction(0)) for month in zip(*rest, strict=True))
        columns.append((f"{len(rest)} others", sums))
    return columns


def _months_table(
    each: ScenarioMonths, columns: Sequence[tuple[str, tuple[Fraction, ...]]], currency: str
) -> Table:
    rows: list[Sequence[str]] = [
        [f"{month.month:%b %Y}", *(money_words(costs[place], currency) for _, costs in columns)]
        for place, month in enumerate(each.line.months)
    ]
    totals = (money_words(sum(costs, Fraction(0)), currency) for _, costs in columns)
    heads = [Column("Month"), *(number_column(title) for title, _ in columns)]
    return Table(heads, rows, ["All months", *totals])


def _remarks(found: Sequence[ScenarioMonths]) -> list[str]:
    """Return what changes in the months, what is warned of, and what is assumed, each once."""
    events = dict.fromkeys(event for each in found for event in each.line.events)
    texts = [
        f"{event.on}: {event.model} ends"
        + (f"; its usage is priced at {event.successor}." if event.successor else ".")
        if event.kind == "shutdown"
        else f"{event.on}: {event.model} has a new price."
        for event in events
    ]
    warned = dict.fromkeys(text for each in found for text in each.line.warnings)
    assumed = dict.fromkeys(text.text for each in found for text in each.line.assumptions)
    return [
        *texts,
        *(f"Note: {text}." for text in warned),
        *(f"Assumed: {text}." for text in assumed),
    ]
