"""The overview put together, and kept in step with the address."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update

from dashboard import chart_card
from dashboard.attributes import attributes
from dashboard.notices import notice_list
from dashboard.own_keys import own_key
from dashboard.pages import first_run
from dashboard.pages.overview import downloads
from dashboard.pages.overview.breakdown import word_of
from dashboard.pages.overview.days import days_chart, grain, unit_of
from dashboard.pages.overview.footer import footer
from dashboard.pages.overview.headline import headline
from dashboard.pages.overview.numbers import number_row, numbers_of
from dashboard.pages.overview.side_cards import side_cards
from dashboard.pages.overview.standing import standing_of
from dashboard.pages.overview.table_card import table_card
from dashboard.state import parse
from dashboard.time_words import period_name
from dashboard.view import knows_only_days, view_of

if TYPE_CHECKING:
    from dash import Dash
    from dash.development.base_component import Component

    from dashboard.chart_card import Chart
    from dashboard.context import DashboardContext
    from dashboard.pages.overview.standing import Standing
    from dashboard.state import State as PageState
    from dashboard.view import View

STATE_KEYS = frozenset({"unit", "by"})
_CARD = "overview-days"
_UTC_DAYS = "This usage is known by UTC days only; each is shown whole, whatever the time zone."
_LENGTH_OF_DAY = len("2026-11-20")


def layout(context: DashboardContext, state: PageState) -> Component:
    """Return the page for a state; on an empty store, how to begin."""
    if context.facts().is_empty:
        return first_run.layout(context)
    view = view_of(context, state)
    standing = standing_of(view)
    chart = days_chart(view, standing)
    return html.Div(
        [
            html.Div(_top(view, standing), id="overview-top"),
            html.Div(
                [
                    html.Div(_days_card(view, chart), id="overview-chart", hidden=chart is None),
                    html.Div(_side(view), id="overview-side", className="side"),
                ],
                className="two-thirds",
            ),
            html.Div(_bottom(view, standing, chart), id="overview-bottom"),
        ],
        className="overview",
    )


def _top(view: View, standing: Standing) -> list[Component]:
    head = html.Div(
        [headline(standing, view.now), _what_if(view)],
        className="head-row",
    )
    said = [*view.notices, *([_UTC_DAYS] if knows_only_days(view) else [])]
    notices = [notice_list(said)] if said else []
    return [*notices, head, number_row(numbers_of(view))]


def _what_if(view: View) -> dcc.Link:
    href = view.state.href("/whatif")
    return dcc.Link("What if…?", href=href, className="primary-button", id="what-if")


def _days_card(view: View, chart: Chart | None) -> dmc.Paper:
    return chart_card.chart_card(
        _CARD,
        _title(view),
        chart,
        height=340,
        controls=dmc.SegmentedControl(
            id=own_key("unit", "money"),
            value=unit_of(view),
            data=[{"value": "money", "label": "Money"}, {"value": "tokens", "label": "Tokens"}],
            size="xs",
            **attributes(aria_label="Count money or tokens"),
        ),
    )


def _title(view: View) -> str:
    return f"Spend a {grain(view)[0]}"


def _side(view: View) -> list[Component]:
    word = word_of(view)
    return side_cards(view, word if word != "model" else None)


def _bottom(view: View, standing: Standing, chart: Chart | None) -> list[Component]:
    if chart is None:
        name = period_name(view.period, view.now)
        return [html.P(f"{name}: no usage fits this period and these filters.", className="none")]
    return [table_card(view), footer(view, standing)]


def register(app: Dash, context: DashboardContext) -> None:
    """Connect the page with the address, its switches, the drag, and the downloads."""
    downloads.register(app.server, context, STATE_KEYS)
    _register_refresh(app, context)
    _register_drag(app, context)


def _register_refresh(app: Dash, context: DashboardContext) -> None:
    @app.callback(
        Output("overview-top", "children"),
        Output("overview-chart", "hidden"),
        *chart_card.outputs(_CARD),
        Output({"type": "title", "card": _CARD}, "children"),
        Output("overview-side", "children"),
        Output("overview-bottom", "children"),
        Input("url", "search"),
        State("url", "pathname"),
        prevent_initial_call=True,
        running=[(Output("page", "className"), "page page-busy", "page")],
    )
    def refresh(search: str | None, path: str | None) -> tuple[Any, ...]:
        if path != "/" or context.facts().is_empty:
            return (no_update,) * 8
        view = view_of(context, parse(search, STATE_KEYS))
        standing = standing_of(view)
        chart = days_chart(view, standing)
        drawn = chart_card.values(chart) if chart else [no_update] * 3
        return (
            _top(view, standing),
            chart is None,
            *drawn,
            _title(view),
            _side(view),
            _bottom(view, standing, chart),
        )


def _register_drag(app: Dash, context: DashboardContext) -> None:
    @app.callback(
        Output("url", "search", allow_duplicate=True),
        Input({"type": "graph", "card": _CARD}, "selectedData"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def choose_days(selected: dict[str, Any] | None, search: str | None) -> Any:  # noqa: ANN401
        points = (selected or {}).get("points", ())
        days = sorted({date.fromisoformat(str(point["x"])[:_LENGTH_OF_DAY]) for point in points})
        if not days:
            return no_update
        state = parse(search, STATE_KEYS)
        word, _ = grain(view_of(context, state))
        changed = replace(state, range_text=range_of(days[0], days[-1], word), notices=()).search()
        return no_update if changed == state.search() else changed


def range_of(first: date, last: date, word: str) -> str:
    """Return the range in words from the bar that begins one day to the end of another bar."""
    if word == "week":
        last += timedelta(days=6)
    elif word == "month":
        last = last.replace(day=monthrange(last.year, last.month)[1])
    return f"{first}" if first == last else f"{first}..{last}"
