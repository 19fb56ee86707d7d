"""The cost of usage, exactly, in parts that add up."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.book import PriceBook, Quote, Unpriced
from costmodel.meters import METERS, Meter
from costmodel.money import MILLION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from costmodel.rates import Assumption
    from costmodel.usage import PricingKey, Quantities

ZERO = Fraction(0)


@dataclass(frozen=True)
class Cost:
    """What usage of one pricing key costs.

    ``parts`` and ``list_parts`` are money by meter in ``currency``; meters that
    count nothing are left out. ``unpriced_quantities`` are meters in use that no
    rate covers: the total then misses them.
    """

    quote: Quote
    parts: Mapping[Meter, Fraction]
    list_parts: Mapping[Meter, Fraction]
    unpriced_quantities: Mapping[Meter, int]
    assumptions: tuple[Assumption, ...]
    warnings: tuple[str, ...]

    @property
    def total(self) -> Fraction:
        """Return the effective cost: what the contract leaves to pay."""
        return sum(self.parts.values(), ZERO)

    @property
    def list_total(self) -> Fraction:
        """Return the cost at published prices."""
        return sum(self.list_parts.values(), ZERO)

    @property
    def rates(self) -> Mapping[Meter, Fraction]:
        """Return the effective rates of the priced meters, per million."""
        return {meter: self.quote.rates[meter] for meter in self.parts}

    @property
    def currency(self) -> str:
        """Return the currency of every amount here."""
        return self.quote.currency

    @property
    def source(self) -> str:
        """Return where the rates were published."""
        return self.quote.card.source

    @property
    def in_force_from(self) -> date | None:
        """Return the first day of the rates, None when it is not known."""
        return self.quote.card.in_force_from


def price(key: PricingKey, quantities: Quantities, book: PriceBook) -> Cost | Unpriced:
    """Return what this usage costs on its day, or why it has no price.

    Money is quantity times rate per million; every product and sum is exact.
    """
    quote = book.quote(key)
    if isinstance(quote, Unpriced):
        return quote
    used = {meter: n for meter, n in zip(METERS, quantities, strict=True) if n}
    priced = {meter: n for meter, n in used.items() if meter in quote.rates}
    assumed = [quote.assumptions[meter] for meter in priced if meter in quote.assumptions]
    return Cost(
        quote=quote,
        parts={meter: money(n, quote.rates[meter]) for meter, n in priced.items()},
        list_parts={m: money(n, quote.list_rates.get(m, ZERO)) for m, n in priced.items()},
        unpriced_quantities={meter: n for meter, n in used.items() if meter not in priced},
        assumptions=tuple(dict.fromkeys([*assumed, *quote.notes])),
        warnings=life_warnings(quote, key.on),
    )


def money(quantity: int | Fraction, rate_per_million: Fraction) -> Fraction:
    """Return quantity times rate."""
    return quantity * rate_per_million / MILLION


def life_warnings(quote: Quote, day: date) -> tuple[str, ...]:
    """Return what to say of a model that is gone on this day, or of a price yet to come."""
    life = quote.model.life
    if life.is_gone(day):
        return (f"{quote.model.name} is gone since {life.shutdown_on}, for comparison only",)
    if quote.card.status == "announced":
        return (f"this price of {quote.model.name} is announced, not yet in force",)
    return ()
