"""The price book: which rates hold for a model as served, on a day, in a tier.

Names are matched exactly or by an explicit alias, never by prefix: ``gpt-4.1``
must not swallow ``gpt-4.1-mini``. A fine-tune ``ft:<base>:<org>:...`` is the model
that the table lists as ``ft:<base>``.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from costmodel.contract import Contract
from costmodel.meters import TIERS, UNKNOWN_BAND, Meter
from costmodel.rates import FALLBACKS, Assumption, Model, RateCard, UsageTier

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from fractions import Fraction

    from costmodel.contract import ContractTerm
    from costmodel.usage import PricingKey

NameKey = tuple[str, str]
CardKey = tuple[str, str, str, str]


@dataclass(frozen=True)
class Quote:
    """The rates of one pricing key: effective and list, per million, in one currency."""

    model: Model
    card: RateCard
    rates: Mapping[Meter, Fraction]
    list_rates: Mapping[Meter, Fraction]
    currency: str
    assumptions: Mapping[Meter, Assumption]
    notes: tuple[Assumption, ...] = ()


@dataclass(frozen=True)
class Unpriced:
    """Why a pricing key has no rate. Unknown is never zero."""

    provider: str
    model: str
    reason: str


@dataclass(frozen=True)
class PriceBook:
    """All models and rate cards, with the contract on top."""

    models: tuple[Model, ...]
    cards: tuple[RateCard, ...]
    contract: Contract = field(default_factory=Contract)
    usage_tiers: tuple[UsageTier, ...] = ()

    @cached_property
    def _by_name(self) -> dict[NameKey, Model]:
        return {
            (model.provider, name.lower()): model for model in self.models for name in model.names
        }

    @cached_property
    def _by_card_key(self) -> dict[CardKey, list[RateCard]]:
        cards: dict[CardKey, list[RateCard]] = defaultdict(list)
        for card in self.cards:
            if card.status != "withdrawn":
                cards[card.provider, card.model, card.zone, card.tier].append(card)
        return cards

    @cached_property
    def _quotes(self) -> dict[PricingKey, Quote | Unpriced]:
        return {}

    def with_contract(self, contract: Contract) -> PriceBook:
        """Return the same tables under another contract."""
        return PriceBook(self.models, self.cards, contract, self.usage_tiers)

    @cached_property
    def _under(self) -> dict[str, PriceBook]:
        return {}

    def under(self, term: ContractTerm) -> PriceBook:
        """Return the same tables with one more term, which comes last; each is made once."""
        name = repr(term)
        if name not in self._under:
            terms = (*self.contract.terms, term)
            self._under[name] = self.with_contract(replace(self.contract, terms=terms))
        return self._under[name]

    def resolve(self, provider: str, served: str) -> Model | None:
        """Return the model that this provider serves under this name, if the book knows it."""
        name = served.strip().lower()
        return self._by_name.get((provider, name)) or self._by_name.get(
            (provider, fine_tune_base(name))
        )

    def canonical(self, provider: str, served: str) -> str:
        """Return the canonical name, or the served one where the book knows none."""
        model = self.resolve(provider, served)
        return model.name if model else served

    def providers_of(self, served: str) -> tuple[str, ...]:
        """Return every provider that serves a model under this name."""
        providers = dict.fromkeys(model.provider for model in self.models)
        return tuple(provider for provider in providers if self.resolve(provider, served))

    def nearest(self, name: str, count: int = 3) -> tuple[str, ...]:
        """Return known model names that look like this one, best first."""
        known = list(dict.fromkeys(model.name for model in self.models))
        return tuple(difflib.get_close_matches(name.lower(), known, n=count, cutoff=0.5))

    def cards_of(self, provider: str, model: str) -> tuple[RateCard, ...]:
        """Return every card of a model, withdrawn ones included, as the tables give them."""
        return tuple(c for c in self.cards if (c.provider, c.model) == (provider, model))

    def writes(self, model: Model) -> bool:
        """Tell whether a model writes texts: some row of it has a rate for them."""
        cards = self.cards_of(model.provider, model.name)
        return any(Meter.OUTPUT in card.usd_per_million for card in cards)

    def tiers_of(self, provider: str, model: str, zone: str = "global") -> tuple[str, ...]:
        """Return the tiers in which a model is offered in a zone."""
        return tuple(tier for tier in TIERS if (provider, model, zone, tier) in self._by_card_key)

    def zones_of(self, provider: str, model: str) -> tuple[str, ...]:
        """Return the zones in which a model has a price."""
        keys = (key for key in self._by_card_key if key[:2] == (provider, model))
        return tuple(dict.fromkeys(zone for _, _, zone, _ in keys))

    @cached_property
    def _change_dates(self) -> tuple[date, ...]:
        days = {card.in_force_from for card in self.cards}
        days |= {card.in_force_to for card in self.cards}
        return tuple(sorted({day for day in days if day} | self.contract.change_dates()))

    def change_dates(self) -> tuple[date, ...]:
        """Return every day on which some rate changes; between two of them nothing does."""
        return self._change_dates

    def quote(self, key: PricingKey) -> Quote | Unpriced:
        """Return the rates of a pricing key, or why there are none."""
        known = self._quotes.get(key)
        if known is None:
            known = self._quotes[key] = self._fresh_quote(key)
        return known

    def _fresh_quote(self, key: PricingKey) -> Quote | Unpriced:
        model = self.resolve(key.provider, key.model)
        if model is None:
            return Unpriced(key.provider, key.model, "the price book does not know this model")
        offered = self._by_card_key.get((model.provider, model.name, key.zone, key.tier), [])
        if not offered:
            return Unpriced(key.provider, key.model, self._why_not_offered(model, key))
        in_force = [card for card in offered if card.covers(key.on)]
        if not in_force:
            return Unpriced(key.provider, key.model, _why_no_period(offered, key.on))
        return self._quote_from(model, _card_for_size(in_force, key.size_band), in_force, key)

    def _why_not_offered(self, model: Model, key: PricingKey) -> str:
        if key.tier not in TIERS:
            return f"the service tier {key.tier!r} is not known"
        zones = self.zones_of(model.provider, model.name)
        if key.zone not in zones:
            return f"no price in zone {key.zone!r}; there is one in {', '.join(zones) or 'none'}"
        tiers = ", ".join(self.tiers_of(model.provider, model.name, key.zone))
        return f"tier {key.tier!r} is not offered for {model.name}; offered: {tiers}"

    def _quote_from(
        self, model: Model, card: RateCard, in_force: list[RateCard], key: PricingKey
    ) -> Quote:
        exchange, exchange_note = self.contract.exchange(key.on)
        overrides, left = self.contract.effective(model, card, key.on)
        listed, assumptions = _completed(card)
        effective = {**listed, **overrides}
        notes = [exchange_note, _size_note(in_force, key.size_band), _start_note(card)]
        return Quote(
            model=model,
            card=card,
            rates={meter: rate * left * exchange for meter, rate in effective.items()},
            list_rates={meter: rate * exchange for meter, rate in listed.items()},
            currency=self.contract.currency,
            assumptions={m: a for m, a in assumptions.items() if m not in overrides},
            notes=tuple(note for note in notes if note),
        )


@lru_cache(maxsize=4096)
def fine_tune_base(name: str) -> str:
    """Return ``ft:<base>`` of a fine-tune's full name, any other name unchanged."""
    parts = name.split(":")
    return f"ft:{parts[1]}" if parts[0] == "ft" and len(parts) > 1 else name


