"""What the page says of budgets: where they stand, how fast, who looked, what was sent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from alerts.mail_text import freshness
from alerts.words import STATE_WORDS, amount, budget_title, heads_for, spent_so_far, used_up
from costmodel.burn.sentences import length
from costmodel.forecast import NotForecastable
from costmodel.standing_words import standing_sentence
from dashboard.moments import moment_text, short_moment_text
from ingest.ages import age_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.situation import Situation
    from alerts.states import AlertState
    from ingest.store.alert_records import Delivery, Pulse

SEVERITY_ORDER: Final = ("critical", "failed", "stale", "warning", "notice", "ok")
"""States, the one that needs somebody most first."""

PERIOD_WORDS: Final = {
    "day": "a day",
    "week": "a week",
    "month": "a month",
    "quarter": "a quarter",
    "year": "a year",
}
MOVE_WORDS: Final = {
    "fired": "Fired",
    "escalated": "Got worse",
    "recovered": "Back to normal",
    "ended": "Ended with the period",
    "removed": "Taken out",
    "reminded": "Still firing after the snooze",
}
NOBODY_LOOKS: Final = (
    "Nobody looks at the budgets between visits, so no mail will come: run 'tollbook alerts run', "
    "or 'tollbook alerts check' from a timer."
)
_LATE: Final = timedelta(hours=2)
"""Ticks come every few minutes; after so long without one nobody looks any more."""


def headline(situations: Sequence[Situation]) -> str:
    """Return the page's large sentence: how many budgets need somebody."""
    count = len(situations)
    troubled = sum(each.state != "ok" for each in situations)
    if not troubled:
        return "The budget is well." if count == 1 else f"All {count} budgets are well."
    if count == 1:
        return f"{STATE_WORDS[situations[0].state]}: {budget_title(situations[0])}."
    verb = "needs" if troubled == 1 else "need"
    return f"{troubled} of {count} budgets {verb} somebody."


def ordered(situations: Sequence[Situation]) -> list[Situation]:
    """Return the situations, the most urgent first, then the fullest."""
    return sorted(
        situations, key=lambda each: (SEVERITY_ORDER.index(each.state), -each.share_spent)
    )


def sentence(situation: Situation) -> str:
    """Return "$841 of $1,200 and heads for $1,291 (likely $1,221 to $1,391)"."""
    limit = amount(situation.budget, situation.budget.amount)
    said, ahead = f"{spent_so_far(situation)} of {limit}", heads_for(situation)
    return f"{said} and {ahead}" if ahead else said


def pace(situation: Situation) -> str:
    """Return how fast it is spent, over the longest window that a rule looks at."""
    seen = [each for each in situation.windows if each.times_plan is not None]
    if seen:
        widest = max(seen, key=lambda each: each.window)
        return f"Spending {widest.times_plan:.1f}x plan over the last {length(widest.window)}."
    if situation.planned_so_far > 0:
        times = float(situation.spent) / situation.planned_so_far
        return f"Spent {times:.1f}x what was planned by now."
    return ""


def title(situation: Situation) -> str:
    """Return the large sentence of one budget."""
    budget = situation.budget
    return standing_sentence(
        budget_title(situation),
        f"{amount(budget, situation.spent)} of {amount(budget, budget.amount)}",
        heads_for(situation),
        at_least=situation.at_least,
        verb="spent" if budget.measure == "money" else "used",
    )


def remarks(situation: Situation) -> list[str]:
    """Return pace, what the forecast is worth, and exhaustion, a sentence each."""
    said = [pace(situation)]
    if situation.forecast is not None and situation.chance_above is not None:
        said.append(chance(situation.chance_above))
    until = used_up(situation)
    if until:
        said.append(f"{until}.")
    if isinstance(situation.ahead, NotForecastable):
        said.append(f"No forecast: {situation.ahead.reason}.")
    if situation.forecast is not None and situation.replayed is not None:
        error = situation.replayed.mean_error
        said.append(f"Lately such a forecast was off by {error:.0%} on average.")
    return [each for each in said if each]


def chance(above: float) -> str:
    """Return how likely the period ends above the budget, in tenths."""
    tenths = min(max(round(above * 10), 1), 9)
    return f"It ends over the budget in about {tenths} of 10 cases."


def kept_for(situation: Situation) -> str:
    """Return how much for which period, what it is spent on, and who answers for it."""
    budget = situation.budget
    limit = f"{amount(budget, budget.amount)} {PERIOD_WORDS[budget.period]}"
    on = ", ".join(
        f"{name}: {' or '.join(value or 'not given' for value in values)}"
        for name, values in situation.filters.items()
    )
    each = f"for each {budget.each.replace('_', ' ')}" if budget.each else ""
    owners = f"owned by {', '.join(budget.owners)}" if budget.owners else ""
    return " · ".join(part for part in (limit, each, on, owners) if part)


def data_lines(situation: Situation) -> list[str]:
    """Return how far the data reaches, what the numbers miss and which rules were left out."""
    return freshness(situation)


def last_look(pulse: Pulse, now: datetime) -> tuple[str, bool]:
    """Return who looked last, and whether something is wrong with the looking."""
    if pulse.looked_at is None:
        return NOBODY_LOOKS, True
    age = now - pulse.looked_at
    said = f"Last look {age_text(age)} ago"
    if pulse.failure:
        return f"{said}, and it failed: {pulse.failure}.", True
    if age > _LATE:
        return f"{said}. {NOBODY_LOOKS}", True
    return f"{said}.", False


def answered(state: AlertState, zone: str, now: datetime) -> str:
    """Return who has taken an alert on, and until when it is quiet; "" where neither is."""
    said = []
    if state.acknowledged:
        at = moment_text(state.acknowledged.at, zone)
        said.append(f"Taken on by {state.acknowledged.by}, {at}.")
    if state.snooze and state.snooze.holds(now):
        until = state.snooze.until
        rest = "it gets worse or is over" if until is None else moment_text(until, zone)
        said.append(f"Quiet until {rest}.")
    return " ".join(said)


def delivery_words(delivery: Delivery, zone: str) -> str:
    """Return what became of a delivery."""
    tries = "once" if delivery.tries == 1 else f"{delivery.tries} times"
    if delivery.state == "sent":
        return f"sent {moment_text(delivery.settled_at or delivery.created_at, zone)}"
    if delivery.state == "waiting" and not delivery.tries:
        return "waiting"
    if delivery.state == "waiting":
        due = short_moment_text(delivery.due_at, zone)
        return f"tried {tries}, again {due}: {delivery.said}"
    return f"{delivery.state}: {delivery.said}" if delivery.said else delivery.state
