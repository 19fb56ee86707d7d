"""The page before there is a budget: one step makes the first, from what was spent."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Final

from dash import dcc, html

from costmodel.budget import Budget
from costmodel.number_text import headline_money
from dashboard.state import State
from dashboard.view import view_of

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from dashboard.context import DashboardContext

FIRST: Final = "budget-first"
NAME: Final = "All usage"
_ROOM: Final = Fraction(11, 10)
_STRETCHES: Final = (("last month", "Last month"), ("last 30d", "The last 30 days"))


def suggestion(context: DashboardContext) -> tuple[Budget, str] | None:
    """Return a budget of last month's spend plus a tenth and why; None without such spend."""
    if context.facts().is_empty:
        return None
    for words, name in _STRETCHES:
        view = view_of(context, State(range_text=words))
        cost = view.report().total.cost
        if cost:
            currency = context.book.contract.currency
            budget = Budget(NAME, Fraction(ceil(cost * _ROOM)), currency)
            return budget, f"{name} cost {headline_money(cost, currency)}"
    return None


def first_card(context: DashboardContext) -> Component:
    """Return how to make a first budget in one step."""
    found = suggestion(context)
    if found is None:
        return html.Section(
            [
                html.H2("No budget yet", className="card-title"),
                html.P(
                    [
                        "A budget needs usage to be held against. ",
                        dcc.Link("Bring a file", href="/imports", className="link"),
                        " first, then one button here makes a budget of it.",
                    ],
                    className="card-note",
                ),
            ],
            className="card budget-first",
        )
    budget, why = found
    amount = headline_money(budget.amount, budget.currency)
    return html.Section(
        [
            html.H2("No budget yet", className="card-title"),
            html.P(
                f"{why}. With a tenth more, a budget of {amount} a month for all usage tells its "
                "owner when spending leaves its path, and stays silent otherwise.",
                className="card-note",
            ),
            html.Button(
                f"Make a budget of {amount} a month",
                id=FIRST,
                type="button",
                className="primary-button",
            ),
        ],
        className="card budget-first",
    )
