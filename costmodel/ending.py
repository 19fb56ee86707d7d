"""Ending soon: models in use that will be shut down, who calls them, and what follows costs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.book import Unpriced
from costmodel.cost import price
from costmodel.meters import TIERS
from costmodel.usage import PricingKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.rates import Model
    from costmodel.spend import SpendRow

KEY_WORDS = ("provider", "model", "zone", "tier", "size_band")
"""What rows must be grouped by, before the callers."""


@dataclass(frozen=True)
class Caller:
    """Whoever still calls a model that ends, and what that cost."""

    names: tuple[str | None, ...]
    requests: int
    cost: Fraction


@dataclass(frozen=True)
class Ending:
    """Models that end on one day: what they cost in the rows' period, and the same tokens later.

    ``successor_cost`` is None where the successor has no price for some of it.
    ``callers`` stand with the dearest first.
    """

    models: tuple[str, ...]
    on: date
    days_left: int
    cost: Fraction
    successor: str | None
    successor_cost: Fraction | None
    callers: tuple[Caller, ...] = ()


def endings(rows: Iterable[SpendRow], book: PriceBook, today: date) -> list[Ending]:
    """Return what ends after today, soonest first.

    ``rows`` are spend by ``KEY_WORDS`` and any number of words more, which name callers.
    """
    groups: dict[tuple[date, str | None], list[tuple[Model, SpendRow]]] = defaultdict(list)
    for row in rows:
        model = book.resolve(row.dimensions[0] or "", row.dimensions[1] or "")
        if model and model.life.shutdown_on and model.life.shutdown_on > today:
            groups[model.life.shutdown_on, model.life.successor].append((model, row))
    found = [_ending(where, group, book, today) for where, group in groups.items()]
    return sorted(found, key=lambda ending: (ending.on, -ending.cost))


def _ending(
    where: tuple[date, str | None],
    found: Sequence[tuple[Model, SpendRow]],
    book: PriceBook,
    today: date,
) -> Ending:
    on, successor = where
    by_cost: dict[str, Fraction] = defaultdict(Fraction)
    for model, row in found:
        by_cost[model.name] += row.cost or 0
    rows = [row for _, row in found]
    return Ending(
        models=tuple(sorted(by_cost, key=lambda name: -by_cost[name])),
        on=on,
        days_left=(on - today).days,
        cost=sum(by_cost.values(), Fraction(0)),
        successor=successor,
        successor_cost=_elsewhere(rows, successor, book, on),
        callers=_callers(rows),
    )


def _callers(rows: Iterable[SpendRow]) -> tuple[Caller, ...]:
    sums: dict[tuple[str | None, ...], tuple[int, Fraction]] = {}
    for row in rows:
        names = row.dimensions[len(KEY_WORDS) :]
        requests, cost = sums.get(names, (0, Fraction(0)))
        sums[names] = requests + row.requests, cost + (row.cost or 0)
    callers = (Caller(names, *volume) for names, volume in sums.items() if names)
    return tuple(sorted(callers, key=lambda each: (-each.cost, -each.requests)))


def _elsewhere(
    rows: Sequence[SpendRow], successor: str | None, book: PriceBook, on: date
) -> Fraction | None:
    """Return what the same tokens cost on another model, None unless all of them can."""
    if successor is None:
        return None
    total = Fraction(0)
    for row in rows:
        provider, _, zone, tier, band = row.dimensions[: len(KEY_WORDS)]
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
