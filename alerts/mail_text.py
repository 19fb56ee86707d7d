"""The plain text of a mail: everything that its page says, in order, without a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alerts.transition import OVER
from alerts.words import (
    STATE_WORDS,
    amount,
    budget_title,
    heads_for,
    moment,
    places_of,
    short_verdict,
    spent_of,
    used_up,
    worst,
)
from costmodel.coming_price import coming_price_sentences
from costmodel.forecast import NotForecastable
from ingest.ages import age_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.situation import Situation
    from alerts.transition import Transition

BAR_CELLS: Final = 24
MOST_PLACES: Final = 20
MOST_FACT_LINES: Final = 12
TEST_LINES: Final = (
    "This is a test: the mail server, its login and this address work.",
    "Alerts of your budgets will come from the same sender.",
)


def alert(
    situation: Situation, transitions: Sequence[Transition], now: datetime, link: str | None
) -> str:
    """Return the text of one budget's mail."""
    parts = [
        headline(situation, transitions),
        f"{bar(situation)} {spent_of(situation)}",
        *standing(situation),
        "",
        *(f"- {line}" for line in happened(situation, transitions)),
    ]
    if situation.causes:
        parts += ["", "The largest causes:"]
        parts += [f"- {cause.sentence}" for cause in situation.causes]
    parts += ["", *freshness(situation)]
    if link:
        parts += ["", f"See it in Tollbook: {link}"]
    parts += ["", "--", why_you(situation), f"Written {moment(now, situation)}."]
    return "\n".join(parts) + "\n"


def facts(transitions: Sequence[Transition], now: datetime, link: str | None) -> str:
    """Return the text of what is the same for several budgets."""
    parts = [f"{facts_headline(transitions)}.", ""]
    parts += [f"- {line}" for line in fact_lines(transitions)]
    if link:
        parts += ["", f"See it in Tollbook: {link}"]
    parts += ["", "--", FACTS_WHY, f"Written {now:%d %b %Y %H:%M %Z}."]
    return "\n".join(parts) + "\n"


def facts_headline(transitions: Sequence[Transition]) -> str:
    """Return the worst of what several budgets share, and how many facts more there are."""
    first = worst(transitions)
    verdict = short_verdict(first)
    if first.move == "recovered":
        verdict = f"Back to normal: {first.key.rule}"
    elif first.finding.sentence[:1].isupper():
        verdict = f"{verdict[:1].upper()}{verdict[1:]}"
    more = len({(each.key.rule, each.key.level, each.move in OVER) for each in transitions}) - 1
    return f"{verdict}, and {more} more" if more else verdict


def fact_lines(transitions: Sequence[Transition]) -> list[str]:
    """Return each sentence once, with the budgets that it is about; a few of very many."""
    said: dict[tuple[str, str], list[Transition]] = {}
    for each in transitions:
        said.setdefault((each.move, each.finding.sentence), []).append(each)
    lines = [
        f"{places_of(some, MOST_PLACES)}: {'recovered: ' if move == 'recovered' else ''}{sentence}."
        for (move, sentence), some in said.items()
    ]
    rest = [each for some in list(said.values())[MOST_FACT_LINES:] for each in some]
    if not rest:
        return lines
    return [*lines[:MOST_FACT_LINES], f"The same in {places_of(rest, MOST_PLACES)}."]


def digest(
    situations: Sequence[Situation],
    transitions: Sequence[Transition],
    now: datetime,
    link: str | None,
    every: str,
) -> str:
    """Return the text of a summary."""
    parts = [f"Your budgets, {every}.", ""]
    for each in situations:
        parts.append(f"{budget_title(each)}: {STATE_WORDS[each.state].lower()}")
        parts.append(f"  {bar(each)} {spent_of(each)}")
        parts += [f"  {line}" for line in standing(each)]
    if transitions:
        parts += ["", "What happened:"]
        parts += [f"- {line}" for line in told(transitions)]
    if link:
        parts += ["", f"See it in Tollbook: {link}"]
    parts += ["", "--", DIGEST_WHY, f"Written {now:%d %b %Y %H:%M %Z}."]
    return "\n".join(parts) + "\n"


