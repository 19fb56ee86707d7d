"""Transitions: the moments at which somebody must hear of a budget, or may be calm again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from datetime import date, datetime

    from costmodel.burn.finding import Finding, Severity

Move = Literal["fired", "escalated", "recovered", "ended", "removed", "reminded"]
"""``ended``: the budget's period is over, or its value has no usage, while the alert was firing.
``removed``: its rule, its level or the whole budget was taken out while it was firing.
``reminded``: it was snoozed, the time is over, and it still fires."""
OVER: Final = frozenset({"recovered", "ended", "removed"})
"""Moves after which an alert fires no more."""
ONSETS: Final = frozenset({"fired", "escalated", "reminded"})
"""Moves after which it fires."""


@dataclass(frozen=True, order=True)
class AlertKey:
    """What has a state of its own: a rule and level of one budget in one period.

    ``value`` is the dimension's value where a budget is kept for each value, else "".
    ``period_start`` is the local first day of the period, None for alerts that outlive
    periods (stale data, a model's end).
    """

    budget: str
    value: str
    rule: str
    level: str
    period_start: date | None = None


@dataclass(frozen=True)
class Transition:
    """One edge of one alert, recorded before anything is sent.

    ``transition_id`` is made of the key and the running number of the edge, so that two
    processes that see the same edge record it once; it is the Message-ID's left part and
    the key by which receivers tell repeated deliveries.
    ``at`` is the watermark that was looked at, ``recorded_at`` the clock.
    """

    transition_id: str
    key: AlertKey
    edge: int
    move: Move
    severity: Severity
    at: datetime
    recorded_at: datetime
    finding: Finding
