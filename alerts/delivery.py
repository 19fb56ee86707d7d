"""From the outbox to people and programs: at least once each, under one id.

What fails for now is tried again, later each time, for days; what a server refuses for good
is kept with its words. One recipient that is refused keeps no other one waiting.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from alerts import mail, webhooks
from alerts.records import message_of
from ingest.errors import StoreBusyError
from ingest.store.alert_records import Settlement

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ingest.configuration import Configuration
    from ingest.store import Store
    from ingest.store.alert_records import Delivery

Answer = TypeVar("Answer")

CLAIM: Final = timedelta(minutes=5)
"""How long a program may be busy with one delivery before another one takes over."""
FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=1)
GIVE_UP_AFTER: Final = timedelta(days=5)
"""RFC 5321, 4.5.4.1: the time until one gives up is at least four to five days."""
SILENT_SERVERS: Final = 2
"""After so many failures in a row the mail server is left alone until the next look."""
BUSY_ROUNDS: Final = 30
BUSY_SECONDS: Final = 2.0


@dataclass(frozen=True)
class House:
    """What a tick works with. Nothing in it is read from the clock or the environment but here.

    ``secrets`` returns the value of an environment variable. ``pause`` lets seconds pass.
    ``reached`` hears of every step, so that tests can break off between any two.
    """

    store: Store
    configuration: Configuration
    clock: Callable[[], datetime]
    secrets: Callable[[str], str | None]
    pause: Callable[[float], None]
    reached: Callable[[str], None] = field(default=lambda _step: None)


@dataclass(frozen=True)
class Delivered:
    """What became of deliveries in one go: each with how its try was settled."""

    settled: tuple[tuple[Delivery, Settlement], ...] = ()

    def count(self, state: str) -> int:
        """Return how many ended in a state."""
        return sum(settled.state == state for _, settled in self.settled)


class TryAgainError(Exception):
    """A delivery cannot be made now; ``of_server`` where no other one to it could be."""

    def __init__(self, said: str, *, of_server: bool = False) -> None:
        super().__init__(said)
        self.of_server = of_server


class RefusedError(Exception):
    """A delivery will never be made."""


def deliver_due(house: House) -> Delivered:
    """Try everything that is due once, and keep what became of it."""
    ledger, claimant = house.store.alerts(), uuid.uuid4().hex
    now = house.clock()
    due = patiently(house, lambda: ledger.claim(claimant, now, now + CLAIM))
    house.reached("claimed")
    settled: list[tuple[Delivery, Settlement]] = []
    failures = 0
    for delivery in due:
        if delivery.channel == "mail" and failures >= SILENT_SERVERS:
            continue
        settlement, is_server = _tried(house, delivery)
        house.reached("sent")
        until = house.clock() + CLAIM
        patiently(house, lambda: ledger.settle(claimant, settlement, until))  # noqa: B023 - called at once
        house.reached("settled")
        settled.append((delivery, settlement))
        if delivery.channel == "mail":
            failures = failures + 1 if is_server else 0
    if len(settled) < len(due):
        patiently(house, lambda: ledger.let_go(claimant))
    return Delivered(tuple(settled))


def patiently(house: House, work: Callable[[], Answer]) -> Answer:
    """Do something with the store, however long an import keeps it; the last error is raised."""
    for _ in range(BUSY_ROUNDS):
        try:
            return work()
        except StoreBusyError:
            house.pause(BUSY_SECONDS)
    return work()


def next_try(delivery: Delivery, now: datetime) -> datetime:
    """Return when a failed delivery is tried again: later each time, and not all at once."""
    wait = min(FIRST_WAIT * (1 << min(delivery.tries, 10)), LONGEST_WAIT)
    spread = hashlib.sha256(f"{delivery.message_id}{delivery.tries}".encode()).digest()[0] / 255
    return now + wait * (0.8 + 0.2 * spread)


def _tried(house: House, delivery: Delivery) -> tuple[Settlement, bool]:
    """Try a delivery; return what became of it, and whether its server is to blame."""
    try:
        if delivery.channel == "mail":
            _mail(house, delivery)
        else:
            _post(house, delivery)
    except TryAgainError as error:
        now = house.clock()
        if now - delivery.created_at > GIVE_UP_AFTER:
            said = f"given up after {GIVE_UP_AFTER.days} days: {error}"
            return Settlement(delivery.number, "failed", now, said), error.of_server
        due = next_try(delivery, now)
        return Settlement(delivery.number, "waiting", now, str(error), due), error.of_server
    except RefusedError as error:
        return Settlement(delivery.number, "failed", house.clock(), str(error)), False
    return Settlement(delivery.number, "sent", house.clock()), False


def _mail(house: House, delivery: Delivery) -> None:
    settings = house.configuration.mail
    if settings is None:
        raise TryAgainError("tollbook.yaml names no mail server: write one under mail")
    password = house.secrets(settings.password_env) if settings.user else None
    if settings.user and not password:
        raise TryAgainError(
            f"the environment variable {settings.password_env} is not set: "
            f"set it to the password of {settings.user}",
            of_server=True,
        )
    message = message_of(delivery.subject, delivery.content)
    who = delivery.recipient
    try:
        refused = mail.deliver(
            settings, password, [who], message, delivery.message_id, house.clock()
        )
    except mail.MailTemporaryError as error:
        raise TryAgainError(str(error), of_server=True) from error
    except mail.MailPermanentError as error:
        raise RefusedError(str(error)) from error
    if who in refused:
        said = f"{settings.host} refuses {who}: {refused[who].code} {refused[who].said}"
        raise TryAgainError(said) if refused[who].is_temporary else RefusedError(said)


def _post(house: House, delivery: Delivery) -> None:
    known = {each.name: each for each in house.configuration.webhooks}
    webhook = known.get(delivery.recipient)
    if webhook is None:
        raise RefusedError(f"tollbook.yaml has no webhook {delivery.recipient!r} any more")
    secret = house.secrets(webhook.secret_env) if webhook.secret_env else None
    if webhook.secret_env and not secret:
        raise TryAgainError(f"the environment variable {webhook.secret_env} is not set")
    try:
        webhooks.deliver(
            webhook, secret, json.loads(delivery.content), delivery.message_id, house.clock()
        )
    except webhooks.WebhookTemporaryError as error:
        raise TryAgainError(str(error)) from error
    except webhooks.WebhookPermanentError as error:
        raise RefusedError(str(error)) from error
