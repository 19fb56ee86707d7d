"""Webhooks: an alert as JSON for programs, signed, and as text for chats.

A receiver recomputes the signature over time and body with the shared secret, refuses
what is older than a few minutes, and drops a delivery whose id it has seen.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.request
from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError, URLError

from alerts import mail_text
from alerts.forecast_json import forecast_json
from alerts.words import amount, budget_title, short_verdict, spent_so_far
from costmodel.money import decimal_string

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from alerts.situation import Situation
    from alerts.transition import Transition
    from ingest.settings import Webhook

SILENCE_SECONDS: Final = 15.0
MOST_TEXT: Final = 3_000
"""Slack takes no longer text in one section."""
SIGNATURE_HEADER: Final = "X-Tollbook-Signature"
DELIVERY_HEADER: Final = "X-Tollbook-Delivery"
_BUSY: Final = frozenset({408, 425, 429})
"""Answers below 500 that ask for another try."""


class WebhookError(Exception):
    """A webhook did not take an alert; the text says why."""


class WebhookTemporaryError(WebhookError):
    """A later try may do better."""


class WebhookPermanentError(WebhookError):
    """The same alert will be refused again."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """An alert goes to the address that was configured and to no other."""

    def redirect_request(self, *_: object) -> None:
        """Follow none."""


def alert_body(situation: Situation, transition: Transition, link: str | None) -> dict[str, Any]:
    """Return what programs get: which key, which limit, until when, and why.

    Money and counts are decimal strings, times ISO 8601 with their offset.
    """
    finding = transition.finding
    return {
        "id": transition.transition_id,
        "event": transition.move,
        "budget": situation.budget.name,
        "value": situation.value or None,
        "state": situation.state,
        "rule": transition.key.rule,
        "level": transition.key.level or None,
        "severity": transition.severity,
        "sentence": finding.sentence,
        "keys": _keys(situation),
        "filter": {name: list(values) for name, values in situation.filters.items()},
        "measure": situation.budget.measure,
        "currency": situation.budget.currency,
        "limit": decimal_string(situation.budget.amount),
        "spent": decimal_string(situation.spent),
        "left": decimal_string(situation.left),
        "at_least": situation.at_least,
        "forecast": forecast_json(situation.budget, situation.ahead, situation.coming),
        "from": situation.start.isoformat(),
        "until": situation.end.isoformat(),
        "at": transition.at.isoformat(),
        "link": link,
    }


def slack_body(situation: Situation, transition: Transition, link: str | None) -> dict[str, Any]:
    """Return an alert as chats of Slack's shape show it: a headline, the reason, a button."""
    spent = spent_so_far(situation)
    limit = amount(situation.budget, situation.budget.amount)
    head = f"{budget_title(situation)}: {short_verdict(transition)}"
    said = f"{spent[:1].upper()}{spent[1:]} of {limit} spent."
    lines = [f"*{_plain(head)}*", said, _plain(transition.finding.sentence)]
    return {"text": _plain(f"{head} ({spent} of {limit})"), "blocks": _blocks(lines, link)}


def heartbeat_body(situations: Sequence[Situation], name: str, now: datetime) -> dict[str, Any]:
    """Return the proof for programs that budgets are looked at, and how each stands."""
    return {
        "id": name,
        "event": "heartbeat",
        "at": now.isoformat(),
        "budgets": [
            {
                "budget": each.budget.name,
                "value": each.value or None,
                "state": each.state,
                "measure": each.budget.measure,
                "currency": each.budget.currency,
                "limit": decimal_string(each.budget.amount),
                "spent": decimal_string(each.spent),
                "left": decimal_string(each.left),
                "at_least": each.at_least,
                "until": each.end.isoformat(),
            }
            for each in situations
        ],
    }


def slack_heartbeat(situations: Sequence[Situation], _name: str, _now: datetime) -> dict[str, Any]:
    """Return the proof for chats; of very many budgets the first ones."""
    head = mail_text.heartbeat_subject(situations)
    lines = [f"*{_plain(head)}*", *map(_plain, mail_text.heartbeat_lines(situations))]
    return {"text": _plain(head), "blocks": _blocks(lines, None)}


def slack_facts(transitions: Sequence[Transition], link: str | None) -> dict[str, Any]:
    """Return what is the same for several budgets, as chats of Slack's shape show it."""
    head = mail_text.facts_headline(transitions)
    lines = [f"*{_plain(head)}*", *map(_plain, mail_text.fact_lines(transitions))]
    return {"text": _plain(head), "blocks": _blocks(lines, link)}


def _blocks(lines: Sequence[str], link: str | None) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(lines)[:MOST_TEXT]}}
    ]
    if link:
        button = {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": link}
        blocks.append({"type": "actions", "elements": [button]})
    return blocks


def signature(secret: str, body: bytes, at: datetime) -> str:
    """Return the signature's header: ``t=<seconds>,v1=<hex of HMAC-SHA-256 over "t.body">``."""
    seconds = int(at.timestamp())
    signed = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return f"t={seconds},v1={signed.hexdigest()}"


def deliver(
    webhook: Webhook, secret: str | None, body: Mapping[str, Any], delivery: str, sent_at: datetime
) -> None:
    """Post a body; ``delivery`` is the id by which a receiver tells a repetition.

    Raises:
        WebhookTemporaryError: Nobody answers, or asks for another try.
        WebhookPermanentError: The address refuses this body.
    """
    data = json.dumps(body, ensure_ascii=False).encode()
    asked = urllib.request.Request(webhook.url, data=data, method="POST")  # noqa: S310 - checked when configured
    asked.add_header("Content-Type", "application/json")
    asked.add_header("User-Agent", "tollbook")
    asked.add_header(DELIVERY_HEADER, delivery)
    if secret:
        asked.add_header(SIGNATURE_HEADER, signature(secret, data, sent_at))
    try:
        with urllib.request.build_opener(_NoRedirect()).open(asked, timeout=SILENCE_SECONDS):
            return
    except HTTPError as error:
        with error:
            raise _answered(webhook, error.code) from None
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise WebhookTemporaryError(f"webhook {webhook.name} does not answer ({reason})") from None


def _answered(webhook: Webhook, code: int) -> WebhookError:
    said = f"webhook {webhook.name} answers {code}"
    if code in _BUSY or code >= 500:  # noqa: PLR2004 - HTTP: the server's own fault
        return WebhookTemporaryError(said)
    return WebhookPermanentError(said)


def _keys(situation: Situation) -> list[str]:
    """Return the names of the keys that the budget is about, none where it is about more."""
    return [value for value in situation.filters.get("api_key", ()) if value is not None]


def _plain(text: str) -> str:
    """Return a text in which Slack sees no markup: its three characters, escaped."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
