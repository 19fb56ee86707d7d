"""Rules: which lines a budget's spending is held against. Their numbers are data elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import timedelta

    from costmodel.burn.finding import Severity

SloMeasure = Literal["error_rate", "p95_seconds", "quality"]


@dataclass(frozen=True)
class ActualRule:
    """Fires when a share of the period's amount is spent; each share is a level of its own."""

    name: str
    severity: Severity
    share: float


@dataclass(frozen=True)
class ForecastRule:
    """Fires when the chance that the period ends above its amount reaches ``chance``."""

    name: str
    severity: Severity
    chance: float


@dataclass(frozen=True)
class BurnRule:
    """Fires when spending is more than ``factor`` times plan in a long and a short window.

    ``least_excess`` is the share of the budget that must be lost beyond plan in the long
    window: it keeps quiet nights quiet. See SRE workbook, chapter 5, for the two windows.
    """

    name: str
    severity: Severity
    long: timedelta
    short: timedelta
    factor: float
    least_excess: float


@dataclass(frozen=True)
class ChangeRule:
    """Fires when spending moved to another level that would not fit the budget.

    ``threshold`` is held against the generalised likelihood ratio of a lasting shift that
    began between ``earliest`` and ``latest`` before the watermark.
    """

    name: str
    severity: Severity
    threshold: float
    latest: timedelta
    earliest: timedelta


@dataclass(frozen=True)
class HourlyLimit:
    """Fires when the last hour cost more than ``factor`` times its plan and more than ``floor``.

    ``floor`` is in the budget's measure; without a factor it is the limit itself. It needs no
    history, so it guards a client's first day too.
    """

    name: str
    severity: Severity
    floor: float
    factor: float | None = None


@dataclass(frozen=True)
class SloRule:
    """Fires when a measure of the calls themselves is on the wrong side of ``limit``.

    Above it for ``error_rate`` and ``p95_seconds``, below it for ``quality``; only with at
    least ``least_requests`` calls in the ``window`` that tell the measure.
    """

    name: str
    severity: Severity
    measure: SloMeasure
    limit: float
    window: timedelta
    least_requests: int = 50


Rule = ActualRule | ForecastRule | BurnRule | ChangeRule | HourlyLimit | SloRule


@dataclass(frozen=True)
class RuleSet:
    """Rules under one name. ``source`` says where their numbers come from.

    ``plan`` is how the budget is laid on the period: by the hour-of-week profile of the last
    weeks, or evenly. A state recovers below ``recovery`` times the line that fired it.
    """

    name: str
    rules: tuple[Rule, ...]
    source: str
    plan: Literal["profile", "uniform"] = "profile"
    recovery: float = 0.9
