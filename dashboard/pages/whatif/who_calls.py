"""Who calls which model: the migration inventory, with what ends soon above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import html

from costmodel.number_text import money
from dashboard.filter_bar import value_text
from dashboard.moments import day_text
from dashboard.pages.whatif.wildcards import labelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dash.development.base_component import Component

    from costmodel.ending import Ending
    from ingest.opportunities import InventoryLine

MOST_LINES = 100
"""The files hold all lines of the inventory."""


def who_calls(
    inventory: Sequence[InventoryLine], endings: Sequence[Ending], currency: str
) -> html.Details:
    """Return the migration inventory, and what ends soon above it."""
    header = ("Feature", "Endpoint", "Model", "Owner", "Last seen", "Ends", "Requests", "Cost")
    words = header.index("Requests")
    heads = [
        html.Th(name, scope="col", className="words" if place < words else None)
        for place, name in enumerate((*header, "95 of 100 within"))
    ]
    lines = inventory[:MOST_LINES]
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([_line(each, currency) for each in lines])],
        className="chart-table",
    )
    cut = len(inventory) - len(lines)
    more = [html.P(f"{cut} lines more are in the XLSX.", className="card-note")] if cut else []
    return html.Details(
        [
            html.Summary("Who calls which model, for a migration", className="quiet-link"),
            *[html.P(ending_words(each, currency), className="card-note") for each in endings],
            scrolling(table, "Who calls which model"),
            *more,
        ]
    )


def ending_words(ending: Ending, currency: str) -> str:
    """Return what ends when, what it costs here, and the same tokens afterwards."""
    names = " and ".join(ending.models)
    days = "1 day" if ending.days_left == 1 else f"{ending.days_left} days"
    text = f"{names}: until {day_text(ending.on)}, {days}; {money(ending.cost, currency)} here"
    if ending.successor is None or ending.successor_cost is None:
        return f"{text}."
    then = money(ending.successor_cost, currency)
    return f"{text}, the same tokens on {ending.successor} {then}."


def _line(line: InventoryLine, currency: str) -> html.Tr:
    texts = (
        line.endpoint or "",
        line.model,
        line.owner or "",
        day_text(line.last_seen.date()) if line.last_seen else "",
        day_text(line.ends_on) if line.ends_on else "",
    )
    latency = line.p95_latency_seconds
    numbers = (
        f"{line.requests:,}",
        money(line.cost, currency),
        "" if latency is None else f"{latency:.1f} s",
    )
    return html.Tr(
        [
            html.Th(value_text(line.feature), scope="row"),
            *(html.Td(text, className="words") for text in texts),
            *(html.Td(number) for number in numbers),
        ]
    )


def scrolling(table: Component, label: str) -> html.Div:
    """Return a table that scrolls sideways where the window is narrow."""
    return html.Div(
        table,
        className="table-scroll all-rows",
        tabIndex="0",
        role="region",
        **labelled(label),
    )
