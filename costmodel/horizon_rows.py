"""Rows of the horizon: each month's cost by team, feature, model or another word."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.bridge import CENTS, in_cents
from costmodel.flows import ZERO
from costmodel.horizon import MONTHS
from costmodel.levers import Grow
from costmodel.regimes import Regimes, month_after
from costmodel.scenario import evaluate, kept_for
from costmodel.scene import KEY_WORDS
from costmodel.workload import WorkloadError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.levers import Lever
    from costmodel.scenario import Outcome
    from costmodel.workload import Baseline


@dataclass(frozen=True)
class HorizonRow:
    """What one team, model or other value costs in each month, exactly."""

    name: str | None
    costs: tuple[Fraction, ...]

    @property
    def total(self) -> Fraction:
        """Return the cost of all months."""
        return sum(self.costs, ZERO)


def horizon_rows(
    baseline: Baseline,
    levers: Iterable[Lever],
    book: PriceBook,
    first_month: date,
    by: str,
    months: int = MONTHS,
) -> tuple[HorizonRow, ...]:
    """Return the months of ``horizon`` divided by a word, the dearest row first.

    The rows of a month sum to that month exactly. ``by`` is a dimension of the
    baseline, ``provider``, ``model``, ``zone`` or ``tier``; usage is counted where it
    ends after all levers. Raises ``WorkloadError`` for a word that the usage has not.
    """
    asked = tuple(levers)
    if by not in {*baseline.dimension_names, *KEY_WORDS}:
        known = ", ".join((*KEY_WORDS, *baseline.dimension_names))
        raise WorkloadError(f"the usage has no dimension {by!r} to divide by; it has {known}")
    kept = kept_for(baseline, asked, (by,))
    parts = _Parts(Regimes(kept, asked, book, first_month, months), by)
    by_month = [parts.of_month(position) for position in range(months)]
    names = dict.fromkeys(name for costs in by_month for name in costs)
    rows = [HorizonRow(n, tuple(costs.get(n, ZERO) for costs in by_month)) for n in names]
    return tuple(sorted(rows, key=lambda row: (-row.total, row.name or "")))


def rows_in_cents(rows: Iterable[HorizonRow]) -> tuple[HorizonRow, ...]:
    """Return the rows in whole cents; each month still sums to its total in cents."""
    listed = tuple(rows)
    if not listed:
        return ()
    columns = [_in_cents(column) for column in zip(*(row.costs for row in listed), strict=True)]
    return tuple(
        HorizonRow(row.name, tuple(column[place] for column in columns))
        for place, row in enumerate(listed)
    )


def _in_cents(parts: tuple[Fraction, ...]) -> list[Fraction]:
    cents = in_cents(parts, round(sum(parts, ZERO) * CENTS))
    return [Fraction(each, CENTS) for each in cents]


class _Parts:
    """Divides months by a word; what is equal in two months is priced once."""

    def __init__(self, regimes: Regimes, by: str) -> None:
        self._regimes = regimes
        self._by = by
        self._grows = any(lever.step == Grow.step for lever in regimes.levers)
        self._known: dict[tuple[date, int], Mapping[str | None, Fraction]] = {}

    def of_month(self, position: int) -> dict[str | None, Fraction]:
        """Return the cost of one month by the values of the word."""
        costs: dict[str | None, Fraction] = defaultdict(lambda: ZERO)
        for stretch in self._regimes.stretches(month_after(self._regimes.first_month, position)):
            for name, cost in self._on(stretch.first_day, position).items():
                costs[name] += cost * stretch.share
        return dict(costs)

    def _on(self, day: date, position: int) -> Mapping[str | None, Fraction]:
        at = (day, position + 1) if self._grows else (self._regimes.regime_of(day), 1)
        if at not in self._known:
            self._known[at] = _costs_by(self._outcome(*at), self._by)
        return self._known[at]

    def _outcome(self, day: date, months_ahead: int) -> Outcome:
        regimes = self._regimes
        return evaluate(
            regimes.baseline.priced_on(day),
            regimes.levers,
            regimes.book,
            months_ahead=months_ahead,
            by=(self._by,) if self._by in regimes.baseline.dimension_names else (),
            afterwards=regimes.successions(day),
        )


def _costs_by(outcome: Outcome, by: str) -> Mapping[str | None, Fraction]:
    if by in outcome.dimension_names:
        return outcome.cost_by(by)
    costs: dict[str | None, Fraction] = defaultdict(lambda: ZERO)
    for flow, cost in zip(outcome.flows, outcome.costs, strict=True):
        costs[getattr(flow, by)] += cost
    return costs
