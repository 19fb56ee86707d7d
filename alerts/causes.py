"""Causes: what costs more than in the same hours of the weeks before."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from alerts.situation import Cause
from costmodel.burn.series import HOURS_OF_DAY
from costmodel.money import dollars
from ingest.store.cells import QUARTERS_A_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.usage import Floats, Part, Usage
    from costmodel.budget import Budget

DIMENSIONS: Final = ("feature", "model", "api_key", "team", "project", "environment", "endpoint")
"""Where a reason is looked for; of two that tell as much the first is named."""
WEEKS: Final = 4
MOST: Final = 3
_WEEK = 7 * QUARTERS_A_DAY
_LEAST_SHARE = 0.05
_ALMOST_ALL = 0.8


def excess_by_series(usage: Usage, measure: str, until: int, length: int) -> Floats:
    """Return how much more each series used in a window than in the same hours before.

    ``until`` is the window's end in quarters from the usage's first, ``length`` its length.
    Up to four weeks before are averaged, as far as there is usage.
    """
    weights = np.zeros(usage.count)
    weights[max(until - length, 0) : until] = 1.0
    starts = [until - length - week * _WEEK for week in range(1, WEEKS + 1)]
    past = [start for start in starts if start >= 0]
    for start in past:
        weights[start : start + length] -= 1.0 / len(past)
    return usage.by_series(measure, weights)  # type: ignore[arg-type]


def causes(budget: Budget, part: Part, usage: Usage, excess: Floats, hours: int) -> list[Cause]:
    """Return the three largest reasons within the dimension that tells most."""
    chosen = excess[part.places]
    total = float(chosen[chosen > 0].sum())
    if total <= 0:
        return []
    tables = {name: _by_value(name, part, usage, chosen) for name in _open(budget)}
    told = {name: sums for name, sums in tables.items() if any(v is not None for v, _ in sums)}
    if not told:
        return []
    best = max(told, key=lambda name: (_most(told[name]), -DIMENSIONS.index(name)))
    found = [each for each in told[best] if each[0] is not None and each[1] > _LEAST_SHARE * total]
    return [
        Cause(
            name=f"{best} {value}",
            amount=amount,
            sentence=_sentence(budget, best, value or "", amount, hours)
            + _mostly(best, value, part, usage, chosen),
        )
        for value, amount in found[:MOST]
    ]


def _open(budget: Budget) -> Iterable[str]:
    """Return the dimensions in which the budget holds more than one value."""
    closed = {name for name, values in budget.filters.items() if len(values) == 1}
    return (name for name in DIMENSIONS if name not in closed and name != budget.each)


def _by_value(
    name: str, part: Part, usage: Usage, excess: Floats
) -> list[tuple[str | None, float]]:
    values, codes = usage.values(name)
    sums = np.bincount(codes[part.places], weights=excess, minlength=len(values))
    order = np.argsort(-sums, kind="stable").tolist()
    return [(values[place], float(sums[place])) for place in order]


def _most(sums: list[tuple[str | None, float]]) -> float:
    return round(max(amount for value, amount in sums if value is not None), 9)


def _mostly(name: str, value: str | None, part: Part, usage: Usage, excess: Floats) -> str:
    """Return what else almost all of a reason has in common, where that narrows it."""
    values, codes = usage.values(name)
    inside = codes[part.places] == values.index(value)
    total = float(excess[inside].sum())
    found = []
    for other in ("model", "api_key", "feature"):
        if other == name:
            continue
        options, which = usage.values(other)
        sums = np.bincount(which[part.places][inside], weights=excess[inside])
        top = int(np.argmax(sums))
        several = len(np.unique(which[part.places][inside])) > 1
        if several and options[top] is not None and sums[top] >= _ALMOST_ALL * total:
            found.append(f"{other} {options[top]}")
    return f", almost all of it {' and '.join(found)}" if found else ""


def _sentence(budget: Budget, name: str, value: str, amount: float, hours: int) -> str:
    more = f"{amount:,.0f} {budget.measure}"
    if budget.measure == "money":
        more = dollars(Fraction(amount), budget.currency)
    days, rest = divmod(hours, HOURS_OF_DAY)
    span = f"{hours} hours" if rest or days == 1 else f"{days} days"
    return f"{name} {value}: {more} more in {span} than in the same hours of the weeks before"
