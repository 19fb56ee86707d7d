"""The bar of a budget: spent in full ink, what is expected hatched, the limit as a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dash import html

from dashboard.attributes import attributes

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from costmodel.forecast import Forecast

_ROOM_RIGHT = 1.04


@dataclass(frozen=True)
class BarOf:
    """What a bar shows; the texts are the amounts as people read them, "" without a limit."""

    spent: float
    spent_text: str
    limit: float
    limit_text: str
    ahead: Forecast | None


def budget_bar(of: BarOf, *, has_keys: bool = True) -> html.Div:
    """Return the bar, with the names of its parts below it unless they stand elsewhere."""
    ahead = of.ahead
    reach = max(of.spent, of.limit, ahead.high if ahead else 0.0) * _ROOM_RIGHT or 1.0
    pieces: list[Component] = [_piece("bar-spent", 0, of.spent, reach)]
    if ahead:
        pieces.append(_piece("bar-expected", of.spent, ahead.expected, reach))
        pieces.append(_piece("bar-likely", ahead.low, ahead.high, reach))
    if of.limit:
        at = {"left": _percent(of.limit / reach)}
        pieces.append(html.Div(className="bar-limit", style=at))
    track = html.Div(pieces, className="bar-track", **attributes(aria_hidden="true"))
    return html.Div([track, _scale(of)] if has_keys else track, className="budget-bar")


def _piece(name: str, start: float, end: float, reach: float) -> html.Div:
    left, width = start / reach, max(end - start, 0.0) / reach
    return html.Div(className=name, style={"left": _percent(left), "width": _percent(width)})


def _scale(of: BarOf) -> html.Div:
    """Return the names of the bar's parts, the limit's at its right end."""
    names = [_key("key-spent", f"spent {of.spent_text}")]
    if of.ahead:
        names.append(_key("key-expected", "expected"))
        names.append(_key("key-likely", "likely range (8 in 10)"))
    labels: list[Component] = [html.Div(names, className="bar-keys")]
    if of.limit:
        labels.append(html.Div(f"budget {of.limit_text}", className="bar-limit-name"))
    return html.Div(labels, className="bar-scale")


def _key(name: str, text: str) -> html.Span:
    return html.Span([html.Span(className=f"key {name}"), text], className="bar-key")


def _percent(share: float) -> str:
    return f"{share * 100:.3f}%"
