"""Downloads of the table: every row, money as the report has it, made by the server."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from flask import request

from costmodel.money import decimal_string
from dashboard.attachments import CSV, XLSX, attached
from dashboard.cell_text import safe_text, without_controls
from dashboard.pages.overview.breakdown import lines, word_of
from dashboard.state import parse
from dashboard.view import view_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from flask import Flask, Response
    from xlsxwriter.worksheet import Worksheet

    from dashboard.context import DashboardContext
    from dashboard.pages.overview.breakdown import Line
    from dashboard.view import View

_COLUMNS = (
    "cost",
    "share",
    "cost_before",
    "change",
    "requests",
    "cost_per_1000",
    "unpriced_tokens",
)


def register(server: Flask, context: DashboardContext, state_keys: frozenset[str]) -> None:
    """Add ``/download/overview.csv`` and ``/download/overview.xlsx`` for any address."""

    def view() -> View:
        return view_of(context, parse(request.query_string.decode(), state_keys))

    server.add_url_rule("/download/overview.csv", "overview_csv", lambda: _csv(view()))
    server.add_url_rule("/download/overview.xlsx", "overview_xlsx", lambda: _xlsx(view()))


def _csv(view: View) -> Response:
    word = word_of(view)
    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    writer.writerow([word, *_COLUMNS, "currency"])
    currency = view.source.book.contract.currency
    for line in lines(view, word):
        texts = ["" if each is None else _text(each) for each in _values(line)]
        writer.writerow([safe_text(line.name or ""), *texts, currency])
    return attached(sink.getvalue().encode(), f"{word}.csv", CSV)


def _xlsx(view: View) -> Response:
    import xlsxwriter

    word = word_of(view)
    found = lines(view, word)
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Cost")
        bold, cents = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
        percent = book.add_format({"num_format": "0.0%"})
        formats = (cents, percent, cents, cents, None, cents, None)
        sheet.write_row(0, 0, [word, *_COLUMNS], bold)
        for place, line in enumerate(found, start=1):
            sheet.write_string(place, 0, without_controls(line.name or ""))
            for column, (value, form) in enumerate(zip(_values(line), formats, strict=True), 1):
                if value is not None:
                    sheet.write_number(place, column, float(value), form)
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, len(_COLUMNS), 15)
        sheet.freeze_panes(1, 1)
        _note(book.add_worksheet("About"), view)
    return attached(sink.getvalue(), f"{word}.xlsx", XLSX)


def _note(sheet: Worksheet, view: View) -> None:
    """Write what the numbers are: period, zone, filters, currency, age of the data."""
    spend = view.report()
    facts: Sequence[tuple[str, str]] = (
        ("period", view.period.text),
        ("time zone", view.zone),
        ("filters", view.state.search()),
        ("currency", spend.currency),
        ("total", decimal_string(spend.total.cost) if spend.total.cost is not None else ""),
        ("at least", "yes: some usage has no price" if spend.at_least else "no"),
        ("data until", view.facts.watermark.isoformat() if view.facts.watermark else ""),
    )
    for place, (name, value) in enumerate(facts):
        sheet.write_string(place, 0, name)
        sheet.write_string(place, 1, value)
    sheet.set_column(0, 1, 28)


def _values(line: Line) -> tuple[Fraction | int | None, ...]:
    return (
        line.cost,
        line.share,
        line.before,
        line.change,
        line.requests,
        line.cost_per_thousand,
        line.unpriced_tokens,
    )


def _text(value: Fraction | int) -> str:
    return str(value) if isinstance(value, int) else decimal_string(value)
