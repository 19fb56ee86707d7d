"""A tick that is killed anywhere loses no mail and sends none under two ids."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from ingest.store import Store
from ingest.store.alert_records import Pulse, Recording
from tests.alerts.letterbox import Letterbox, open_letterbox
from tests.conftest import SOAK
from tests.faults.doomed import BUDGETS, hold, tick_and_die
from tests.faults.own_process import FORKS, ended, exit_code_of, started
from tests.tollbook.test_serving import free_port

if TYPE_CHECKING:
    from pathlib import Path

ONCE = ("begun", "looked", "planned", "recorded", "claimed")
STEPS = (
    *(f"{step} 1" for step in ONCE),
    *(f"{step} {mail}" for mail in range(1, BUDGETS + 1) for step in ("sent", "settled")),
)
ROUNDS = 30 if SOAK else 3
SECONDS_OF_A_TICK = 0.8
SECONDS_HELD = 1.5
"""Longer than a tick needs to come to the store."""


def run_tick(where: str, minutes: int, port: int, path: Path) -> int:
    return exit_code_of(tick_and_die, where, minutes, port, path)


def check_nothing_is_lost(store: Store, box: Letterbox) -> None:
    deliveries = store.alerts().deliveries()
    assert [each.state for each in deliveries] == ["sent"] * BUDGETS
    assert len(store.alerts().transitions()) == BUDGETS
    kept = {f"<{each.message_id}>" for each in deliveries}
    assert len(kept) == BUDGETS
    assert set(box.ids()) == kept
    assert len(box.ids()) <= BUDGETS + 1, "only the one in hand may come twice"


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_a_step_the_next_tick_completes_it(tmp_path: Path, step: str) -> None:
    port, box = free_port(), Letterbox()
    path = tmp_path / "tollbook.duckdb"
    server = open_letterbox(box, port)
    try:
        assert run_tick(step, 0, port, path) == -signal.SIGKILL
        assert run_tick("nowhere", 6, port, path) == 0
    finally:
        server.stop()
    check_nothing_is_lost(Store(path), box)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_at_any_moment_the_next_tick_completes_it(tmp_path: Path, seed: int) -> None:
    port, box = free_port(), Letterbox()
    path = tmp_path / "tollbook.duckdb"
    server = open_letterbox(box, port)
    try:
        process = started(tick_and_die, "nowhere", 0, port, path)
        time.sleep(SECONDS_OF_A_TICK * seed / ROUNDS)
        process.kill()
        ended(process)
        assert run_tick("nowhere", 6, port, path) == 0
    finally:
        server.stop()
    check_nothing_is_lost(Store(path), box)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_two_programs_at_once_send_each_mail_once(tmp_path: Path, seed: int) -> None:
    port, box = free_port(), Letterbox()
    path = tmp_path / f"{seed}.duckdb"
    server = open_letterbox(box, port)
    try:
        both = [started(tick_and_die, "nowhere", 0, port, path) for _ in range(2)]
        assert [ended(each) for each in both] == [0, 0]
    finally:
        server.stop()
    assert len(box.ids()) == len(set(box.ids())) == BUDGETS
    check_nothing_is_lost(Store(path), box)


def test_a_tick_waits_for_an_import_that_keeps_the_store(tmp_path: Path) -> None:
    port, box = free_port(), Letterbox()
    path = tmp_path / "tollbook.duckdb"
    assert Store(path).alerts().record(0, Recording(Pulse()))
    server = open_letterbox(box, port)
    try:
        told, its = FORKS.Pipe(duplex=False)
        holder = started(hold, its, path, SECONDS_HELD)
        assert told.recv() == "taken"
        assert run_tick("nowhere", 0, port, path) == 0
        assert told.poll(), "the tick was done only after the store was free"
        assert (told.recv(), ended(holder)) == ("let go", 0)
    finally:
        server.stop()
    check_nothing_is_lost(Store(path), box)
