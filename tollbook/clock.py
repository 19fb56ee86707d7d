"""The clock: the only module of Tollbook that reads it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

_FORMS = "such as 2026-11-20, '2026-11-20 12:00' (UTC) or 2026-11-20T12:00:00+01:00"


def system_now() -> datetime:
    """Return the time of this machine, in UTC."""
    return datetime.now(UTC)


def pause(seconds: float) -> None:
    """Let time pass."""
    time.sleep(seconds)


def wait(stopped: Event, seconds: float) -> None:
    """Let time pass, or less of it where somebody stops the wait."""
    stopped.wait(seconds)


def clock_at(pinned: datetime | None) -> Callable[[], datetime]:
    """Return a clock that stands at a moment, or the machine's where there is none."""
    return system_now if pinned is None else lambda: pinned


def parse_moment(text: str) -> datetime:
    """Return the moment that ``--now`` names, in UTC; ValueError says how to write one."""
    plain = text.strip().removesuffix("UTC").strip()
    try:
        moment = datetime.fromisoformat(plain)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no moment; write one {_FORMS}") from None
