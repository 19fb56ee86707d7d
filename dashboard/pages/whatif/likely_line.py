"""The line with the likely range: it fills itself after the page, and after each release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import Input, Output, html
from dash.exceptions import PreventUpdate

from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.likely import NO_RANGE_TYPED
from dashboard.pages.whatif.screen import screen_of
from dashboard.pages.whatif.settings import STATE_KEYS
from dashboard.state import parse

if TYPE_CHECKING:
    from dash import Dash

    from dashboard.context import DashboardContext
    from dashboard.pages.whatif.screen import Screen

PLACE = "whatif-likely"
WORKING = "The likely range is being worked out."
CLASS, BUSY = "whatif-likely", "whatif-likely whatif-likely-busy"


def line(screen: Screen) -> html.P:
    """Return the place of the range."""
    text = NO_RANGE_TYPED if screen.board.is_typed else WORKING
    return html.P(text, id=PLACE, className=CLASS)


def register(app: Dash, context: DashboardContext) -> None:
    """Say the range of the plan on screen."""

    @app.callback(
        Output(PLACE, "children"),
        Input("whatif-shown", "data"),
        running=[(Output(PLACE, "className"), BUSY, CLASS)],
    )
    def say(shown: dict[str, str] | None) -> str:
        if shown is None or context.store().is_empty():
            raise PreventUpdate
        return screen_of(context, parse(shown["search"], STATE_KEYS, DEFAULT_RANGE)).likely_line
