"""A budget's spend as it adds up, against plan, forecast and limit; and its burn windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.figures.base import Figure, axis, escaped, layout, legend, money_axis
from dashboard.figures.palette import EXPECTED, GRID, INK, MUTED, RULE, SPENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    Points = Sequence[tuple[str, float]]

_HEADROOM = 1.08
_ROW_PX, _AROUND_PX = 34, 64
_LONGEST_FLAG = 24
_CLIPPED_AT = 2.5
"""A bar is cut at so many times the highest line; its number stands beside it."""


@dataclass(frozen=True)
class Fan:
    """Curves over local moments, each a list of moment and amount since the period's start.

    ``spent`` ends where the data ends; ``expected``, ``low`` and ``high`` begin there.
    ``flags`` are moments with a few words.
    """

    spent: Points
    planned: Points
    expected: Points = ()
    low: Points = ()
    high: Points = ()
    limit: float = 0.0
    limit_text: str = ""
    currency_symbol: str | None = "$"
    flags: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class WindowBar:
    """One window of a burn rule: times plan (None: nothing to compare with) and its line."""

    name: str
    times_plan: float | None
    factor: float


def spend_fan(fan: Fan) -> Figure:
    """Return the figure: what was spent solid, what is expected dashed in its hatched range."""
    is_money = fan.currency_symbol is not None
    form = f"{fan.currency_symbol}%{{y:,.0f}}" if is_money else "%{y:,.3s}"
    traces = [_line("plan", fan.planned, {"color": EXPECTED, "width": 1.5, "dash": "dot"}, form)]
    if fan.high:
        traces += _range(fan, form)
        dashed = {"color": SPENT, "width": 2, "dash": "dash"}
        traces.append(_line("expected", fan.expected, dashed, form))
    traces.append(_line("spent", fan.spent, {"color": SPENT, "width": 3}, form))
    tallest = max([amount for _, amount in (*fan.spent, *fan.planned, *fan.high)], default=0.0)
    upright = money_axis(fan.currency_symbol or "") if is_money else _count_axis()
    return {
        "data": traces,
        "layout": layout(
            hovermode="x unified",
            margin={"l": 8, "r": 16, "t": 38 if fan.flags else 14, "b": 44},
            xaxis=axis(
                type="date",
                tickformat="%-d %b",
                hoverformat="%a %-d %b %H:%M",
                nticks=8,
                ticks="outside",
                ticklen=8,
                tickcolor="rgba(0,0,0,0)",
            ),
            yaxis=upright | {"range": [0, max(tallest, fan.limit) * _HEADROOM or 1]},
            showlegend=True,
            legend=legend(),
            shapes=[_limit_line(fan.limit), *(_flag_line(at) for at, _ in fan.flags)],
            annotations=[
                _limit_name(fan),
                *(_flag_text(place, *flag, fan) for place, flag in enumerate(fan.flags)),
            ],
        ),
    }


def burn_windows(bars: Sequence[WindowBar]) -> Figure:
    """Return the figure: how fast each window spends, its line, and 1 for "on plan"."""
    reach = max([bar.factor for bar in bars], default=1.0) * _CLIPPED_AT
    most = max([1.2, *(bar.factor for bar in bars), *(bar.times_plan or 0 for bar in bars)])
    names = [escaped(bar.name) for bar in bars]
    return {
        "data": [_window_bars(bars, names, reach), _window_lines(bars, names)],
        "layout": layout(
            hovermode=False,
            bargap=0.4,
            margin={"l": 8, "r": 64, "t": 22, "b": 8},
            xaxis=axis(
                range=[0, min(most, reach) * _HEADROOM],
                ticksuffix="x",
                nticks=6,
                showgrid=True,
                gridcolor=GRID,
            ),
            yaxis=axis(autorange="reversed", tickfont={"color": INK, "size": 13}),
            shapes=[_on_plan()],
            annotations=[
                _note("on plan", x=1, y=1, yref="paper", xref="x", yanchor="bottom"),
                *(_window_text(bar) for bar in bars),
            ],
        ),
    }


def _window_bars(bars: Sequence[WindowBar], names: Sequence[str], reach: float) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "name": "spending",
        "y": names,
        "x": [min(bar.times_plan or 0, reach) for bar in bars],
        "width": 0.5,
        "marker": {
            "color": [SPENT if is_beyond(bar) else EXPECTED for bar in bars],
            "line": {"width": 0},
        },
        "hoverinfo": "skip",
    }


def _window_lines(bars: Sequence[WindowBar], names: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "alert line",
        "y": names,
        "x": [bar.factor for bar in bars],
        "marker": {
            "symbol": "line-ns",
            "size": 24,
            "color": INK,
            "line": {"color": INK, "width": 2.5},
        },
        "hoverinfo": "skip",
    }


def _on_plan() -> dict[str, Any]:
    place = {"xref": "x", "yref": "paper", "x0": 1, "x1": 1, "y0": 0, "y1": 1}
    return {"type": "line", "line": {"color": MUTED, "width": 1, "dash": "dot"}} | place


def windows_height_px(count: int) -> int:
    """Return how tall the figure of so many windows is."""
    return _AROUND_PX + _ROW_PX * max(count, 1)


def is_beyond(bar: WindowBar) -> bool:
    """Tell whether a window is above its line."""
    return bar.times_plan is not None and bar.times_plan >= bar.factor


def times_text(times_plan: float | None) -> str:
    """Return times plan as people read it: ``1.4x``."""
    if times_plan is None:
        return "no plan yet"
    return f"{times_plan:.1f}x" if times_plan < 100 else "over 100x"  # noqa: PLR2004


def _window_text(bar: WindowBar) -> dict[str, Any]:
    colour = INK if is_beyond(bar) else MUTED
    text = times_text(bar.times_plan)
    place = {"x": 1, "xref": "paper", "y": escaped(bar.name), "xanchor": "right", "xshift": 60}
    return _note(text, **place) | {"font": {"size": 13, "color": colour}}


def _line(name: str, points: Points, line: dict[str, Any], form: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [moment for moment, _ in points],
        "y": [amount for _, amount in points],
        "line": line,
        "hovertemplate": f"{form}<extra>{name}</extra>",
    }


def _range(fan: Fan, form: str) -> list[dict[str, Any]]:
    """Return the lower and the upper edge; the upper one is hatched down to the lower."""
    thin = {"color": EXPECTED, "width": 1}
    low = _line("at least", fan.low, thin, form) | {"showlegend": False}
    high = _line("likely range (8 in 10)", fan.high, thin, form) | {
        "fill": "tonexty",
        "fillcolor": "rgba(0,0,0,0)",
        "fillpattern": {"shape": "/", "size": 7, "solidity": 0.18, "fgcolor": EXPECTED},
        "hovertemplate": f"{form}<extra>at most</extra>",
    }
    return [low, high]


def _count_axis() -> dict[str, Any]:
    return money_axis("", tickformat="~s", separatethousands=False)


def _limit_line(limit: float) -> dict[str, Any]:
    place = {"xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": limit, "y1": limit}
    return {"type": "line", "line": {"color": INK, "width": 1.5}} | place


def _limit_name(fan: Fan) -> dict[str, Any]:
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": fan.limit, "yanchor": "bottom"}
    return _note(f"budget {fan.limit_text}", **place) | {"font": {"size": 12, "color": INK}}


def _flag_line(at: str) -> dict[str, Any]:
    place = {"xref": "x", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1}
    return {"type": "line", "line": {"color": RULE, "width": 1.5}, "layer": "below"} | place


def _flag_text(place: int, at: str, text: str, fan: Fan) -> dict[str, Any]:
    words = text if len(text) <= _LONGEST_FLAG else f"{text[:_LONGEST_FLAG]}…"
    moments = [moment for moment, _ in fan.planned]
    is_late = bool(moments) and at >= moments[len(moments) * 2 // 3]
    return _note(
        words,
        name="flag",
        hovertext=escaped(text),
        x=at,
        xref="x",
        y=1.0,
        yref="paper",
        yshift=8 + 14 * (place % 2),
        xanchor="right" if is_late else "left",
        yanchor="middle",
    )


def _note(text: str, **place: Any) -> dict[str, Any]:  # noqa: ANN401 - plotly's own annotation
    start = {"text": escaped(text), "showarrow": False, "font": {"size": 11, "color": MUTED}}
    return start | place
