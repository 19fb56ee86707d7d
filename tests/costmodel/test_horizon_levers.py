from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from costmodel.bridge import BridgeError
from costmodel.horizon import month_costs
from costmodel.horizon_levers import lever_rows
from costmodel.levers import Batch, Cache, Grow, Lever, Route
from tests.books import BOOK
from tests.workloads import guide

DECEMBER = date(2026, 12, 1)
TO_FULL = Route(to="gpt-4.1", share=Fraction(1, 5))
BATCH = Batch(share=Fraction(1, 2))


def rows(*levers: Lever, months: int = 3) -> dict[str | None, tuple[Fraction, ...]]:
    found = lever_rows(guide(), levers, BOOK, DECEMBER, months)
    return {row.name: row.costs for row in found}


def test_each_lever_changes_its_mean_over_both_orders() -> None:
    found = rows(TO_FULL, BATCH, months=1)
    # $396 becomes $712.80 on full; half of it in batch costs half: a quarter off, $99 or $178.20
    assert found["as it is"] == (396,)
    assert found["route"] == ((Fraction("316.8") + Fraction("237.6")) / 2,)
    assert found["batch"] == (-(Fraction(99) + Fraction("178.2")) / 2,)


def test_rows_sum_to_the_months_with_growth_in_the_first() -> None:
    levers = (
        Grow(requests=Fraction(1, 10)),
        TO_FULL,
        Batch(share=Fraction(1, 3), from_=date(2027, 1, 5)),
        Cache(hit_rate=Fraction(1, 2)),
    )
    found = rows(*levers)
    assert found["as it is"] == month_costs(guide(), levers[:1], BOOK, DECEMBER, 3)
    total = month_costs(guide(), levers, BOOK, DECEMBER, 3)
    assert tuple(map(sum, zip(*found.values(), strict=True))) == total
    assert found["batch"][0] == 0


def test_levers_of_one_kind_are_numbered_and_none_is_none() -> None:
    other = Route(to="gpt-6-luna", share=Fraction(1, 5))
    assert list(rows(TO_FULL, other, months=1)) == ["as it is", "route", "route 2"]
    assert list(rows(months=1)) == ["as it is"]


def test_nine_levers_are_too_many() -> None:
    many = [Batch(share=Fraction(1, 10)) for _ in range(9)]
    with pytest.raises(BridgeError, match="9 levers are too many"):
        rows(*many)
