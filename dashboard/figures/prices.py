"""The rates of one model over time, as steps: what held, what is announced, what was withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from dashboard.figures.base import Figure, axis, escaped, layout, money_axis
from dashboard.figures.palette import EXPECTED, INK, MUTED, RULE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

LINE_OF_TEXT_PX, PLOT_HEIGHT_PX = 15, 190
BEFORE, AFTER = timedelta(days=120), timedelta(days=120)
_AXIS_TITLE = {"text": "per million", "font": {"color": MUTED, "size": 12}}
_DASHES = {"in_force": "solid", "announced": "dash", "withdrawn": "dot"}


@dataclass(frozen=True)
class Step:
    """One rate in one period; ``begins`` None: not known, ``ends`` None: still in force."""

    token_type: str
    usd_per_million: Fraction
    begins: date | None
    ends: date | None
    status: str


@dataclass(frozen=True)
class Mark:
    """A day to name in the figure, such as the last of the model."""

    on: date
    text: str


def rate_steps(
    steps: Sequence[Step], marks: Sequence[Mark], colour: str = INK, symbol: str = "$"
) -> Figure:
    """Return the figure; a dashed step is announced, a dotted one was withdrawn."""
    first, last = _stretch(steps, marks)
    shown = layout(
        height=280,
        margin={"l": 8, "r": 120, "t": 30, "b": 8},
        hovermode="closest",
        xaxis=axis(range=[first.isoformat(), last.isoformat()], tickformat="%b %Y", nticks=6),
        yaxis=money_axis(symbol, title=_AXIS_TITLE),
        shapes=[_mark_line(mark) for mark in marks],
        annotations=[
            *(_mark_name(mark, place) for place, mark in enumerate(marks)),
            *_line_names(steps, last),
        ],
    )
    return {"data": [_trace(s, first, last, colour, symbol) for s in steps], "layout": shown}


def _stretch(steps: Sequence[Step], marks: Sequence[Mark]) -> tuple[date, date]:
    """Return the first and the last day drawn: every change with some room around it."""
    days = [day for step in steps for day in (step.begins, step.ends) if day]
    days += [mark.on for mark in marks]
    begins = [step.begins for step in steps]
    first = min(days) - (BEFORE if None in begins else timedelta(0))
    return first, max(days) + AFTER


def _trace(step: Step, first: date, last: date, colour: str, symbol: str) -> dict[str, Any]:
    days = [max(step.begins or first, first), min(step.ends or last, last)]
    rate = float(step.usd_per_million)
    hue = EXPECTED if step.status == "withdrawn" else colour
    return {
        "type": "scatter",
        "mode": "lines",
        "name": step.token_type,
        "x": [day.isoformat() for day in days],
        "y": [rate, rate],
        "line": {"color": hue, "width": 2.5, "dash": _DASHES[step.status]},
        "hovertemplate": f"{escaped(step.token_type)} {symbol}%{{y:,}} from {_from(step)}"
        f"{' (' + step.status + ')' if step.status != 'in_force' else ''}<extra></extra>",
    }


def _from(step: Step) -> str:
    return f"{step.begins:%-d %b %Y}" if step.begins else "an unknown day"


def _line_names(steps: Sequence[Step], last: date) -> list[dict[str, Any]]:
    """Name each line at its end, one above the other where two rates are close."""
    ends = [s for s in steps if s.ends is None and s.status != "withdrawn"]
    highest = max((float(step.usd_per_million) for step in steps), default=0.0) or 1.0
    names, below = [], float(-LINE_OF_TEXT_PX)
    for step in sorted(ends, key=lambda step: step.usd_per_million):
        stands = float(step.usd_per_million) / highest * PLOT_HEIGHT_PX
        below = max(stands, below + LINE_OF_TEXT_PX)
        names.append(_line_name(step, last, below - stands))
    return names


def _line_name(step: Step, last: date, raised_px: float) -> dict[str, Any]:
    return {
        "x": last.isoformat(),
        "y": float(step.usd_per_million),
        "xanchor": "left",
        "yanchor": "middle",
        "xshift": 6,
        "yshift": round(raised_px),
        "showarrow": False,
        "text": escaped(step.token_type),
        "font": {"size": 12, "color": INK},
    }


def _mark_line(mark: Mark) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": mark.on.isoformat(),
        "x1": mark.on.isoformat(),
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": RULE, "width": 1},
        "layer": "below",
    }


def _mark_name(mark: Mark, place: int) -> dict[str, Any]:
    return {
        "x": mark.on.isoformat(),
        "y": 1,
        "yref": "paper",
        "xanchor": "right" if place % 2 == 0 else "left",
        "yanchor": "bottom",
        "showarrow": False,
        "text": escaped(mark.text),
        "font": {"size": 12, "color": MUTED},
    }
