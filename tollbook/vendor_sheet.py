"""A sheet for a vendor: usage by model and month, used and expected, as CSV or workbook."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from costmodel.vendor_usage import totals
from dashboard.cell_text import safe_text, without_controls
from tollbook.output import amount, share_words

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from costmodel.vendor_usage import VendorMonth
    from ingest.vendor_usage import VendorQuery, VendorUsage

COLUMNS = (
    "vendor",
    "model",
    "month",
    "kind",
    "requests",
    "input_tokens",
    "cached_input_tokens",
    "output_tokens",
    "cost",
    "list_cost",
)
_TEXTS, _COUNTS = COLUMNS[:4], COLUMNS[4:8]
_TOTALS = ("Vendor", "Model", "Tokens used", "Cost used", "Tokens expected", "Cost expected")


def csv_text(usage: VendorUsage) -> str:
    """Return the months as CSV text, money with all its decimals."""
    sink = io.StringIO()
    writer = csv.DictWriter(sink, (*COLUMNS, "currency"), lineterminator="\r\n")
    writer.writeheader()
    for row in usage.rows:
        texts = {name: safe_text(_text(row, name)) for name in _TEXTS}
        counts = {name: round(getattr(row, name)) for name in _COUNTS}
        money = {"cost": amount(row.cost), "list_cost": amount(row.list_cost)}
        writer.writerow({**texts, **counts, **money, "currency": usage.currency})
    return sink.getvalue()


def _text(row: VendorMonth, name: str) -> str:
    return f"{row.month:%Y-%m}" if name == "month" else str(getattr(row, name))


def notes(usage: VendorUsage, query: VendorQuery) -> list[str]:
    """Return what the numbers rest on, a sentence each."""
    grows = f", growing {share_words(query.growth)} a month" if query.growth else ""
    expected = (
        f"Expected: every day like the mean of the last {usage.basis_days} days{grows}, at the "
        "prices announced today; from the day of a shutdown the successor carries the traffic "
        "with the same tokens."
    )
    as_of = f"As of {query.now:%Y-%m-%d %H:%M} UTC; months in {query.zone}"
    return [
        f"{as_of}; money in {usage.currency}.",
        expected,
        "An empty cost means that there is no price.",
        *usage.remarks,
    ]


def write_workbook(path: Path, usage: VendorUsage, query: VendorQuery) -> None:
    """Write sums by model, the months and what they rest on as three sheets."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as workbook:
        styles = {
            "bold": workbook.add_format({"bold": True}),
            "count": workbook.add_format({"num_format": "#,##0"}),
            "money": workbook.add_format({"num_format": "#,##0.00"}),
        }
        _write_totals(workbook.add_worksheet("Vendors"), usage, styles)
        _write_months(workbook.add_worksheet("Months"), usage, styles)
        sheet = workbook.add_worksheet("Notes")
        for line, note in enumerate(notes(usage, query)):
            sheet.write_string(line, 0, note)


def _write_totals(
    sheet: Any,  # noqa: ANN401 - xlsxwriter has no types
    usage: VendorUsage,
    styles: dict[str, object],
) -> None:
    unit = f" ({usage.currency})"
    titles = [f"{each}{unit if each.startswith('Cost') else ''}" for each in _TOTALS]
    sheet.write_row(0, 0, titles, styles["bold"])
    for line, each in enumerate(totals(usage.rows), start=1):
        sheet.write_string(line, 0, without_controls(each.vendor))
        sheet.write_string(line, 1, without_controls(each.model))
        sheet.write_number(line, 2, round(each.used_tokens), styles["count"])
        _write_money(sheet, line, 3, each.used_cost, styles)
        sheet.write_number(line, 4, round(each.expected_tokens), styles["count"])
        _write_money(sheet, line, 5, each.expected_cost, styles)
    sheet.freeze_panes(1, 2)
    sheet.autofit()


def _write_months(
    sheet: Any,  # noqa: ANN401 - xlsxwriter has no types
    usage: VendorUsage,
    styles: dict[str, object],
) -> None:
    money = [f"{name} ({usage.currency})" for name in ("cost", "list_cost")]
    sheet.write_row(0, 0, [*_TEXTS, *_COUNTS, *money], styles["bold"])
    for line, row in enumerate(usage.rows, start=1):
        for column, name in enumerate(_TEXTS):
            sheet.write_string(line, column, without_controls(_text(row, name)))
        for column, name in enumerate(_COUNTS, start=len(_TEXTS)):
            sheet.write_number(line, column, round(getattr(row, name)), styles["count"])
        _write_money(sheet, line, 8, row.cost, styles)
        _write_money(sheet, line, 9, row.list_cost, styles)
    sheet.freeze_panes(1, 4)
    sheet.autofilter(0, 0, max(1, len(usage.rows)), len(COLUMNS) - 1)
    sheet.autofit()


def _write_money(
    sheet: Any,  # noqa: ANN401 - xlsxwriter has no types
    line: int,
    column: int,
    money: Fraction | None,
    styles: dict[str, object],
) -> None:
    """Write an amount; no price leaves the cell empty."""
    if money is not None:
        sheet.write_number(line, column, float(money), styles["money"])
