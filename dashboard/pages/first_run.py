"""The first page of an empty store: bring a file, or look at the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import html

from dashboard.source_switch import switch_button

if TYPE_CHECKING:
    from dash import Dash
    from dash.development.base_component import Component

    from dashboard.context import DashboardContext

STEPS = (
    "Open platform.openai.com, Settings, Usage, as an owner of the organisation.",
    "Choose Activity and the last 60 days.",
    "Press Export and choose CSV.",
)


def layout(context: DashboardContext) -> Component:
    """Return the drop zone, the way to a file, and the demo."""
    return html.Div([drop_zone(), _steps(), _demo(context)], className="first-run")


def drop_zone() -> html.Div:
    """Return the zone that ``assets/upload.js`` brings to life."""
    return html.Div(
        [
            html.H1("Drop a usage export here", className="headline"),
            html.P(
                "OpenAI's Activity CSV or usage JSON, Batch output, logs of API answers, or any "
                "CSV, JSONL or Parquet file with a mapping. It stays on this machine.",
                className="drop-words",
            ),
            html.Label(
                ["Choose files", html.Input(type="file", id="files", className="file-input")],
                className="primary-button",
            ),
            html.Div(id="upload-status", className="upload-status", role="status"),
        ],
        id="drop-zone",
        className="card drop-zone",
    )


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


def register(app: Dash, context: DashboardContext) -> None:
    """Connect what follows an upload."""
