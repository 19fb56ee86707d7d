"""Adopting the plan on screen: frozen in the store, where it becomes Overview's plan line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dash import Dash, Input, Output, State, html, no_update
from dash.exceptions import PreventUpdate

from costmodel.money import dollars
from costmodel.plan import LedgerBaseline, PlanError
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.compare import NAME, SAID
from dashboard.pages.whatif.plan_yaml import plan_yaml
from dashboard.pages.whatif.screen import screen_of
from dashboard.pages.whatif.settings import STATE_KEYS
from dashboard.pages.whatif.words import cents
from dashboard.state import parse
from ingest.baseline import plan_period
from ingest.plan_adoption import (
    GROUPS,
    LONGEST_NAME,
    Adoption,
    adopt,
    history_of_plan,
    is_plan_name,
)
from ingest.plan_file import plan_of
from pricing import located_yaml

if TYPE_CHECKING:
    from dashboard.context import DashboardContext
    from dashboard.pages.whatif.screen import Screen
    from ingest.adopted_plans import AdoptedPlan

ADOPT = "whatif-adopt"
NO_NAME = f"Give the plan a name first: 1 to {LONGEST_NAME} letters, such as Budget 2027."
OVER = "Not adopted: the plan is over its limit."


def button() -> html.Button:
    """Return the button beside the name."""
    return html.Button("Adopt", id=ADOPT, type="button", className="plain-button")


def register(app: Dash, context: DashboardContext) -> None:
    """Connect the button."""

    @app.callback(
        Output(SAID, "children", allow_duplicate=True),
        Output(NAME, "value", allow_duplicate=True),
        Input(ADOPT, "n_clicks"),
        State(NAME, "value"),
        State("whatif-shown", "data"),
        prevent_initial_call=True,
        running=[(Output(ADOPT, "disabled"), True, False)],
    )
    def keep(clicks: int | None, name: str | None, shown: dict[str, str]) -> tuple[Any, Any]:
        if not clicks:
            raise PreventUpdate
        if not is_plan_name(name or ""):
            return NO_NAME, no_update
        screen = screen_of(context, parse(shown["search"], STATE_KEYS, DEFAULT_RANGE))
        if screen.limit is not None and cents(screen.outcome.cost) > cents(screen.limit):
            return OVER, no_update
        try:
            return adopted_text(adopted(context, screen, name or "")), ""
        except PlanError as error:
            return f"Not adopted: {error}.", no_update


def adopted(context: DashboardContext, screen: Screen, name: str) -> AdoptedPlan:
    """Keep the plan of a screen, as ``tollbook plan --adopt`` keeps its YAML.

    Raises:
        PlanError: No whole day of its period has usage.
    """
    store, book, configuration = context.store(), context.book, context.configuration
    now = context.now()
    text = plan_yaml(screen)
    plan = plan_of(located_yaml.parse(text, Path(name)), book)
    (scenario,) = plan.scenarios
    history = None
    if isinstance(plan.baseline, LedgerBaseline):
        period = plan_period(screen.board.usage.range_words, now, configuration.timezone)
        history = history_of_plan(store, book, configuration, plan, period, GROUPS)
    asked = Adoption(
        name=name,
        scenario=scenario.name,
        plan=plan,
        plan_text=text,
        levers=scenario.levers,
        history=history,
        first_month=screen.board.first_month,
    )
    return adopt(asked, store, book, now)


def adopted_text(plan: AdoptedPlan) -> str:
    """Return what was adopted, and where it will be seen."""
    months = len(plan.costs)
    return (
        f"“{plan.name}” is adopted, version {plan.version}: "
        f"{dollars(plan.total, plan.currency)} over {months} months from "
        f"{plan.first_month:%B %Y}. Overview draws it as its plan line from then on."
    )
