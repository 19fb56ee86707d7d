"""Downloads of a plan: a workbook, and a plan file that ``tollbook plan`` reads."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from flask import request

from dashboard.attachments import XLSX, attached
from dashboard.pages.whatif import assumptions, breakdown, charts
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.plan_yaml import plan_yaml
from dashboard.pages.whatif.screen import Screen, screen_of
from dashboard.pages.whatif.settings import STATE_KEYS
from dashboard.state import parse

if TYPE_CHECKING:
    from fractions import Fraction

    from flask import Flask, Response
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from dashboard.context import DashboardContext


def register(server: Flask, context: DashboardContext) -> None:
    """Add ``/download/whatif.xlsx`` and ``/download/whatif.yaml`` for any address."""

    def screen() -> Screen:
        return screen_of(context, parse(request.query_string.decode(), STATE_KEYS, DEFAULT_RANGE))

    def xlsx() -> Response:
        return attached(workbook(screen()), "whatif.xlsx", XLSX)

    def yaml() -> Response:
        return attached(plan_yaml(screen()).encode(), "plan.yaml", "application/yaml")

    server.add_url_rule("/download/whatif.xlsx", "whatif_xlsx", xlsx)
    server.add_url_rule("/download/whatif.yaml", "whatif_yaml", yaml)


def workbook(screen: Screen) -> bytes:
    """Return the plan as a workbook: summary, months, token types, assumptions."""
    import xlsxwriter

    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True})
        cents = book.add_format({"num_format": "#,##0.00"})
        _summary(book.add_worksheet("Plan"), screen, bold, cents)
        _months(book.add_worksheet("Months"), screen, bold, cents)
        _token_types(book.add_worksheet("Token types"), screen, bold, cents)
        _assumed(book.add_worksheet("Assumptions"), screen, bold)
    return sink.getvalue()


def _summary(sheet: Worksheet, screen: Screen, bold: Format, cents: Format) -> None:
    view, board = screen.view, screen.board
    steps = zip(
        charts.STEP_NAMES,
        view.steps,
        charts.step_details(board, screen.controls),
        strict=True,
    )
    rows: list[tuple[str, Fraction, str]] = [
        ("Today", view.today, board.usage.words),
        *steps,
        ("This plan", screen.outcome.cost, ""),
        *(
            (row.name.capitalize(), row.monthly_cost, "; ".join(row.warnings))
            for row in charts.alternatives(board)
        ),
    ]
    if screen.limit is not None:
        rows.append(("Limit", screen.limit, board.limit_source))
    sheet.write_string(0, 0, screen.sentence, bold)
    sheet.write_string(1, 0, screen.second_line)
    sheet.write_row(3, 0, ["A month", f"{board.currency}", ""], bold)
    for place, (name, amount, note) in enumerate(rows, start=4):
        sheet.write_string(place, 0, name)
        sheet.write_number(place, 1, float(amount), cents)
        sheet.write_string(place, 2, note)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 14)
    sheet.set_column(2, 2, 60)


def _months(sheet: Worksheet, screen: Screen, bold: Format, cents: Format) -> None:
    chart = charts.months_chart(screen.board, screen.view, screen.limit)
    sheet.write_row(0, 0, list(chart.header), bold)
    amounts = zip(screen.view.months_today, screen.view.months_plan, strict=True)
    for place, (row, (today, plan)) in enumerate(zip(chart.rows, amounts, strict=True), start=1):
        sheet.write_string(place, 0, row[0])
        sheet.write_number(place, 1, float(today), cents)
        sheet.write_number(place, 2, float(plan), cents)
        sheet.write_string(place, 3, row[3])
    sheet.set_column(0, 3, 16)


def _token_types(sheet: Worksheet, screen: Screen, bold: Format, cents: Format) -> None:
    header = ("Provider", "Model", "Tier", "Token type", "Quantity", "Per million", "Cost")
    sheet.write_row(0, 0, list(header), bold)
    parts = breakdown.parts_of(screen.outcome, screen.board)
    for place, part in enumerate(parts, start=1):
        texts = (part.provider, part.model, part.tier, part.token_type)
        for column, text in enumerate(texts):
            sheet.write_string(place, column, text)
        sheet.write_number(place, 4, float(part.quantity))
        sheet.write_number(place, 5, float(part.rate_per_million))
        sheet.write_number(place, 6, float(part.cost), cents)
    sheet.set_column(0, 6, 16)


def _assumed(sheet: Worksheet, screen: Screen, bold: Format) -> None:
    sheet.write_row(0, 0, ["Assumption", "Source"], bold)
    found = assumptions.lines(screen.board, screen.settings, screen.controls, screen.outcome)
    for place, line in enumerate(found, start=1):
        sheet.write_string(place, 0, line.text)
        sheet.write_string(place, 1, line.source)
    sheet.set_column(0, 0, 100)
    sheet.set_column(1, 1, 18)
