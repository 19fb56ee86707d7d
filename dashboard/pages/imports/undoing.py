"""Undoing an import: asked once, done, and said what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from dashboard.import_words import counted
from dashboard.pages.imports.history import UNDO, file_name
from ingest.errors import IngestError
from ingest.store import CellQuery

if TYPE_CHECKING:
    from dashboard.context import DashboardContext
    from ingest.store import ImportRecord, Store

DIALOG, CHOSEN, QUESTION = "undo-dialog", "undo-chosen", "undo-question"
CONFIRM, KEEP = "undo-confirm", "undo-keep"


def undo_dialog() -> html.Div:
    """Return the question before an import is undone, closed."""
    buttons = [
        html.Button("Keep it", id=KEEP, type="button", className="header-button"),
        html.Button("Undo the import", id=CONFIRM, type="button", className="primary-button"),
    ]
    dialog = dmc.Modal(
        [
            html.P(id=QUESTION, className="undo-question"),
            html.Div(buttons, className="dialog-buttons"),
        ],
        id=DIALOG,
        title="Undo this import?",
        closeButtonProps={"aria-label": "Close"},
        transitionProps={"duration": 0},
    )
    return html.Div([dialog, dcc.Store(id=CHOSEN)])


def question(record: ImportRecord) -> str:
    """Return what undoing an import would do."""
    return (
        f"{file_name(record)}: its rows leave your usage and every total. Rows that another "
        "import repeated stay, as rows of that one. The import stays in this history; to have "
        "the rows again, import the file again."
    )


def undone_sentence(record: ImportRecord, requests: int) -> str:
    """Return what undoing an import did to the requests in the usage."""
    if requests:
        return f"Undone: {file_name(record)}. {counted(requests, 'request')} left your usage."
    return (
        f"Undone: {file_name(record)}. No request left your usage: the import held none, or "
        "another one holds the same."
    )


def undo(store: Store, import_id: int) -> str:
    """Undo an import; returns what that did, or why it could not be done, as a sentence."""
    before = _requests(store)
    try:
        store.undo(import_id)
    except IngestError as error:
        return f"{error}."
    record = next(each for each in store.imports() if each.import_id == import_id)
    return undone_sentence(record, before - _requests(store))


def _requests(store: Store) -> int:
    return sum(cell.requests for cell in store.cells(CellQuery()))


def register(app: Dash, context: DashboardContext) -> None:
    """Connect the buttons of the history with the question, and the question with the store."""

    @app.callback(
        Output(DIALOG, "opened"),
        Output(QUESTION, "children"),
        Output(CHOSEN, "data"),
        Input({"type": UNDO, "import": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def ask(clicks: list[int | None]) -> tuple[Any, Any, Any]:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update, no_update, no_update
        import_id = ctx.triggered_id["import"]
        records = context.store().imports()
        record = next((each for each in records if each.import_id == import_id), None)
        return (True, question(record), import_id) if record else (no_update,) * 3

    @app.callback(
        Output(DIALOG, "opened", allow_duplicate=True),
        Output("import-result", "children", allow_duplicate=True),
        Output("source-version", "data", allow_duplicate=True),
        Input(CONFIRM, "n_clicks"),
        Input(KEEP, "n_clicks"),
        State(CHOSEN, "data"),
        State("source-version", "data"),
        prevent_initial_call=True,
    )
    def answer(
        _: int | None, __: int | None, import_id: int | None, version: int
    ) -> tuple[Any, Any, Any]:
        pressed = ctx.triggered_id == CONFIRM and ctx.triggered[0]["value"]
        if not pressed or import_id is None or context.demo:
            return False, no_update, no_update
        return False, undo(context.store(), import_id), version + 1
