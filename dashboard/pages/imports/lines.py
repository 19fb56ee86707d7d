"""Lines set aside: as a table of the first ones, and as a file with all of them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dash import MATCH, Dash, Input, Output, html
from dash.exceptions import PreventUpdate
from flask import request

from costmodel.number_text import count
from dashboard.attachments import CSV, attached
from dashboard.attributes import attributes
from dashboard.cell_text import safe_text
from dashboard.import_words import counted, reason_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dash.development.base_component import Component
    from flask import Flask, Response

    from dashboard.context import DashboardContext
    from ingest.store import ImportRecord, SetAside

MOST_SHOWN = 300
SUMMARY, TABLE = "lines-summary", "lines-table"
_DOWNLOAD = "/download/set-aside.csv"
_LINES_A_PIECE = 5_000


def lines_card(lines: Sequence[SetAside]) -> Component | None:
    """Return the card of every line that is set aside now, None where there is none."""
    if not lines:
        return None
    return html.Section(
        [
            html.Div(
                [
                    html.H2("Lines set aside", className="card-title"),
                    html.A("CSV", href=_DOWNLOAD, download="", className="quiet-link"),
                ],
                className="card-head",
            ),
            html.P(
                f"{counted(len(lines), 'line')} could not be read as usage and "
                f"{'is' if len(lines) == 1 else 'are'} in no total. Repair them in the file and "
                "import it again: what was read before is not counted twice.",
                className="chart-sentence",
            ),
            lines_table(lines, "All lines set aside"),
        ],
        className="card",
    )


def lines_of_import(record: ImportRecord) -> Component | None:
    """Return the lines that one import set aside, which are read when somebody opens them."""
    number = record.counts.rows_set_aside
    if not number:
        return None
    return html.Details(
        [
            html.Summary(
                f"{counted(number, 'line')} set aside",
                id={"type": SUMMARY, "import": record.import_id},
                className="quiet-link",
            ),
            html.Div(id={"type": TABLE, "import": record.import_id}),
        ],
        className="import-lines",
    )


def lines_table(
    lines: Sequence[SetAside], name: str, most: int = MOST_SHOWN, rest: str = "the CSV has all"
) -> Component:
    """Return the first lines as a table that scrolls inside its place, and where the rest is."""
    shown = lines[:most]
    head = html.Tr([html.Th(title, scope="col") for title in ("File", "Line", "Reason")])
    table = html.Table(
        [html.Thead(head), html.Tbody([_row(each) for each in shown])],
        className="chart-table lines-table",
    )
    scroll = html.Div(
        table,
        className="table-scroll",
        tabIndex="0",
        role="region",
        **attributes(aria_label=name),
    )
    if len(shown) == len(lines):
        return scroll
    text = f"The first {count(len(shown))} of {count(len(lines))}; {rest} of them."
    return html.Div([scroll, html.P(text, className="card-note")])


def _row(line: SetAside) -> html.Tr:
    cells = [html.Td(count(line.line)), html.Td(reason_words(line.reason))]
    return html.Tr([html.Th(Path(line.path).name, scope="row"), *cells])


def register(app: Dash, context: DashboardContext) -> None:
    """Fill the lines of an import when they are opened, and add the download."""

    @app.callback(
        Output({"type": TABLE, "import": MATCH}, "children"),
        Input({"type": SUMMARY, "import": MATCH}, "n_clicks"),
        Input({"type": SUMMARY, "import": MATCH}, "id"),
        prevent_initial_call=True,
    )
    def open_lines(clicks: int | None, place: dict[str, Any]) -> list[Component]:
        if not clicks:
            raise PreventUpdate
        import_id = int(place["import"])
        link = html.A(
            "These lines as CSV",
            href=f"{_DOWNLOAD}?import={import_id}",
            download="",
            className="quiet-link",
        )
        lines = context.store().set_aside(import_id)
        return [lines_table(lines, f"Lines that import {import_id} set aside"), link]

    _register_download(app.server, context)


def _register_download(server: Flask, context: DashboardContext) -> None:
    def download() -> Response:
        lines = context.store().set_aside(request.args.get("import", type=int))
        return attached(csv_of(lines), "set-aside.csv", CSV)

    server.add_url_rule(_DOWNLOAD, "set_aside_csv", download)


def csv_of(lines: Sequence[SetAside]) -> Iterator[bytes]:
    """Return lines as CSV, piece by piece; no text in it is taken for a formula."""
    yield b"file,line,reason\r\n"
    for start in range(0, len(lines), _LINES_A_PIECE):
        sink = io.StringIO(newline="")
        writer = csv.writer(sink)
        for each in lines[start : start + _LINES_A_PIECE]:
            name = safe_text(Path(each.path).name)
            writer.writerow([name, each.line, safe_text(reason_words(each.reason))])
        yield sink.getvalue().encode()
