"""What goes out: messages made of transitions, and one delivery for each who gets them.

A message that cannot be drawn goes out as plain text: no fault of a chart keeps an alert back.
"""

from __future__ import annotations

import hashlib
import html
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from alerts.letters import Letter, letters_of, shared_facts
from alerts.mail_text import facts_headline, heartbeat_subject
from alerts.message import (
    Message,
    alert_message,
    digest_message,
    facts_message,
    heartbeat_message,
)
from alerts.records import message_text, tells_text
from alerts.webhooks import (
    alert_body,
    heartbeat_body,
    slack_body,
    slack_facts,
    slack_heartbeat,
)
from alerts.words import short_verdict
from ingest.store.alert_records import NewDelivery, StoredMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from alerts.situation import Situation
    from alerts.states import AlertState
    from alerts.transition import AlertKey, Transition
    from ingest.configuration import Configuration
    from ingest.settings import Mail, Webhook

Place = tuple[str, str]
"""A budget and the value that it is kept for."""


@dataclass
class Outgoing:
    """Messages and deliveries as one tick collects them.

    ``states`` are those after the tick; they know who has heard of each alert.
    """

    configuration: Configuration
    situations: Mapping[Place, Situation]
    now: datetime
    states: Mapping[AlertKey, AlertState] = field(default_factory=dict)
    messages: list[StoredMessage] = field(default_factory=list)
    deliveries: list[NewDelivery] = field(default_factory=list)

    def mail_alerts(self, told: Sequence[Transition]) -> None:
        """Add the mails that tell transitions."""
        for letter, who in letters_of(told, self.audience).items():
            make = {"budget": self._alert, "facts": self._facts, "list": self._summary}[letter.form]
            self._mail(self._name(letter.name), make(letter.transitions), who, letter.transitions)

    def audience(self, transition: Transition) -> tuple[str, ...]:
        """Return who hears of a transition: of a rule that was taken out who was told of it."""
        mail = self.configuration.mail
        if mail is None:
            return ()
        state = self.states.get(transition.key)
        if transition.move == "removed" and state is not None and state.told_to is not None:
            return state.told_to
        return recipients(mail, self.situations.get(_place(transition)))

    def mail_digest(self, transitions: Sequence[Transition], every: str, due: datetime) -> None:
        """Add the summary that was due at a moment."""
        mail = self.configuration.mail
        if mail is not None and mail.to:
            situations = list(self.situations.values())
            message = digest_message(situations, transitions, self.now, mail.link, every)
            self._mail(self._name(f"digest-{due:%Y%m%d}"), message, mail.to)

    def mail_heartbeat(self, due: datetime) -> None:
        """Add the mail that proves that budgets are looked at."""
        mail = self.configuration.mail
        if mail is not None and mail.to:
            message = heartbeat_message(list(self.situations.values()), self.now)
            self._mail(self._name(f"heartbeat-{due:%Y%m%d}"), message, mail.to)

    def post_heartbeat(self, webhook: Webhook, due: datetime) -> None:
        """Add the post that proves to a program or a chat that budgets are looked at."""
        situations = list(self.situations.values())
        make = slack_heartbeat if webhook.shape == "slack" else heartbeat_body
        what = self._name(f"heartbeat-{due:%Y%m%d}")
        subject = heartbeat_subject(situations)
        self._post(webhook, what, subject, make(situations, what, self.now))

    def post(self, transitions: Sequence[Transition], snoozed: Iterable[str]) -> None:
        """Add what webhooks get: programs every edge, chats those that people shall hear of.

        What several budgets share is one post to a chat.
        """
        silent = set(snoozed)
        for_people = [
            each
            for each in transitions
            if each.move != "ended" and each.transition_id not in silent
        ]
        facts, rest = shared_facts(for_people)
        for webhook in self.configuration.webhooks:
            for transition in rest if webhook.shape == "slack" else transitions:
                body = self._body(webhook, transition)
                what, verdict = transition.transition_id, short_verdict(transition)
                self._post(webhook, what, verdict, body, (transition,))
            for fact in facts if webhook.shape == "slack" else ():
                name, body = Letter("facts", fact).name, slack_facts(fact, self._page)
                self._post(webhook, name, facts_headline(fact), body, fact)

    def _post(
        self,
        webhook: Webhook,
        what: str,
        subject: str,
        body: Mapping[str, Any],
        told: Sequence[Transition] = (),
    ) -> None:
        """Add a post to one webhook; all of one shape share what is said."""
        name = self._name(f"{what}-{webhook.shape}")
        if all(each.bundle != name for each in self.messages):
            self.messages.append(StoredMessage(name, subject, json.dumps(body), tells_text(told)))
        self._deliver(name, "webhook", webhook.name, what)

    def _body(self, webhook: Webhook, transition: Transition) -> Mapping[str, Any]:
        situation = self.situations.get(_place(transition))
        if situation is None:
            said = f"Tollbook: {transition.finding.sentence}"
            return {"text": said} if webhook.shape == "slack" else _bare_body(transition)
        make = slack_body if webhook.shape == "slack" else alert_body
        return make(situation, transition, self._link(situation))

    def _alert(self, bundle: Sequence[Transition]) -> Message:
        situation = self.situations.get(_place(bundle[0]))
        if situation is None:
            return plain_message(bundle)
        try:
            return alert_message(situation, bundle, self.now, self._link(situation))
        except Exception:  # noqa: BLE001 - whatever it is, the alert goes out
            return plain_message(bundle)

    def _facts(self, transitions: Sequence[Transition]) -> Message:
        try:
            return facts_message(transitions, self.now, self._page)
        except Exception:  # noqa: BLE001 - whatever it is, the alerts go out
            return plain_message(transitions)

    @property
    def _page(self) -> str | None:
        """Return the address of the page of all budgets."""
        mail = self.configuration.mail
        return f"{mail.link}/budgets" if mail and mail.link else None

    def _summary(self, transitions: Sequence[Transition]) -> Message:
        places = {_place(each) for each in transitions}
        about = [each for place, each in self.situations.items() if place in places]
        mail = self.configuration.mail
        try:
            link = mail.link if mail else None
            return digest_message(about, transitions, self.now, link, "alert")
        except Exception:  # noqa: BLE001 - whatever it is, the alerts go out
            return plain_message(transitions)

    def _link(self, situation: Situation) -> str | None:
        mail = self.configuration.mail
        return dashboard_link(mail.link if mail else None, situation)

    def _name(self, what: str) -> str:
        """Return a name that no other store uses either, so that no mailbox drops its mail."""
        return f"{what}.{self.now:%Y%m%d%H%M%S%f}"

    def _mail(
        self,
        bundle: str,
        message: Message,
        to: Iterable[str],
        told: Sequence[Transition] = (),
    ) -> None:
        mail = self.configuration.mail
        if mail is None:
            return
        content, tells = message_text(message), tells_text(told)
        self.messages.append(StoredMessage(bundle, message.subject, content, tells))
        domain = mail.sender.rpartition("@")[2]
        for who in to:
            self._deliver(bundle, "mail", who, f"{bundle}.{_short(who)}@{domain}")

    def _deliver(self, bundle: str, channel: Any, recipient: str, message_id: str) -> None:  # noqa: ANN401 - mail or webhook
        self.deliveries.append(
            NewDelivery(bundle, channel, recipient, message_id, self.now, self.now)
        )


