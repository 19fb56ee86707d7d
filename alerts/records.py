"""Alerts as the store keeps them, and back."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from alerts.message import Image, Message
from alerts.states import Acknowledgement, AlertState, Snooze, alert_id
from alerts.transition import AlertKey, Transition
from costmodel.burn.finding import Finding
from ingest.store.alert_records import StoredAlert, StoredTransition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.store.alert_records import Delivery, Telling


def stored_alert(state: AlertState) -> StoredAlert:
    """Return a state as a row."""
    taken, snooze = state.acknowledged, state.snooze
    return StoredAlert(
        **_key_columns(state.key),
        firing=state.firing,
        ended=state.ended,
        severity=state.severity,
        edge=state.edge,
        since=state.since,
        finding=finding_text(state.finding),
        acknowledged_by=taken.by if taken else None,
        acknowledged_at=taken.at if taken else None,
        snoozed=snooze is not None,
        snoozed_until=snooze.until if snooze else None,
        told_to=None if state.told_to is None else json.dumps(state.told_to),
    )


def alert_state(row: StoredAlert) -> AlertState:
    """Return a row as a state."""
    taken = None
    if row.acknowledged_by is not None and row.acknowledged_at is not None:
        taken = Acknowledgement(row.acknowledged_by, row.acknowledged_at)
    return AlertState(
        key=_key(row),
        firing=row.firing,
        severity=cast("Any", row.severity),
        edge=row.edge,
        since=row.since,
        finding=finding_of(row.finding),
        ended=row.ended,
        acknowledged=taken,
        snooze=Snooze(row.snoozed_until) if row.snoozed else None,
        told_to=None if row.told_to is None else tuple(json.loads(row.told_to)),
    )


def stored_transition(edge: Transition, telling: Telling) -> StoredTransition:
    """Return an edge as a row, with what becomes of its mail."""
    return StoredTransition(
        **_key_columns(edge.key),
        transition_id=edge.transition_id,
        edge=edge.edge,
        move=edge.move,
        severity=edge.severity,
        seen_at=edge.at,
        recorded_at=edge.recorded_at,
        finding=finding_text(edge.finding),
        telling=telling,
    )


def transition_of(row: StoredTransition) -> Transition:
    """Return a row as an edge."""
    return Transition(
        row.transition_id,
        _key(row),
        row.edge,
        cast("Any", row.move),
        cast("Any", row.severity),
        row.seen_at,
        row.recorded_at,
        finding_of(row.finding),
    )


def finding_text(finding: Finding) -> str:
    """Return a finding as JSON."""
    fields = asdict(finding) | {"since": finding.since and finding.since.isoformat()}
    return json.dumps(fields)


def finding_of(text: str) -> Finding:
    """Return a finding from its JSON."""
    fields: dict[str, Any] = json.loads(text)
    since = fields.pop("since")
    return Finding(**fields, since=datetime.fromisoformat(since) if since else None)


def message_text(message: Message) -> str:
    """Return all of a message but its subject as JSON."""
    images = {each.name: base64.b64encode(each.png).decode() for each in message.images}
    return json.dumps({"text": message.text, "html": message.html, "images": images})


def message_of(subject: str, content: str) -> Message:
    """Return a message from its subject and JSON."""
    fields = json.loads(content)
    images = (Image(name, base64.b64decode(png)) for name, png in fields["images"].items())
    return Message(subject, fields["text"], fields["html"], tuple(images))


def tells_text(transitions: Iterable[Transition]) -> str:
    """Return which transitions a message tells as JSON."""
    return json.dumps([each.transition_id for each in transitions])


def told_by(delivery: Delivery) -> frozenset[str]:
    """Return the ids of the transitions that a message tells, as far as it is known.

    Of an older version's message it is the first one, after which it is named.
    """
    if delivery.tells is None:
        return frozenset({delivery.bundle.partition(".")[0]})
    return frozenset(json.loads(delivery.tells))


def _key_columns(key: AlertKey) -> dict[str, Any]:
    return {"alert": alert_id(key), **asdict(key)}


def _key(row: StoredAlert | StoredTransition) -> AlertKey:
    return AlertKey(row.budget, row.value, row.rule, row.level, row.period_start)
