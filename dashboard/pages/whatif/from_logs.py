"""Sections of What-if about the logs themselves, which no slider moves.

Each fills itself after the page, and again only when other usage is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from dash import Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from dashboard.pages.whatif.baseline import DEFAULT_RANGE, baseline_view
from dashboard.pages.whatif.screen import screen_of
from dashboard.pages.whatif.settings import STATE_KEYS
from dashboard.remembered import remembered
from dashboard.state import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import dash_mantine_components as dmc
    from dash import Dash
    from dash.development.base_component import Component

    from dashboard.context import DashboardContext
    from dashboard.pages.whatif.screen import Screen
    from dashboard.view import View

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class LogSection(Generic[Answer]):
    """A section: ``ask`` reads the usage of a view, ``content`` draws it, or nothing."""

    name: str
    ask: Callable[[View], Answer]
    content: Callable[[Answer, Screen], list[Component]]

    @property
    def place(self) -> str:
        """Return the id of the section."""
        return f"{self.name}-section"

    def section(self) -> html.Section:
        """Return the place of the section, which its callback fills."""
        shown = dcc.Store(id=f"{self.name}-shown")
        return html.Section([shown, html.Div(id=f"{self.name}-body")], id=self.place, hidden=True)

    def register(self, app: Dash, context: DashboardContext) -> None:
        """Fill the section whenever the page shows other usage."""

        @app.callback(
            Output(f"{self.name}-body", "children"),
            Output(self.place, "hidden"),
            Output(f"{self.name}-shown", "data"),
            Input("whatif-shown", "data"),
            State(f"{self.name}-shown", "data"),
        )
        def fill(
            shown: dict[str, str] | None, before: str | None
        ) -> tuple[list[Component], bool, str]:
            if shown is None or context.store().is_empty():
                raise PreventUpdate
            state = parse(shown["search"], STATE_KEYS, DEFAULT_RANGE)
            screen = screen_of(context, state)
            if screen.board.is_typed:
                return [], True, "typed"
            view = baseline_view(context, state)
            key = _key(self.name, view)
            if repr(key) == before:
                raise PreventUpdate
            drawn = self.content(remembered(view.store, key, lambda: self.ask(view)), screen)
            return drawn, not drawn, repr(key)


def _key(name: str, view: View) -> tuple[Any, ...]:
    """Return what decides what a section shows, for one state of the store."""
    filters = tuple(sorted((each, tuple(values)) for each, values in view.filters.items()))
    period = view.period
    books = id(view.source.book), id(view.source.configuration)
    return (name, period.start, period.end, filters, view.store.version(), *books)


def missing_card(title: str, text: str) -> html.Div:
    """Return what stands in for a chart whose fields no request has."""
    head = html.H2(title, className="card-title")
    return html.Div([head, html.P(text, className="chart-sentence")], className="card")


def with_notes(card: dmc.Paper, texts: Sequence[str]) -> dmc.Paper:
    """Put notes between the chart of a card and its foot."""
    *above, foot = card.children
    notes = html.Ul([html.Li(text) for text in texts], className="card-notes")
    card.children = [*above, notes, foot]
    return card
