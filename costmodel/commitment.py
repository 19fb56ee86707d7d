"""Commitments: money that is paid at least, for a discount on what is used.

Usage is measured in money at the prices without the commitment. With the discount on
all of it, ``max(amount, usage x (1 - discount))`` is paid: the commitment is used up
at discounted prices. With the discount above the amount only, the amount is paid for
the first part and discounted prices for the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

ZERO = Fraction(0)
MILLION = 1_000_000


@dataclass(frozen=True)
class Commitment:
    """An amount paid at least in a period, and the discount (0 to 1) that it buys."""

    amount: Fraction
    discount: Fraction = ZERO
    discount_on: Literal["all", "above"] = "all"

    def discount_for(self, usage: Fraction) -> Fraction:
        """Return what comes off the money of this much usage."""
        counted = usage if self.discount_on == "all" else max(ZERO, usage - self.amount)
        return counted * self.discount

    def shortfall(self, usage: Fraction) -> Fraction:
        """Return what is paid for nothing: how far discounted usage falls short."""
        return max(ZERO, self.amount - (usage - self.discount_for(usage)))

    def paid(self, usage: Fraction) -> Fraction:
        """Return what this much usage costs under the commitment."""
        return usage - self.discount_for(usage) + self.shortfall(usage)

    @property
    def break_even_usage(self) -> Fraction | None:
        """Return the usage above which the commitment is cheaper than none.

        It is the amount itself: below it more is paid than used. None without a
        discount, when a commitment never pays.
        """
        return self.amount if self.discount else None

    @property
    def used_up_at(self) -> Fraction | None:
        """Return the usage from which nothing is paid for nothing; None where there is none."""
        if self.discount_on == "above":
            return self.amount
        return self.amount / (1 - self.discount) if self.discount < 1 else None

    def at(self, usage: Fraction, tokens: Fraction = ZERO) -> CommitmentPoint:
        """Return how the commitment does at a volume of usage and its tokens."""
        paid = self.paid(usage)
        return CommitmentPoint(
            usage=usage,
            tokens=tokens,
            paid=paid,
            shortfall=self.shortfall(usage),
            saving=usage - paid,
            effective_price=paid / usage if usage else None,
            effective_rate=paid * MILLION / tokens if tokens else None,
        )

    def at_volumes(
        self,
        low: Fraction,
        middle: Fraction,
        high: Fraction,
        tokens_per_money: Fraction = ZERO,
    ) -> tuple[CommitmentPoint, CommitmentPoint, CommitmentPoint]:
        """Return how it does at low, middle and high usage, tokens in proportion."""
        points = [self.at(usage, usage * tokens_per_money) for usage in (low, middle, high)]
        return points[0], points[1], points[2]


@dataclass(frozen=True)
class CommitmentPoint:
    """How a commitment does at one volume; ``saving`` is negative where none is cheaper.

    ``effective_price`` is what is paid for one unit of money of usage, ``effective_rate``
    money per million tokens; None without usage or tokens.
    """

    usage: Fraction
    tokens: Fraction
    paid: Fraction
    shortfall: Fraction
    saving: Fraction
    effective_price: Fraction | None
    effective_rate: Fraction | None