def plain(lines: Sequence[str], now: datetime) -> str:
    """Return a few sentences as a mail."""
    return "\n".join([*lines, "", f"Written {now:%d %b %Y %H:%M %Z}."]) + "\n"


def heartbeat_subject(situations: Sequence[Situation]) -> str:
    """Return that budgets are looked at, and how many."""
    count = f"{len(situations)} budget{'' if len(situations) == 1 else 's'}"
    return f"Tollbook is watching: {count} looked at"


def heartbeat_lines(situations: Sequence[Situation]) -> tuple[str, ...]:
    """Return what a heartbeat says of each budget."""
    return tuple(
        f"{budget_title(each)}: {STATE_WORDS[each.state].lower()}, {spent_of(each)}."
        for each in situations
    ) or ("No budget is set up yet.",)


def headline(situation: Situation, transitions: Sequence[Transition]) -> str:
    """Return the first sentence: whose budget, and what the worst of it is."""
    return f"{budget_title(situation)}: {short_verdict(worst(transitions))}."


def happened(situation: Situation, transitions: Sequence[Transition]) -> list[str]:
    """Return a sentence for each transition, with since when."""
    lines = []
    for each in transitions:
        said = each.finding.sentence
        since = each.finding.since
        when = f" (since {moment(since, situation)})" if since else ""
        before = {"recovered": "Recovered: ", "ended": "Ended: "}.get(each.move, "")
        lines.append(f"{before}{said}{when}.")
    return lines


def told(transitions: Sequence[Transition]) -> list[str]:
    """Return a line for each transition of a summary, with its day and budget."""
    return [
        f"{each.at.day} {each.at:%b %H:%M}: {each.key.budget}"
        f"{f', {each.key.value}' if each.key.value else ''}: {short_verdict(each)}"
        for each in transitions
    ]


def standing(situation: Situation) -> list[str]:
    """Return where the period heads and when the amount is used up, a sentence each."""
    lines = []
    ahead = heads_for(situation)
    if ahead:
        lines.append(f"The period {ahead}{_error(situation)}.")
    elif isinstance(situation.ahead, NotForecastable):
        lines.append(f"No forecast: {situation.ahead.reason}.")
    until = used_up(situation)
    if until:
        lines.append(f"{until}.")
    return lines


def freshness(situation: Situation) -> list[str]:
    """Return how far the data reaches, what the numbers miss, and which prices are coming."""
    if situation.watermark is None:
        return ["No usage has been imported for this budget yet."]
    age = f", {age_text(situation.age)} old" if situation.age is not None else ""
    lines = [f"Data until {moment(situation.watermark, situation)}{age}."]
    if situation.at_least:
        lines.append("Some usage has no price yet, so the amount is a lower bound.")
    lines += coming_price_sentences(situation.coming, situation.budget.currency)
    return [*lines, *(f"{each}." for each in situation.dropped_rules)]


def why_you(situation: Situation) -> str:
    """Return why somebody gets this mail and how it stops."""
    return (
        f"You get this mail because the budget {situation.budget.name!r} names you, or the mail "
        "settings do. To stop it, take your address out of the budget's owners or out of mail.to "
        "in tollbook.yaml, or snooze the alert on the page Budgets & alerts."
    )


FACTS_WHY: Final = (
    "You get this mail because these budgets name you, or the mail settings do. To stop it, take "
    "your address out of their owners or out of mail.to in tollbook.yaml, or snooze the alerts on "
    "the page Budgets & alerts."
)
DIGEST_WHY: Final = (
    "You get this summary because mail.digest is set in tollbook.yaml. To stop it, remove that "
    "line or your address."
)


def bar(situation: Situation) -> str:
    """Return how full the budget is, drawn in characters."""
    full = min(round(situation.share_spent * BAR_CELLS), BAR_CELLS)
    return f"[{'#' * max(full, 0)}{'.' * (BAR_CELLS - max(full, 0))}]"


def limit(situation: Situation) -> str:
    """Return the budget's amount."""
    return amount(situation.budget, situation.budget.amount)


def _error(situation: Situation) -> str:
    if situation.replayed is None:
        return ""
    return f"; lately such a forecast was off by {situation.replayed.mean_error * 100:.0f}%"
