"""The table on screen: a grid with money to the cent, and the ways to take it along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import html

from costmodel.number_text import count, money, share, signed_money, signed_share, unit_money
from dashboard.attributes import attributes
from dashboard.filter_bar import value_text
from dashboard.own_keys import own_key
from dashboard.pages.overview.breakdown import WORDS, lines, offered_words, word_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dash.development.base_component import Component

    from dashboard.pages.overview.breakdown import Line
    from dashboard.view import View

MOST_ROWS = 500
_ROW_HEIGHT, _HEAD_HEIGHT, _TALLEST = 42, 44, 12

_NEEDED = (
    "This usage names no feature, team, project or key. Logs of API answers with metadata bring "
    "them, and OpenAI's usage API grouped by project or key; the Activity CSV does not."
)


def table_card(view: View) -> Component:
    """Return the card; many rows are cut on screen, never in a download."""
    word = word_of(view)
    found = lines(view, word)
    offered = offered_words(view)
    notes = [html.P(_NEEDED, className="card-note")] if offered == ["model"] else []
    if len(found) > MOST_ROWS:
        text = f"The {MOST_ROWS} largest of {count(len(found))}; the files hold all of them."
        notes.append(html.P(text, className="card-note"))
    return html.Section(
        [
            html.Div(
                [
                    html.H2(f"Cost by {WORDS[word].lower()}", className="card-title"),
                    html.Div([_switch(word, offered), _downloads(view, word)], className="tools"),
                ],
                className="card-head",
            ),
            *notes,
            html.Div(_grid(view, word, found[:MOST_ROWS]), className="grid-box"),
        ],
        className="card table-card",
    )


def _switch(word: str, offered: list[str]) -> dmc.SegmentedControl | None:
    if len(offered) < 2:  # noqa: PLR2004 - one choice is none
        return None
    return dmc.SegmentedControl(
        id=own_key("by", offered[0]),
        value=word,
        data=[{"value": each, "label": WORDS[each]} for each in offered],
        size="xs",
        **attributes(aria_label="Break down by"),
    )


def _downloads(view: View, word: str) -> html.Div:
    query = view.state.with_own(by=word).search()
    return html.Div(
        [
            html.A(
                kind.upper(),
                href=f"/download/overview.{kind}{query}",
                className="link",
                download="",
            )
            for kind in ("xlsx", "csv")
        ],
        className="downloads",
    )


def _grid(view: View, word: str, found: list[Line]) -> dag.AgGrid:
    currency = view.source.book.contract.currency
    compared = any(line.change is not None for line in found)
    shown = min(len(found), _TALLEST)
    return dag.AgGrid(
        id="overview-grid",
        columnDefs=_columns(word, compared=compared),
        rowData=[_row(line, currency) for line in found],
        defaultColDef={"sortable": True, "resizable": True, "suppressMovable": True},
        columnSize="responsiveSizeToFit",
        dashGridOptions={
            "theme": {"function": "tollbookGrid(themeQuartz)"},
            "rowHeight": _ROW_HEIGHT,
            "headerHeight": _HEAD_HEIGHT,
            "suppressCellFocus": False,
            "domLayout": "normal",
            "ensureDomOrder": True,
            "animateRows": False,
        },
        style={"height": _HEAD_HEIGHT + _ROW_HEIGHT * max(shown, 1) + 2},
    )


def _columns(word: str, *, compared: bool) -> list[dict[str, Any]]:
    columns = [
        {
            "field": "name",
            "headerName": WORDS[word],
            "width": 280,
            "minWidth": 130,
            "tooltipField": "name",
        },
        _number("cost", "Cost", 110),
        _number("share", "Share", 84),
    ]
    if compared:
        columns.append(_number("change", "Change", 140))
    columns += [_number("requests", "Requests", 104), _number("each", "Cost per 1,000", 124)]
    return columns


def _number(field: str, heading: str, width: int) -> dict[str, Any]:
    """Return a column of numbers: shown as written, sorted by the number behind it."""
    return {
        "field": field,
        "headerName": heading,
        "type": "rightAligned",
        "width": width,
        "minWidth": width,
        "valueGetter": {"function": f"params.data.{field}_number"},
        "valueFormatter": {"function": f"params.data.{field}"},
        "sortingOrder": ["desc", "asc", None],
    }


def _row(line: Line, currency: str) -> Mapping[str, str | float | None]:
    name = value_text(line.name)
    return {
        "name": name,
        "cost": money(line.cost, currency),
        "cost_number": _float(line.cost),
        "share": "" if line.share is None else share(line.share, 1),
        "share_number": _float(line.share),
        "change": _change(line, currency),
        "change_number": _float(line.change),
        "requests": count(line.requests),
        "requests_number": line.requests,
        "each": ""
        if line.cost_per_thousand is None
        else unit_money(line.cost_per_thousand, currency),
        "each_number": _float(line.cost_per_thousand),
    }


def _change(line: Line, currency: str) -> str:
    if line.change is None:
        return ""
    text = signed_money(line.change, currency)
    if not line.before:
        return f"{text} (new)"
    return f"{text} ({signed_share(line.change / line.before)})"


def _float(number: Any) -> float | None:  # noqa: ANN401 - a fraction, an integer or nothing
    return None if number is None else float(number)
