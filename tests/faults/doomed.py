"""What a test kills: a tick and an import that die where told; and who is in their way."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import duckdb

from alerts.delivery import House
from alerts.tick import tick
from ingest.configuration import Configuration
from ingest.imports import import_file
from ingest.settings import Mail
from ingest.store import Store
from tests.alerts.seen import NOON, finding, situation

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

BUDGETS = 3


def tick_and_die(where: str, minutes: int, port: int, path: Path) -> None:
    """Tell of three budgets, and die after a step: ``sent 2`` is the second letter."""
    settings = Mail("127.0.0.1", "tollbook@example.com", port, "none", to=("ann@example.com",))
    now = NOON + timedelta(minutes=minutes)
    met: Counter[str] = Counter()

    def reached(step: str) -> None:
        met[step] += 1
        if where == f"{step} {met[step]}":
            os.kill(os.getpid(), signal.SIGKILL)

    mail = Configuration(mail=settings)
    house = House(Store(path), mail, lambda: now, lambda _: None, lambda _: None, reached)
    seen = [situation(finding(), name=f"Team {number}") for number in range(BUDGETS)]
    tick(house, lambda _now: seen)


def import_and_die(where: str, path: Path, store: Path) -> None:
    """Import a file, and die in a phase or so many seconds after the commit began."""

    def reached(phase: str) -> None:
        if phase == where:
            os.kill(os.getpid(), signal.SIGKILL)
        if phase == "before commit" and where.startswith("during commit"):
            threading.Thread(target=strike, daemon=True).start()

    def strike() -> None:
        time.sleep(float(where.rsplit(maxsplit=1)[-1]))
        os.kill(os.getpid(), signal.SIGKILL)

    import_file(Store(store), path, reached=reached)


def hold(out: Connection, path: Path, seconds: float) -> None:
    """Keep a store as an import does, and say when it is taken and when it is about to be free."""
    with duckdb.connect(str(path)):
        out.send("taken")
        time.sleep(seconds)
        out.send("let go")
