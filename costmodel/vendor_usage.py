"""Usage and money by vendor, model and month, past and to come: what a commitment is made of."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from costmodel.flows import ZERO, total_of
from costmodel.levers import Grow
from costmodel.meters import CACHED_METERS, INPUT_METERS, OUTPUT_METERS
from costmodel.regimes import Regimes, month_after
from costmodel.scenario import evaluate, kept_for

if TYPE_CHECKING:
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.scenario import Outcome
    from costmodel.workload import Baseline

Kind = Literal["used", "used so far", "expected rest", "expected"]
VendorModel = tuple[str, str]


@dataclass(frozen=True)
class VendorMonth:
    """One model's usage in one month; money is None where nothing has a price.

    Expected amounts are fractions of tokens: round them where they are shown.
    """

    vendor: str
    model: str
    month: date
    kind: Kind
    requests: Fraction
    input_tokens: Fraction
    cached_input_tokens: Fraction
    output_tokens: Fraction
    cost: Fraction | None
    list_cost: Fraction | None

    @property
    def is_expected(self) -> bool:
        """Tell whether the month, or the rest of it, is still to come."""
        return self.kind.startswith("expected")


@dataclass
class _Sum:
    requests: Fraction = ZERO
    input_tokens: Fraction = ZERO
    cached_input_tokens: Fraction = ZERO
    output_tokens: Fraction = ZERO
    cost: Fraction = ZERO
    list_cost: Fraction = ZERO
    priced: bool = False


def expected_months(
    baseline: Baseline,
    book: PriceBook,
    month: date,
    left: Fraction,
    months: int,
    monthly_growth: Fraction = ZERO,
) -> list[VendorMonth]:
    """Return what is to come: the rest of a month, of which so many days are left, and more.

    Each day carries the mean day of the baseline. Growth compounds from the next month
    on. From its shutdown a model's traffic is its successor's, at the prices of the day.
    """
    levers = (Grow(requests=monthly_growth),) if monthly_growth else ()
    kept = kept_for(baseline.scaled(1 / baseline.days), levers)
    regimes = Regimes(kept, levers, book, month, months + 1)
    found: list[VendorMonth] = []
    for ahead in range(months + 1):
        first = month_after(month, ahead)
        days = _days(regimes, first, left if ahead == 0 else None)
        sums = _summed(regimes, days, ahead)
        kind: Kind = "expected rest" if ahead == 0 else "expected"
        found += [_row(name, first, kind, total) for name, total in sums.items()]
    return sorted(found, key=lambda row: (row.vendor, row.model, row.month))


def _days(regimes: Regimes, month: date, left: Fraction | None) -> dict[date, Fraction]:
    """Return how many days of a month each regime holds, from its end back where some are gone."""
    found: dict[date, Fraction] = {}
    days = (month_after(month) - month).days
    waiting = Fraction(days) if left is None else left
    for stretch in reversed(regimes.stretches(month)):
        taken = min(waiting, stretch.share * days)
        if taken > 0:
            found[regimes.regime_of(stretch.first_day)] = taken
        waiting -= taken
    return found


def _summed(regimes: Regimes, days: dict[date, Fraction], ahead: int) -> dict[VendorModel, _Sum]:
    sums: dict[VendorModel, _Sum] = defaultdict(_Sum)
    for day, count in days.items():
        outcome = evaluate(
            regimes.baseline.priced_on(day),
            regimes.levers,
            regimes.book,
            months_ahead=ahead,
            afterwards=regimes.successions(day),
        )
        _add(sums, outcome, count)
    return sums


def _add(sums: dict[VendorModel, _Sum], outcome: Outcome, days: Fraction) -> None:
    for flow in outcome.flows:
        total = sums[flow.provider, flow.model]
        total.requests += flow.requests * days
        total.input_tokens += total_of(flow.quantities, INPUT_METERS) * days
        total.cached_input_tokens += total_of(flow.quantities, CACHED_METERS) * days
        total.output_tokens += total_of(flow.quantities, OUTPUT_METERS) * days
    for model in outcome.models:
        total = sums[model.provider, model.model]
        total.cost += model.cost * days
        total.list_cost += model.list_cost * days
        total.priced = True


def _row(name: VendorModel, month: date, kind: Kind, total: _Sum) -> VendorMonth:
    return VendorMonth(
        *name,
        month,
        kind,
        total.requests,
        total.input_tokens,
        total.cached_input_tokens,
        total.output_tokens,
        total.cost if total.priced else None,
        total.list_cost if total.priced else None,
    )


@dataclass(frozen=True)
class VendorTotal:
    """One model's months added up: what was used, and what is expected."""

    vendor: str
    model: str
    used_tokens: Fraction
    used_cost: Fraction | None
    expected_tokens: Fraction
    expected_cost: Fraction | None


def totals(rows: list[VendorMonth]) -> list[VendorTotal]:
    """Return each model's sums, the dearest to come first."""
    names = dict.fromkeys((row.vendor, row.model) for row in rows)
    found = [_total(name, [r for r in rows if (r.vendor, r.model) == name]) for name in names]
    return sorted(found, key=lambda each: (-(each.expected_cost or 0), each.vendor, each.model))


def _total(name: VendorModel, rows: list[VendorMonth]) -> VendorTotal:
    past = [row for row in rows if not row.is_expected]
    ahead = [row for row in rows if row.is_expected]
    return VendorTotal(*name, _tokens(past), _money(past), _tokens(ahead), _money(ahead))


def _tokens(rows: list[VendorMonth]) -> Fraction:
    return sum((row.input_tokens + row.output_tokens for row in rows), ZERO)


def _money(rows: list[VendorMonth]) -> Fraction | None:
    costs = [row.cost for row in rows if row.cost is not None]
    return sum(costs, ZERO) if costs else None
