"""The contract on top of the list: absolute override, then discount, then exchange rate."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.rates import Assumption, Model, RateCard

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from costmodel.meters import Meter

ONE = Fraction(1)


@dataclass(frozen=True)
class ContractTerm:
    """One negotiated term; a None field holds for every value of it.

    ``usd_per_million`` replaces list rates, ``discount`` (0 to 1) then comes off
    what stands.
    """

    source: str
    provider: str | None = None
    model: str | None = None
    zone: str | None = None
    tier: str | None = None
    in_force_from: date | None = None
    in_force_to: date | None = None
    usd_per_million: Mapping[Meter, Fraction] = field(default_factory=dict)
    discount: Fraction = Fraction(0)

    def applies(self, model: Model, card: RateCard, day: date) -> bool:
        """Tell whether the term touches this card on this day."""
        asked = (self.provider, self.model, self.zone, self.tier)
        given = (model.provider, model.name, card.zone, card.tier)
        return all(a is None or a == g for a, g in zip(asked, given, strict=True)) and (
            (self.in_force_from is None or self.in_force_from <= day)
            and (self.in_force_to is None or day < self.in_force_to)
        )


@dataclass(frozen=True)
class ExchangeRate:
    """How much of the contract's currency one US dollar was worth from a day on."""

    in_force_from: date
    per_usd: Fraction
    source: str


@dataclass(frozen=True)
class Contract:
    """All negotiated terms, and the currency that is billed."""

    terms: tuple[ContractTerm, ...] = ()
    currency: str = "USD"
    exchange_rates: tuple[ExchangeRate, ...] = ()

    def change_dates(self) -> set[date]:
        """Return every day on which a term or an exchange rate begins or ends."""
        days = {term.in_force_from for term in self.terms}
        days |= {term.in_force_to for term in self.terms}
        days |= {rate.in_force_from for rate in self.exchange_rates}
        return {day for day in days if day is not None}

    def exchange(self, day: date) -> tuple[Fraction, Assumption | None]:
        """Return the exchange rate of a usage day, and what was assumed to have one."""
        if self.currency == "USD":
            return ONE, None
        known = sorted(self.exchange_rates, key=lambda rate: rate.in_force_from)
        past = [rate for rate in known if rate.in_force_from <= day]
        if past:
            return past[-1].per_usd, None
        first = known[0]
        text = f"no {self.currency} rate before {first.in_force_from}: that day's rate is used"
        return first.per_usd, Assumption("first-exchange-rate", text)

    def converted(self, amount: Fraction, currency: str, day: date) -> Fraction | None:
        """Return what a bill asks in the contract's currency, None where no rate leads there."""
        if currency == self.currency:
            return amount
        return amount * self.exchange(day)[0] if currency == "USD" else None

    def effective(
        self, model: Model, card: RateCard, day: date
    ) -> tuple[dict[Meter, Fraction], Fraction]:
        """Return the overridden rates, and the share of them that is left to pay."""
        overrides: dict[Meter, Fraction] = {}
        left = ONE
        for term in self.terms:
            if term.applies(model, card, day):
                overrides.update(term.usd_per_million)
                left *= 1 - term.discount
        return overrides, left
