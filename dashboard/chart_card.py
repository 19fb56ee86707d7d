"""A chart with everything that belongs to it: what it shows in words, its table, copies.

The figure goes to a store in its light colours; the browser exchanges them for the
dark ones, so the server draws once. A page makes the card in its layout and sends
later states with ``outputs`` and ``values``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import dash_mantine_components as dmc
from dash import Output, dcc, html

from dashboard.attributes import attributes
from dashboard.figures.base import GRAPH_CONFIG, layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dash.development.base_component import Component

    from dashboard.figures.base import Figure


@dataclass(frozen=True)
class Chart:
    """What a chart card shows: one sentence, the figure, and the same numbers as a table.

    The first column of ``rows`` is text, the others are numbers already written.
    """

    sentence: str
    figure: Figure
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def chart_card(
    card: str,
    title: str,
    chart: Chart | None = None,
    *,
    height: int = 300,
    controls: Component | None = None,
    config: dict[str, Any] | None = None,
) -> dmc.Paper:
    """Return the card; ``card`` names it for callbacks and copies. Without a chart: empty."""
    head = [html.H2(title, id={"type": "title", "card": card}, className="card-title"), controls]
    return dmc.Paper(
        [
            html.Div([part for part in head if part is not None], className="card-head"),
            html.P(
                chart.sentence if chart else "",
                id={"type": "sentence", "card": card},
                className="chart-sentence",
            ),
            html.Div(
                graph(card, height, config),
                role="group",
                className="chart-box",
                style={"minHeight": height},
                **attributes(aria_label=title),
            ),
            dcc.Store({"type": "figure", "card": card}, data=chart.figure if chart else None),
            _foot(card, chart),
        ],
        className="card chart-card",
        id={"type": "card", "card": card},
    )


def graph(card: str, height: int, config: dict[str, Any] | None = None) -> dcc.Graph:
    """Return the graph of a card, which the browser fills from the card's figure."""
    return dcc.Graph(
        id={"type": "graph", "card": card},
        figure={"data": [], "layout": layout(xaxis={"visible": False}, yaxis={"visible": False})},
        config=cast("Any", GRAPH_CONFIG | (config or {})),
        style={"height": height},
    )


def outputs(card: str) -> list[Output]:
    """Return what a callback writes to give a card another state, in the order of ``values``."""
    return [
        Output({"type": "sentence", "card": card}, "children"),
        Output({"type": "figure", "card": card}, "data"),
        Output({"type": "table", "card": card}, "children"),
    ]


def values(chart: Chart) -> list[Any]:
    """Return a card's new state for ``outputs``."""
    return [chart.sentence, chart.figure, table_of(chart)]


def table_of(chart: Chart) -> list[Component]:
    """Return the head and body of the table behind a chart."""
    head = html.Tr([html.Th(name, scope="col") for name in chart.header])
    return [html.Thead(head), html.Tbody([_table_row(row) for row in chart.rows])]


def _table_row(row: Sequence[str]) -> html.Tr:
    first, *numbers = row
    return html.Tr([html.Th(first, scope="row"), *(html.Td(number) for number in numbers)])


def _foot(card: str, chart: Chart | None) -> html.Div:
    table = html.Table(
        table_of(chart) if chart else [],
        id={"type": "table", "card": card},
        className="chart-table",
    )
    return html.Div(
        [
            html.Details(
                [
                    html.Summary("View as table", className="quiet-link"),
                    html.Div(
                        table,
                        className="table-scroll",
                        tabIndex="0",
                        role="region",
                        **attributes(aria_label="Numbers behind the chart"),
                    ),
                ],
            ),
            _copy_button("copy-picture", card, "Copy as picture"),
            _copy_button("copy-sentence", card, "Copy the sentence"),
        ],
        className="card-foot",
    )


def _copy_button(action: str, card: str, text: str) -> html.Button:
    return html.Button(
        text,
        type="button",
        className="quiet-link",
        **attributes(data_action=action, data_card=card),
    )
