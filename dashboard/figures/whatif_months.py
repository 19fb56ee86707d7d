"""The next twelve months as a figure: as today and under the plan."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from costmodel.money import dollars
from dashboard.figures.base import Figure, axis, escaped, layout, money_axis
from dashboard.figures.palette import EXPECTED, GROUND, INK, MUTED, RULE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

HEADROOM = 1.15
CLOSE = 0.15
"""Lines that end nearer to each other than this share of the height have names apart."""


@dataclass(frozen=True)
class Month:
    """What a month costs as today and under the plan; ``is_dashed``: at a successor's price."""

    month: date
    today: Fraction
    plan: Fraction
    is_dashed: bool


@dataclass(frozen=True)
class Event:
    """A day on which prices change, and what to write there."""

    on: date
    text: str


def months(
    rows: Sequence[Month],
    events: Sequence[Event],
    limit: Fraction | None = None,
    currency: str = "USD",
) -> Figure:
    """Return twelve months as today and under the plan, dashed at a successor's price.

    Events before the first month are not drawn.
    """
    split = next((place for place, row in enumerate(rows) if row.is_dashed), len(rows))
    traces = [
        *_line("as today", [row.today for row in rows], rows, split, EXPECTED),
        *_line("this plan", [row.plan for row in rows], rows, split, INK),
    ]
    shown_events = [event for event in events if rows and event.on >= rows[0].month]
    symbol = dollars(Fraction(0), currency).removesuffix("0.00")
    top = months_end([max(row.today, row.plan) for row in rows], limit)
    shown = layout(
        height=300,
        margin={"l": 8, "r": 84, "t": 16 + 14 * max(len(shown_events), 1), "b": 8},
        hovermode="x unified",
        xaxis=axis(
            tickformat="%b\n%Y",
            tick0=_middle(rows[0].month) if rows else None,
            dtick="M1",
            tickangle=0,
            range=_stretch(rows),
        ),
        meta={"narrow": {"xaxis": {"dtick": "M3"}}},
        yaxis=money_axis(symbol, range=[0, top]),
        shapes=[*_limit_across(limit), *(_event_line(event) for event in shown_events)],
        annotations=[
            *(_event_name(event, place) for place, event in enumerate(shown_events)),
            *_line_names(rows, currency, top),
        ],
    )
    return {"data": traces, "layout": shown}


def months_end(costs: Sequence[Fraction], limit: Fraction | None) -> float:
    """Return where the axis of the months ends."""
    return float(max([*costs, limit or Fraction(0)], default=Fraction(0)) or 1) * HEADROOM


def _stretch(rows: Sequence[Month]) -> list[str]:
    """Return the first and the last day that are drawn: whole months."""
    if not rows:
        return []
    first, last = rows[0].month, rows[-1].month
    return [first.isoformat(), last.replace(day=monthrange(last.year, last.month)[1]).isoformat()]


def _middle(month: date) -> str:
    """Return where a month's point stands: in its middle, so that days lie where they are."""
    return month.replace(day=15).isoformat()


def _line(
    name: str, costs: Sequence[Fraction], rows: Sequence[Month], split: int, colour: str
) -> list[dict[str, Any]]:
    """Return a line in two traces: solid up to the first dashed month, dashed from there."""
    days = [_middle(row.month) for row in rows]
    amounts = [float(cost) for cost in costs]
    joint = max(split - 1, 0)
    common = {
        "type": "scatter",
        "mode": "lines+markers",
        "marker": {"size": 6, "color": colour},
        "hovertemplate": "%{y:$,.2f}",
    }
    return [
        common
        | {
            "name": name,
            "x": days[:split],
            "y": amounts[:split],
            "line": {"color": colour, "width": 2.5},
        },
        common
        | {
            "name": f"{name}, successor's price",
            "x": days[joint:] if split < len(days) else [],
            "y": amounts[joint:] if split < len(days) else [],
            "line": {"color": colour, "width": 2.5, "dash": "dash"},
            "marker": {
                "size": [0 if place < split else 6 for place in range(joint, len(days))],
                "color": GROUND,
                "line": {"color": colour, "width": 1.5},
            },
        },
    ]


def _limit_across(limit: Fraction | None) -> list[dict[str, Any]]:
    if limit is None:
        return []
    line = {"color": INK, "width": 1.5, "dash": "dot"}
    place = {"xref": "paper", "yref": "y", "x0": 0, "x1": 1}
    return [{"type": "line", "y0": float(limit), "y1": float(limit), "line": line} | place]


def _event_line(event: Event) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": event.on.isoformat(),
        "x1": event.on.isoformat(),
        "y0": 0,
        "y1": 1,
        "line": {"color": RULE, "width": 1.5},
        "layer": "below",
    }


def _event_name(event: Event, place: int) -> dict[str, Any]:
    return {
        "x": event.on.isoformat(),
        "y": 1,
        "xref": "x",
        "yref": "paper",
        "yanchor": "bottom",
        "xanchor": "left",
        "yshift": 14 * place,
        "text": escaped(event.text),
        "showarrow": False,
        "font": {"color": MUTED, "size": 12},
    }


def _line_names(rows: Sequence[Month], currency: str, top: float) -> list[dict[str, Any]]:
    """Return both lines' names at their right ends: today's first, the plan's second."""
    if not rows:
        return []
    last = rows[-1]
    today, plan = hangs(float(last.today), float(last.plan), top)
    return [
        _line_name(last.month, last.today, "as today", currency, MUTED) | today,
        _line_name(last.month, last.plan, "this plan", currency, INK) | plan,
    ]


def hangs(today: float, plan: float, top: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return where both names stand by their lines: one above the other where they nearly meet."""
    if abs(today - plan) > top * CLOSE:
        beside = {"yanchor": "middle", "yshift": 0}
        return beside, beside
    low, high = {"yanchor": "bottom", "yshift": -8}, {"yanchor": "bottom", "yshift": 26}
    return (low, high) if plan > today else (high, low)


def _line_name(
    month: date, cost: Fraction, name: str, currency: str, colour: str
) -> dict[str, Any]:
    return {
        "x": _middle(month),
        "y": float(cost),
        "xref": "x",
        "yref": "y",
        "xanchor": "left",
        "align": "left",
        "xshift": 8,
        "text": f"{name}<br>{dollars(cost, currency, 0)}",
        "showarrow": False,
        "font": {"color": colour, "size": 12},
    }
