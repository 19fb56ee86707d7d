"""Two settings at once: the cost of every pair, exactly, with the plan on screen framed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Input, html
from dash.exceptions import PreventUpdate

from costmodel.corners import interpolate
from costmodel.money import dollars
from dashboard import chart_card
from dashboard.figures import two_settings as figures
from dashboard.figures.base import layout
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.names import short_name
from dashboard.pages.whatif.screen import screen_of
from dashboard.pages.whatif.sections import asked
from dashboard.pages.whatif.settings import PAGE_KEYS
from dashboard.pages.whatif.words import sentence_money, share_text
from dashboard.state import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dash import Dash

    from costmodel.controls import Controls
    from dashboard.context import DashboardContext
    from dashboard.pages.whatif.screen import Screen

NAME, CARD = "two-settings", "whatif-two"
TITLE = "Two settings at once"
ACROSS, DOWN = "whatif-two-across", "whatif-two-down"
NAMES: Mapping[str, str] = {
    "escalate": "Escalation",
    "cache": "Cached input share",
    "batch": "Batch share",
    "growth": "Growth a month",
}
_SHARES = tuple(Fraction(part, 5) for part in range(6))
_GROWTHS = tuple(Fraction(part, 20) for part in range(-2, 5))
_MOST_ROWS = 8


def section() -> dmc.Paper:
    """Return the card, which its callback fills."""
    height = figures.two_settings_height(_MOST_ROWS)
    return chart_card.chart_card(CARD, TITLE, height=height, controls=_controls())


def _controls() -> html.Div:
    options = [{"value": key, "label": name} for key, name in NAMES.items()]
    return html.Div(
        [
            dmc.Select(
                id=place,
                label=label,
                data=options,
                value=value,
                allowDeselect=False,
                size="xs",
                w=170,
            )
            for place, label, value in ((ACROSS, "Across", "escalate"), (DOWN, "Down", "cache"))
        ],
        className="two-controls",
    )


def register(app: Dash, context: DashboardContext) -> None:
    """Draw the table for the plan on screen and the two settings chosen."""

    @app.callback(
        *chart_card.outputs(CARD),
        asked(NAME),
        Input(ACROSS, "value"),
        Input(DOWN, "value"),
    )
    def draw(search: str | None, across: str, down: str) -> list[Any]:
        if search is None or context.store().is_empty():
            raise PreventUpdate
        screen = screen_of(context, parse(search, PAGE_KEYS, DEFAULT_RANGE))
        return chart_card.values(two_settings_chart(screen, across, down))


def two_settings_chart(screen: Screen, across: str, down: str) -> chart_card.Chart:
    """Return the cost of each pair of values; a sentence alone for one setting twice."""
    if across == down:
        nothing = {"data": [], "layout": layout(xaxis={"visible": False}, yaxis={"visible": False})}
        return chart_card.Chart("Choose two different settings.", nothing, (), ())
    grid = grid_of(screen, across, down)
    currency = screen.board.currency
    return chart_card.Chart(
        sentence=_sentence(screen, grid),
        figure=figures.two_settings(grid, screen.limit, currency),
        header=(f"{grid.down} \\ {grid.across}", *grid.columns),
        rows=[
            (name, *(dollars(cost, currency) for cost in costs))
            for name, costs in zip(grid.rows, grid.costs, strict=True)
        ],
    )


def grid_of(screen: Screen, across: str, down: str) -> figures.Grid:
    """Return the costs, each as the sliders would give it."""
    controls = screen.controls
    columns, rows = _values(controls, across), _values(controls, down)
    table = screen.board.table
    costs = [
        [interpolate(table, _with(controls, {down: row, across: column})) for column in columns]
        for row in rows
    ]
    return figures.Grid(
        across=_name(screen, across),
        down=_name(screen, down),
        columns=[_word(value) for value in columns],
        rows=[_word(value) for value in rows],
        costs=costs,
        here=(rows.index(getattr(controls, down)), columns.index(getattr(controls, across))),
    )


def _values(controls: Controls, name: str) -> list[Fraction | None]:
    """Return even steps, and the setting of the plan among them."""
    steps = _GROWTHS if name == "growth" else _SHARES
    now: Fraction | None = getattr(controls, name)
    if now is None:
        return [None, *steps]
    return [*sorted({*steps, now})]


def _with(controls: Controls, values: Mapping[str, Fraction | None]) -> Controls:
    changed: dict[str, Any] = dict(values)
    return replace(controls, **changed)


def _word(value: Fraction | None) -> str:
    return "as today" if value is None else share_text(value)


def _name(screen: Screen, name: str) -> str:
    if name != "escalate":
        return NAMES[name]
    full = short_name(screen.controls.full, screen.board.comparison.family)
    return f"Escalated to {full}" if full else NAMES[name]


def _sentence(screen: Screen, grid: figures.Grid) -> str:
    currency, limit = screen.board.currency, screen.limit
    every = [cost for costs in grid.costs for cost in costs]
    low, high = dollars(min(every), currency), dollars(max(every), currency)
    text = f"A month costs between {low} and {high}; the framed amount is the plan on screen."
    if limit is None:
        return text
    within = sum(figures.is_within(cost, limit) for cost in every)
    name = sentence_money(round(limit * 100), currency)
    return f"{text} {within} of {len(every)} keep to your {name} limit: they are bold."
