"""``tollbook whatif``: today beside other models, in one table."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tollbook.commands.cost import chosen_provider
from tollbook.errors import DataUnfit, TollbookError
from tollbook.importing import import_files, options_for
from tollbook.invocation import Invocation, with_invocation
from tollbook.numbers import parse_day, parse_share, reading
from tollbook.options import command
from tollbook.output import (
    Column,
    Table,
    amount,
    listed,
    number_column,
    plural,
    share_words,
    tokens_text,
)
from tollbook.report_options import filter_values
from tollbook.spend_words import SHOWN_LINES, money_words
from tollbook.usage_files import usage_files
from tollbook.usage_period import usage_period

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.comparison import Alternative, Comparison
    from costmodel.workload import Baseline
    from ingest.imports import ImportOptions
    from ingest.periods import Period
    from ingest.store import Store

UNKNOWN_START = "start-unknown"
"""An assumption about the first day of a price, which no comparison of today's prices needs."""


@command("whatif")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option(
    "--all-on",
    multiple=True,
    metavar="MODEL",
    help="Add everything on this model; repeat for others.",
)
@click.option(
    "--escalate",
    callback=reading(parse_share),
    metavar="SHARE",
    help="This share is asked again of the full model, such as 12%.  "
    "[default: seen in the usage, else 20%]",
)
@click.option(
    "--last",
    metavar="RANGE",
    help="Only this usage: 30d, 2026-10, ...  [default: all of FILE, 30d of the store]",
)
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Only usage with this value, such as feature=search; repeat for others.",
)
@click.option(
    "--date",
    "day",
    callback=reading(parse_day),
    metavar="DAY",
    help="The day of rows in FILE that have no time.",
)
@click.option(
    "--price-at",
    callback=reading(parse_day),
    metavar="DAY",
    help="Price FILE as of a day; old usage has prices that no longer matter, or none.",
)
@click.option(
    "--mapping",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A column mapping in YAML, to read FILE with.",
)
@with_invocation
def whatif_command(
    invocation: Invocation,
    files: Sequence[str],
    all_on: tuple[str, ...],
    escalate: Fraction | None,
    last: str | None,
    filters: tuple[str, ...],
    day: date | None,
    price_at: date | None,
    mapping: Path | None,
) -> None:
    """Compare today with other models in one table.

    Reads usage from FILE, leaving the store alone, or from the store where no FILE is
    given. Example: tollbook whatif usage.csv --all-on gpt-4.1-mini --escalate 12%
    """
    from costmodel.comparison import compare
    from ingest.baseline import usage_baseline

    for name in all_on:
        chosen_provider(invocation.book, name, None)
    only = filter_values(filters)
    options = options_for(invocation, day=day, mapping=mapping, price_at=price_at)
    with _usage(invocation, files, options) as (store, seen):
        period = _period(invocation, store, last, is_file=bool(files))
        baseline = usage_baseline(store, invocation.book, period, only)
    if not baseline.flows and not baseline.unpriced:
        raise TollbookError(f"there is no usage to compare in {seen} ({period.label})")
    if not baseline.flows:
        missing = _without_price(baseline, invocation.book)
        raise DataUnfit(f"none of this usage has a price: {listed(missing)}")
    today = invocation.now.date()
    found = compare(baseline, invocation.book, today=today, all_on=all_on, escalate=escalate)
    if invocation.as_json:
        invocation.output.result(_answer(found, baseline, period))
    else:
        _show(invocation, found, baseline, f"{seen}, {period.label.lower()}")


@contextmanager
def _usage(
    invocation: Invocation, files: Sequence[str], options: ImportOptions
) -> Iterator[tuple[Store, str]]:
    """Give the store to read and its name; FILEs go into one that is thrown away."""
    if not files:
        yield invocation.store(), str(invocation.db)
        return
    paths = usage_files(files)
    with tempfile.TemporaryDirectory(prefix="tollbook-") as folder:
        thrown_away = replace(invocation, db=Path(folder) / "whatif.duckdb")
        results, failures = import_files(thrown_away, paths, options, quiet=True)
        if failures:
            raise TollbookError(failures[0].reason)
        aside = sum(result.rows_set_aside for result in results)
        if aside:
            invocation.output.note(
                f"{plural(aside, 'line')} set aside; 'tollbook import' says why."
            )
        yield thrown_away.store(), listed(path.name for path in paths)


