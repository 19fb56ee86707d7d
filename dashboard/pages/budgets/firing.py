"""What fires at a budget, and the buttons by which somebody answers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from dash import html
from flask import request

from alerts.answering import AnswerError, NotFiringError, acknowledge, snooze, wake
from alerts.naming import key_text
from alerts.states import alert_id
from dashboard.attributes import attributes
from dashboard.moments import moment_text
from dashboard.pages.budgets.words import answered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from dash.development.base_component import Component

    from alerts.states import AlertState
    from alerts.transition import AlertKey
    from dashboard.context import DashboardContext
    from ingest.settings import Server

ANSWER: Final = "alert-answer"
ACKNOWLEDGE, A_DAY, UNTIL_WORSE, WAKE = "acknowledge", "snooze-day", "snooze-worse", "wake"
_LABELS: Final = {
    ACKNOWLEDGE: "Acknowledge",
    A_DAY: "Snooze 1 day",
    UNTIL_WORSE: "Snooze until it gets worse",
    WAKE: "End the snooze",
}
SOMEBODY: Final = "somebody at the dashboard"


def firing_card(alerts: Sequence[AlertState], zone: str, now: datetime) -> Component | None:
    """Return the alerts that fire with their buttons; nothing where none does."""
    if not alerts:
        return None
    return html.Section(
        [
            html.H2("Firing now", className="card-title"),
            html.Ul([_alert(each, zone, now) for each in alerts], className="budget-alerts"),
        ],
        className="card",
    )


def _alert(state: AlertState, zone: str, now: datetime) -> html.Li:
    parts: list[Component] = [
        html.P(f"{state.finding.sentence}.", className="budget-alert-sentence"),
        html.P(
            f"{state.severity.capitalize()} · {state.key.rule}"
            f"{f' {state.key.level}' if state.key.level else ''} · since "
            f"{moment_text(state.since, zone)}",
            className="card-detail",
        ),
    ]
    said = answered(state, zone, now)
    if said:
        parts.append(html.P(said, className="card-detail"))
    parts.append(
        html.Div(
            [_button(does, state.key) for does in offered(state, now)], className="budget-buttons"
        )
    )
    return html.Li(parts)


def offered(state: AlertState, now: datetime) -> list[str]:
    """Return what can be answered to an alert as it is."""
    does = [] if state.acknowledged else [ACKNOWLEDGE]
    if state.snooze is not None and state.snooze.holds(now):
        return [*does, WAKE]
    return [*does, A_DAY, UNTIL_WORSE]


def _button(does: str, key: AlertKey) -> html.Button:
    return html.Button(
        _LABELS[does],
        id={"type": ANSWER, "does": does, "alert": alert_id(key)},
        type="button",
        className="header-button",
        **attributes(aria_label=f"{_LABELS[does]}: {key_text(key)}"),
    )


def answer(context: DashboardContext, does: str, alert: str) -> str:
    """Do what a button says; return what that did, or why it could not be done."""
    store, now = context.store(), context.now()
    try:
        if does == ACKNOWLEDGE:
            acknowledge(store, alert, who(context.configuration.server), now)
            return "Taken on: it is told again when it gets worse or comes back."
        if does == WAKE:
            wake(store, alert)
            return "The snooze is over."
        snooze(store, alert, now + timedelta(days=1) if does == A_DAY else None)
    except (NotFiringError, AnswerError) as error:
        text = str(error)
        return f"{text[:1].upper()}{text[1:]}."
    return "Snoozed."


def who(server: Server) -> str:
    """Return the name of who asks: the proxy's user, else nobody in particular."""
    named = request.headers.get(server.header) if server.auth == "proxy_header" else None
    return named or SOMEBODY
