"""A situation: all that is known of one budget at one watermark, for mails, pages and gateways."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from costmodel.forecast import Forecast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta
    from fractions import Fraction

    from costmodel.budget import Budget
    from costmodel.burn.finding import Finding
    from costmodel.coming_price import ComingPrice
    from costmodel.forecast import Backtest, NotForecastable

State = Literal["ok", "notice", "warning", "critical", "stale", "failed"]
"""``ok`` is said only when the data is fresh and every rule could be evaluated."""


@dataclass(frozen=True)
class DayOfBudget:
    """One local day of the period: what was spent, planned, and expected with its range.

    ``spent`` is None on days to come; ``low`` and ``high`` are None on days gone by or where
    nothing can be forecast. All three are cumulated from the period's start, in the budget's
    measure, up to the end of the day (or the watermark).
    """

    day: datetime
    planned: float
    spent: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class WindowBurn:
    """What a window of a burn rule shows: times plan, and the line it is held against."""

    rule: str
    window: timedelta
    times_plan: float | None
    factor: float


@dataclass(frozen=True)
class Cause:
    """One of the largest reasons why spending is above plan: what, and how much of the excess."""

    name: str
    amount: float
    sentence: str


@dataclass(frozen=True)
class Exhaustion:
    """When the amount will be used up: None where that lies behind the period's end.

    ``earliest`` and ``latest`` hold it 8 times in 10.
    """

    expected: datetime | None
    earliest: datetime | None
    latest: datetime | None


@dataclass(frozen=True)
class Situation:
    """One budget, or one value of a budget that is kept for each value of a dimension.

    Money and counts are in the budget's measure; ``spent`` is exact, a lower bound where
    ``at_least``. ``start`` and ``end`` are the period's edges, aware, in the budget's zone.
    ``watermark`` is how far the data of all sources reaches; ``age`` is how old that is.
    ``coming`` are the prices that change on the way to the period's end, which ``ahead`` counts.
    ``dropped_rules`` says which rules the data is too coarse for, a sentence each.
    """

    budget: Budget
    value: str
    start: datetime
    end: datetime
    watermark: datetime | None
    age: timedelta | None
    state: State
    spent: Fraction
    planned_so_far: float
    at_least: bool = False
    findings: tuple[Finding, ...] = ()
    windows: tuple[WindowBurn, ...] = ()
    days: tuple[DayOfBudget, ...] = ()
    ahead: Forecast | NotForecastable | None = None
    replayed: Backtest | None = None
    coming: tuple[ComingPrice, ...] = ()
    exhaustion: Exhaustion | None = None
    chance_above: float | None = None
    causes: tuple[Cause, ...] = ()
    dropped_rules: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)

    @property
    def left(self) -> Fraction:
        """Return what may still be spent; negative when the amount is exceeded."""
        return self.budget.amount - self.spent

    @property
    def share_spent(self) -> float:
        """Return the share of the amount that is spent."""
        return float(self.spent / self.budget.amount)

    @property
    def forecast(self) -> Forecast | None:
        """Return where the period heads, None where that cannot be said."""
        return self.ahead if isinstance(self.ahead, Forecast) else None
