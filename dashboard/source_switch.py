"""The ribbon over demo data, and the way from the demo to one's own usage and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update

from dashboard.moments import moment_text

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from dashboard.context import DashboardContext


def ribbon(context: DashboardContext) -> Component | None:
    """Return the ribbon that says that these are not one's own numbers; nothing elsewhere."""
    if not context.demo:
        return None
    parts: list[Component] = [html.Span(f"Demo data, as of {moment_text(context.now(), 'UTC')}")]
    if context.can_open_own:
        parts.append(switch_button("own", "Use my own data"))
    return html.Div(parts, className="ribbon")


def switch_button(source: str, text: str) -> dmc.Button:
    """Return the button that puts ``own`` or ``demo`` data on screen."""
    return dmc.Button(
        text,
        id={"type": "switch-source", "source": source},
        size="compact-sm",
        variant="default",
    )


def register(app: Dash, context: DashboardContext) -> None:
    """Connect the buttons; the address loses its filters, which name the other data."""

    @app.callback(
        Output("source-version", "data"),
        Output("url", "search", allow_duplicate=True),
        Output("url", "pathname", allow_duplicate=True),
        Input({"type": "switch-source", "source": ALL}, "n_clicks"),
        State("source-version", "data"),
        prevent_initial_call=True,
    )
    def switch(clicks: list[int | None], version: int) -> tuple[Any, Any, Any]:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update, no_update, no_update
        if ctx.triggered_id["source"] == "own":
            context.show_own()
        else:
            context.show_demo()
        return version + 1, "", "/"
