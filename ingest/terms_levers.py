"""How plan files write the levers on prices and limits."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from costmodel.levers import Cap, Commit, Lever, Reprice
from costmodel.meters import METERS, TIERS, Meter
from costmodel.terms import MONTHS_OF

if TYPE_CHECKING:
    from ingest.lever_values import LeverValues, Scope
    from pricing.located_yaml import Located

MEASURES = ("money", "tokens", "requests")


def reprice(located: Located, scope: Scope, values: LeverValues) -> Lever | None:
    """Read the new rates of a model, in dollars per million."""
    keys = values.keys(located, ("model", "rates"), ("tier",))
    model = values.model(keys.get("model"))
    tier = values.checker.choice(keys.get("tier"), TIERS) or "standard"
    given = values.checker.mapping(keys.get("rates"), optional=[str(meter) for meter in METERS])
    rates = {Meter(name): values.amount(rate) for name, rate in given.items()}
    known = {meter: rate for meter, rate in rates.items() if rate is not None}
    if "rates" in keys and not given:
        values.checker.note(keys["rates"], "holds no rate; give one such as 'input: 0.40'")
    if model is None or not known:
        return None
    if tier not in _tiers_of(model, values):
        values.checker.note(keys.get("tier", located), f"{model} is not offered in the tier {tier}")
        return None
    return Reprice(
        model=model, usd_per_million=known, tier=tier, where=scope.where, from_=scope.from_
    )


def _tiers_of(model: str, values: LeverValues) -> set[str]:
    book = values.book
    return {
        tier
        for provider in book.providers_of(model)
        for zone in book.zones_of(provider, book.canonical(provider, model))
        for tier in book.tiers_of(provider, book.canonical(provider, model), zone)
    }


def commit(located: Located, scope: Scope, values: LeverValues) -> Lever | None:
    """Read what is paid at least in a period, and the discount that this buys."""
    keys = values.keys(located, ("amount",), ("period", "discount", "discount_on"))
    amount = values.amount(keys.get("amount"))
    period: Any = values.checker.choice(keys.get("period"), tuple(MONTHS_OF)) or "month"
    discount = values.share(keys["discount"]) if "discount" in keys else Fraction(0)
    part: Any = values.checker.choice(keys.get("discount_on"), ("all", "above")) or "all"
    if amount is None or discount is None:
        return None
    return Commit(
        amount=amount,
        period=period,
        discount=discount,
        discount_on=part,
        where=scope.where,
        from_=scope.from_,
    )


def cap(located: Located, scope: Scope, values: LeverValues) -> Lever | None:
    """Read what an hour may carry at most: money, tokens or requests."""
    keys = values.keys(located, (), MEASURES)
    values.must_have_hours(located)
    if len(keys) != 1:
        values.checker.note(
            located, f"must hold one limit an hour: {', '.join(MEASURES[:-1])} or {MEASURES[-1]}"
        )
        return None
    [(measure, limit)] = keys.items()
    per_hour = values.amount(limit)
    if per_hour is None:
        return None
    named: Any = measure
    return Cap(measure=named, per_hour=per_hour, where=scope.where, from_=scope.from_)
