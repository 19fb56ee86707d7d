"""What all figures share: fonts, margins, axes and the settings of their graph."""

from __future__ import annotations

from typing import Any

from dashboard.figures.palette import GRID, GROUND, INK, MUTED, RULE

Figure = dict[str, Any]
"""A plotly figure as plain data: ``{"data": [...], "layout": {...}}``."""

FONT = 'Inter, -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", Arial'

GRAPH_CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "displayModeBar": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "responsive": True,
    "scrollZoom": False,
    "doubleClick": False,
    "displayNotifier": False,
}
"""Every graph's settings: nothing is ever sent to plotly's cloud."""


def layout(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - plotly's own free-form layout
    """Return the layout that every figure starts from, with changes on top."""
    start: dict[str, Any] = {
        "template": None,
        "autosize": True,
        "font": {"family": FONT, "size": 13, "color": MUTED},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "showlegend": False,
        "hoverlabel": {
            "bgcolor": GROUND,
            "bordercolor": RULE,
            "font": {"family": FONT, "size": 13, "color": INK},
            "align": "left",
        },
    }
    return start | changes


def axis(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - plotly's own free-form axis
    """Return a quiet axis, with changes on top."""
    start: dict[str, Any] = {
        "automargin": True,
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "tickfont": {"color": MUTED, "size": 12},
        "fixedrange": True,
    }
    return start | changes


def money_axis(currency_symbol: str = "$", **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a vertical axis of money with light grid lines."""
    start = {
        "showgrid": True,
        "gridcolor": GRID,
        "gridwidth": 1,
        "tickprefix": currency_symbol,
        "separatethousands": True,
        "nticks": 5,
        "rangemode": "tozero",
    }
    return axis(**(start | changes))


def hatch(colour: str) -> dict[str, Any]:
    """Return the fill of what is uncertain, gone or "other": stripes of its colour."""
    return {
        "color": "rgba(0,0,0,0)",
        "line": {"color": colour, "width": 1},
        "pattern": {"shape": "/", "size": 6, "solidity": 0.25, "fgcolor": colour},
    }


def escaped(text: str) -> str:
    """Return a name safe to draw: plotly reads a subset of HTML in every text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def legend(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - plotly's own free-form legend
    """Return a legend below the figure that only explains, with changes on top."""
    start: dict[str, Any] = {
        "orientation": "h",
        "x": 0,
        "y": 0,
        "yref": "container",
        "yanchor": "bottom",
        "font": {"color": MUTED, "size": 12},
        "itemclick": False,
        "itemdoubleclick": False,
    }
    return start | changes