def recipients(mail: Mail, situation: Situation | None) -> tuple[str, ...]:
    """Return who hears of a budget: its owners that are addresses, and who hears of every one."""
    owners = situation.budget.owners if situation else ()
    found = (*(each for each in owners if "@" in each), *mail.to)
    return tuple(dict.fromkeys(found))


def dashboard_link(link: str | None, situation: Situation) -> str | None:
    """Return the address of the dashboard with a budget's filters and period."""
    if link is None:
        return None
    words: list[tuple[str, str]] = [("budget", situation.budget.name)]
    for name, values in situation.filters.items():
        words += [(name, value) for value in values if value is not None]
    return f"{link}/budgets?{urlencode(words)}"


def plain_message(transitions: Sequence[Transition]) -> Message:
    """Return a mail that needs nothing but the sentences of what was found."""
    lines = [_line(each) for each in transitions]
    more = f", and {len(lines) - 1} more" if len(lines) > 1 else ""
    page = "".join(f"<p>{html.escape(line)}.</p>" for line in lines)
    return Message(f"{lines[0]}{more}", "\n".join(f"{line}." for line in lines) + "\n", page)


def _line(transition: Transition) -> str:
    key = transition.key
    name = ", ".join(filter(None, (key.budget, key.value))) or "Tollbook"
    if transition.move == "recovered":
        return f"{name}: {key.rule} is back to normal"
    return f"{name}: {transition.finding.sentence}"


def _bare_body(transition: Transition) -> dict[str, Any]:
    return {
        "id": transition.transition_id,
        "event": transition.move,
        "budget": transition.key.budget or None,
        "value": transition.key.value or None,
        "rule": transition.key.rule,
        "level": transition.key.level or None,
        "severity": transition.severity,
        "sentence": transition.finding.sentence,
        "at": transition.at.isoformat(),
    }


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _place(transition: Transition) -> Place:
    return transition.key.budget, transition.key.value
