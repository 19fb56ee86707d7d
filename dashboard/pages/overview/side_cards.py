"""The cards beside the chart; a card without data is not drawn."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from dash import dcc, html

from costmodel.number_text import headline_money, signed_money
from dashboard.filter_bar import value_text
from dashboard.moments import day_text, short_day_text
from dashboard.pages.overview.ending import endings
from dashboard.pages.overview.missing import missing
from dashboard.pages.overview.moved import moves
from dashboard.pages.overview.other_charges import other_charges_card

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dash.development.base_component import Component

    from costmodel.ending import Ending
    from dashboard.pages.overview.moved import Move
    from dashboard.view import View


MOST_CALLERS = 4
"""More names of features than these fill the card."""


def side_cards(view: View, dimension: str | None) -> list[Component]:
    """Return the cards that have something to say."""
    currency = view.source.book.contract.currency
    cards = [
        _card("Ending soon", [_ending(view, each, currency) for each in endings(view)]),
        _moved(view, dimension, currency),
        _card("Not in this total", [html.P(sentence) for sentence in missing(view)]),
        other_charges_card(view),
    ]
    return [card for card in cards if card is not None]


def _card(title: str, content: Sequence[Component], foot: str = "") -> Component | None:
    if not content:
        return None
    parts: list[Component] = [html.H2(title, className="card-title"), *content]
    if foot:
        parts.append(html.P(foot, className="card-note"))
    return html.Section(parts, className="card side-card")


def _ending(view: View, ending: Ending, currency: str) -> html.Div:
    names = _listed(ending.models)
    last = (view.until - timedelta(microseconds=1)).date()
    facts = f"{headline_money(ending.cost, currency)} in the 30 days to {short_day_text(last)}"
    if ending.successor and ending.successor_cost is not None:
        then = headline_money(ending.successor_cost, currency)
        facts += f"; the same tokens on {ending.successor} {then}"
    callers = _callers(ending)
    days = "1 day" if ending.days_left == 1 else f"{ending.days_left} days"
    return html.Div(
        [
            html.P([html.Strong(names), f" end on {day_text(ending.on)}, in {days}."])
            if len(ending.models) > 1
            else html.P([html.Strong(names), f" ends on {day_text(ending.on)}, in {days}."]),
            html.P(
                [
                    f"{facts}. {callers}",
                    dcc.Link("Try it", href=view.state.href("/whatif"), className="link"),
                ],
                className="card-detail",
            ),
        ],
        className="ending",
    )


def _callers(ending: Ending) -> str:
    """Return who still calls it, nothing where no export names features."""
    names = [value_text(caller.names[0]) for caller in ending.callers]
    if [caller.names for caller in ending.callers] in ([], [(None,)]):
        return ""
    named, more = names[:MOST_CALLERS], len(names) - MOST_CALLERS
    return f"Still called by {_listed([*named, f'{more} more'] if more > 0 else named)}. "


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _moved(view: View, dimension: str | None, currency: str) -> Component | None:
    if dimension is None or view.comparison is None:
        return None
    found = moves(view, dimension)
    return _card(
        "What moved",
        [html.Ul([_move(move, currency) for move in found], className="moves")] if found else [],
        f"Against {view.comparison.text}.",
    )


def _move(move: Move, currency: str) -> html.Li:
    return html.Li(
        [
            html.Span(value_text(move.name), className="move-name", title=move.name or ""),
            html.Span(signed_money(move.change, currency), className="move-change"),
            html.Span(move.reason, className="move-reason"),
        ]
    )
