"""What leaves the log of what was sent, and what never does."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import duckdb

from alerts.budgets import add
from alerts.tick import LOG_KEPT, tick
from costmodel.budget import Budget
from ingest.settings import QuietHours
from tests.alerts.desk import BURN
from tests.alerts.seen import DAY, HOUR, MINUTE, NOON, calm, situation

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.situation import Situation
    from tests.alerts.desk import Desk


def messages(desk: Desk) -> int:
    with duckdb.connect(str(desk.store.path), read_only=True) as session:
        return int(session.execute("SELECT count(*) FROM alert_messages").fetchall()[0][0])


def look(desk: Desk, at: datetime, *seen: Situation) -> None:
    desk.now = at
    desk.seen = list(seen)
    desk.tick()


def test_the_log_keeps_what_is_exactly_old_enough_and_forgets_what_is_older(desk: Desk) -> None:
    add(desk.store, desk.configuration, Budget("Search", Fraction(900)), NOON, "Ann")
    look(desk, NOON, situation(BURN))
    look(desk, NOON + LOG_KEPT, situation(BURN, at=NOON + LOG_KEPT))
    assert (len(desk.states()), messages(desk)) == (1, 1)
    assert len(desk.store.alerts().transitions()) == 1
    late = NOON + LOG_KEPT + MINUTE
    look(desk, late, situation(BURN, at=late))
    assert (len(desk.states()), messages(desk)) == (0, 0)
    assert desk.store.alerts().transitions() == []
    (state,) = desk.store.alerts().book().alerts
    assert (state.firing, state.edge) == (True, 1), "the state stays"
    assert len(desk.store.budget_versions()) == 1
    look(desk, late + MINUTE, situation(calm(BURN), at=late + MINUTE))
    (edge,) = desk.store.alerts().transitions()
    assert (edge.move, edge.edge) == ("recovered", 2), "edges are counted on"


def test_a_message_stays_for_whom_it_waits(desk: Desk) -> None:
    desk.mail(to=("ann@example.com", "ben@example.com"))
    desk.box.busy = 1
    look(desk, NOON, situation(BURN))
    assert sorted(desk.states()) == ["sent", "waiting"]
    late = NOON + LOG_KEPT + DAY
    desk.mail(port=1)
    look(desk, late, situation(BURN, at=late))
    assert desk.states() == ["failed"], "given up just now, so it is new in the log"
    assert messages(desk) == 1


def test_what_is_held_for_the_morning_is_not_forgotten(desk: Desk) -> None:
    night = NOON.replace(hour=2)
    desk.mail(quiet_hours=QuietHours(NOON.time().replace(hour=22), NOON.time().replace(hour=7)))
    look(desk, night, situation(BURN))
    later = night + LOG_KEPT + HOUR
    look(desk, later, situation(BURN, at=later))
    assert [each.telling for each in desk.store.alerts().transitions()] == ["held"]


def test_a_clock_that_jumps_ahead_and_a_look_that_fails_delete_nothing(desk: Desk) -> None:
    def broken(_now: datetime) -> list[Situation]:
        raise ValueError("no prices")

    look(desk, NOON, situation(BURN))
    desk.now = NOON + 10 * LOG_KEPT
    tick(desk.house(), broken)
    look(desk, desk.now + HOUR, situation(BURN))
    look(desk, desk.now + HOUR, replace(situation(BURN), watermark=None))
    assert len(desk.store.alerts().transitions()) >= 2
    assert NOON in [each.created_at for each in desk.store.alerts().deliveries()]
