"""What a scenario pays beside its meters, and how its commitments and caps do."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from costmodel.likely import likely_range
from costmodel.money import decimal_string

if TYPE_CHECKING:
    from costmodel.charges import Charge, Refusal
    from costmodel.commitment import CommitmentPoint
    from costmodel.likely import Floats
    from costmodel.scenario import Outcome
    from costmodel.terms import Settlement

A_FIFTH = Fraction(1, 5)
"""Without a likely range, low and high volume are a fifth less and more than the middle."""


@dataclass(frozen=True)
class CommitmentView:
    """A commitment at low, middle and high usage of a scenario."""

    settlement: Settlement
    low: CommitmentPoint
    middle: CommitmentPoint
    high: CommitmentPoint

    def to_json(self) -> dict[str, object]:
        """Return the view, money as decimal strings."""
        commitment = self.settlement.commitment
        even = commitment.break_even_usage
        return {
            "monthly_amount": decimal_string(commitment.amount),
            "discount": float(commitment.discount),
            "discount_on": commitment.discount_on,
            "break_even_usage": None if even is None else decimal_string(even),
            "low": _point(self.low),
            "middle": _point(self.middle),
            "high": _point(self.high),
        }


def _point(point: CommitmentPoint) -> dict[str, object]:
    rate, price = point.effective_rate, point.effective_price
    return {
        "usage": decimal_string(point.usage),
        "paid": decimal_string(point.paid),
        "shortfall": decimal_string(point.shortfall),
        "saving": decimal_string(point.saving),
        "effective_price": None if price is None else float(price),
        "effective_rate": None if rate is None else decimal_string(rate),
    }


@dataclass(frozen=True)
class ScenarioTerms:
    """Charges beside the meters, commitments and caps of one scenario."""

    charges: tuple[Charge, ...] = ()
    commitments: tuple[CommitmentView, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return what there is, money as decimal strings."""
        return {
            "charges": [
                {"kind": each.kind, "amount": decimal_string(each.amount)} for each in self.charges
            ],
            "commitments": [each.to_json() for each in self.commitments],
            "caps": [_refusal(each) for each in self.refusals],
        }


def _refusal(each: Refusal) -> dict[str, object]:
    return {
        "measure": each.measure,
        "per_hour": decimal_string(each.per_hour),
        "hours": float(each.hours),
        "hours_cut": float(each.hours_cut),
        "refused_requests": round(each.requests),
        "refused_tokens": round(each.tokens),
        "saved": decimal_string(each.saved),
    }


def terms_of(outcome: Outcome, draws: Floats | None = None) -> ScenarioTerms:
    """Return the terms of an outcome; ``draws`` are likely costs before commitments."""
    low, high = 1 - A_FIFTH, 1 + A_FIFTH
    if draws is not None and outcome.uncommitted_cost:
        ends = likely_range(draws / float(outcome.uncommitted_cost))
        low, high = (Fraction(round(end * 10_000), 10_000) for end in ends)
    views = (_view(each, low, high) for each in outcome.settlements)
    return ScenarioTerms(outcome.charges, tuple(views), outcome.refusals)


def _view(settlement: Settlement, low: Fraction, high: Fraction) -> CommitmentView:
    middle = settlement.point
    ends = (settlement.commitment.at(middle.usage * n, middle.tokens * n) for n in (low, high))
    return CommitmentView(settlement, next(ends), middle, next(ends))


def settled_draws(draws: Floats, outcome: Outcome) -> Floats:
    """Return likely costs with each commitment settled on them, its usage in proportion."""
    total = draws.copy()
    if not outcome.uncommitted_cost:
        return total + float(outcome.cost - outcome.uncommitted_cost)
    for each in outcome.settlements:
        commitment = each.commitment
        usage = draws * float(each.point.usage / outcome.uncommitted_cost)
        counted = usage
        if commitment.discount_on == "above":
            counted = np.maximum(0, usage - float(commitment.amount))
        discounted = usage - counted * float(commitment.discount)
        total += np.maximum(discounted, float(commitment.amount)) - usage
    return total
