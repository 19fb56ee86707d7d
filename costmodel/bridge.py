"""Bridges: where the difference between two costs comes from, lever by lever.

Each part is the mean, over every order in which the levers could be added, of what
adding it changes (L. S. Shapley, "A Value for n-Person Games", 1953). So no lever gains
by standing first, and the parts sum exactly to the difference. Changes that mean
something only one after the other stay together in every order (G. Owen, "Values of
Games with a Priori Unions", 1977).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import comb, floor
from typing import TYPE_CHECKING

from costmodel.flows import ZERO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from costmodel.case import Case

MOST_LEVERS = 8
"""Each further lever doubles the costs to compute: 8 need 256 of them."""

CENTS = 100


class BridgeError(ValueError):
    """A difference that cannot be told apart by lever: why, in one sentence."""


@dataclass(frozen=True)
class Bridge:
    """From ``start`` (no lever) to ``end`` (all of them): ``parts`` in the levers' order."""

    start: Fraction
    end: Fraction
    parts: tuple[Fraction, ...]

    @property
    def change(self) -> Fraction:
        """Return the whole difference, the exact sum of the parts."""
        return self.end - self.start

    @property
    def cents(self) -> tuple[int, ...]:
        """Return the parts in whole cents; they sum to the difference in whole cents."""
        return in_cents(self.parts, round(self.change * CENTS))


def bridge(case: Case) -> Bridge:
    """Return where the difference between no lever and all levers of a case comes from.

    Raises ``BridgeError`` for more than ``MOST_LEVERS`` levers, or where on the way
    more usage has no price than today: such a cost only looks low.
    """
    count = len(case.levers)
    if count > MOST_LEVERS:
        raise BridgeError(
            f"{count} levers are too many to say what each one changes: "
            f"give at most {MOST_LEVERS} to a scenario"
        )
    today = case.having(()).outcome()

    def cost_of(places: frozenset[int]) -> Fraction:
        outcome = case.having(case.levers[place] for place in sorted(places)).outcome()
        if not outcome.can_be_compared_with(today):
            raise BridgeError("some usage would be moved to where it has no price")
        return outcome.cost

    parts = shares_of_change(cost_of, [(place,) for place in range(count)])
    return Bridge(today.cost, today.cost + sum(parts, ZERO), parts)


def shares_of_change(
    cost_of: Callable[[frozenset[int]], Fraction], groups: Sequence[Sequence[int]]
) -> tuple[Fraction, ...]:
    """Return each change's part of the difference between all changes and none.

    ``cost_of`` gives the cost under a set of changes. ``groups`` hold all of them, 0 to
    the last one: those of a group are made one after the other in its order, and the
    order of the groups is what the mean is taken over.
    """
    parts = [ZERO] * sum(map(len, groups))
    known: dict[frozenset[int], Fraction] = {}

    def cost(places: frozenset[int]) -> Fraction:
        if places not in known:
            known[places] = cost_of(places)
        return known[places]

    for place, group in enumerate(groups):
        for others, weight in orders_before(place, len(groups)):
            reached = frozenset(change for other in others for change in groups[other])
            for change in group:
                parts[change] += weight * (cost(reached | {change}) - cost(reached))
                reached |= {change}
    return tuple(parts)


def orders_before(place: int, count: int) -> Iterator[tuple[tuple[int, ...], Fraction]]:
    """Return each set that may stand before one of so many, and the share of orders with it."""
    others = [other for other in range(count) if other != place]
    for size in range(count):
        weight = Fraction(1, count * comb(count - 1, size))
        yield from ((before, weight) for before in combinations(others, size))


def in_cents(parts: Sequence[Fraction], total: int) -> tuple[int, ...]:
    """Return amounts in whole cents that sum to ``total``, by largest remainder.

    ``total`` is the sum rounded up or down; no part is then off by a cent or more.
    """
    cents = [floor(part * CENTS) for part in parts]
    left = total - sum(cents)
    direction = 1 if left > 0 else -1

    def nearness(place: int) -> tuple[bool, Fraction]:
        remainder = parts[place] * CENTS - cents[place]
        return not parts[place], -direction * remainder

    for place in sorted(range(len(parts)), key=nearness)[: abs(left)]:
        cents[place] += direction
    return tuple(cents)
