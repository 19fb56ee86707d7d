"""Ending soon: models in use that will be shut down, and what their successors cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.book import Unpriced
from costmodel.cost import price
from costmodel.meters import TIERS
from costmodel.usage import PricingKey
from dashboard.period import Period

if TYPE_CHECKING:
    from collections.abc import Sequence

    from costmodel.book import PriceBook
    from costmodel.rates import Model
    from costmodel.spend import SpendRow
    from dashboard.view import View

WINDOW = timedelta(days=30)
_KEY_WORDS = ("provider", "model", "zone", "tier", "size_band")


@dataclass(frozen=True)
class Ending:
    """Models that end on one day: cost in the last 30 days, and of the same tokens later.

    ``successor_cost`` is None where the successor has no price for some of it.
    """

    models: tuple[str, ...]
    on: date
    days_left: int
    cost: Fraction
    successor: str | None
    successor_cost: Fraction | None


def endings(view: View) -> list[Ending]:
    """Return what ends, soonest first, for the models used in the last 30 days."""
    until = view.until
    period = Period(until - WINDOW, until, view.zone, "", "")
    rows = view.report(by=_KEY_WORDS, period=period).rows
    today = view.now.astimezone(until.tzinfo).date()
    groups: dict[tuple[date, str | None], list[tuple[Model, SpendRow]]] = {}
    for row in rows:
        model = view.source.book.resolve(row.dimensions[0] or "", row.dimensions[1] or "")
        if model and model.life.shutdown_on and model.life.shutdown_on > today:
            place = (model.life.shutdown_on, model.life.successor)
            groups.setdefault(place, []).append((model, row))
    found = [_ending(where, found, view.source.book, today) for where, found in groups.items()]
    return sorted(found, key=lambda ending: (ending.on, -ending.cost))


def _ending(
    where: tuple[date, str | None],
    found: Sequence[tuple[Model, SpendRow]],
    book: PriceBook,
    today: date,
) -> Ending:
    on, successor = where
    by_cost: dict[str, Fraction] = {}
    for model, row in found:
        by_cost[model.name] = by_cost.get(model.name, Fraction(0)) + (row.cost or 0)
    return Ending(
        models=tuple(sorted(by_cost, key=lambda name: -by_cost[name])),
        on=on,
        days_left=(on - today).days,
        cost=sum(by_cost.values(), Fraction(0)),
        successor=successor,
        successor_cost=_elsewhere([row for _, row in found], successor, book, on),
    )


def _elsewhere(
    rows: Sequence[SpendRow], successor: str | None, book: PriceBook, on: date
) -> Fraction | None:
    """Return what the same tokens cost on another model, None unless all of them can."""
    if successor is None:
        return None
    total = Fraction(0)
    for row in rows:
        provider, _, zone, tier, band = row.dimensions
        key = PricingKey(provider or "", successor, zone or "", tier or "", int(band or 0), on)
        cost = price(_offered(key, book), row.quantities, book)
        if isinstance(cost, Unpriced):
            return None
        total += cost.total
    return total


def _offered(key: PricingKey, book: PriceBook) -> PricingKey:
    """Return the key in its own tier, or in the first tier in which the model is offered."""
    if not isinstance(book.quote(key), Unpriced):
        return key
    others = (replace(key, tier=tier) for tier in TIERS)
    return next((other for other in others if not isinstance(book.quote(other), Unpriced)), key)
