"""Tables of the lab: plain, inside their card, with a name for those who cannot see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from dash import html

from dashboard.attributes import attributes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dash.development.base_component import Component

Cell: TypeAlias = "str | Component"
"""Text, or what draws more than text."""


def table(name: str, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Component:
    """Return a table whose first column names its rows."""
    head = html.Tr([html.Th(title, scope="col") for title in header])
    body = [
        html.Tr([html.Th(row[0], scope="row"), *(html.Td(cell) for cell in row[1:])])
        for row in rows
    ]
    return html.Div(
        html.Table([html.Thead(head), html.Tbody(body)], className="chart-table"),
        className="table-scroll lab-table",
        tabIndex="0",
        role="region",
        **attributes(aria_label=name),
    )
