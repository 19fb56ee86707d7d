"""``tollbook report``: what usage cost, in groups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tollbook.data_fitness import MINUTE, check_fresh, fitness_options
from tollbook.errors import DataUnfit
from tollbook.invocation import Invocation, with_invocation
from tollbook.options import command
from tollbook.output import Column, Table, listed, number_column, plural, tokens_text
from tollbook.report_options import Asked, query_of, report_options
from tollbook.spend_words import (
    money_words,
    row_answer,
    sorted_rows,
    unpriced_answer,
    unpriced_lines,
    unpriced_words,
)

if TYPE_CHECKING:
    from datetime import timedelta

    from costmodel.spend import Spend, SpendRow
    from ingest.charges import Charge
    from ingest.report import ReportQuery
    from ingest.store import Store


@command("report")
@report_options
@fitness_options
@with_invocation
def report_command(
    invocation: Invocation,
    by: str,
    since: str | None,
    until: str | None,
    last: str | None,
    tz: str | None,
    filters: tuple[str, ...],
    require_fresh: timedelta | None,
    require_priced: bool,  # noqa: FBT001 - click passes flags by name
) -> None:
    """Show what usage cost.

    Example: tollbook report --by model,feature --last 30d --filter team=legal
    """
    from ingest.report import report

    store = invocation.store()
    query = query_of(invocation, Asked(by, since, until, last, tz, filters))
    spend = report(store, invocation.book, query)
    if invocation.as_json:
        invocation.output.result(report_answer(spend, query, store))
    else:
        _show(invocation, spend, query, store)
    if not spend.rows:
        invocation.output.note(_nothing(store))
    if require_fresh is not None:
        check_fresh(invocation, store, require_fresh)
    if require_priced and spend.unpriced:
        missing = listed(unpriced_words(each) for each in spend.unpriced)
        raise DataUnfit(f"some usage has no price: {missing}")


def report_answer(spend: Spend, query: ReportQuery, store: Store) -> dict[str, Any]:
    """Return a report as JSON, rows in the order of the table.

    ``other_charges`` are what bills ask for no usage; they are in no total.
    """
    from ingest.other_charges import other_charges

    period = query.period
    return {
        "by": list(query.by),
        "period": period.label if period else "All usage",
        "timezone": period.zone if period else "UTC",
        "currency": spend.currency,
        "rows": [row_answer(row, query.by) for row in sorted_rows(spend)],
        "total": row_answer(spend.total),
        "at_least": spend.at_least,
        "unpriced": [unpriced_answer(each) for each in spend.unpriced],
        "unmetered_requests": spend.total.unmetered_requests,
        "estimated_tokens": spend.total.estimated_tokens,
        "assumptions": assumed(spend, store),
        "other_charges": [
            charge_answer(each) for each in other_charges(store.charges(), period, query.filters)
        ],
    }


def charge_answer(charge: Charge) -> dict[str, Any]:
    """Return a line of a bill as JSON; its amount is in its own currency."""
    return {
        "provider": charge.provider,
        "kind": charge.kind.value,
        "start": charge.start.isoformat(),
        "end": charge.end.isoformat(),
        "amount": f"{charge.amount:f}",
        "currency": charge.currency.upper(),
        "line_item": charge.line_item,
        "memo": charge.memo,
        "project": charge.project,
        "team": charge.team,
    }


def _show(invocation: Invocation, spend: Spend, query: ReportQuery, store: Store) -> None:
    out, period = invocation.output, query.period
    if period:
        out.say(f"{period.label}, {period.zone}")
    if not spend.rows:
        return
    has_list = spend.total.cost != spend.total.list_cost
    out.table(_table(spend, query.by, has_list=has_list))
    for line in [*misses(spend), *(f"Assumed: {text}." for text in assumed(spend, store))]:
        out.say(line)


def _table(spend: Spend, by: tuple[str, ...], *, has_list: bool) -> Table:
    titles = ["Requests", "Input", "Cached", "Output", "Cost"]
    titles += ["List cost"] if has_list else []
    groups = [Column(name.replace("_", " ").capitalize()) for name in by] or [Column("")]
    table = Table([*groups, *map(number_column, titles)])
    for row in sorted_rows(spend) if by else ():
        names = ["(not given)" if value is None else value for value in row.dimensions]
        table.rows.append([*names, *_numbers(row, spend, has_list=has_list)])
    total = _numbers(spend.total, spend, has_list=has_list)
    label = "Total, at least" if spend.at_least and spend.total.cost is not None else "Total"
    table.total = [label, *[""] * (len(groups) - 1), *total]
    return table


def _numbers(row: SpendRow, spend: Spend, *, has_list: bool) -> list[str]:
    cached = f"{row.cached_input_tokens / row.input_tokens:.0%}" if row.input_tokens else ""
    tokens = tokens_text(row.input_tokens), cached, tokens_text(row.output_tokens)
    numbers = [f"{row.requests:,}", *tokens]
    numbers.append(money_words(row.cost, spend.currency))
    return [*numbers, money_words(row.list_cost, spend.currency)] if has_list else numbers


def misses(spend: Spend) -> list[str]:
    """Return what the total misses, and what in it was not counted by the provider."""
    found = unpriced_lines(spend.unpriced)
    if spend.total.unmetered_requests:
        count = plural(spend.total.unmetered_requests, "request")
        found.append(f"Not in this total: {count} that came without a token count.")
    if spend.total.estimated_tokens:
        tokens = tokens_text(spend.total.estimated_tokens)
        found.append(f"Counted by Tollbook, not by the provider: {tokens} tokens.")
    return found


def assumed(spend: Spend, store: Store) -> list[str]:
    """Return what the money rests on: prices that nobody publishes, and choices at import."""
    chosen = (
        f"{Path(record.path).name}: {text}"
        for record in store.imports()
        if not record.undone
        for text in record.assumptions
    )
    return list(dict.fromkeys([*(each.text for each in spend.assumptions), *chosen]))


def _nothing(store: Store) -> str:
    extent = store.extent()
    if extent is None:
        return "The store holds no usage yet; 'tollbook import FILE' brings some."
    first, end = extent
    return f"No usage here; the store holds usage from {first:{MINUTE}} to {end:{MINUTE}} UTC."
