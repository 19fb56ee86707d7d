"""Messages: what a mail says, made of situations and transitions, and of nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alerts import mail_html, mail_text
from alerts.chart import spend_chart
from alerts.words import budget_title, places_of, short_verdict, spent_of, worst

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.situation import Situation
    from alerts.transition import Transition


MOST_IN_SUBJECT: Final = 2


@dataclass(frozen=True)
class Image:
    """A picture inside a mail; ``name`` is what its HTML calls it by."""

    name: str
    png: bytes


@dataclass(frozen=True)
class Message:
    """One mail, whoever gets it: a text and a page that say the same."""

    subject: str
    text: str
    html: str
    images: tuple[Image, ...] = ()


def alert_message(
    situation: Situation,
    transitions: Sequence[Transition],
    now: datetime,
    link: str | None,
) -> Message:
    """Return the mail of one budget: all its transitions of one look, the worst one first.

    ``link`` leads to the dashboard with the budget's own filters.
    """
    subject = alert_subject(situation, transitions)
    chart = spend_chart(situation)
    images = () if chart is None else (Image("spend", chart),)
    return Message(
        subject=subject,
        text=mail_text.alert(situation, transitions, now, link),
        html=mail_html.alert(situation, transitions, now, link, has_chart=bool(images)),
        images=images,
    )


def alert_subject(situation: Situation, transitions: Sequence[Transition]) -> str:
    """Return verdict and number: "Search: spending 4.6x plan, $640 of $900 (71%)"."""
    verdict = short_verdict(worst(transitions))
    return " ".join(f"{budget_title(situation)}: {verdict}, {spent_of(situation)}".split())


def facts_message(transitions: Sequence[Transition], now: datetime, link: str | None) -> Message:
    """Return the mail about what is the same for several budgets, and which those are."""
    places = places_of(transitions, MOST_IN_SUBJECT)
    return Message(
        subject=f"{mail_text.facts_headline(transitions)}: {places}",
        text=mail_text.facts(transitions, now, link),
        html=mail_html.facts(transitions, now, link),
    )


def digest_message(
    situations: Sequence[Situation],
    transitions: Sequence[Transition],
    now: datetime,
    link: str | None,
    every: str,
) -> Message:
    """Return the daily or weekly summary: each budget in a line, and what happened since."""
    troubled = [each for each in situations if each.state != "ok"]
    count = f"{len(situations)} budget{'' if len(situations) == 1 else 's'}"
    verdict = f"{len(troubled)} of {count} off plan" if troubled else f"{count}, all is well"
    return Message(
        subject=f"Tollbook, {every} summary: {verdict}",
        text=mail_text.digest(situations, transitions, now, link, every),
        html=mail_html.digest(situations, transitions, now, link, every),
    )


def test_message(now: datetime) -> Message:
    """Return the mail that proves that mails arrive."""
    return Message(
        subject="Tollbook can reach you",
        text=mail_text.plain(mail_text.TEST_LINES, now),
        html=mail_html.plain("Tollbook can reach you", mail_text.TEST_LINES, now),
    )


def heartbeat_message(situations: Sequence[Situation], now: datetime) -> Message:
    """Return the mail that proves that silence means something: budgets are being looked at."""
    lines = mail_text.heartbeat_lines(situations)
    return Message(
        subject=mail_text.heartbeat_subject(situations),
        text=mail_text.plain(lines, now),
        html=mail_html.plain("Tollbook is watching", lines, now),
    )
