"""Cents: parts of an amount rounded so that they still sum to the whole."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CENTS = 100


def in_cents(parts: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """Return the parts in whole cents whose sum is the sum of all, rounded half to even.

    Each is rounded down; the cents that are left go to the largest remainders, the
    earlier of equal ones.
    """
    scaled = [part * CENTS for part in parts]
    cents = [floor(each) for each in scaled]
    left = round(sum(scaled, Fraction(0))) - sum(cents)
    order = sorted(range(len(parts)), key=lambda place: cents[place] - scaled[place])
    for place in order[:left]:
        cents[place] += 1
    return tuple(Fraction(each, CENTS) for each in cents)
