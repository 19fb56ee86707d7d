"""Downloads of opportunities: a workbook with all lines, and a plan file with all moves."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from flask import request

from dashboard.attachments import XLSX, attached
from dashboard.cell_text import without_controls
from dashboard.pages.whatif.baseline import DEFAULT_RANGE, baseline_view
from dashboard.pages.whatif.opportunities import RISKS, Found, found_in, sentence
from dashboard.pages.whatif.settings import STATE_KEYS
from dashboard.pages.whatif.who_calls import ending_words
from dashboard.state import parse
from ingest.plan_text import plan_text, scenario_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from flask import Flask, Response
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from costmodel.opportunities import Opportunity
    from dashboard.context import DashboardContext
    from dashboard.state import State
    from ingest.opportunities import InventoryLine

MOVES = ("Feature", "A month", "Best move", "Saves", "Risk", "Assumes", "Critical", "Or")
LINES = (
    "Feature", "Endpoint", "Provider", "Model", "Requests", "Cost", "95 of 100 within (seconds)",
    "Owner", "Last seen (UTC)", "Ends on", "Successor",
)  # fmt: skip
Value = str | float | int | None


def register(server: Flask, context: DashboardContext) -> None:
    """Add ``/download/opportunities.xlsx`` and ``/download/opportunities.yaml``."""

    def state() -> State:
        return parse(request.query_string.decode(), STATE_KEYS, DEFAULT_RANGE)

    def xlsx() -> Response:
        return attached(workbook(found_in(context, state())), "opportunities.xlsx", XLSX)

    def yaml() -> Response:
        text = plan_of(context, state())
        return attached(text.encode(), "opportunities.yaml", "application/yaml")

    server.add_url_rule("/download/opportunities.xlsx", "opportunities_xlsx", xlsx)
    server.add_url_rule("/download/opportunities.yaml", "opportunities_yaml", yaml)


def plan_of(context: DashboardContext, state: State) -> str:
    """Return a plan file over the same usage, with all best moves as one scenario."""
    view, offers = baseline_view(context, state), found_in(context, state).opportunities
    words = view.period.text.removeprefix("last ")
    return plan_text(words, view.filters, scenario_text("the best moves", offers.levers))


def workbook(found: Found) -> bytes:
    """Return the moves, the inventory and what ends soon as a workbook."""
    import xlsxwriter

    offers, sink = found.opportunities, io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True})
        cents = book.add_format({"num_format": "#,##0.00"})
        moves = book.add_worksheet("Opportunities")
        _fill(moves, MOVES, [_move_row(row) for row in offers.rows], bold, cents)
        after = len(offers.rows) + 2
        moves.write_string(after, 0, sentence(offers))
        for place, ending in enumerate(found.endings, start=after + 1):
            moves.write_string(place, 0, f"Ending soon: {ending_words(ending, offers.currency)}")
        lines = [_inventory_row(line) for line in found.inventory]
        _fill(book.add_worksheet("Who calls what"), LINES, lines, bold, cents)
    return sink.getvalue()


def _fill(
    sheet: Worksheet,
    titles: Sequence[str],
    rows: Sequence[Sequence[Value]],
    bold: Format,
    cents: Format,
) -> None:
    sheet.write_row(0, 0, list(titles), bold)
    for place, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(place, column, without_controls(value))
            elif value is not None:
                sheet.write_number(place, column, value, None if isinstance(value, int) else cents)
    sheet.set_column(0, len(titles) - 1, 20)
    sheet.freeze_panes(1, 1)


def _move_row(row: Opportunity) -> list[Value]:
    best = row.best
    return [
        row.value,
        float(row.cost),
        best.move.name if best else None,
        float(best.saving) if best else None,
        RISKS[best.move.risk] if best else None,
        best.move.assumption if best else None,
        "yes" if row.is_critical else None,
        "; ".join(f"{each.move.name}: {float(each.saving):,.2f}" for each in row.others) or None,
    ]


def _inventory_row(line: InventoryLine) -> list[Value]:
    return [
        line.feature,
        line.endpoint,
        line.provider,
        line.model,
        line.requests,
        _number(line.cost),
        line.p95_latency_seconds,
        line.owner,
        f"{line.last_seen:%Y-%m-%d %H:%M}" if line.last_seen else None,
        line.ends_on.isoformat() if line.ends_on else None,
        line.successor,
    ]


def _number(amount: Fraction | None) -> float | None:
    return None if amount is None else float(amount)
