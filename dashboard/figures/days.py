"""Spend a day, stacked by model, with the plan as a line and notes as flags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.figures.base import Figure, axis, escaped, hatch, layout, legend, money_axis
from dashboard.figures.palette import EXPECTED, INK, MUTED, OTHER, RULE, colour_of, is_hatched

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

OTHER_NAME = "other models"
_DAY_MILLISECONDS = 86_400_000
_LONGEST_FLAG = 26
_MOST_NAMED = 3
"""So many models without a hue are named; more are "other models"."""
_LONGEST_NAMED_DAYS = 7
_SMALL = 4
"""A money axis below this has ticks with cents."""


@dataclass(frozen=True)
class Flag:
    """A note on a day."""

    on: date
    text: str


@dataclass(frozen=True)
class Stack:
    """What to draw: one series a model, money or tokens, over the same days.

    ``plan`` is what was meant to be spent on each day, empty without one, ``plan_name`` whose;
    ``span_days`` how many days one bar covers.
    """

    days: Sequence[date]
    series: Mapping[str, Sequence[float]]
    unit: str
    currency_symbol: str = "$"
    plan: Sequence[tuple[date, float]] = ()
    plan_name: str = "plan"
    flags: Sequence[Flag] = ()
    until: date | None = None
    span_days: int = 1


def spend_by_day(stack: Stack, colours: Mapping[str, str]) -> Figure:
    """Return the figure; dragging over it selects days."""
    shown = folded(stack.series, colours)
    bars = [_bars(stack, name, values, colours) for name, values in shown.items()]
    if stack.plan:
        bars.append(_plan(stack))
    top = _tallest(stack)
    is_money = stack.unit == "money"
    upright = (
        money_axis(stack.currency_symbol, tickformat=",.2f" if top < _SMALL else None)
        if is_money
        else money_axis("", tickformat="~s", separatethousands=False)
    )
    return {
        "data": bars,
        "layout": layout(
            barmode="stack",
            bargap=0.28,
            hovermode="x unified",
            dragmode="select",
            selectdirection="h",
            newselection={"line": {"color": INK, "width": 1, "dash": "solid"}},
            activeselection={"fillcolor": INK, "opacity": 0.06},
            margin={"l": 8, "r": 12, "t": 34 if stack.flags else 12, "b": 44},
            xaxis=_days_axis(stack),
            yaxis=upright | {"range": [0, top * 1.08]} if top else upright,
            showlegend=True,
            legend=legend(traceorder="normal"),
            shapes=[_flag_line(flag) for flag in stack.flags],
            annotations=_flag_texts(stack),
        ),
    }


def folded(
    series: Mapping[str, Sequence[float]], colours: Mapping[str, str]
) -> dict[str, Sequence[float]]:
    """Return the series with all models that have no hue summed into one, named while few."""
    own = {name: values for name, values in series.items() if not is_hatched(name, colours)}
    rest = [values for name, values in series.items() if is_hatched(name, colours)]
    if len(rest) == 1:
        return dict(series)
    if rest:
        names = [name for name in series if name not in own]
        together = ", ".join(names) if len(names) <= _MOST_NAMED else OTHER_NAME
        own[together] = [sum(parts) for parts in zip(*rest, strict=True)]
    return own


def _bars(
    stack: Stack, name: str, values: Sequence[float], colours: Mapping[str, str]
) -> dict[str, Any]:
    colour = colour_of(name, colours)
    is_other = is_hatched(name, colours)
    form = f"{stack.currency_symbol}%{{y:,.2f}}" if stack.unit == "money" else "%{y:,.3s} tokens"
    return {
        "type": "bar",
        "name": escaped(name),
        "x": [day.isoformat() for day in stack.days],
        "y": [value or None for value in values],
        "width": stack.span_days * _DAY_MILLISECONDS * 0.72,
        "marker": hatch(OTHER) if is_other else {"color": colour, "line": {"width": 0}},
        "hovertemplate": f"{form}<extra>{escaped(name)}</extra>",
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 0.4}},
    }


def _plan(stack: Stack) -> dict[str, Any]:
    name = escaped(stack.plan_name)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [day.isoformat() for day, _ in stack.plan],
        "y": [amount for _, amount in stack.plan],
        "line": {"color": EXPECTED, "width": 1.5, "shape": "hvh"},
        "hovertemplate": f"{stack.currency_symbol}%{{y:,.2f}}<extra>{name}</extra>",
    }


def _tallest(stack: Stack) -> float:
    sums = [sum(values) for values in zip(*stack.series.values(), strict=True)]
    return max([*sums, *(amount for _, amount in stack.plan)], default=0.0)


def _days_axis(stack: Stack) -> dict[str, Any]:
    form = "%b %Y" if stack.span_days > _LONGEST_NAMED_DAYS else "%-d %b"
    changes: dict[str, Any] = {
        "type": "date",
        "tickformat": form,
        "hoverformat": "%a %-d %b %Y",
        "ticks": "outside",
        "ticklen": 8,
        "tickcolor": "rgba(0,0,0,0)",
    }
    return axis(nticks=8, **changes) if stack.days else axis(**changes)


def _flag_line(flag: Flag) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": flag.on.isoformat(),
        "x1": flag.on.isoformat(),
        "y0": 0,
        "y1": 1.0,
        "line": {"color": RULE, "width": 1, "dash": "dot"},
        "layer": "below",
    }


def _flag_texts(stack: Stack) -> list[dict[str, Any]]:
    """Return the flags' words above the chart, at two heights so that neighbours keep apart."""
    texts = []
    for place, flag in enumerate(stack.flags):
        words = flag.text if len(flag.text) <= _LONGEST_FLAG else f"{flag.text[:_LONGEST_FLAG]}…"
        late = stack.days and flag.on >= stack.days[len(stack.days) * 3 // 4]
        texts.append(
            {
                "name": "flag",
                "text": escaped(words),
                "hovertext": escaped(flag.text),
                "x": flag.on.isoformat(),
                "xref": "x",
                "y": 1.0,
                "yref": "paper",
                "yshift": 8 + 14 * (place % 2),
                "xanchor": "right" if late else "left",
                "yanchor": "middle",
                "showarrow": False,
                "font": {"size": 11, "color": MUTED},
            }
        )
    return texts
