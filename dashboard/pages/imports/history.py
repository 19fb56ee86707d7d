"""Every import, the newest first: what it was, what became of its rows, and its undo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dash import html

from dashboard.attributes import attributes
from dashboard.import_words import counted, fates_words, sentences
from dashboard.moments import day_text, moment_text
from dashboard.pages.imports.lines import lines_of_import

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dash.development.base_component import Component

    from ingest.store import ImportRecord

MOST_SHOWN = 200
UNDO = "undo-import"


def history_card(records: Sequence[ImportRecord], zone: str, *, with_undo: bool) -> Component:
    """Return the card of all imports; without undo it is only to be read."""
    return html.Section(
        [
            html.H2("History", className="card-title"),
            *_limit_note(records),
            html.Ol(
                [_item(each, zone, with_undo=with_undo) for each in records[:MOST_SHOWN]],
                className="import-list",
            ),
        ],
        className="card",
    )


def _limit_note(records: Sequence[ImportRecord]) -> list[Component]:
    if len(records) <= MOST_SHOWN:
        return []
    text = (
        f"The latest {MOST_SHOWN} of {counted(len(records), 'import')}; "
        "'tollbook undo' lists them all."
    )
    return [html.P(text, className="card-note")]


def _item(record: ImportRecord, zone: str, *, with_undo: bool) -> html.Li:
    head: list[Component] = [html.H3(file_name(record), className="import-name")]
    if record.undone:
        head.append(html.Span("undone", className="import-state"))
    elif with_undo:
        head.append(_undo_button(record))
    return html.Li(
        [
            html.Div(head, className="import-head"),
            html.P(_facts(record, zone), className="import-facts"),
            html.P(f"{fates_words(record.counts)}.", className="import-counts"),
            _remarks(record),
            lines_of_import(record),
        ],
        className="import-item import-undone" if record.undone else "import-item",
    )


def _undo_button(record: ImportRecord) -> html.Button:
    return html.Button(
        "Undo",
        id={"type": UNDO, "import": record.import_id},
        type="button",
        className="header-button",
        **attributes(aria_label=f"Undo the import of {file_name(record)}"),
    )


def file_name(record: ImportRecord) -> str:
    """Return the name of an import's file without its folder."""
    return Path(record.path).name or record.path


def _facts(record: ImportRecord, zone: str) -> str:
    when = f"imported {moment_text(record.imported_at, zone)}" if record.imported_at else ""
    return " · ".join(part for part in (record.format, when, period_words(record)) if part)


def period_words(record: ImportRecord) -> str:
    """Return the UTC days of an import's usage, nothing where none has a time."""
    if record.first_at is None or record.last_at is None:
        return ""
    first, last = record.first_at.date(), record.last_at.date()
    return f"usage of {day_text(first)}" + (f" to {day_text(last)}" if first != last else "")


def _remarks(record: ImportRecord) -> Component | None:
    found = sentences((*record.notices, *(f"assumed: {each}" for each in record.assumptions)))
    return html.Ul([html.Li(each) for each in found], className="import-remarks") if found else None
