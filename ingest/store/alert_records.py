"""What the store keeps of alerts: their states, transitions and messages, and who looked last.

Names of rules, severities and moves are words that the alerts choose; findings and the
contents of messages are JSON that only they read. All times are aware, in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

Channel = Literal["mail", "webhook"]
Telling = Literal["told", "held", "silent"]
"""``held``: its mail waits for a better moment; ``silent``: it stands in the digest only."""
DeliveryState = Literal["waiting", "sent", "failed", "cancelled"]


@dataclass(frozen=True)
class StoredAlert:
    """The state of one alert: a rule and level of a budget, for its period where it has one.

    ``alert`` is short for the five fields of its key. ``severity`` is the highest one told
    since it fired, ``edge`` counts its transitions, ``since`` is when it came into this state.
    ``snoozed`` without ``snoozed_until`` lasts until it gets worse or recovers. ``told_to`` is
    the JSON list of who was mailed since it fired, None where an older version fired it.
    """

    alert: str
    budget: str
    value: str
    rule: str
    level: str
    period_start: date | None
    firing: bool
    ended: bool
    severity: str
    edge: int
    since: datetime
    finding: str
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    snoozed: bool = False
    snoozed_until: datetime | None = None
    told_to: str | None = None


@dataclass(frozen=True)
class StoredTransition:
    """One edge of one alert, and whether a mail tells it."""

    transition_id: str
    alert: str
    budget: str
    value: str
    rule: str
    level: str
    period_start: date | None
    edge: int
    move: str
    severity: str
    seen_at: datetime
    recorded_at: datetime
    finding: str
    telling: Telling = "told"


@dataclass(frozen=True)
class StoredMessage:
    """What is said, once for all who get it; ``bundle`` names it.

    ``tells`` is the JSON list of the transitions that it tells, None where that is not known.
    """

    bundle: str
    subject: str
    content: str
    tells: str | None = None


@dataclass(frozen=True)
class NewDelivery:
    """One message for one recipient, to be sent not before ``due_at``."""

    bundle: str
    channel: Channel
    recipient: str
    message_id: str
    created_at: datetime
    due_at: datetime


@dataclass(frozen=True)
class Delivery:
    """One message on its way to one recipient, or what became of it.

    ``tried_at`` is the last try; ``due_at`` when the next one is. ``said`` is what went wrong.
    ``tells`` is that of its message, None also where an older version wrote it.
    """

    number: int
    bundle: str
    channel: Channel
    recipient: str
    message_id: str
    state: DeliveryState
    created_at: datetime
    due_at: datetime
    tries: int
    tried_at: datetime | None
    settled_at: datetime | None
    said: str
    subject: str
    content: str
    tells: str | None = None


@dataclass(frozen=True)
class Settlement:
    """What became of one try: ``waiting`` means another one at ``due_at``."""

    number: int
    state: DeliveryState
    at: datetime
    said: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True)
class Pulse:
    """Who looked last: the proof that silence means that all is well.

    ``looked_at`` is the last tick of all, ``well_at`` the last one that evaluated every
    budget; ``failure`` says what stopped the last one, "" where nothing did. ``digest_at``
    is the moment that the last summary was due.
    """

    looked_at: datetime | None = None
    well_at: datetime | None = None
    failure: str = ""
    digest_at: datetime | None = None


@dataclass(frozen=True)
class AlertBook:
    """Everything that a tick starts from. ``serial`` rises with each recorded tick."""

    serial: int
    alerts: Sequence[StoredAlert]
    held: Sequence[StoredTransition]
    pulse: Pulse


@dataclass(frozen=True)
class Recording:
    """What one tick changes, all of it or nothing.

    ``released`` says of transitions that were held whether they are told now or stay silent.
    ``forget_before``: what was settled before then leaves the log; states never do.
    """

    pulse: Pulse
    alerts: Sequence[StoredAlert] = ()
    transitions: Sequence[StoredTransition] = ()
    released: Mapping[str, Telling] = field(default_factory=dict)
    messages: Sequence[StoredMessage] = ()
    deliveries: Sequence[NewDelivery] = ()
    forget_before: datetime | None = None
