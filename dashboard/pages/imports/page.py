"""The page of imports put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import dcc, html

from dashboard.drop_zone import drop_zone
from dashboard.import_words import counted
from dashboard.notices import notice_list
from dashboard.pages.imports import held, lines, undoing
from dashboard.pages.imports.held import FILES, VERSION, held_files
from dashboard.pages.imports.history import history_card

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dash import Dash
    from dash.development.base_component import Component

    from dashboard.context import DashboardContext
    from dashboard.state import State
    from ingest.store import ImportRecord

USES_FILTERS = False

_DEMO = (
    "These are demo data: the page shows how they came in, and takes no files. "
    "Choose 'Use my own data' first; the two are never mixed."
)


def layout(context: DashboardContext, _: State) -> Component:
    """Return the page: a way in, then what came in before."""
    records = context.store().imports()
    waiting = html.Div(held_files(context), id=FILES, className="held-files")
    version = dcc.Store(id=VERSION)
    if not records:
        first = html.Div(drop_zone(html.H1, then="look"), className="first-run")
        return html.Div([first, waiting, version])
    aside = context.store().set_aside() if any(_aside(each) for each in records) else []
    zone = context.configuration.timezone
    way_in = notice_list([_DEMO]) if context.demo else drop_zone(html.H2, then="look")
    return html.Div(
        [
            html.H1(headline(records, len(aside)), className="headline"),
            way_in,
            waiting,
            version,
            history_card(records, zone, with_undo=not context.demo),
            lines.lines_card(aside),
            undoing.undo_dialog(),
        ],
        className="imports",
    )


def _aside(record: ImportRecord) -> int:
    return 0 if record.undone else record.counts.rows_set_aside


def headline(records: Sequence[ImportRecord], aside: int) -> str:
    """Return what came in altogether, and what of it is in no total."""
    kept = [each for each in records if not each.undone]
    rows = sum(each.counts.rows_read for each in kept)
    undone = len(records) - len(kept)
    parts = [f"{counted(len(kept), 'import')} with {counted(rows, 'row')}"]
    parts += [f"{counted(aside, 'line')} set aside" if aside else "no line set aside"]
    parts += [f"{counted(undone, 'import')} undone"] if undone else []
    return f"{', '.join(parts)}."


def register(app: Dash, context: DashboardContext) -> None:
    """Connect the page's parts."""
    held.register(app, context)
    lines.register(app, context)
    undoing.register(app, context)
