"""The first page of an empty store: bring a file, or look at the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import html

from dashboard.drop_zone import drop_zone
from dashboard.source_switch import switch_button

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from dashboard.context import DashboardContext

STEPS = (
    "Open platform.openai.com, Settings, Usage, as an owner of the organisation.",
    "Choose Activity and the last 60 days.",
    "Press Export and choose CSV.",
)


def layout(context: DashboardContext) -> Component:
    """Return the drop zone, the way to a file, and the demo."""
    return html.Div([drop_zone(html.H1), _steps(), _demo(context)], className="first-run")


def _steps() -> html.Section:
    return html.Section(
        [
            html.H2("From OpenAI in three clicks", className="card-title"),
            html.Ol([html.Li(step) for step in STEPS]),
        ],
        className="card side-card",
    )


def _demo(context: DashboardContext) -> Component | None:
    if not context.can_open_demo:
        return None
    return html.Section(
        [
            html.H2("Only looking?", className="card-title"),
            html.P("Two months of a made-up company, beside your own data, never among it."),
            switch_button("demo", "Open the demo"),
        ],
        className="card side-card",
    )
