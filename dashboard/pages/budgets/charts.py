"""The charts of one budget with their sentences and tables."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.words import amount, heads_for, spent_of, used_up
from costmodel.burn.sentences import length
from dashboard.chart_card import Chart
from dashboard.figures.budgets import (
    Fan,
    WindowBar,
    burn_windows,
    is_beyond,
    spend_fan,
    times_text,
)
from dashboard.moments import short_day_text
from dashboard.pages.budgets.words import MOVE_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.situation import Situation, WindowBurn
    from alerts.transition import Transition

_DAY = timedelta(days=1)
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
FEWEST_DAYS = 2
"""A budget of a single day has no curve."""
MOST_FLAGS = 8


def fan_chart(situation: Situation, transitions: Sequence[Transition]) -> Chart:
    """Return the curve of a budget's spend with plan, forecast, limit and what was told."""
    spent = spent_of(situation)
    said = [f"{spent[:1].upper()}{spent[1:]}", heads_for(situation), used_up(situation)]
    text = "; ".join(
        part[:1].lower() + part[1:] if place else part
        for place, part in enumerate(part for part in said if part)
    )
    header = ("Day", "Spent", "Plan", "Expected", "At least", "At most")
    return Chart(f"{text}.", spend_fan(_fan(situation, transitions)), header, _rows(situation))


def _fan(situation: Situation, transitions: Sequence[Transition]) -> Fan:
    budget, days = situation.budget, situation.days
    start = (_local(situation.start, situation), 0.0)
    spent = [
        start,
        *((_end(situation, each.day), each.spent) for each in days if each.spent is not None),
    ]
    if situation.watermark is not None and len(spent) > 1:
        spent[-1] = (_local(min(situation.watermark, situation.end), situation), spent[-1][1])
    ahead = [(each, _end(situation, each.day)) for each in days if each.expected is not None]
    now = spent[-1:] if ahead else []
    is_money = budget.measure == "money"
    return Fan(
        spent=spent,
        planned=[start, *((_end(situation, each.day), each.planned) for each in days)],
        expected=[*now, *((at, each.expected or 0.0) for each, at in ahead)],
        low=[*now, *((at, each.low or 0.0) for each, at in ahead)],
        high=[*now, *((at, each.high or 0.0) for each, at in ahead)],
        limit=float(budget.amount),
        limit_text=amount(budget, budget.amount),
        currency_symbol=_SYMBOLS.get(budget.currency, f"{budget.currency} ") if is_money else None,
        flags=_flags(situation, transitions),
    )


def _flags(situation: Situation, transitions: Sequence[Transition]) -> list[tuple[str, str]]:
    """Return the latest edges of this period, one for each moment."""
    inside = [each for each in transitions if situation.start <= each.at < situation.end]
    words = {
        _local(each.at, situation): f"{MOVE_WORDS[each.move]}: {each.key.rule}" for each in inside
    }
    return sorted(words.items())[-MOST_FLAGS:]


def _end(situation: Situation, day: datetime) -> str:
    return _local(min(day + _DAY, situation.end), situation)


def _local(moment: datetime, situation: Situation) -> str:
    """Return a moment on the wall clock of the budget's zone, as plotly reads it."""
    local = moment.astimezone(situation.start.tzinfo)
    return local.replace(tzinfo=None, microsecond=0).isoformat()


def _rows(situation: Situation) -> list[list[str]]:
    budget = situation.budget

    def text(value: float | None) -> str:
        return "" if value is None else amount(budget, value)

    return [
        [
            short_day_text(each.day.date()),
            *map(text, (each.spent, each.planned, each.expected, each.low, each.high)),
        ]
        for each in situation.days
    ]


def windows_chart(situation: Situation) -> Chart:
    """Return the windows of every burn rule against their lines, said in words."""
    bars = [
        WindowBar(f"{each.rule}, last {length(each.window)}", each.times_plan, each.factor)
        for each in situation.windows
    ]
    text = " ".join(rule_sentence(seen) for seen in by_rule(situation.windows))
    rows = [
        [
            bar.name,
            times_text(bar.times_plan),
            f"{bar.factor:g}x",
            "yes" if is_beyond(bar) else "no",
        ]
        for bar in bars
    ]
    return Chart(text, burn_windows(bars), ("Window", "Spending", "Alert line", "Beyond"), rows)


def by_rule(windows: Sequence[WindowBurn]) -> list[list[WindowBurn]]:
    """Return the windows of each rule, in the rules' order."""
    found: dict[str, list[WindowBurn]] = {}
    for each in windows:
        found.setdefault(each.rule, []).append(each)
    return list(found.values())


def rule_sentence(windows: Sequence[WindowBurn]) -> str:
    """Return what one burn rule sees in its windows, and what it would take."""
    seen = " and ".join(
        f"{times_text(each.times_plan)} over the last {length(each.window)}" for each in windows
    )
    line = f"{windows[0].factor:g}x"
    takes = f"both reach {line}" if len(windows) > 1 else f"it reaches {line}"
    return f"{windows[0].rule.capitalize()}: {seen}; alerts when {takes}."
