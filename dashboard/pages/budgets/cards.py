"""The list of budgets: a card for those that need somebody, a row for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dash import dcc, html

from alerts.words import STATE_WORDS, amount, budget_title, spent_so_far
from dashboard.attributes import attributes
from dashboard.budget_bar import BarOf, budget_bar
from dashboard.pages.budgets.words import kept_for, ordered, pace, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dash.development.base_component import Component

    from alerts.situation import Situation

PATH = "/budgets"
MOST_CARDS = 12


def budget_list(situations: Sequence[Situation]) -> list[Component]:
    """Return all budgets, the most urgent first; beyond a dozen they are rows of a table."""
    found = ordered(situations)
    cards, rows = found[:MOST_CARDS], found[MOST_CARDS:]
    parts: list[Component] = [html.Div([_card(each) for each in cards], className="budget-cards")]
    if rows:
        parts.append(_table(rows))
    return parts


def link_to(situation: Situation) -> str:
    """Return the address that opens one budget."""
    words = {"budget": situation.budget.name}
    if situation.value:
        words["value"] = situation.value
    return f"{PATH}?{urlencode(words)}"


def state_mark(situation: Situation) -> html.Span:
    """Return the state in words; what needs somebody is in full ink."""
    return html.Span(
        STATE_WORDS[situation.state], className=f"budget-state budget-state-{situation.state}"
    )


def bar_of(situation: Situation, *, has_keys: bool) -> html.Div:
    """Return a budget's bar."""
    budget = situation.budget
    return budget_bar(
        BarOf(
            float(situation.spent),
            amount(budget, situation.spent),
            float(budget.amount),
            amount(budget, budget.amount),
            situation.forecast,
        ),
        has_keys=has_keys,
    )


def _card(situation: Situation) -> html.Section:
    firing = [each.sentence for each in situation.findings if each.is_firing]
    return html.Section(
        [
            html.Div(
                [
                    html.H2(
                        dcc.Link(
                            budget_title(situation), href=link_to(situation), className="link"
                        ),
                        className="card-title",
                    ),
                    state_mark(situation),
                ],
                className="card-head",
            ),
            html.P(kept_for(situation), className="card-detail"),
            html.P(_capital(sentence(situation)), className="budget-sentence"),
            bar_of(situation, has_keys=False),
            html.P(pace(situation), className="card-note"),
            *(
                [html.Ul([html.Li(f"{each}.") for each in firing], className="budget-firing")]
                if firing
                else []
            ),
        ],
        className="card budget-card",
    )


def _table(situations: Sequence[Situation]) -> html.Section:
    head = ("Budget", "State", "Spent", "Of", "Used", "Heads for")
    return html.Section(
        [
            html.H2("The others", className="card-title"),
            html.Div(
                html.Table(
                    [
                        html.Thead(html.Tr([html.Th(name, scope="col") for name in head])),
                        html.Tbody([_row(each) for each in situations]),
                    ],
                    className="chart-table budget-table",
                ),
                className="table-scroll budget-table-scroll",
                tabIndex="0",
                role="region",
                **attributes(aria_label="The other budgets"),
            ),
        ],
        className="card",
    )


def _row(situation: Situation) -> html.Tr:
    budget, ahead = situation.budget, situation.forecast
    least = "at least " if situation.at_least else ""
    name = dcc.Link(budget_title(situation), href=link_to(situation), className="link")
    cells = (
        STATE_WORDS[situation.state],
        spent_so_far(situation),
        amount(budget, budget.amount),
        f"{situation.share_spent:.0%}",
        f"{least}{amount(budget, ahead.expected)}" if ahead else "",
    )
    return html.Tr([html.Th(name, scope="row"), *(html.Td(text) for text in cells)])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
