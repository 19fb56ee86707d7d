"""The page put together: the list or one budget, and what its buttons do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from alerts import budgets as known
from alerts.records import alert_state, told_by, transition_of
from dashboard.budget_watch import WatchError, situations_of
from dashboard.notices import notice_list
from dashboard.pages.budgets import actions, cards, deliveries, first, form, trial_section, words
from dashboard.pages.budgets.detail import budget_detail
from dashboard.state import parse
from dashboard.view import values_with_counts
from ingest.errors import IngestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from alerts.budgets import KnownBudget
    from alerts.situation import Situation
    from alerts.states import AlertState
    from alerts.transition import Transition
    from dashboard.context import DashboardContext
    from dashboard.state import State as PageState
    from ingest.store.alert_records import Delivery, Pulse

USES_FILTERS = False
STATE_KEYS = frozenset({"budget", "value", "new"})
REMEMBERED = timedelta(days=400)
"""What happened longer ago is in no period that runs now."""
_BODY = "budgets-body"
_OFFERED = ("team", "feature", "model", "environment", "project", "api_key")
_MOST_OFFERED = 200


@dataclass(frozen=True)
class Seen:
    """What the page is made of: situations, what the store keeps of alerts, and who looked."""

    situations: tuple[Situation, ...]
    known: tuple[KnownBudget, ...]
    alerts: tuple[AlertState, ...]
    transitions: tuple[Transition, ...]
    deliveries: tuple[Delivery, ...]
    pulse: Pulse
    failure: str = ""


def seen(context: DashboardContext) -> Seen:
    """Return what there is now; where budgets could not be evaluated, why."""
    ledger = context.store().alerts()
    book = ledger.book()
    situations: tuple[Situation, ...] = ()
    every: tuple[KnownBudget, ...] = ()
    failure = ""
    try:
        every = known.known_budgets(context.store(), context.configuration)
        situations = situations_of(context)
    except (WatchError, IngestError) as error:
        failure = f"{error}."
    return Seen(
        situations,
        every,
        tuple(each for each in map(alert_state, book.alerts) if each.firing),
        tuple(map(transition_of, ledger.transitions(context.now() - REMEMBERED))),
        tuple(ledger.deliveries(deliveries.MOST_SHOWN)),
        book.pulse,
        failure,
    )


def layout(context: DashboardContext, state: PageState) -> Component:
    """Return the page for a state."""
    return html.Div(
        [
            html.Div(id=actions.RESULT, role="status"),
            html.Div(body(context, state), id=_BODY, className="budgets-body"),
            dcc.Store(id=actions.VERSION, data=0),
            deliveries.letter_dialog(),
        ],
        className="budgets",
    )


def body(context: DashboardContext, state: PageState) -> list[Component]:
    """Return the list of budgets, one budget, or the form of a new one."""
    now = seen(context)
    notices = [notice_list([now.failure], warning=True)] if now.failure else []
    if "new" in state.own:
        return [*notices, *_new(context)]
    name = state.own.get("budget")
    if name is None:
        return [*notices, *_all(context, now)]
    chosen = [each for each in now.situations if each.budget.name == name]
    one = _one_of(chosen, state)
    current = next((each for each in now.known if each.budget.name == name), None)
    if one is not None:
        return [*notices, *_one(context, now, one, current)]
    if chosen:
        title = html.H1(f"{name}, one for each", className="headline")
        return [*notices, _back(), title, *cards.budget_list(chosen), _form(context, current)]
    if current is not None:
        title = html.H1(f"{name} has no usage yet.", className="headline")
        return [*notices, _back(), title, _form(context, current)]
    said = html.H1(f"There is no budget called {name}.", className="headline")
    return [*notices, _back(), said]


def _one_of(chosen: Sequence[Situation], state: PageState) -> Situation | None:
    """Return the situation that an address means: by its value, or by the filters of a mail."""
    if len(chosen) == 1:
        return chosen[0]
    value = state.own.get("value")
    if value is not None:
        return next((each for each in chosen if each.value == value), None)
    asked = {name: set(values) for name, values in state.filters.items()}
    same = (each for each in chosen if asked and _as_sets(each.filters) == asked)
    return next(same, None)


def _as_sets(filters: Mapping[str, tuple[str | None, ...]]) -> dict[str, set[str | None]]:
    return {name: set(values) for name, values in filters.items() if values}


def _all(context: DashboardContext, now: Seen) -> list[Component]:
    zone = context.configuration.timezone
    if not now.known and not now.failure:
        title = html.H1("Budgets & alerts", className="headline")
        return [title, first.first_card(context)]
    look, is_wrong = words.last_look(now.pulse, context.now())
    said = words.headline(now.situations) if now.situations else "Budgets & alerts"
    parts: list[Component | None] = [
        html.Div(
            [
                html.H1(said, className="headline"),
                dcc.Link("New budget", href=f"{cards.PATH}?new=1", className="primary-button"),
            ],
            className="head-row",
        ),
        notice_list([look]) if is_wrong else html.P(look, className="card-detail"),
        *cards.budget_list(now.situations),
        _without_usage(now),
        deliveries.delivery_card(now.deliveries, zone),
    ]
    return [part for part in parts if part is not None]


def _without_usage(now: Seen) -> Component | None:
    """Return the budgets that nothing has been said of: no usage, or no look."""
    shown = {each.budget.name for each in now.situations}
    rest = [each.budget.name for each in now.known if each.budget.name not in shown]
    if not rest:
        return None
    links = [
        html.Li(dcc.Link(n, href=f"{cards.PATH}?{urlencode({'budget': n})}", className="link"))
        for n in rest
    ]
    return html.Section(
        [
            html.H2("Without usage", className="card-title"),
            html.Ul(links, className="budget-lines"),
        ],
        className="card",
    )


def _one(
    context: DashboardContext, now: Seen, one: Situation, current: KnownBudget | None
) -> list[Component]:
    place = (one.budget.name, one.value)
    alerts = [each for each in now.alerts if (each.key.budget, each.key.value) == place]
    edges = [each for each in now.transitions if (each.key.budget, each.key.value) == place]
    ids = {each.transition_id for each in edges}
    sent = [each for each in now.deliveries if not ids.isdisjoint(told_by(each))]
    look, _ = words.last_look(now.pulse, context.now())
    log = deliveries.delivery_card(sent, context.configuration.timezone)
    return [
        *budget_detail(one, alerts, edges, context.now(), look),
        *([log] if log else []),
        _form(context, current),
    ]


def _new(context: DashboardContext) -> list[Component]:
    return [_back(), html.H1("A new budget", className="headline"), _form(context, None)]


def _back() -> html.P:
    return html.P(
        dcc.Link("All budgets", href=cards.PATH, className="link"), className="card-detail"
    )


def _form(context: DashboardContext, current: KnownBudget | None) -> html.Div:
    counted = values_with_counts(context, parse(""), _OFFERED)
    values = {
        name: [value for value in list(some)[:_MOST_OFFERED] if value]
        for name, some in counted.items()
    }
    edited = current.budget.name if current and current.origin == "screen" else None
    return html.Div(
        [
            form.form_card(current, values, context.configuration.timezone),
            dcc.Store(id=form.EDITED, data=edited),
        ]
    )


def register(app: Dash, context: DashboardContext) -> None:
    """Connect the page with the address and its buttons with the store."""
    _register_body(app, context)
    actions.register(app, context)
    trial_section.register(app, context)


def _register_body(app: Dash, context: DashboardContext) -> None:
    @app.callback(
        Output(_BODY, "children"),
        Input("url", "search"),
        Input(actions.VERSION, "data"),
        State("url", "pathname"),
        prevent_initial_call=True,
        running=[(Output("page", "className"), "page page-busy", "page")],
    )
    def refresh(search: str | None, _: int, path: str | None) -> Any:  # noqa: ANN401 - dash
        return body(context, parse(search, STATE_KEYS)) if path == cards.PATH else no_update

    @app.callback(
        Output(deliveries.DIALOG, "opened"),
        Output(deliveries.CONTENT, "children"),
        Input({"type": deliveries.LETTER, "number": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def open_letter(clicks: list[int | None]) -> tuple[Any, Any]:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update, no_update
        number = ctx.triggered_id["number"]
        kept = context.store().alerts().deliveries(2 * deliveries.MOST_SHOWN)
        found = next((each for each in kept if each.number == number), None)
        return (True, deliveries.letter(found)) if found else (no_update, no_update)
