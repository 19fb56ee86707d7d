"""Money and volume beside the meters: charges of a scenario, and what a cap refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from costmodel.money import dollars

if TYPE_CHECKING:
    from fractions import Fraction

Measure = Literal["money", "tokens", "requests"]


@dataclass(frozen=True)
class Charge:
    """Money that no meter counts: what people cost, a commitment's discount or shortfall."""

    kind: Literal["people", "commitment discount", "commitment shortfall"]
    amount: Fraction


@dataclass(frozen=True)
class Refusal:
    """What a cap refuses: in how many hours of how many, and the volume and money of it."""

    measure: Measure
    per_hour: Fraction
    hours: Fraction
    hours_cut: Fraction
    requests: Fraction
    tokens: Fraction
    saved: Fraction


def refusal_in_words(refusal: Refusal, currency: str) -> str:
    """Return a sentence that says what a cap refuses and saves."""
    if not refusal.hours_cut:
        return "cap: no hour comes to it, nothing is refused"
    return (
        f"cap: {float(refusal.requests):,.0f} requests would be refused, in "
        f"{float(refusal.hours_cut):,.0f} of {float(refusal.hours):,.0f} hours with usage; "
        f"{dollars(refusal.saved, currency)} of usage not paid"
    )
