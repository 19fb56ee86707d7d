"""The page of prices put together, and kept in step with the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import dash_mantine_components as dmc
from dash import Input, Output, Patch, State, html, no_update

from dashboard import chart_card
from dashboard.moments import day_text
from dashboard.pages.prices import family as families
from dashboard.pages.prices.all_models import GRID, SEARCH, all_models_card
from dashboard.pages.prices.changes import changes_card
from dashboard.pages.prices.family_table import family_table
from dashboard.pages.prices.history import history_chart, periods_table
from dashboard.state import parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from dash import Dash
    from dash.development.base_component import Component

    from costmodel.book import PriceBook
    from costmodel.rates import Model
    from dashboard.chart_card import Chart
    from dashboard.context import DashboardContext
    from dashboard.pages.prices.family import Column
    from dashboard.state import State as PageState

USES_FILTERS = False
STATE_KEYS = frozenset({"family", "history"})
_CARD = "price-history"


@dataclass(frozen=True)
class Choice:
    """What the address chooses: a family, and the model whose history is shown."""

    book: PriceBook
    today: date
    family: str
    shown: list[Column]
    model: Model

    @property
    def chart(self) -> Chart:
        """Return the history of the chosen model."""
        return history_chart(self.book, self.model, self.today)


def choice(context: DashboardContext, own: Mapping[str, str]) -> Choice:
    """Return what an address chooses; what the book does not know becomes the default."""
    book, now = context.book, context.now()
    today = now.astimezone(ZoneInfo(context.configuration.timezone)).date()
    known = families.families(book)
    asked = own.get("family", families.FIRST)
    family = asked if asked in known else next(iter(known))
    shown = families.columns(book, family, today)
    models = {column.model.name: column.model for column in shown}
    model = models.get(own.get("history", ""), shown[0].model)
    return Choice(book, today, family, shown, model)


def layout(context: DashboardContext, state: PageState) -> Component:
    """Return the page for a state."""
    chosen = choice(context, state.own)
    return html.Div(
        [
            html.Div(_top(chosen), id="prices-top"),
            html.Section(
                [
                    html.Div([_title(), _family_select(chosen)], className="card-head"),
                    html.Div(_table(chosen), id="prices-family-table"),
                ],
                className="card",
            ),
            html.Div(
                [
                    _history_card(chosen),
                    changes_card(chosen.book, chosen.today),
                ],
                className="prices-pair",
            ),
            all_models_card(chosen.book, chosen.today),
            _footer(chosen.book),
        ],
        className="prices",
    )


def _top(chosen: Choice) -> list[Component]:
    return [
        html.H1(families.sentence(chosen.shown, chosen.today), className="headline"),
        *_contract_note(chosen.book),
    ]


def _contract_note(book: PriceBook) -> list[Component]:
    if not book.contract.terms and book.contract.currency == "USD":
        return []
    text = "Your contract is applied; list prices stand beside where they differ."
    return [html.P(text, className="card-note")]


def _title() -> html.H2:
    return html.H2("Side by side", className="card-title")


def _family_select(chosen: Choice) -> dmc.Select:
    data = [{"value": key, "label": text} for key, text in families.families(chosen.book).items()]
    return dmc.Select(
        id="prices-family",
        value=chosen.family,
        data=data,
        searchable=True,
        allowDeselect=False,
        w=260,
        maxDropdownHeight=360,
        **{"aria-label": "Family of models"},
    )


def _table(chosen: Choice) -> list[Component]:
    return family_table(chosen.shown, chosen.today, chosen.book.contract.currency)


def _history_card(chosen: Choice) -> Component:
    control = dmc.Select(
        id="prices-history",
        value=chosen.model.name,
        data=_models(chosen),
        allowDeselect=False,
        w=220,
        **{"aria-label": "Model whose history is shown"},
    )
    card = chart_card.chart_card(
        _CARD, "List price over time", chosen.chart, height=280, controls=control
    )
    return html.Div([card, html.Div(_periods(chosen), id="prices-periods")], className="history")


def _models(chosen: Choice) -> list[dict[str, str]]:
    return [{"value": c.model.name, "label": c.model.display} for c in chosen.shown]


def _periods(chosen: Choice) -> Component:
    return periods_table(chosen.book, chosen.model)


def _footer(book: PriceBook) -> html.Footer:
    days = [card.checked_on for card in book.cards]
    text = (
        f"{len(book.cards):,} rates, each with its source; checked between {day_text(min(days))} "
        f"and {day_text(max(days))}."
    )
    return html.Footer(html.P(text), className="page-footer")


def register(app: Dash, context: DashboardContext) -> None:
    """Connect the page with the address, its two choices, and the grid."""
    _register_refresh(app, context)
    _register_choices(app, context)
    _register_search(app)


def _register_refresh(app: Dash, context: DashboardContext) -> None:
    @app.callback(
        Output("prices-top", "children"),
        Output("prices-family", "value"),
        Output("prices-family-table", "children"),
        Output("prices-history", "data"),
        Output("prices-history", "value"),
        *chart_card.outputs(_CARD),
        Output("prices-periods", "children"),
        Input("url", "search"),
        State("url", "pathname"),
        prevent_initial_call=True,
    )
    def refresh(search: str | None, path: str | None) -> tuple[Any, ...]:
        if path != "/prices":
            return (no_update,) * 9
        chosen = choice(context, parse(search, STATE_KEYS).own)
        return (
            _top(chosen),
            chosen.family,
            _table(chosen),
            _models(chosen),
            chosen.model.name,
            *chart_card.values(chosen.chart),
            _periods(chosen),
        )


def _register_choices(app: Dash, context: DashboardContext) -> None:
    @app.callback(
        Output("url", "search", allow_duplicate=True),
        Input("prices-family", "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def choose_family(family: str, search: str | None) -> Any:  # noqa: ANN401 - or no_update
        now = choice(context, parse(search, STATE_KEYS).own)
        if family == now.family:
            return no_update
        return _written(search, family=_unless_default(family), history=None)

    @app.callback(
        Output("url", "search", allow_duplicate=True),
        Input("prices-history", "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def choose_history(model: str, search: str | None) -> Any:  # noqa: ANN401 - or no_update
        now = choice(context, parse(search, STATE_KEYS).own)
        names = [column.model.name for column in now.shown]
        if model == now.model.name or model not in names:
            return no_update
        return _written(search, history=model)

    @app.callback(
        Output("url", "search", allow_duplicate=True),
        Input(GRID, "cellClicked"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def choose_row(clicked: Mapping[str, Any] | None, search: str | None) -> Any:  # noqa: ANN401
        provider, _, name = str((clicked or {}).get("rowId", "")).partition("/")
        model = context.book.resolve(provider, name)
        if model is None:
            return no_update
        family = _unless_default(f"{model.provider}/{model.family}")
        return _written(search, family=family, history=model.name)


def _unless_default(family: str) -> str | None:
    return None if family == families.FIRST else family


def _written(search: str | None, **own: str | None) -> Any:  # noqa: ANN401 - or no_update
    state = parse(search, STATE_KEYS)
    changed = state.with_own(**own).search()
    return no_update if changed == state.search() else changed


def _register_search(app: Dash) -> None:
    @app.callback(
        Output(GRID, "dashGridOptions"),
        Input(SEARCH, "value"),
        prevent_initial_call=True,
    )
    def search_models(words: str | None) -> Patch:
        options = Patch()
        options["quickFilterText"] = words or ""
        return options
