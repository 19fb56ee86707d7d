"""``tollbook export``: a report as a file."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dashboard.cell_text import safe_text, without_controls
from tollbook.commands.reporting import assumed
from tollbook.errors import UsageProblem
from tollbook.invocation import Invocation, with_invocation
from tollbook.numbers import checked_zone, parse_share, reading
from tollbook.options import TollbookCommand, group
from tollbook.report_options import Asked, query_of, report_options
from tollbook.spend_words import TOKEN_KEYS, row_answer, sorted_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from costmodel.spend import Spend
    from ingest.report import ReportQuery

NUMBERS = ("requests", *TOKEN_KEYS)
MONEY = ("cost", "list_cost")

out_option = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write here."
)


@group("export")
def export_command() -> None:
    """Write a report to a file."""


@export_command.command("csv", cls=TollbookCommand)
@out_option
@report_options
@with_invocation
def csv_command(
    invocation: Invocation,
    /,
    out: Path | None,
    **asked: Any,  # noqa: ANN401 - the options of a report
) -> None:
    """Write a report as CSV, to stdout without --out.

    Money stands with all its decimals; the last row is the total.
    """
    spend, query = _report(invocation, asked)
    text = csv_text(spend, query)
    if out is None:
        if invocation.as_json:
            raise UsageProblem("--json needs --out FILE, for stdout then holds the JSON object")
        click.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8", newline="")
    _say_written(invocation, out, spend)


@export_command.command("xlsx", cls=TollbookCommand)
@out_option
@report_options
@with_invocation
def xlsx_command(
    invocation: Invocation,
    /,
    out: Path | None,
    **asked: Any,  # noqa: ANN401 - the options of a report
) -> None:
    """Write a report as an Excel workbook.

    It goes to tollbook.xlsx without --out.
    """
    spend, query = _report(invocation, asked)
    path = out or Path("tollbook.xlsx")
    _write_workbook(path, spend, query, assumed(spend, invocation.store()))
    _say_written(invocation, path, spend)


@export_command.command("vendors", cls=TollbookCommand)
@out_option
@click.option(
    "--back", default=6, show_default=True, type=click.IntRange(0, 60), help="Months used."
)
@click.option(
    "--ahead", default=12, show_default=True, type=click.IntRange(0, 36), help="Months expected."
)
@click.option(
    "--growth",
    default="0%",
    show_default=True,
    callback=reading(parse_share),
    help="Growth of requests a month.",
)
@click.option("--tz", metavar="ZONE", help="Cut months there.  [default: the configuration's]")
@with_invocation
def vendors_command(
    invocation: Invocation,
    /,
    out: Path | None,
    back: int,
    ahead: int,
    growth: Fraction,
    tz: str | None,
) -> None:
    """Write a sheet for vendors: usage by vendor, model and month, used and expected.

    A name that ends in .xlsx becomes a workbook, another CSV; CSV to stdout without --out.
    """
    from ingest.vendor_usage import VendorQuery, vendor_usage
    from tollbook.vendor_sheet import csv_text as vendor_csv
    from tollbook.vendor_sheet import notes, write_workbook

    zone = checked_zone(tz or invocation.configuration.timezone)
    query = VendorQuery(invocation.now, zone, back, ahead, growth)
    usage = vendor_usage(invocation.store(), invocation.book, query)
    if out is None:
        if invocation.as_json:
            raise UsageProblem("--json needs --out FILE, for stdout then holds the JSON object")
        click.echo(vendor_csv(usage), nl=False)
    elif out.suffix.lower() == ".xlsx":
        write_workbook(out, usage, query)
    else:
        out.write_text(vendor_csv(usage), encoding="utf-8", newline="")
    if invocation.as_json:
        invocation.output.result({"path": str(out), "rows": len(usage.rows)})
        return
    for note in notes(usage, query):
        invocation.output.note(note)


def _report(invocation: Invocation, asked: dict[str, Any]) -> tuple[Spend, ReportQuery]:
    from ingest.report import report

    store = invocation.store()
    query = query_of(invocation, Asked(**asked))
    return report(store, invocation.book, query), query


def _say_written(invocation: Invocation, path: Path, spend: Spend) -> None:
    if invocation.as_json:
        invocation.output.result({"path": str(path), "rows": len(spend.rows)})
    else:
        invocation.output.note(f"{len(spend.rows)} rows and their total are in {path}.")


def _table(spend: Spend, query: ReportQuery) -> list[dict[str, Any]]:
    rows = [row_answer(row, query.by) for row in sorted_rows(spend)]
    total = dict.fromkeys(query.by, "") | row_answer(spend.total)
    if query.by:
        label = "Total, at least" if spend.at_least else "Total"
        return [*rows, {**total, query.by[0]: label}]
    return [total]


def csv_text(spend: Spend, query: ReportQuery) -> str:
    """Return a report as CSV text, currency and lower bound beside the money."""
    titles = [*query.by, *NUMBERS, *MONEY, "currency"]
    sink = io.StringIO()
    writer = csv.DictWriter(sink, titles, lineterminator="\r\n")
    writer.writeheader()
    for row in _table(spend, query):
        texts = {name: safe_text(row[name] or "") for name in query.by}
        writer.writerow({**row, **texts, "currency": spend.currency})
    return sink.getvalue()


def _write_workbook(
    path: Path, spend: Spend, query: ReportQuery, assumptions: Sequence[str]
) -> None:
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as workbook:
        sheet = workbook.add_worksheet("Report")
        bold = workbook.add_format({"bold": True})
        count = workbook.add_format({"num_format": "#,##0"})
        money = workbook.add_format({"num_format": "#,##0.00"})
        titles = [*query.by, *NUMBERS, *(f"{name} ({spend.currency})" for name in MONEY)]
        sheet.write_row(0, 0, titles, bold)
        for line, row in enumerate(_table(spend, query), start=1):
            _write_texts(sheet, line, [row[name] for name in query.by])
            _write_numbers(sheet, line, len(query.by), [row[name] for name in NUMBERS], count)
            amounts = [None if row[name] is None else float(row[name]) for name in MONEY]
            _write_numbers(sheet, line, len(query.by) + len(NUMBERS), amounts, money)
        sheet.freeze_panes(1, len(query.by))
        sheet.autofit()
        notes = [[text] for text in assumptions]
        notes += [
            [f"not in the total: {each.tokens} tokens of {each.model} ({each.reason})"]
            for each in spend.unpriced
        ]
        if notes:
            remarks = workbook.add_worksheet("Notes")
            for line, note in enumerate(notes):
                _write_texts(remarks, line, note)


def _write_texts(sheet: Any, line: int, texts: Sequence[str | None]) -> None:  # noqa: ANN401
    for column, text in enumerate(texts):
        if text:
            sheet.write_string(line, column, without_controls(text))


def _write_numbers(
    sheet: Any,  # noqa: ANN401 - xlsxwriter has no types
    line: int,
    first: int,
    numbers: Sequence[float | None],
    style: object,
) -> None:
    for column, number in enumerate(numbers, start=first):
        if number is not None:
            sheet.write_number(line, column, number, style)
