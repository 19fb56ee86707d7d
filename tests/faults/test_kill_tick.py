"""A tick that is killed anywhere loses no mail and sends none under two ids."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest.store import Store
from ingest.store.alert_records import Pulse, Recording
from tests.alerts.letterbox import Letterbox, open_letterbox
from tests.conftest import SOAK
from tests.tollbook.test_serving import free_port

ROOT = Path(__file__).parents[2]
BUDGETS = 3
ONCE = ("begun", "looked", "planned", "recorded", "claimed")
STEPS = (
    *(f"{step} 1" for step in ONCE),
    *(f"{step} {mail}" for mail in range(1, BUDGETS + 1) for step in ("sent", "settled")),
)
ROUNDS = 30 if SOAK else 3

TICK_AND_DIE = """
import os, signal, sys
from datetime import datetime, timedelta
from pathlib import Path

from alerts.delivery import House
from alerts.tick import tick
from ingest.configuration import Configuration
from ingest.settings import Mail
from ingest.store import Store
from tests.alerts.seen import NOON, finding, situation

where, minutes, port, path = sys.argv[1:]
settings = Mail("127.0.0.1", "tollbook@example.com", int(port), "none", to=("ann@example.com",))
now = NOON + timedelta(minutes=int(minutes))
met = []

def reached(step):
    met.append(step)
    if where == f"{step} {met.count(step)}":
        os.kill(os.getpid(), signal.SIGKILL)

house = House(
    Store(Path(path)), Configuration(mail=settings), lambda: now, {}.get, lambda _: None, reached
)
seen = [situation(finding(), name=f"Team {number}") for number in range(3)]
tick(house, lambda _now: seen)
"""


def run_tick(where: str, minutes: int, port: int, path: Path) -> int:
    command = [sys.executable, "-c", TICK_AND_DIE, where, str(minutes), str(port), str(path)]
    return subprocess.run(command, check=False, cwd=ROOT).returncode


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
    command = [sys.executable, "-c", TICK_AND_DIE, "nowhere", "0", str(port), str(path)]
    try:
        with subprocess.Popen(command, cwd=ROOT) as process:
            time.sleep(0.3 + 1.2 * seed / ROUNDS)
            process.kill()
        assert run_tick("nowhere", 6, port, path) == 0
    finally:
        server.stop()
    check_nothing_is_lost(Store(path), box)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_two_programs_at_once_send_each_mail_once(tmp_path: Path, seed: int) -> None:
    port, box = free_port(), Letterbox()
    path = tmp_path / f"{seed}.duckdb"
    server = open_letterbox(box, port)
    command = [sys.executable, "-c", TICK_AND_DIE, "nowhere", "0", str(port), str(path)]
    try:
        both = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
        assert [each.wait() for each in both] == [0, 0]
    finally:
        server.stop()
    assert len(box.ids()) == len(set(box.ids())) == BUDGETS
    check_nothing_is_lost(Store(path), box)


HOLD = """
import sys, time
import duckdb
with duckdb.connect(sys.argv[1]) as connection:
    print("taken", flush=True)
    time.sleep(4)
"""


def test_a_tick_waits_for_an_import_that_keeps_the_store(tmp_path: Path) -> None:
    port, box = free_port(), Letterbox()
    path = tmp_path / "tollbook.duckdb"
    assert Store(path).alerts().record(0, Recording(Pulse()))
    server = open_letterbox(box, port)
    try:
        with subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, cwd=ROOT
        ) as importing:
            assert importing.stdout is not None
            assert importing.stdout.readline() == b"taken\n"
            assert run_tick("nowhere", 0, port, path) == 0
            assert importing.poll() == 0, "the tick was done only after the store was free"
    finally:
        server.stop()
    check_nothing_is_lost(Store(path), box)
