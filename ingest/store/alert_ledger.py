"""Alerts in the store: states, transitions and the outbox, changed all at once or not at all.

Nothing here raises the version of the store: no cost and no count changes when an alert
does, so nothing that was computed from usage has to be computed again.
"""

from __future__ import annotations

from dataclasses import astuple, fields
from typing import TYPE_CHECKING, Any, Final

from ingest.store import outbox
from ingest.store.alert_records import AlertBook, Pulse, Recording, StoredAlert, StoredTransition
from ingest.store.outbox import as_stored, inserted, read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    import duckdb

    from ingest.store.alert_records import Delivery, Settlement

    Reading = Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection | None]]
    Writing = Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]

_ALERT_COLUMNS: Final = ", ".join(field.name for field in fields(StoredAlert))
_TRANSITION_COLUMNS: Final = ", ".join(field.name for field in fields(StoredTransition))
_PULSE_COLUMNS: Final = ", ".join(field.name for field in fields(Pulse))
_NOTHING: Final = AlertBook(0, (), (), Pulse())


class AlertLedger:
    """The alerts of one store; each call is a session of its own."""

    def __init__(self, reading: Reading, writing: Writing) -> None:
        self._reading = reading
        self._writing = writing

    def book(self) -> AlertBook:
        """Return what the last tick left: states, transitions that are held, the pulse."""
        with self._reading() as session:
            if session is None:
                return _NOTHING
            pulses = session.execute(f"SELECT serial, {_PULSE_COLUMNS} FROM alert_pulse").fetchall()
            serial, *pulse = pulses[0]
            return AlertBook(
                serial,
                _alerts(session),
                _transitions(session, "telling = 'held'", []),
                read(Pulse, pulse),
            )

    def record(self, serial: int, recording: Recording) -> bool:
        """Keep what a tick found, unless another one did so since ``serial`` was read.

        Returns:
            False where nothing was kept because the book has moved on.
        """
        with self._writing() as session:
            if session.execute("SELECT serial FROM s.alert_pulse").fetchall() != [(serial,)]:
                return False
            _replace_alerts(session, recording.alerts)
            inserted(session, "s.alert_transitions", recording.transitions)
            for transition_id, telling in recording.released.items():
                session.execute(
                    "UPDATE s.alert_transitions SET telling = ? WHERE transition_id = ?",
                    [telling, transition_id],
                )
            inserted(session, "s.alert_messages", recording.messages)
            outbox.add(session, recording.deliveries)
            if recording.forget_before is not None:
                _forget(session, recording.forget_before)
            _beat(session, recording.pulse)
            return True

    def claim(self, claimant: str, now: datetime, until: datetime) -> list[Delivery]:
        """Return the deliveries that are due and nobody else has in hand until then."""
        with self._reading() as session:
            if session is None or not outbox.any_due(session, now):
                return []
        with self._writing() as session:
            return outbox.claim(session, claimant, now, until)

    def settle(self, claimant: str, settled: Settlement, until: datetime) -> None:
        """Keep what became of one try; all else that was claimed is in hand until then."""
        with self._writing() as session:
            outbox.settle(session, claimant, settled, until)

    def let_go(self, claimant: str) -> None:
        """Give back what was claimed and not tried."""
        with self._writing() as session:
            outbox.let_go(session, claimant)

    def transitions(self, since: datetime | None = None) -> list[StoredTransition]:
        """Return the transitions recorded after a moment, the earliest first."""
        with self._reading() as session:
            if session is None:
                return []
            chosen = "TRUE" if since is None else "recorded_at > ?"
            return _transitions(session, chosen, [] if since is None else [as_stored(since)])

    def deliveries(self, at_most: int | None = None) -> list[Delivery]:
        """Return what was or is to be delivered, with the messages as sent, the latest first."""
        with self._reading() as session:
            return [] if session is None else outbox.deliveries(session, at_most)


def _alerts(session: duckdb.DuckDBPyConnection) -> list[StoredAlert]:
    rows = session.execute(f"SELECT {_ALERT_COLUMNS} FROM alert_states ORDER BY ALL").fetchall()
    return [read(StoredAlert, row) for row in rows]


def _transitions(
    session: duckdb.DuckDBPyConnection, chosen: str, values: Sequence[Any]
) -> list[StoredTransition]:
    rows = session.execute(
        f"""SELECT {_TRANSITION_COLUMNS} FROM alert_transitions WHERE {chosen}
        ORDER BY recorded_at, budget, value, alert, edge""",
        list(values),
    ).fetchall()
    return [read(StoredTransition, row) for row in rows]


def _replace_alerts(session: duckdb.DuckDBPyConnection, alerts: Sequence[StoredAlert]) -> None:
    if alerts:
        session.execute(
            "DELETE FROM s.alert_states WHERE list_contains(?, alert)",
            [[each.alert for each in alerts]],
        )
    inserted(session, "s.alert_states", alerts)


def _forget(session: duckdb.DuckDBPyConnection, before: datetime) -> None:
    """Take old deliveries and edges out of the log; what waits or is held stays."""
    outbox.forget(session, before)
    session.execute(
        "DELETE FROM s.alert_transitions WHERE recorded_at < ? AND telling <> 'held'",
        [as_stored(before)],
    )


def _beat(session: duckdb.DuckDBPyConnection, pulse: Pulse) -> None:
    assigned = ", ".join(f"{name} = ?" for name in _PULSE_COLUMNS.split(", "))
    session.execute(
        f"UPDATE s.alert_pulse SET serial = serial + 1, {assigned}",
        [as_stored(value) for value in astuple(pulse)],
    )
