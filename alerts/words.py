"""How alerts speak: amounts in a budget's measure, its name, its state in a few words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from costmodel import standing_words
from costmodel.number_text import headline_money, money, share, short_count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from fractions import Fraction

    from alerts.situation import Situation
    from alerts.transition import Transition
    from costmodel.budget import Budget
    from costmodel.burn.finding import Severity

_CLAUSE: Final = re.compile(r"[,;] ")
"""Where a sentence goes on: not within 1,200."""
LONGEST_VERDICT: Final = 70
"""A subject is cut by most mail programs beyond this."""

STATE_WORDS: Final[dict[str, str]] = {
    "ok": "All is well",
    "notice": "Worth a look",
    "warning": "Needs attention",
    "critical": "Act now",
    "stale": "Data is late",
    "failed": "Could not be evaluated",
}


def amount(budget: Budget, value: Fraction | float) -> str:
    """Return an amount in the budget's measure, as a headline writes it."""
    if budget.measure == "money":
        return headline_money(value, budget.currency)
    return f"{short_count(round(value))} {budget.measure}"


def exact_amount(budget: Budget, value: Fraction) -> str:
    """Return an amount to the cent, or to the token."""
    if budget.measure == "money":
        return money(value, budget.currency)
    return f"{round(value):,} {budget.measure}"


def budget_title(situation: Situation) -> str:
    """Return the budget's name, with the value that it is kept for."""
    name = situation.budget.name
    return f"{name}, {situation.value}" if situation.value else name


def spent_of(situation: Situation) -> str:
    """Return "$792 of $1,200 (66%)"; "at least" where usage without a price is missing."""
    limit = amount(situation.budget, situation.budget.amount)
    return f"{spent_so_far(situation)} of {limit} ({share(situation.share_spent)})"


def spent_so_far(situation: Situation) -> str:
    """Return "$792"; "at least $792" where usage without a price is missing."""
    least = "at least " if situation.at_least else ""
    return f"{least}{amount(situation.budget, situation.spent)}"


def short_verdict(transition: Transition) -> str:
    """Return what happened, short enough for a subject."""
    if transition.move == "recovered":
        return "back to normal"
    if transition.move == "ended":
        return "its alert ended with the period"
    said = _CLAUSE.split(transition.finding.sentence)[0].strip()
    said = said[:1].lower() + said[1:] if said[1:2].islower() else said
    return said if len(said) <= LONGEST_VERDICT else f"{said[: LONGEST_VERDICT - 1].rstrip()}…"


def places_of(transitions: Sequence[Transition], most: int) -> str:
    """Return which budgets and values transitions are about: "Search; Teams, red and 3 more"."""
    names = dict.fromkeys(
        ", ".join(filter(None, (each.key.budget, each.key.value))) for each in transitions
    )
    shown, more = list(names)[:most], len(names) - most
    return "; ".join(shown) + (f" and {more} more" if more > 0 else "")


def heads_for(situation: Situation) -> str | None:
    """Return where the period ends, "heads for $1,190 (likely $1,120 to $1,280)", if known."""
    ahead = situation.forecast
    if ahead is None:
        return None
    budget = situation.budget
    expected, low, high = (amount(budget, end) for end in (ahead.expected, ahead.low, ahead.high))
    return standing_words.heads_for(expected, low, high, at_least=situation.at_least)


def used_up(situation: Situation) -> str | None:
    """Return when the amount will be used up, with its likely range, if within the period."""
    when = situation.exhaustion
    if when is None or when.expected is None:
        return None
    zone = situation.end.tzinfo
    said = f"Used up about {_day(when.expected.astimezone(zone))}"
    if when.earliest is None:
        return said
    latest = when.latest
    end = "after the period" if latest is None else _day(latest.astimezone(zone))
    return f"{said} (likely {_day(when.earliest.astimezone(zone))} to {end})"


def worst(transitions: Sequence[Transition]) -> Transition:
    """Return the transition that a subject speaks of: the most severe that fires, else the last."""
    order: dict[Severity, int] = {"notice": 0, "warning": 1, "critical": 2}
    rises = [each for each in transitions if each.move in {"fired", "escalated"}]
    return max(rises or transitions, key=lambda each: (order[each.severity], each.at))


def moment(when: datetime, situation: Situation) -> str:
    """Return a moment in the budget's zone: "20 Nov 2026 11:45 CET"."""
    local = when.astimezone(situation.end.tzinfo)
    return f"{local.day} {local:%b %Y %H:%M %Z}"


def _day(when: datetime) -> str:
    return f"{when.day} {when:%b}"
