"""Opening a plan file on What-if: pasted or chosen, its first scenario sets the controls."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard.pages.whatif import saved
from dashboard.pages.whatif.compare import STORE
from dashboard.pages.whatif.plan_reading import Opened, PlanTextError, opened
from dashboard.pages.whatif.saved import saved_of
from dashboard.pages.whatif.sections import SECTIONS, opened_text
from dashboard.pages.whatif.settings import OPEN_KEY
from dashboard.pages.whatif.words import capital

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dash import Dash
    from dash.development.base_component import Component

    from dashboard.context import DashboardContext

TEXT, FILE, OPEN, SAID = "whatif-yaml", "whatif-yaml-file", "whatif-yaml-open", "whatif-yaml-said"


def section() -> html.Details:
    """Return the folded form."""
    return html.Details(
        [
            html.Summary("Open a plan file", className="quiet-link"),
            dmc.Textarea(
                id=TEXT,
                label="The YAML of a plan",
                autosize=True,
                minRows=5,
                maxRows=16,
                className="plan-text",
            ),
            html.Div(
                [
                    html.Button(
                        "Set the controls", id=OPEN, type="button", className="plain-button"
                    ),
                    dcc.Upload(
                        html.Button("Choose a file", type="button", className="plain-button"),
                        id=FILE,
                        accept=".yaml,.yml",
                        max_size=200_000,
                    ),
                ],
                className="open-actions",
            ),
            html.Div(id=SAID, role="status", className="open-said"),
        ],
        className="open-plan",
    )


def register(app: Dash, context: DashboardContext) -> None:
    """Connect the form: a chosen file fills the text, the button sets the controls."""

    @app.callback(Output(TEXT, "value"), Input(FILE, "contents"), prevent_initial_call=True)
    def fill(contents: str | None) -> str:
        if not contents:
            raise PreventUpdate
        return text_of(contents)

    @app.callback(
        Output("url", "search", allow_duplicate=True),
        Output(STORE, "data", allow_duplicate=True),
        Output(SAID, "children"),
        Input(OPEN, "n_clicks"),
        State(TEXT, "value"),
        State(STORE, "data"),
        State(SECTIONS, "data"),
        prevent_initial_call=True,
    )
    def open_plan(
        clicks: int | None, text: str | None, data: object, sections: list[str] | None
    ) -> tuple[Any, ...]:
        if not clicks:
            raise PreventUpdate
        try:
            found = opened(text or "", context.book, context.now().date())
        except PlanTextError as error:
            return no_update, no_update, _problems(error.problems)
        first, *others = found
        kept = saved_of(data)
        for other in others:
            kept = saved.added(kept, other.name, other.state.search())
        said = _said(found, len(kept) - len(saved_of(data)))
        state = first.state.with_own(**{OPEN_KEY: opened_text(sections)})
        return state.search() or "?", saved.as_data(kept) if others else no_update, said


def text_of(contents: str) -> str:
    """Return the text of an uploaded file, as the browser hands it over."""
    try:
        return base64.b64decode(contents.partition(",")[2]).decode("utf-8-sig")
    except (binascii.Error, UnicodeDecodeError):
        return "# This file is no UTF-8 text."


def _problems(problems: Sequence[str]) -> list[Component]:
    return [
        html.P("This is no plan that can be opened:"),
        html.Ul([html.Li(text) for text in problems]),
    ]


def _said(found: Sequence[Opened], count: int) -> list[Component]:
    first, *others = found
    parts: list[Component] = [html.P(f"The controls are set to “{first.name}”.")]
    if others:
        left = len(others) - count
        more = f"; for {left} there was no room" if left else ""
        parts.append(html.P(f"{count} more in the list above, by name{more}."))
    for each in found:
        if each.missing:
            parts.append(html.P(f"What the controls cannot say of “{each.name}”:"))
            parts.append(html.Ul([html.Li(capital(text)) for text in each.missing]))
    return parts
