from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.answering import NotFiringError, acknowledge, snooze, wake
from alerts.records import alert_state, stored_alert
from alerts.states import step
from ingest.store import Store
from ingest.store.alert_records import Pulse, Recording
from tests.alerts.seen import DAY, NOON, calm, finding, look

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.states import AlertState
    from ingest.store.alert_records import StoredAlert


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with one alert that fires and one that is over, looked at at noon."""
    store = Store(tmp_path / "own.duckdb")
    store.prefer("openai", "default", None)  # makes the store
    firing = step({}, [look(finding(), finding("other"))], NOON)
    after = step(firing.states, [look(finding(), calm(finding("other")))], NOON)
    rows = [stored_alert(each) for each in after.states.values()]
    assert store.alerts().record(0, Recording(Pulse(NOON, NOON), rows))
    return store


def alert(store: Store, rule: str = "burn 6h") -> StoredAlert:
    return next(each for each in store.alerts().book().alerts if each.rule == rule)


def state(store: Store) -> AlertState:
    return alert_state(alert(store))


def test_who_takes_an_alert_on_is_kept_and_nothing_else_changes(store: Store) -> None:
    before = alert(store)
    acknowledge(store, before.alert, "ada", NOON + timedelta(minutes=5))
    taken = state(store).acknowledged
    assert taken is not None
    assert (taken.by, taken.at) == ("ada", NOON + timedelta(minutes=5))
    assert store.alerts().book().pulse == Pulse(NOON, NOON)
    assert (alert(store).firing, alert(store).edge) == (before.firing, before.edge)


def test_a_snooze_ends_at_its_time_or_when_it_is_woken(store: Store) -> None:
    name = alert(store).alert
    snooze(store, name, NOON + DAY)
    snoozed = state(store).snooze
    assert snoozed is not None
    assert snoozed.holds(NOON + DAY - timedelta(seconds=1))
    assert not snoozed.holds(NOON + DAY)
    snooze(store, name, None)
    forever = state(store).snooze
    assert forever is not None
    assert forever.holds(NOON + 1000 * DAY)
    wake(store, name)
    assert state(store).snooze is None


def test_what_is_over_cannot_be_answered(store: Store) -> None:
    over = alert(store, "other").alert
    for name in (over, "unknown"):
        with pytest.raises(NotFiringError):
            acknowledge(store, name, "ada", NOON)
    assert alert(store, "other").acknowledged_by is None


def test_an_answer_makes_the_ticks_book_move_on(store: Store) -> None:
    serial = store.alerts().book().serial
    snooze(store, alert(store).alert, None)
    assert not store.alerts().record(serial, Recording(Pulse()))
