"""Answers to alerts: somebody takes one on, or wants to hear of it later.

An answer is recorded as a tick is, so neither can overwrite the other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alerts.tick import RACES
from ingest.store.alert_records import Recording

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ingest.store import Store
    from ingest.store.alert_records import StoredAlert

    Change = Callable[[StoredAlert], StoredAlert]


class NotFiringError(Exception):
    """The alert that somebody answers does not fire any more."""


class AnswerError(Exception):
    """Ticks were always faster; try again."""


def acknowledge(store: Store, alert: str, by: str, now: datetime) -> None:
    """Keep who has taken an alert on; it is told again only when it gets worse or comes back.

    Raises:
        NotFiringError: It does not fire any more.
        AnswerError: Other programs changed alerts all the time.
    """
    _change(store, alert, lambda row: replace(row, acknowledged_by=by, acknowledged_at=now))


def snooze(store: Store, alert: str, until: datetime | None) -> None:
    """Tell an alert again at a time, or without one only when it is worse or over.

    Raises:
        NotFiringError: It does not fire any more.
        AnswerError: Other programs changed alerts all the time.
    """
    _change(store, alert, lambda row: replace(row, snoozed=True, snoozed_until=until))


def wake(store: Store, alert: str) -> None:
    """End a snooze.

    Raises:
        NotFiringError: It does not fire any more.
        AnswerError: Other programs changed alerts all the time.
    """
    _change(store, alert, lambda row: replace(row, snoozed=False, snoozed_until=None))


def _change(store: Store, alert: str, change: Change) -> None:
    ledger = store.alerts()
    for _ in range(RACES):
        book = ledger.book()
        row = next((each for each in book.alerts if each.alert == alert and each.firing), None)
        if row is None:
            raise NotFiringError("this alert does not fire any more")
        if ledger.record(book.serial, Recording(book.pulse, [change(row)])):
            return
    raise AnswerError("other programs look at the budgets all the time: try again")