def _card_for_size(cards: list[RateCard], band: int) -> RateCard:
    """Return the card of the longest step that the band reaches, the base card if unknown."""
    reached = [card for card in cards if card.above_input_tokens <= max(band, 0)]
    return max(reached, key=lambda card: card.above_input_tokens)


def _completed(card: RateCard) -> tuple[dict[Meter, Fraction], dict[Meter, Assumption]]:
    """Return the card's rates with stand-ins where the source publishes none."""
    rates = dict(card.usd_per_million)
    assumptions = dict(card.assumed)
    for meter, (stand_in, assumption) in FALLBACKS.items():
        if meter not in rates and stand_in in rates:
            rates[meter] = rates[stand_in]
            assumptions[meter] = assumption
    return rates, assumptions


def _size_note(cards: list[RateCard], band: int) -> Assumption | None:
    if band != UNKNOWN_BAND or all(card.above_input_tokens == 0 for card in cards):
        return None
    text = "sizes of single requests are not in the export: priced without long-context steps"
    return Assumption("request-size-unknown", text)


def _start_note(card: RateCard) -> Assumption | None:
    if card.in_force_from is not None:
        return None
    text = f"the first day of the {card.model} {card.tier} price is not published"
    return Assumption("start-unknown", text)


def _why_no_period(cards: list[RateCard], day: date) -> str:
    starts = [card.in_force_from for card in cards if card.in_force_from]
    first = min(starts, default=None)
    if first and day < first:
        return f"no price before {first}; asked for {day}"
    return f"no price in force on {day}"
