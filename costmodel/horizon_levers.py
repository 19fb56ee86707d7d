"""Rows of the horizon by lever: the months as they are, and what each lever changes in them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from costmodel.bridge import MOST_LEVERS, BridgeError, shares_of_change
from costmodel.horizon import MONTHS, month_costs
from costmodel.horizon_rows import HorizonRow
from costmodel.levers import Grow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.levers import Lever
    from costmodel.workload import Baseline

AS_IT_IS = "as it is"


def lever_rows(
    baseline: Baseline,
    levers: Iterable[Lever],
    book: PriceBook,
    first_month: date,
    months: int = MONTHS,
) -> tuple[HorizonRow, ...]:
    """Return the months without levers, growth included, and what each lever changes in them.

    A lever's part is its mean over all orders of adding them, see ``costmodel.bridge``;
    the rows of a month sum to the month of ``horizon`` exactly. Raises ``BridgeError``
    for more than ``MOST_LEVERS`` levers beside growth.
    """
    asked = tuple(levers)
    growth = tuple(lever for lever in asked if lever.step == Grow.step)
    others = tuple(lever for lever in asked if lever.step != Grow.step)
    if len(others) > MOST_LEVERS:
        raise BridgeError(
            f"{len(others)} levers are too many to say what each one changes: "
            f"give at most {MOST_LEVERS} to a scenario"
        )

    @cache
    def line(places: frozenset[int]) -> tuple[Fraction, ...]:
        chosen = (*growth, *(others[place] for place in sorted(places)))
        return month_costs(baseline, chosen, book, first_month, months)

    groups = [[place] for place in range(len(others))]
    by_month = [
        shares_of_change(lambda places, at=month: line(places)[at], groups)  # type: ignore[misc]
        for month in range(months)
    ]
    changes = zip(*by_month, strict=True) if others else ()
    rows = map(HorizonRow, _names(others), changes)
    return (HorizonRow(AS_IT_IS, line(frozenset())), *rows)


def _names(levers: Sequence[Lever]) -> list[str]:
    """Return the step of each lever, numbered from the second of a kind on."""
    names: list[str] = []
    for place, lever in enumerate(levers):
        before = sum(other.step == lever.step for other in levers[:place])
        names.append(f"{lever.step} {before + 1}" if before else lever.step)
    return names
