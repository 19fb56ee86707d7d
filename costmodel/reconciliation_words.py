"""How the gap between usage and a bill is said: one name and meaning a cause, one sentence."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from costmodel.money import dollars
from costmodel.reconciliation import Cause, share_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.reconciliation import LineKey, ReconciledLine, Reconciliation

CAUSE_NAMES: Final[Mapping[Cause, str]] = {
    Cause.PRICE_DIFFERENCE: "price difference",
    Cause.MISSING_USAGE: "missing usage",
    Cause.DAY_SHIFT: "day shift",
    Cause.TOOL_FEES: "tool fees",
    Cause.TAX_AND_CREDITS: "tax and credits",
    Cause.OTHER_CHARGES: "other charges",
    Cause.UNPRICED: "unpriced",
    Cause.USAGE_OR_PRICE: "usage or price",
    Cause.ROUNDING: "rounding",
    Cause.UNEXPLAINED: "unexplained",
}
CAUSE_MEANINGS: Final[Mapping[Cause, str]] = {
    Cause.PRICE_DIFFERENCE: "the bill's quantity at its rate, less the same at ours",
    Cause.MISSING_USAGE: "tokens that only one side has, at our rate",
    Cause.DAY_SHIFT: "tokens that the other side has on a neighbouring day",
    Cause.TOOL_FEES: "searches, containers and storage, beyond what we price of them",
    Cause.TAX_AND_CREDITS: "no usage: tax, credits, refunds, discounts",
    Cause.OTHER_CHARGES: "no usage that we meter: seats, reserved throughput, support",
    Cause.UNPRICED: "billed for models or tiers that the price book has no price for",
    Cause.USAGE_OR_PRICE: "the bill has no quantities here: usage and price look the same",
    Cause.ROUNDING: "at most half a cent a line of the bill",
    Cause.UNEXPLAINED: "no cause fits",
}
KIND_NAMES: Final[Mapping[str, str]] = {
    "usage": "(all models)",
    "tool": "(tools)",
    "tax": "(tax)",
    "credit": "(credits)",
    "other": "(other charges)",
    "rest": "(not placed)",
}
NAMED_CAUSES: Final = 3
"""So many causes are named in the sentence, the largest first."""

_CENT: Final = Fraction(1, 100)


def row_name(key: LineKey, word: str) -> str:
    """Return what a row by ``day``, ``provider``, ``model`` or ``meter`` is called."""
    if word == "day":
        return "(whole period)" if key.day is None else key.day.isoformat()
    if word == "provider":
        return key.provider
    found = key.model if word == "model" else key.meter
    if found is not None:
        return str(found)
    return "(all meters)" if word == "meter" and key.kind == "usage" else KIND_NAMES[key.kind]


def sentence(found: Reconciliation, currency: str, *, at_least: bool = False) -> str:
    """Return in one sentence how far ours and the bill are apart, and why."""
    total = found.total
    prices = "list prices" if total.ours == total.list_cost else "your contract's prices"
    bound = "at least " if at_least else ""
    ours = f"Your usage at {prices} is {bound}{dollars(total.ours, currency)}"
    theirs = dollars(total.theirs, currency)
    if not total.causes:
        return f"{ours}, the bill {theirs}: nothing lies between them."
    apart = _apart(total, currency)
    named = _named(total, currency)
    of_which = f", of which {named}" if named else ""
    share = found.unexplained_share
    rest = f"{dollars(found.unexplained, currency)}{_percent(share)}"
    return f"{ours}, the bill {theirs}: {apart}{of_which}; unexplained {rest}."


def _apart(total: ReconciledLine, currency: str) -> str:
    if not total.gap:
        return "nothing in sum"
    if abs(total.gap) < _CENT:
        return "less than a cent apart"
    share = share_of(total.gap, total.theirs)
    return f"{dollars(abs(total.gap), currency)}{_percent(share)} apart"


def told_causes(total: ReconciledLine) -> dict[Cause, Fraction]:
    """Return the causes of half a cent and more, the largest first; less is written as nothing."""
    ranked = sorted(total.causes.items(), key=lambda each: -abs(each[1]))
    return {cause: part for cause, part in ranked if round(part * 100)}


def _named(total: ReconciledLine, currency: str) -> str:
    """Return the largest causes with their money; below 0 the bill is under ours."""
    known = {
        cause: part for cause, part in told_causes(total).items() if cause is not Cause.UNEXPLAINED
    }
    largest = list(known)
    words = [f"{dollars(known[cause], currency)} {CAUSE_NAMES[cause]}" for cause in largest]
    shown, others = words[:NAMED_CAUSES], largest[NAMED_CAUSES:]
    if len(others) == 1:
        shown = words
    elif others:
        rest = sum((known[cause] for cause in others), Fraction(0))
        shown.append(f"{dollars(rest, currency)} for {len(others)} other causes")
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def _percent(share: Fraction | None) -> str:
    return "" if share is None else f" ({percent(share)})"


def percent(share: Fraction) -> str:
    """Return a share in percent with at most one decimal, ``under 0.1%`` where it is less."""
    if 0 < abs(share) < Fraction(1, 2000):
        return "under 0.1%"
    return f"{float(share) * 100:,.1f}".removesuffix(".0") + "%"
