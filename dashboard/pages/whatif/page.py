"""What-if put together, kept in step with the address, and moved by the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import chart_card
from dashboard.figures.whatif import bars_height, waterfall_height
from dashboard.notices import notice_list
from dashboard.pages import first_run
from dashboard.pages.whatif import (
    assumptions,
    charts,
    compare,
    downloads,
    folded,
    likely_line,
    more_panel,
    opportunity_files,
    sections,
    target,
)
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.panel import panel, panel_key
from dashboard.pages.whatif.payload import own_of, payload
from dashboard.pages.whatif.screen import Screen, screen_of
from dashboard.pages.whatif.settings import OPEN_KEY, PAGE_KEYS, STATE_KEYS
from dashboard.pages.whatif.wildcards import attributes, labelled
from dashboard.state import parse

if TYPE_CHECKING:
    from dash import Dash
    from dash.development.base_component import Component

    from dashboard.context import DashboardContext
    from dashboard.state import State as PageState

BARS, WATERFALL, MONTHS = "whatif-bars", "whatif-waterfall", "whatif-months"
_MONTHS_HEIGHT = 300


def layout(context: DashboardContext, state: PageState) -> Component:
    """Return the page for a state; on an empty store, how to begin."""
    if context.store().is_empty():
        return first_run.layout(context)
    screen = screen_of(context, state.with_own(**{OPEN_KEY: None}))
    return html.Div(
        [
            dcc.Store(id="whatif-board", data=payload(screen.board)),
            dcc.Store(id="whatif-own", data=_own(screen)),
            dcc.Store(id="whatif-plan"),
            dcc.Store(id=sections.ADDRESS),
            dcc.Store(id="whatif-shown", data=_shown(screen)),
            html.Div(_notices(screen), id="whatif-notices"),
            _bar(screen),
            _head(screen),
            html.Div(
                [
                    html.Aside(
                        panel(screen.board, screen.settings),
                        id="whatif-panel",
                        className="card whatif-panel",
                        **labelled("The plan"),
                    ),
                    html.Div(_results(screen, state), className="whatif-results"),
                ],
                className="whatif-grid",
            ),
        ],
        className=_class_name(screen),
        id="whatif",
    )


def _class_name(screen: Screen) -> str:
    return "whatif whatif-typed" if screen.board.is_typed else "whatif"


def _bar(screen: Screen) -> html.Div:
    return html.Div(
        [
            dmc.SegmentedControl(
                id="whatif-workload",
                value="typed" if screen.board.is_typed else "ledger",
                data=[
                    {"value": "ledger", "label": "Your usage"},
                    {"value": "typed", "label": "Typed workload"},
                ],
                size="sm",
                **labelled("What the plan starts from"),
            ),
            html.Div(_actions(screen), id="whatif-actions", className="whatif-actions"),
        ],
        className="whatif-bar",
    )


def _head(screen: Screen) -> html.Div:
    return html.Div(
        [
            html.H1(screen.sentence, id="whatif-sentence", className="headline"),
            likely_line.line(screen),
            html.P(
                [
                    html.Span(screen.limit_line.text, id="whatif-second"),
                    html.Button(
                        "Set",
                        id="whatif-set",
                        type="button",
                        className="set-button",
                        hidden=screen.limit_line.meets is None,
                    ),
                    html.A(
                        target.TITLE,
                        href=f"#{sections.place_of(target.NAME)}",
                        className="quiet-link",
                    ),
                ],
                className="whatif-second",
            ),
            html.P("", id="whatif-status", className="visually-hidden", role="status"),
        ],
        className="whatif-head",
    )


def _actions(screen: Screen) -> list[Component]:
    search = screen.state.search()
    return [
        html.A("Save", href=f"#{compare.NAME}", className="plain-button"),
        html.A("Compare", href=f"#{sections.place_of(compare.SECTION)}", className="plain-button"),
        html.Button(
            "Copy link",
            type="button",
            className="plain-button",
            **attributes({"data-action": "copy-link"}),
        ),
        html.A("XLSX", href=f"/download/whatif.xlsx{search}", className="plain-button"),
        html.A("YAML", href=f"/download/whatif.yaml{search}", className="plain-button"),
        html.A("HTML", href=f"/download/whatif.html{search}", className="plain-button"),
        html.Button(
            "Copy as picture",
            type="button",
            className="plain-button",
            **attributes({"data-action": "whatif-picture"}),
        ),
    ]


def _results(screen: Screen, state: PageState) -> list[Component]:
    bars, waterfall, months = _charts(screen)
    return [
        chart_card.chart_card(BARS, "What a month costs", bars, height=bars_height(len(bars.rows))),
        chart_card.chart_card(
            WATERFALL, "Where the difference comes from", waterfall, height=_height(screen)
        ),
        chart_card.chart_card(MONTHS, "The next 12 months", months, height=_MONTHS_HEIGHT),
        html.Section(
            [
                html.H2("What this assumes", className="card-title"),
                html.Div(_assumptions(screen), id="whatif-assumptions"),
            ],
            className="card",
        ),
        sections.folded(folded.sections(screen.board.currency), state),
    ]


def _height(screen: Screen) -> int:
    return waterfall_height(len(screen.view.steps))


def _charts(screen: Screen) -> tuple[chart_card.Chart, ...]:
    return (
        charts.bars_chart(screen.board, screen.view, screen.limit, screen.hues),
        charts.waterfall_chart(screen.board, screen.view, screen.controls),
        charts.months_chart(screen.board, screen.view, screen.limit),
    )


def _assumptions(screen: Screen) -> Component:
    found = assumptions.lines(screen.board, screen.settings, screen.controls, screen.outcome)
    return assumptions.assumption_list(found)


def _notices(screen: Screen) -> list[Component]:
    return [notice_list(screen.notices)] if screen.notices else []


def _own(screen: Screen) -> dict[str, Any]:
    """Return the settings for the browser; another visit makes it forget what it had."""
    return {"visit": uuid4().hex, "own": own_of(screen.settings)}


def _shown(screen: Screen) -> dict[str, str]:
    return {
        "search": screen.state.search(),
        "board": screen.board.key,
        "panel": panel_key(screen.board),
    }


def register(app: Dash, context: DashboardContext) -> None:
    """Connect the page with the address, the sliders and the downloads."""
    downloads.register(app.server, context)
    likely_line.register(app, context)
    sections.register(app)
    folded.register(app, context)
    opportunity_files.register(app.server, context)
    _register_move(app)
    _register_settle(app, context)


def _register_move(app: Dash) -> None:
    """While somebody drags: the browser alone, by ``assets/whatif.js``."""
    slider = {"type": "whatif-slider", "control": ALL}
    number = {"type": "whatif-number", "control": ALL}
    mix = {"type": "whatif-mix", "model": ALL}
    mix_number = {"type": "whatif-mix-number", "model": ALL}
    more = {"type": "whatif-more", "field": ALL}
    app.clientside_callback(
        ClientsideFunction("whatif", "move"),
        Output(slider, "value"),
        Output(number, "value"),
        Output(mix, "value"),
        Output(mix_number, "value"),
        Output("whatif-start", "value"),
        Output("whatif-mix-rows", "hidden"),
        Output("whatif-sentence", "children"),
        Output("whatif-second", "children"),
        Output("whatif-set", "hidden"),
        Output(target.AMOUNT, "value"),
        Output(more, "value"),
        Input("whatif-board", "data"),
        Input("whatif-own", "data"),
        Input(slider, "value"),
        Input(number, "value"),
        Input({"type": "whatif-reset", "control": ALL}, "n_clicks"),
        Input(mix, "value"),
        Input(mix_number, "value"),
        Input({"type": "whatif-typed", "number": ALL}, "value"),
        Input("whatif-start", "value"),
        Input("whatif-sent", "value"),
        Input("whatif-workload", "value"),
        Input("whatif-limit", "value"),
        Input("whatif-features", "value", allow_optional=True),
        Input("whatif-set", "n_clicks"),
        Input(target.AMOUNT, "value"),
        Input(more, "value"),
        State(slider, "id"),
        State(number, "id"),
        State(mix, "id"),
        State(mix_number, "id"),
        State(more, "id"),
    )

    app.clientside_callback(ClientsideFunction("whatif", "settled"), Input("whatif-shown", "data"))


def _register_settle(app: Dash, context: DashboardContext) -> None:
    """On release, and when the address changes: the server, exactly."""

    @app.callback(
        *(output for card in (BARS, WATERFALL, MONTHS) for output in chart_card.outputs(card)),
        Output("whatif-assumptions", "children"),
        Output("whatif-notices", "children"),
        Output("whatif-actions", "children"),
        Output("whatif-status", "children"),
        Output({"type": "graph", "card": WATERFALL}, "style"),
        Output(more_panel.COUNT, "children"),
        Output("whatif", "className"),
        Output("whatif-shown", "data"),
        Output("whatif-board", "data"),
        Output("whatif-own", "data"),
        Output("whatif-panel", "children"),
        Input("whatif-plan", "data"),
        Input(sections.ADDRESS, "data"),
        State("url", "search"),
        State("url", "pathname"),
        State("whatif-shown", "data"),
        prevent_initial_call=True,
    )
    def settle(
        plan: dict[str, str] | None,
        _: str | None,
        search: str | None,
        path: str | None,
        shown: dict[str, str],
    ) -> tuple[Any, ...]:
        if path != "/whatif" or context.store().is_empty():
            raise PreventUpdate
        state = parse(search, PAGE_KEYS, DEFAULT_RANGE).with_own(**{OPEN_KEY: None})
        is_plan = ctx.triggered_id == "whatif-plan" and plan is not None
        if is_plan:
            state = state.with_own(**{key: (plan or {}).get(key) for key in STATE_KEYS})
        elif state.search() == shown["search"]:
            raise PreventUpdate
        screen = screen_of(context, state)
        return (*_drawn(screen), *_moved(screen, shown, None if is_plan else search or ""))


def _drawn(screen: Screen) -> list[Any]:
    """Return what every change draws again."""
    drawn = [value for chart in _charts(screen) for value in chart_card.values(chart)]
    return [
        *drawn,
        _assumptions(screen),
        _notices(screen),
        _actions(screen),
        f"{screen.sentence} {screen.limit_line.text}",
        {"height": _height(screen)},
        more_panel.count_text(screen.board),
        _class_name(screen),
    ]


def _moved(screen: Screen, shown: dict[str, str], read: str | None) -> list[Any]:
    """Return what only another board, or an address ``read`` from elsewhere, exchanges."""
    now = _shown(screen)
    is_plan = read is None
    board_changed = now["board"] != shown.get("board")
    panel_changed = now["panel"] != shown.get("panel")
    return [
        now if is_plan else {**now, "read": read},
        payload(screen.board) if board_changed else no_update,
        no_update if is_plan and not panel_changed else _own(screen),
        panel(screen.board, screen.settings) if panel_changed or not is_plan else no_update,
    ]