def _period(invocation: Invocation, store: Store, last: str | None, *, is_file: bool) -> Period:
    """Return the usage to start from: what was asked for, all of a file, or the last 30 days.

    Where nothing happened in these, the last 30 days that hold usage.
    """
    return usage_period(invocation, store, "all" if last is None and is_file else last)


def _answer(found: Comparison, baseline: Baseline, period: Period) -> dict[str, Any]:
    return {
        "currency": found.currency,
        "period": period.label,
        "days": float(baseline.days),
        "escalate": float(found.escalate),
        "escalation_source": found.escalation_source,
        "rows": [_row_answer(row) for row in found.rows],
        "at_least": any(row.at_least for row in found.rows),
        "assumptions": [each.text for each in found.assumptions],
    }


def _row_answer(row: Alternative) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "name": row.name,
        "model": row.model,
        "monthly_cost": amount(row.monthly_cost),
        "saving": amount(row.saving),
        "saving_share": None if row.saving_share is None else float(row.saving_share),
        "gone_since": row.gone_since.isoformat() if row.gone_since else None,
        "at_least": row.at_least,
        "warnings": list(row.warnings),
    }


def _show(invocation: Invocation, found: Comparison, baseline: Baseline, seen: str) -> None:
    out = invocation.output
    out.say(seen)
    is_lower_bound = any(row.at_least for row in found.rows)
    titles = ("A month, at least" if is_lower_bound else "A month", "Saving", "Share")
    table = Table([Column("Plan"), *map(number_column, titles), Column("Note")])
    for row in found.rows:
        cost = money_words(row.monthly_cost, found.currency)
        note = "; ".join(row.warnings)
        table.rows.append([_name(row, found), cost, *_saving(row, found.currency), note])
    out.table(table)
    for missing in _without_price(baseline, invocation.book):
        out.say(f"Not in these amounts: {missing}.")
    out.say(f"Assumes {'; '.join(_assumed(invocation, found))}.")


def _without_price(baseline: Baseline, book: PriceBook) -> list[str]:
    """Return the usage of a month that no amount holds, most tokens first."""
    tokens: dict[tuple[str, str], int] = defaultdict(int)
    for flow in baseline.a_month().unpriced:
        quote = book.quote(flow.key)
        tokens[flow.model, getattr(quote, "reason", "")] += round(flow.tokens)
    ordered = sorted(tokens.items(), key=lambda each: -each[1])[:SHOWN_LINES]
    return [f"{tokens_text(n)} tokens of {model} ({why})" for (model, why), n in ordered]


def _name(row: Alternative, found: Comparison) -> str:
    name = row.name[:1].upper() + row.name[1:]
    escalated = f", {share_words(found.escalate)} escalated"
    return f"{name}{escalated}" if row.kind == "small_first" else name


def _saving(row: Alternative, currency: str) -> list[str]:
    if row.kind == "today":
        return ["", ""]
    share = "" if row.saving_share is None else f"{float(row.saving_share):.0%}"
    return [money_words(row.saving, currency), share]


def _assumed(invocation: Invocation, found: Comparison) -> list[str]:
    """Return everything that the table rests on, what matters most first."""
    family = found.family
    texts = ["quality is not known"]
    if family and family.small:
        share = share_words(found.escalate)
        texts.append(f"{share} asked again of {family.full.display} ({found.escalation_source})")
    checked = max((card.checked_on for card in invocation.book.cards), default=None)
    prices = "list prices" if not invocation.book.contract.terms else "your contract's prices"
    texts.append(f"{prices}, checked {checked}")
    return [*texts, *(each.text for each in found.assumptions if each.name != UNKNOWN_START)]
