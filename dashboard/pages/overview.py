"""Overview: where the month stands, where it heads, what moved, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import html

if TYPE_CHECKING:
    from dash import Dash
    from dash.development.base_component import Component

    from dashboard.context import DashboardContext
    from dashboard.state import State


def layout(context: DashboardContext, state: State) -> Component:
    """Return the page for a state."""
    return html.H1("Overview", className="headline")


def register(app: Dash, context: DashboardContext) -> None:
    """Connect the page's controls."""
