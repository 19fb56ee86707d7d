"""The lab put together: texts, context, limits, each with its sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import ALL, Dash, Input, Output, State, html, no_update

from dashboard import chart_card
from dashboard.pages.lab import limits, planner, texts
from dashboard.state import parse

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from dashboard.context import DashboardContext
    from dashboard.state import State as PageState

USES_FILTERS = False
STATE_KEYS = planner.KEYS | limits.KEYS | {texts.MODEL.key}


def layout(context: DashboardContext, state: PageState) -> Component:
    """Return the page for a state; it works without any usage."""
    own = state.own
    return html.Div(
        [
            html.H1("Try out texts, contexts and limits", className="headline"),
            texts.section(context, own),
            planner.section(context, own),
            limits.section(context, own),
        ],
        className="lab",
    )


def register(app: Dash, context: DashboardContext) -> None:
    """Connect the parts with the address."""
    texts.register(app, context, STATE_KEYS)
    limits.register(app, context, STATE_KEYS)

    @app.callback(
        *chart_card.outputs(planner.CARD),
        Output("lab-problems", "children"),
        Output({"type": "lab-fields", "kind": ALL}, "hidden"),
        Output("lab-reads", "hidden"),
        Input("url", "search"),
        State("url", "pathname"),
        State({"type": "lab-fields", "kind": ALL}, "id"),
        prevent_initial_call=True,
    )
    def refresh(
        search: str | None, path: str | None, groups: list[dict[str, str]]
    ) -> tuple[Any, ...]:
        if path != "/lab":
            return (no_update,) * 4 + ([no_update] * len(groups), no_update)
        own = parse(search, STATE_KEYS).own
        plan = planner.planned(context, own)
        return (
            *chart_card.values(planner.chart_of(plan)),
            planner.found(plan),
            [group["kind"] != plan.kind for group in groups],
            plan.kind != "document",
        )
