"""The picture in a mail: spend against plan, with the range it heads for.

Drawn on nothing, in greys that stand out from white and from black alike, because a
mail's ground is the reader's choice.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from alerts.words import amount

if TYPE_CHECKING:
    from alerts.situation import DayOfBudget, Situation

INCHES: Final = (7.36, 2.9)
PIXELS_PER_INCH: Final = 150
INK: Final = "#7a828d"
"""At least 3:1 against white and against the mail's dark ground."""
PLAN: Final = "#8a929d"
SPENT: Final = "#3d8fe0"
LIMIT: Final = "#e05252"
FEWEST_DAYS: Final = 2


def spend_chart(situation: Situation) -> bytes | None:
    """Return a PNG of a period's days; None without the e-mail extra or with nothing to draw."""
    if len(situation.days) < FEWEST_DAYS:
        return None
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return None
    figure = Figure(figsize=INCHES, dpi=PIXELS_PER_INCH)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.095, 0.13, 0.885, 0.80))
    _lines(axes, situation)
    _quiet(axes, situation)
    picture = BytesIO()
    figure.savefig(picture, format="png", transparent=True)
    return picture.getvalue()


def _lines(axes: Any, situation: Situation) -> None:  # noqa: ANN401 - matplotlib has no types
    days = situation.days
    gone = [place for place, day in enumerate(days) if day.spent is not None]
    limit = float(situation.budget.amount)
    axes.axhline(limit, color=LIMIT, linewidth=1.2)
    axes.plot(
        range(len(days)), [d.planned for d in days], color=PLAN, linewidth=1.4, ls=(0, (4, 3))
    )
    axes.plot(gone, [days[place].spent for place in gone], color=SPENT, linewidth=2.4)
    _fan(axes, days, gone[-1] if gone else 0)
    axes.annotate("limit", (0, limit), (2, -3), textcoords="offset points", color=LIMIT,
                  fontsize=8, va="top")  # fmt: skip


def _fan(axes: Any, days: tuple[DayOfBudget, ...], today: int) -> None:  # noqa: ANN401
    """Draw what is expected from today on, with the band that holds it 8 times in 10."""
    ahead = [(n, d) for n, d in enumerate(days) if d.expected is not None and n > today]
    if not ahead:
        return
    start = days[today].spent or 0.0
    places = [today, *(n for n, _ in ahead)]
    low = [start, *(d.low if d.low is not None else d.expected for _, d in ahead)]
    high = [start, *(d.high if d.high is not None else d.expected for _, d in ahead)]
    axes.fill_between(places, low, high, color=SPENT, alpha=0.22, linewidth=0)
    axes.plot(places, [start, *(d.expected for _, d in ahead)], color=SPENT, linewidth=1.2,
              ls=(0, (1, 1.5)))  # fmt: skip


def _quiet(axes: Any, situation: Situation) -> None:  # noqa: ANN401
    """Leave of the axes what is needed: days below, three amounts at the side."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(PLAN)
    days = situation.days
    step = max(1, len(days) // 6)
    shown = range(0, len(days), step)
    axes.set_xticks(list(shown), [f"{days[n].day.day} {days[n].day:%b}" for n in shown])
    top = max(
        float(situation.budget.amount),
        *(value for d in days for value in (d.planned, d.spent or 0.0, d.high or 0.0)),
    )
    axes.set_ylim(0, top * 1.08)
    axes.set_xlim(0, len(days) - 1)
    marks = [0.0, float(situation.budget.amount) / 2, float(situation.budget.amount)]
    axes.set_yticks(marks, ["0", *(amount(situation.budget, mark) for mark in marks[1:])])
    axes.tick_params(length=0, colors=INK, labelsize=9)
