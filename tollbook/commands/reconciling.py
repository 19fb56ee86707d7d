"""``tollbook reconcile``: usage times rate against the bill."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING, Any, Literal

import click

from tollbook.commands.reporting import misses
from tollbook.invocation import Invocation, with_invocation
from tollbook.numbers import parse_money, reading
from tollbook.options import command
from tollbook.output import Column, Table, amount, at_least, number_column
from tollbook.report_options import Asked, period_of
from tollbook.spend_words import money_words, unpriced_answer

if TYPE_CHECKING:
    from fractions import Fraction

    from costmodel.reconciliation import ReconciledLine
    from ingest.bill import AgainstBill

Word = Literal["day", "model", "meter"]

ONE_DAY = timedelta(days=1)


@command("reconcile")
@click.option("--since", metavar="DAY", help="From this day on, in UTC.")
@click.option("--until", metavar="DAY", help="Before this day.")
@click.option("--last", metavar="RANGE", help="30d; or a range such as 2026-10.")
@click.option("--provider", metavar="NAME", help="Only this provider's bill, such as openai.")
@click.option("--organisation", metavar="NAME", help="Only what was imported under this name.")
@click.option(
    "--by",
    type=click.Choice(["day", "model", "meter"]),
    default="model",
    show_default=True,
    help="One row for each of these.",
)
@click.option(
    "--invoice",
    callback=reading(parse_money),
    metavar="AMOUNT",
    help="The total of an invoice for these days, such as 1234.56.",
)
@click.option(
    "--currency", metavar="CODE", help="The invoice's currency.  [default: the contract's]"
)
@with_invocation
def reconcile_command(
    invocation: Invocation,
    since: str | None,
    until: str | None,
    last: str | None,
    provider: str | None,
    organisation: str | None,
    by: Word,
    invoice: Fraction | None,
    currency: str | None,
) -> None:
    """Hold usage times rate against the bill.

    The gap is split into named causes, and what none explains stays visible.
    Example: tollbook reconcile --last 2026-10 --by day
    """
    from ingest.bill import BillQuery, Invoice, against_bill

    store = invocation.store()
    first, end = _days(invocation, since, until, last)
    asked = currency or invocation.book.contract.currency
    query = BillQuery(
        since=first,
        until=end,
        provider=provider,
        organisation=organisation,
        invoice=None if invoice is None else Invoice(invoice, asked),
    )
    found = against_bill(store, invocation.book, query)
    if invocation.as_json:
        invocation.output.result(reconcile_answer(found, by))
    else:
        _show(invocation, found, by)


def _days(
    invocation: Invocation, since: str | None, until: str | None, last: str | None
) -> tuple[date | None, date | None]:
    """Return the UTC days asked for; a part of a day counts as the day."""
    period = period_of(invocation, Asked("", since, until, last, "UTC", ()))
    end = (period.end.astimezone(UTC) - timedelta(microseconds=1)).date() + ONE_DAY
    has_start, has_end = (
        since is not None or last is not None,
        until is not None or last is not None,
    )
    start = period.start.astimezone(UTC).date()
    return (start if has_start else None, end if has_end else None)


def reconcile_answer(found: AgainstBill, by: Word) -> dict[str, Any]:
    """Return usage against the bill as JSON; shares are of the bill."""
    from costmodel.reconciliation_words import sentence

    whole = found.reconciliation
    return {
        "by": by,
        "since": found.first.isoformat(),
        "until": found.until.isoformat(),
        "providers": list(found.providers),
        "currency": found.currency,
        "rows": [_row(each, by) for each in whole.by(by)],
        "total": {
            **_money_of(whole.total),
            "gap_share": _share(whole.total.gap, whole.total.theirs),
            "unexplained": amount(whole.unexplained),
            "unexplained_share": _share(whole.unexplained, whole.total.theirs),
        },
        "at_least": found.spend.at_least,
        "unpriced": [unpriced_answer(each) for each in found.spend.unpriced],
        "unmetered_requests": found.spend.total.unmetered_requests,
        "sentence": sentence(whole, found.currency, at_least=found.spend.at_least),
        "notes": list(found.notes),
    }


def _row(line: ReconciledLine, by: Word) -> dict[str, Any]:
    key = line.key
    value = {"day": key.day and key.day.isoformat(), "model": key.model, "meter": key.meter}[by]
    names: dict[str, Any] = {by: value}
    if by != "day":
        names["kind"] = key.kind
    if by == "model":
        names["provider"] = key.provider
    return {**names, **_money_of(line), "largest_cause": line.largest_cause}


def _money_of(line: ReconciledLine) -> dict[str, Any]:
    return {
        "ours": amount(line.ours),
        "list_cost": amount(line.list_cost),
        "bill": amount(line.theirs),
        "gap": amount(line.gap),
        "ours_at_least": line.unpriced_quantity > 0,
        "causes": {str(cause): amount(part) for cause, part in line.causes.items()},
    }


def _share(part: Fraction, whole: Fraction) -> float | None:
    return float(part / whole) if whole else None


def _show(invocation: Invocation, found: AgainstBill, by: Word) -> None:
    from costmodel.reconciliation_words import sentence

    out, whole = invocation.output, found.reconciliation
    out.say(f"{found.first} to {found.until - ONE_DAY}, UTC: {' and '.join(found.providers)}")
    out.table(_rows_table(found, by))
    if whole.total.causes:
        out.table(_causes_table(found))
    out.say(sentence(whole, found.currency, at_least=found.spend.at_least))
    for line in [*misses(found.spend), *found.notes]:
        out.say(line)


def _rows_table(found: AgainstBill, by: Word) -> Table:
    from costmodel.reconciliation_words import CAUSE_NAMES, row_name

    table = Table(
        [
            Column(by.capitalize()),
            *map(number_column, ("Ours", "Bill", "Gap")),
            Column("Largest cause"),
        ]
    )
    for line in found.reconciliation.by(by):
        cause = line.largest_cause
        words = CAUSE_NAMES[cause] if cause else ""
        table.rows.append([row_name(line.key, by), *_amounts(line, found), words])
    table.total = ["Total", *_amounts(found.reconciliation.total, found), ""]
    return table


def _amounts(line: ReconciledLine, found: AgainstBill) -> list[str]:
    """Return both sides and the gap; ours is marked where some of it has no price."""
    ours, theirs, gap = (
        money_words(part, found.currency) for part in (line.ours, line.theirs, line.gap)
    )
    if line.ours_is_unknown:
        return ["no price", theirs, gap]
    return [at_least(ours, is_lower_bound=line.unpriced_quantity > 0), theirs, gap]


def _causes_table(found: AgainstBill) -> Table:
    from costmodel.reconciliation import share_of
    from costmodel.reconciliation_words import CAUSE_MEANINGS, CAUSE_NAMES, percent, told_causes

    total = found.reconciliation.total
    columns = [Column("Cause"), number_column("Amount"), number_column("Of the bill"), Column("")]
    table = Table(columns)
    for cause, part in told_causes(total).items():
        share = share_of(part, total.theirs)
        money = money_words(part, found.currency)
        words = "" if share is None else percent(share)
        table.rows.append([CAUSE_NAMES[cause].capitalize(), money, words, CAUSE_MEANINGS[cause]])
    return table
