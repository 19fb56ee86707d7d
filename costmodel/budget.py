"""Budgets: how much may be spent in which period, on what, and who answers for it."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from costmodel.burn.rules import Rule
    from costmodel.pace import Profile

BudgetPeriod = Literal["day", "week", "month", "quarter", "year"]
RuleSetName = Literal["default", "quiet", "sre"]
PlanName = Literal["profile", "uniform"]
Measure = Literal["money", "tokens", "requests"]

PERIOD_MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "year": 12}
PERIOD_DAYS: dict[str, int] = {"day": 1, "week": 7}
BUDGET_PERIODS: tuple[str, ...] = (*PERIOD_DAYS, *PERIOD_MONTHS)
BUDGET_MEASURES: tuple[Measure, ...] = ("money", "tokens", "requests")
RULE_SET_NAMES: tuple[RuleSetName, ...] = ("default", "quiet", "sre")
PLAN_NAMES: tuple[PlanName, ...] = ("profile", "uniform")

_FIRST_MONDAY = date(2001, 1, 1)


@dataclass(frozen=True)
class Budget:
    """An amount for each period, spent by the usage that ``filters`` lets through.

    ``amount`` is money in ``currency``, or a number of tokens (in and out) or requests,
    as ``measure`` says. ``each`` names a dimension: every value of it has the whole
    amount for itself.

    ``starts`` is the first day of any one of its periods: the others follow from
    it in both directions. Without it periods start with the calendar (weeks on
    Monday). ``timezone`` None means the reporting zone.

    ``rules`` names the set of rules that spending is held against; ``levels`` are the
    budget's own, which take the place of the set's where they are of one kind. ``plan``
    says how the amount is laid on the period: by the profile of the last weeks, evenly,
    or by a table of weights; None leaves that to the set of rules.
    """

    name: str
    amount: Fraction
    currency: str = "USD"
    period: BudgetPeriod = "month"
    starts: date | None = None
    timezone: str | None = None
    filters: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    owners: tuple[str, ...] = ()
    measure: Measure = "money"
    each: str | None = None
    rules: RuleSetName = "default"
    plan: PlanName | Profile | None = None
    levels: tuple[Rule, ...] = ()

    def period_holding(self, day: date) -> tuple[date, date]:
        """Return the first day of the period that holds this day, and of the next one."""
        anchor = self.starts or _FIRST_MONDAY
        if self.period in PERIOD_DAYS:
            length = PERIOD_DAYS[self.period]
            first = day - timedelta((day - anchor).days % length)
            return first, first + timedelta(length)
        return _months_holding(day, anchor, PERIOD_MONTHS[self.period])


def _months_holding(day: date, anchor: date, length: int) -> tuple[date, date]:
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    step = months // length
    if day < _months_later(anchor, step * length):
        step -= 1
    return _months_later(anchor, step * length), _months_later(anchor, (step + 1) * length)


def _months_later(day: date, months: int) -> date:
    """Return the same day of another month, its last day where the month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
