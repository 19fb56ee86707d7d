from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ingest.store import Store, door
from ingest.store.alert_records import (
    DeliveryState,
    NewDelivery,
    Pulse,
    Recording,
    Settlement,
    StoredAlert,
    StoredMessage,
    StoredTransition,
    Telling,
)
from ingest.store.schema import MIGRATIONS

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.store import AlertLedger

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def alert(name: str) -> StoredAlert:
    return StoredAlert(
        alert=name, budget="All", value="", rule=name, level="80%", severity="warning",
        period_start=date(2026, 11, 1), firing=True, ended=False, edge=1, since=NOON,
        finding="{}",
    )  # fmt: skip


def transition(name: str, telling: Telling = "told") -> StoredTransition:
    return StoredTransition(
        transition_id=f"{name}-1", alert=name, budget="All", value="", rule=name, level="",
        period_start=None, edge=1, move="fired", severity="critical", seen_at=NOON,
        recorded_at=NOON + MINUTE, finding="{}", telling=telling,
    )  # fmt: skip


def mail(number: int, due_at: datetime = NOON) -> NewDelivery:
    return NewDelivery("one", "mail", f"{number}@example.com", f"one-{number}", NOON, due_at)


ONE = StoredMessage("one", "A subject", '{"text": "A text"}')


@pytest.fixture
def ledger(tmp_path: Path) -> AlertLedger:
    """Alerts of a store that is not there yet."""
    return Store(tmp_path / "tollbook.duckdb").alerts()


def waiting(ledger: AlertLedger, *deliveries: NewDelivery) -> None:
    assert ledger.record(0, Recording(Pulse(), messages=[ONE], deliveries=deliveries))


def test_without_a_store_there_are_no_alerts(ledger: AlertLedger) -> None:
    book = ledger.book()
    assert (book.serial, [*book.alerts], [*book.held], book.pulse) == (0, [], [], Pulse())
    assert ledger.transitions() == []
    assert ledger.deliveries() == []
    assert ledger.claim("a", NOON, NOON + MINUTE) == []


def test_what_is_recorded_comes_back_and_the_next_serial_is_one_more(ledger: AlertLedger) -> None:
    pulse = Pulse(NOON, NOON - MINUTE, "no mail server", NOON)
    given = replace(alert("a"), acknowledged_by="Ann", snoozed=True, snoozed_until=NOON + MINUTE)
    recording = Recording(pulse, [given], [transition("a", "held"), transition("b")])
    assert ledger.record(0, recording)
    book = ledger.book()
    assert (book.serial, book.pulse) == (1, pulse)
    assert book.alerts == [given]
    assert book.held == [transition("a", "held")]
    assert ledger.transitions(NOON) == [transition("a", "held"), transition("b")]
    assert ledger.transitions(NOON + MINUTE) == []


def test_of_two_that_began_at_one_serial_the_second_keeps_nothing(ledger: AlertLedger) -> None:
    assert ledger.record(0, Recording(Pulse(NOON), [alert("a")]))
    assert not ledger.record(0, Recording(Pulse(NOON), [alert("b")], [transition("b")]))
    assert [each.alert for each in ledger.book().alerts] == ["a"]
    assert ledger.transitions() == []


def test_a_state_replaces_the_one_of_its_alert_only(ledger: AlertLedger) -> None:
    ledger.record(0, Recording(Pulse(), [alert("a"), alert("b")]))
    ledger.record(1, Recording(Pulse(), [replace(alert("a"), firing=False, edge=2)]))
    assert ledger.book().alerts == [replace(alert("a"), firing=False, edge=2), alert("b")]


def test_what_was_held_is_released_once(ledger: AlertLedger) -> None:
    ledger.record(0, Recording(Pulse(), (), [transition("a", "held"), transition("b", "held")]))
    ledger.record(1, Recording(Pulse(), released={"a-1": "silent"}))
    assert [each.alert for each in ledger.book().held] == ["b"]
    assert [each.telling for each in ledger.transitions()] == ["silent", "held"]


def test_recording_alerts_does_not_void_what_was_computed_from_usage(ledger: AlertLedger) -> None:
    store = Store(ledger._reading.__self__.path)  # type: ignore[attr-defined]
    ledger.record(0, Recording(Pulse(NOON), [alert("a")], [transition("a")]))
    assert store.version() == 0


