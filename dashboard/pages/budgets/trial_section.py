"""How a budget's rules did on stored usage: folded, and worked out when somebody opens it."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from dash import Dash, Input, Output, State, dcc, html, no_update

from alerts.backtest import TrialOptions, backtested
from dashboard.attributes import attributes
from dashboard.budget_watch import WatchError, situations_of
from dashboard.folded_section import folded_section, waiting, words
from dashboard.pages.budgets import trial_words
from dashboard.remembered import remembered
from ingest.errors import IngestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dash.development.base_component import Component

    from alerts.backtest import BudgetTrial
    from alerts.situation import Situation
    from dashboard.context import DashboardContext

TITLE: Final = "How its rules did on your own usage"
OPTIONS: Final = TrialOptions(incidents=20, with_sweep=True)
_HEAD, _BODY, _OF = "budget-trial-head", "budget-trial", "budget-trial-of"

_one_at_a_time = Lock()


def section(situation: Situation) -> html.Details:
    """Return the folded section of one budget, or of one of its values."""
    return folded_section(
        TITLE,
        "How often they would have told you, and how soon they find what goes wrong",
        [
            html.Div(waiting(), id=_BODY, className="section-body budget-trial"),
            dcc.Store(id=_OF, data=[situation.budget.name, situation.value]),
        ],
        {"id": _HEAD},
    )


def register(app: Dash, context: DashboardContext) -> None:
    """Fill the section once it is open."""

    @app.callback(
        Output(_BODY, "children"),
        Input(_HEAD, "n_clicks"),
        State(_OF, "data"),
        prevent_initial_call=True,
    )
    def fill(clicks: int | None, of: list[str]) -> Any:  # noqa: ANN401 - dash
        is_opened = (clicks or 0) % 2 == 1
        return answer(context, *of) if is_opened else no_update


def answer(context: DashboardContext, name: str, value: str) -> list[Component]:
    """Return what the section of a budget shows, or why it shows nothing."""
    try:
        found = (each for each in situations_of(context) if each.budget.name == name)
        situation = next((each for each in found if each.value == value), None)
        if situation is None:
            return [words("This budget is no longer there.")]
        trial = trial_of(context, situation)
    except (WatchError, IngestError) as error:
        return [words(f"{error}.")]
    return shown(trial)


def trial_of(
    context: DashboardContext, situation: Situation, options: TrialOptions = OPTIONS
) -> BudgetTrial:
    """Return the backtest of a budget or of one of its values.

    It is worked out once for a budget as it is written and a state of the store.
    """
    budget = replace(situation.budget, each=None, filters=situation.filters)
    source, store = context.source, context.store()
    now = source.clock()
    hour = now.replace(minute=0, second=0, microsecond=0)
    extent = context.facts().extent
    until = hour if extent is None else min(hour, extent[1])
    key = ("backtest", id(source.book), source.configuration.timezone, until, options, repr(budget))
    with _one_at_a_time:  # who comes meanwhile gets the same answer
        return remembered(
            store,
            key,
            lambda: backtested([budget], store, source.book, source.configuration, now, options)[0],
        )


def shown(trial: BudgetTrial) -> list[Component]:
    """Return the sentence and tables of a backtest, or the sentence that says why it has none."""
    reason = trial_words.why_not(trial)
    whole = trial.whole
    if reason or whole is None:
        return [words(reason)]
    tables = {
        "When something goes wrong": (
            trial_words.INCIDENT_HEADER,
            trial_words.incident_rows(whole),
        ),
        "Rule by rule": (trial_words.RULE_HEADER, trial_words.rule_rows(trial)),
        "With its lines lower and higher": (
            trial_words.SWEEP_HEADER,
            trial_words.sweep_rows(trial),
        ),
    }
    return [
        html.P(trial_words.trial_sentence(trial, whole), className="budget-sentence"),
        words(trial_words.method(trial, whole)),
        *(
            part
            for title, (header, rows) in tables.items()
            if rows
            for part in _table(title, header, rows)
        ),
    ]


def _table(title: str, header: Sequence[str], rows: trial_words.Rows) -> list[Component]:
    head = html.Tr([html.Th(name, scope="col") for name in header])
    body = [
        html.Tr([html.Th(first, scope="row"), *map(html.Td, numbers)]) for first, *numbers in rows
    ]
    return [
        html.H3(title),
        html.Div(
            html.Table([html.Thead(head), html.Tbody(body)], className="chart-table"),
            className="table-scroll",
            tabIndex="0",
            role="region",
            **attributes(aria_label=title),
        ),
    ]
