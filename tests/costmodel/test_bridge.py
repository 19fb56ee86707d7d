from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.bridge import (
    BridgeError,
    bridge,
    in_cents,
    orders_before,
    shares_of_change,
)
from costmodel.case import Case
from costmodel.levers import Batch, Cache, Cascade, Grow, Lever, Route
from tests.books import BOOK, model
from tests.workloads import guide

if TYPE_CHECKING:
    from collections.abc import Sequence

MINI, FULL = "gpt-4.1-mini", "gpt-4.1"
CASCADE = Cascade(first=MINI, then=FULL, escalate=Fraction(12, 100))
CACHE = Cache(hit_rate=Fraction(60, 100))


def case(*levers: Lever) -> Case:
    return Case(guide(), levers, BOOK)


def by_lever(levers: Sequence[Lever]) -> dict[str, Fraction]:
    return dict(zip(map(repr, levers), bridge(case(*levers)).parts, strict=True))


def test_two_levers_share_what_they_do_together() -> None:
    """396 alone, 633.60 with the cascade, 347.40 with the cache, 555.84 with both.

    The cascade adds 237.60 first and 208.44 second, the cache takes 48.60 and 77.76.
    """
    found = bridge(case(CASCADE, CACHE))
    assert (found.start, found.end) == (396, Fraction("555.84"))
    assert found.parts == (Fraction("223.02"), Fraction("-63.18"))
    assert found.cents == (22_302, -6_318)


def test_the_order_of_the_levers_changes_no_part() -> None:
    levers = (CASCADE, CACHE, Batch(share=Fraction(1, 3)), Grow(requests=Fraction(1, 7)))
    parts = by_lever(levers)
    for order in permutations(levers):
        assert by_lever(order) == parts
        found = bridge(case(*order))
        assert sum(found.parts) == found.change == found.end - found.start


def test_no_lever_has_no_part() -> None:
    found = bridge(case())
    assert (found.parts, found.cents, found.change) == ((), (), 0)


def test_a_lever_that_changes_nothing_has_none_of_the_change() -> None:
    idle = Cache(hit_rate=Fraction(1), models=("gpt-6-luna",))
    assert bridge(case(CASCADE, idle)).parts == (Fraction("237.60"), 0)


def test_eight_levers_are_told_apart_and_nine_are_not() -> None:
    shares = [Cache(hit_rate=Fraction(n, 10), models=(FULL,)) for n in range(1, 9)]
    assert (
        sum(bridge(case(*shares[1:], CASCADE)).parts) == bridge(case(CASCADE, *shares[1:])).change
    )
    with pytest.raises(BridgeError, match=r"9 levers are too many .* give at most 8"):
        bridge(case(CASCADE, *shares))


def test_a_cost_that_only_looks_low_is_not_divided() -> None:
    priceless = type(BOOK)((*BOOK.models, model("free", "gpt-4.1")), BOOK.cards)
    moved = Case(guide(book=priceless), (Route(to="free"), CACHE), priceless)
    with pytest.raises(BridgeError, match="has no price"):
        bridge(moved)


def test_changes_of_a_group_stay_together() -> None:
    """0 takes 60, 1 adds 30 after it and means nothing alone; 2 doubles all."""

    def cost_of(places: frozenset[int]) -> Fraction:
        cost = 100 - 60 * (0 in places) + 30 * ({0, 1} <= places)
        return Fraction(cost * (1 + (2 in places)))

    # first the group: -60, 30, then 70; or first 100, then -120 and 60
    assert shares_of_change(cost_of, [(0, 1), (2,)]) == (-90, 45, 85)
    # alone, 1 would stand in half of all orders where it means nothing
    assert shares_of_change(cost_of, [(0,), (1,), (2,)])[1] == 25


def test_every_order_counts_once() -> None:
    for count in range(1, 6):
        for place in range(count):
            assert sum(weight for _, weight in orders_before(place, count)) == 1
    # 0 stands first in 2 of 6 orders, between and last in as many
    assert list(orders_before(0, 3)) == [
        ((), Fraction(1, 3)),
        ((1,), Fraction(1, 6)),
        ((2,), Fraction(1, 6)),
        ((1, 2), Fraction(1, 3)),
    ]


def test_cents_go_to_the_largest_remainders() -> None:
    thirds = [Fraction(1, 3)] * 3
    assert in_cents(thirds, 100) == (34, 33, 33)
    assert in_cents([Fraction("0.014"), Fraction("0.016"), Fraction(0)], 3) == (1, 2, 0)
    assert in_cents([Fraction("-0.014"), Fraction("-0.016")], -3) == (-1, -2)
    # start and end were rounded each for itself: one cent more or less than the sum
    assert in_cents([Fraction("0.50"), Fraction("0.50"), Fraction(0)], 101) == (51, 50, 0)
    assert in_cents([Fraction("0.50"), Fraction("0.50"), Fraction(0)], 99) == (49, 50, 0)


amounts = st.lists(st.fractions(min_value=-50, max_value=50, max_denominator=999), max_size=8)


@given(amounts)
@settings(max_examples=60)
def test_cents_sum_to_the_rounded_sum_and_are_near(parts: list[Fraction]) -> None:
    total = round(sum(parts, Fraction(0)) * 100)
    cents = in_cents(parts, total)
    assert sum(cents) == total
    assert all(abs(cent - part * 100) < 1 for cent, part in zip(cents, parts, strict=True))