def test_a_delivery_is_claimed_once_when_it_is_due(ledger: AlertLedger) -> None:
    waiting(ledger, mail(1), mail(2, NOON + MINUTE))
    claimed = ledger.claim("a", NOON, NOON + MINUTE)
    assert [(each.recipient, each.content) for each in claimed] == [("1@example.com", ONE.content)]
    assert ledger.claim("b", NOON, NOON + MINUTE) == []
    later = ledger.claim("b", NOON + MINUTE, NOON + 2 * MINUTE)
    assert [each.recipient for each in later] == ["1@example.com", "2@example.com"]


def test_after_a_clock_was_put_back_a_claim_and_a_try_from_the_future_hold_nothing_up(
    ledger: AlertLedger,
) -> None:
    waiting(ledger, mail(1))
    assert len(ledger.claim("a", NOON, NOON + MINUTE)) == 1
    assert len(ledger.claim("b", NOON - MINUTE, NOON)) == 1
    assert ledger.claim("a", NOON - MINUTE / 2, NOON) == []
    due = NOON + 60 * MINUTE
    ledger.settle("b", Settlement(1, "waiting", NOON + MINUTE, "busy", due), due)
    assert ledger.claim("b", NOON + MINUTE, due) == []
    assert [each.said for each in ledger.claim("b", NOON - 60 * MINUTE, NOON)] == ["busy"]


@pytest.mark.parametrize("state", ["sent", "failed", "cancelled"])
def test_what_is_settled_is_not_claimed_again(ledger: AlertLedger, state: DeliveryState) -> None:
    waiting(ledger, mail(1))
    ledger.claim("a", NOON, NOON + MINUTE)
    ledger.settle("a", Settlement(1, state, NOON, "so"), NOON + MINUTE)
    assert ledger.claim("a", NOON + 5 * MINUTE, NOON + 6 * MINUTE) == []
    kept = ledger.deliveries()[0]
    assert (kept.state, kept.tries, kept.settled_at, kept.said) == (state, 1, NOON, "so")


def test_a_try_prolongs_the_claim_on_the_rest_and_what_is_let_go_is_free(
    ledger: AlertLedger,
) -> None:
    waiting(ledger, mail(1), mail(2))
    ledger.claim("a", NOON, NOON + MINUTE)
    ledger.settle("a", Settlement(1, "sent", NOON + MINUTE), NOON + 9 * MINUTE)
    assert ledger.claim("b", NOON + 2 * MINUTE, NOON + 3 * MINUTE) == []
    ledger.let_go("a")
    assert [each.number for each in ledger.claim("b", NOON + 2 * MINUTE, NOON + 3 * MINUTE)] == [2]


def test_what_was_tried_least_comes_first(ledger: AlertLedger) -> None:
    waiting(ledger, mail(1), mail(2))
    ledger.claim("a", NOON, NOON + MINUTE)
    ledger.settle("a", Settlement(1, "waiting", NOON, "no", NOON), NOON)
    assert [each.number for each in ledger.claim("a", NOON, NOON + MINUTE)] == [2, 1]
    assert [each.number for each in ledger.deliveries(1)] == [2]


def test_more_rows_than_one_statement_takes_are_all_kept(ledger: AlertLedger) -> None:
    many = [alert(f"a{number:03}") for number in range(250)]
    ledger.record(0, Recording(Pulse(), many))
    assert ledger.book().alerts == many


def test_a_store_from_before_alerts_gets_their_tables(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    with door.writing(path) as connection:
        for step in MIGRATIONS[:3]:
            connection.execute(step)
        connection.execute("UPDATE s.state SET schema_version = 3, version = 7")
    store = Store(path)
    assert store.alerts().book().serial == 0
    assert store.version() == 7


def test_messages_of_an_older_store_do_not_say_what_they_tell(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    with door.writing(path) as connection:
        for step in MIGRATIONS[:8]:
            connection.execute(step)
        connection.execute("UPDATE s.state SET schema_version = 8")
        connection.execute("INSERT INTO s.alert_messages VALUES ('one', 'A subject', '{}')")
    ledger = Store(path).alerts()
    two = replace(ONE, bundle="two", tells='["t1"]')
    sent = [replace(mail(number), bundle=name) for number, name in ((1, "one"), (2, "two"))]
    assert ledger.record(0, Recording(Pulse(), messages=[two], deliveries=sent))
    assert [each.tells for each in ledger.deliveries()] == ['["t1"]', None]
