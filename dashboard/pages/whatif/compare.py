"""Kept scenarios side by side with the plan on screen: cost, saving, likely range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from costmodel.money import dollars
from dashboard import chart_card
from dashboard.chart_card import Chart
from dashboard.figures.palette import EXPECTED, SPENT
from dashboard.figures.whatif import Bar, bars, bars_height
from dashboard.pages.whatif import saved
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.saved import Saved, saved_of
from dashboard.pages.whatif.screen import Screen, screen_of
from dashboard.pages.whatif.sections import asked
from dashboard.pages.whatif.settings import OPEN_KEY, PAGE_KEYS
from dashboard.pages.whatif.wildcards import labelled
from dashboard.pages.whatif.words import cents, verdict
from dashboard.state import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dash import Dash
    from dash.development.base_component import Component

    from dashboard.context import DashboardContext

SECTION, CARD = "side-by-side", "whatif-compare"
STORE = "whatif-saved"
NAME, SAVE, SAID = "whatif-save-name", "whatif-save", "whatif-save-said"
ON_SCREEN = "On screen"
LONGEST_LABEL = 22
KEPT_WHERE = (
    "Save keeps the plan in this browser, to compare it. Adopt keeps it with your usage, frozen: "
    "Overview holds what comes against it."
)
_RENAME = {"type": "whatif-saved-name", "place": ALL}
_DELETE = {"type": "whatif-saved-delete", "place": ALL}


@dataclass(frozen=True)
class Row:
    """One scenario of the comparison, worked out."""

    name: str
    screen: Screen


def section(*more: Component, beside: Component) -> html.Div:
    """Return the form, the list and the comparison; ``more`` stands below the list.

    The browser keeps the scenarios. ``beside`` stands beside the button that saves.
    """
    form = html.Div(
        [
            dmc.TextInput(
                id=NAME,
                label="Name of this plan",
                placeholder="Mini first",
                debounce=True,  # Enter brings the whole name with it
                size="sm",
                className="save-name",
            ),
            html.Button("Save", id=SAVE, type="button", className="plain-button"),
            beside,
            html.P(KEPT_WHERE, className="control-source"),
            html.P("", id=SAID, role="status", className="control-source"),
        ],
        className="save-form",
    )
    chart = chart_card.chart_card(CARD, "What each plan costs a month", height=bars_height(4))
    return html.Div(
        [
            dcc.Store(id=STORE, storage_type="local"),
            html.Div([form, html.Div(id="whatif-saved-list"), *more]),
            html.Div(chart, id="whatif-compare-body", hidden=True, className="compare-body"),
        ],
        className="side-by-side",
    )


def register(app: Dash, context: DashboardContext) -> None:
    """Connect saving, renaming, deleting and comparing."""
    _register_edit(app)

    @app.callback(
        Output("whatif-saved-list", "children"),
        Output("whatif-compare-body", "hidden"),
        *chart_card.outputs(CARD),
        Input(STORE, "modified_timestamp"),
        asked(SECTION),
        State(STORE, "data"),
    )
    def compare(_: float, search: str | None, data: object) -> tuple[Any, ...]:
        if search is None or context.store().is_empty():
            raise PreventUpdate
        kept = saved_of(data)
        if not kept:
            return [], True, *(no_update for _ in range(3))
        rows = rows_of(context, kept, search)
        opened = rows[0].screen.state.own.get(OPEN_KEY)
        return _list(kept, opened), False, *chart_card.values(comparison(rows))


def _register_edit(app: Dash) -> None:
    @app.callback(
        Output(STORE, "data"),
        Output(NAME, "value"),
        Output(SAID, "children"),
        Input(SAVE, "n_clicks"),
        Input(NAME, "n_submit"),
        Input(_RENAME, "value"),
        Input(_DELETE, "n_clicks"),
        State(NAME, "value"),
        State("whatif-shown", "data"),
        State(STORE, "data"),
        prevent_initial_call=True,
    )
    def edit(
        _: int | None,
        __: int | None,
        ___: list[str],
        ____: list[int | None],
        name: str | None,
        shown: dict[str, str],
        data: object,
    ) -> tuple[Any, Any, str]:
        kept = saved_of(data)
        who, value = ctx.triggered_id, ctx.triggered[0]["value"]
        if isinstance(who, str):
            return _saved(kept, name, shown["search"]) if value else _unchanged()
        if who is None or value is None or who["place"] >= len(kept):
            return _unchanged()
        place = who["place"]
        if who["type"] == _DELETE["type"]:
            said = f"“{kept[place].name}” is deleted."
            return saved.as_data(saved.without(kept, place)), no_update, said
        if value == kept[place].name:
            return _unchanged()
        after = saved.renamed(kept, place, value)
        return saved.as_data(after), no_update, f"Renamed to “{after[place].name}”."


def _unchanged() -> tuple[Any, Any, Any]:
    raise PreventUpdate


def _saved(kept: tuple[Saved, ...], name: str | None, search: str) -> tuple[Any, Any, str]:
    after = saved.added(kept, name or "", search)
    if len(after) == len(kept):
        return no_update, no_update, saved.FULL
    return saved.as_data(after), "", f"“{after[-1].name}” is saved."


def _list(kept: Sequence[Saved], opened: str | None) -> list[Component]:
    """Return the kept plans; the way to each leaves the open sections open."""
    return [
        html.Ul(
            [_item(each, place, opened) for place, each in enumerate(kept)],
            className="saved-list",
            **labelled("Saved plans"),
        )
    ]


def _item(each: Saved, place: int, opened: str | None) -> html.Li:
    state = parse(each.search, PAGE_KEYS, DEFAULT_RANGE).with_own(**{OPEN_KEY: opened})
    return html.Li(
        [
            dmc.TextInput(
                id={"type": _RENAME["type"], "place": place},
                value=each.name,
                debounce=True,
                size="xs",
                className="saved-name",
                **labelled(f"Name of {each.name}"),
            ),
            dcc.Link(
                "Show",
                href=f"/whatif{state.search()}",
                className="quiet-link",
                title=f"Show {each.name}",
            ),
            html.Button(
                "Delete",
                id={"type": _DELETE["type"], "place": place},
                type="button",
                className="quiet-link",
                **labelled(f"Delete {each.name}"),
            ),
        ]
    )


def rows_of(context: DashboardContext, kept: Sequence[Saved], search: str) -> list[Row]:
    """Return the plan on screen, then every kept one, all over the usage as it is now."""
    named = [Saved(saved.free_name(ON_SCREEN, kept), search), *kept]
    return [
        Row(each.name, screen_of(context, parse(each.search, PAGE_KEYS, DEFAULT_RANGE)))
        for each in named
    ]


def comparison(rows: Sequence[Row]) -> Chart:
    """Return bars and table; each saving is against what its own plan starts from."""
    currency = rows[0].screen.board.currency
    drawn = [
        Bar(label, row.screen.outcome.cost, EXPECTED if place == 0 else SPENT)
        for place, (label, row) in enumerate(zip(_labels(rows), rows, strict=True))
    ]
    return Chart(
        sentence=_sentence(rows, currency),
        figure=bars(drawn, rows[0].screen.limit, currency),
        header=("Plan", "Cost a month", "Against its today", "Likely (8 in 10)"),
        rows=[_cells(row, currency) for row in rows],
    )


def _labels(rows: Sequence[Row]) -> list[str]:
    """Return names that have room beside bars, no two of them the same."""
    found: list[str] = []
    for place, row in enumerate(rows):
        is_long = len(row.name) > LONGEST_LABEL
        short = f"{row.name[: LONGEST_LABEL - 1]}…" if is_long else row.name
        found.append(f"{short} ({place})" if short in found else short)
    return found


def _cells(row: Row, currency: str) -> tuple[str, ...]:
    screen = row.screen
    cost = screen.outcome.cost
    said = verdict(screen.view.today, cost, currency).removesuffix(".")
    likely = screen.likely_line.removeprefix("Likely ").removesuffix(".")
    return row.name, dollars(cost, currency), said, likely


def _sentence(rows: Sequence[Row], currency: str) -> str:
    best = min(rows, key=lambda row: row.screen.outcome.cost)
    cost = dollars(best.screen.outcome.cost, currency)
    limit = rows[0].screen.limit
    text = f"Of {len(rows)} plans “{best.name}” costs least: {cost} a month."
    if limit is None:
        return text
    within = sum(cents(row.screen.outcome.cost) <= cents(limit) for row in rows)
    return f"{text} Within the limit of {dollars(limit, currency)}: {within} of {len(rows)}."
