"""What the buttons of the page do: answer alerts, keep, try and remove budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from dash import ALL, Dash, Input, Output, State, ctx, html, no_update

from alerts import budgets as known
from dashboard.notices import notice_list
from dashboard.pages.budgets import firing, first, form
from dashboard.pages.budgets.more_fields import FIELD
from dashboard.pages.budgets.preview import preview

if TYPE_CHECKING:
    from dashboard.context import DashboardContext

VERSION, RESULT = "budgets-version", "budgets-result"
_FIELDS: Final = tuple(
    State({"type": FIELD, "field": name}, "value") for name in form.Typed.__dataclass_fields__
)


def register(app: Dash, context: DashboardContext) -> None:
    """Connect the buttons with the store; each change draws the page again."""
    _register_answers(app, context)
    _register_form(app, context)
    _register_preview(app, context)
    _register_removal(app, context)
    _register_first(app, context)


def _register_answers(app: Dash, context: DashboardContext) -> None:
    @app.callback(
        Output(RESULT, "children"),
        Output(VERSION, "data"),
        Input({"type": firing.ANSWER, "does": ALL, "alert": ALL}, "n_clicks"),
        State(VERSION, "data"),
        prevent_initial_call=True,
    )
    def answer(clicks: list[int | None], version: int) -> tuple[Any, Any]:
        pressed = ctx.triggered_id
        if not any(clicks) or not isinstance(pressed, dict):
            return no_update, no_update
        said = firing.answer(context, pressed["does"], pressed["alert"])
        return notice_list([said]), version + 1


def _register_form(app: Dash, context: DashboardContext) -> None:
    @app.callback(
        Output(form.SAID, "children"),
        Output(RESULT, "children", allow_duplicate=True),
        Output(VERSION, "data", allow_duplicate=True),
        Output("url", "search", allow_duplicate=True),
        Input(form.SAVE, "n_clicks"),
        State(form.EDITED, "data"),
        State(VERSION, "data"),
        *_FIELDS,
        prevent_initial_call=True,
    )
    def save(
        pressed: int | None, edited: str | None, version: int, *typed: object
    ) -> tuple[Any, Any, Any, Any]:
        if not pressed:
            return (no_update,) * 4
        by = firing.who(context.configuration.server)
        try:
            name, said = form.saved(context, form.Typed(*typed), edited, by)
        except form.FormError as error:
            return notice_list([str(error)], warning=True), None, no_update, no_update
        return None, notice_list([said]), version + 1, f"?{urlencode({'budget': name})}"


def _register_preview(app: Dash, context: DashboardContext) -> None:
    @app.callback(
        Output(form.SAID, "children", allow_duplicate=True),
        Input(form.PREVIEW, "n_clicks"),
        State(form.EDITED, "data"),
        *_FIELDS,
        prevent_initial_call=True,
        running=[(Output(form.PREVIEW, "disabled"), True, False)],
    )
    def show_preview(pressed: int | None, edited: str | None, *typed: object) -> Any:  # noqa: ANN401 - dash
        if not pressed:
            return no_update
        before = form.known_budget(context, edited) if edited else None
        budget = before.budget if before else None
        try:
            tried = form.budget_of(form.Typed(*typed), budget, context.book.contract.currency)
        except form.FormError as error:
            return notice_list([str(error)], warning=True)
        return [html.P(said) for said in preview(context, tried, budget)]


def _register_removal(app: Dash, context: DashboardContext) -> None:
    @app.callback(
        Output(RESULT, "children", allow_duplicate=True),
        Output(VERSION, "data", allow_duplicate=True),
        Output("url", "search", allow_duplicate=True),
        Input(form.REMOVE, "n_clicks"),
        State(form.EDITED, "data"),
        State(VERSION, "data"),
        prevent_initial_call=True,
    )
    def remove(pressed: int | None, edited: str | None, version: int) -> tuple[Any, Any, Any]:
        if not pressed or not edited:
            return (no_update,) * 3
        said = form.removed(context, edited, firing.who(context.configuration.server))
        return notice_list([said]), version + 1, ""


def _register_first(app: Dash, context: DashboardContext) -> None:
    @app.callback(
        Output(RESULT, "children", allow_duplicate=True),
        Output(VERSION, "data", allow_duplicate=True),
        Input(first.FIRST, "n_clicks"),
        State(VERSION, "data"),
        prevent_initial_call=True,
    )
    def make_first(pressed: int | None, version: int) -> tuple[Any, Any]:
        found = first.suggestion(context) if pressed else None
        if found is None:
            return no_update, no_update
        budget, _ = found
        by = firing.who(context.configuration.server)
        known.add(context.store(), context.configuration, budget, context.now(), by)
        return notice_list([f"{budget.name} is kept."]), version + 1
