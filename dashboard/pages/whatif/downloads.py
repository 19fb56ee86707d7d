"""Downloads of a plan: a workbook, a plan file that ``tollbook plan`` reads, one HTML file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from flask import request

from costmodel.controls import levers_of
from costmodel.live import keeps_kinds, live
from costmodel.live_dials import dials_of_controls
from dashboard.attachments import XLSX, attached
from dashboard.one_file import html_file
from dashboard.pages.whatif import assumptions, charts
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.one_html import document
from dashboard.pages.whatif.plan_yaml import plan_yaml
from dashboard.pages.whatif.screen import Screen, screen_of
from dashboard.pages.whatif.settings import STATE_KEYS
from dashboard.plan_workbook import OPTIONS, LivePlan, LiveScenario, write_plan
from dashboard.state import parse

if TYPE_CHECKING:
    from fractions import Fraction

    from flask import Flask, Response
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from dashboard.context import DashboardContext


def register(server: Flask, context: DashboardContext) -> None:
    """Add ``/download/whatif.xlsx``, ``.yaml`` and ``.html`` for any address."""

    def screen() -> Screen:
        return screen_of(context, parse(request.query_string.decode(), STATE_KEYS, DEFAULT_RANGE))

    def xlsx() -> Response:
        return attached(workbook(screen()), "whatif.xlsx", XLSX)

    def yaml() -> Response:
        return attached(plan_yaml(screen()).encode(), "plan.yaml", "application/yaml")

    def html() -> Response:
        shown = document(screen(), context.facts().watermark)
        return attached(html_file(shown).encode(), "whatif.html", "text/html; charset=utf-8")

    server.add_url_rule("/download/whatif.html", "whatif_html", html)
    server.add_url_rule("/download/whatif.xlsx", "whatif_xlsx", xlsx)
    server.add_url_rule("/download/whatif.yaml", "whatif_yaml", yaml)


def workbook(screen: Screen) -> bytes:
    """Return the plan as a workbook with live formulas, and the sheets as they were on screen."""
    import xlsxwriter

    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, OPTIONS) as book:
        write_plan(book, live_plan(screen))
        bold = book.add_format({"bold": True})
        cents = book.add_format({"num_format": "#,##0.00"})
        _as_computed(book.add_worksheet("As computed"), screen, bold, cents)
        _months(book.add_worksheet("Months"), screen, bold, cents)
    return sink.getvalue()


def live_plan(screen: Screen) -> LivePlan:
    """Return today and the plan on screen, with the shares that may be changed."""
    board = screen.board
    usage, book = board.baseline, board.book
    dials, levers_at = dials_of_controls(screen.controls, usage, board.choices, book)
    by_kind = keeps_kinds(levers_of(screen.controls))
    found = assumptions.lines(board, screen.settings, screen.controls, screen.outcome)
    return LivePlan(
        title=screen.sentence,
        currency=board.currency,
        scenarios=(
            LiveScenario("Today", live(usage, (), lambda _: (), book, by_kind=by_kind)),
            LiveScenario("This plan", live(usage, dials, levers_at, book, by_kind=by_kind)),
        ),
        limit=screen.limit,
        remarks=(screen.second_line, f"From {board.usage.words}."),
        assumptions=[(line.text, line.source) for line in found],
    )


def _as_computed(sheet: Worksheet, screen: Screen, bold: Format, cents: Format) -> None:
    view, board = screen.view, screen.board
    steps = zip(
        charts.step_names(board),
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
    sheet.write_string(1, 0, f"{screen.second_line} These amounts do not follow changed cells.")
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
