"""Sections of What-if about the logs themselves, which no slider moves.

Each fills itself when it is opened, and again only when other usage is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from dash import Output, State, dcc, html
from dash.exceptions import PreventUpdate

from dashboard.folded_section import waiting, words
from dashboard.pages.whatif.baseline import DEFAULT_RANGE, baseline_view
from dashboard.pages.whatif.screen import screen_of
from dashboard.pages.whatif.sections import asked
from dashboard.pages.whatif.settings import PAGE_KEYS
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
    """A section: ``ask`` reads the usage of a view, ``content`` draws it, or nothing.

    ``name`` is that in the address, ``nothing`` what is said where there is nothing to draw.
    """

    name: str
    nothing: str
    ask: Callable[[View], Answer]
    content: Callable[[Answer, Screen], list[Component]]

    def section(self) -> html.Div:
        """Return the place of the section, which its callback fills."""
        shown = dcc.Store(id=f"{self.name}-shown")
        return html.Div([shown, html.Div(waiting(), id=f"{self.name}-body")])

    def register(self, app: Dash, context: DashboardContext) -> None:
        """Fill the section once it is open, and whenever the page shows other usage."""

        @app.callback(
            Output(f"{self.name}-body", "children"),
            Output(f"{self.name}-shown", "data"),
            asked(self.name),
            State(f"{self.name}-shown", "data"),
        )
        def fill(search: str | None, before: str | None) -> tuple[list[Component], str]:
            if search is None or context.store().is_empty():
                raise PreventUpdate
            state = parse(search, PAGE_KEYS, DEFAULT_RANGE)
            screen = screen_of(context, state)
            if screen.board.is_typed:
                raise PreventUpdate
            view = baseline_view(context, state)
            key = _key(self.name, view)
            if repr(key) == before:
                raise PreventUpdate
            drawn = self.content(remembered(view.store, key, lambda: self.ask(view)), screen)
            return drawn or [words(self.nothing)], repr(key)


def _key(name: str, view: View) -> tuple[Any, ...]:
    """Return what decides what a section shows, for one state of the store."""
    filters = tuple(sorted((each, tuple(values)) for each, values in view.filters.items()))
    period = view.period
    books = id(view.source.book), id(view.source.configuration)
    return (name, period.start, period.end, filters, view.store.version(), *books)


def with_notes(card: dmc.Paper, texts: Sequence[str]) -> dmc.Paper:
    """Put notes between the chart of a card and its foot."""
    *above, foot = card.children
    notes = html.Ul([html.Li(text) for text in texts], className="card-notes")
    card.children = [*above, notes, foot]
    return card
