"""A family of models on one day: who belongs to it, in which tiers, at which rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from costmodel.book import Unpriced
from costmodel.meters import TIERS, Meter
from costmodel.number_text import listed
from costmodel.usage import PricingKey
from dashboard.moments import day_text
from dashboard.pages.prices.words import METER_WORDS, PROVIDER_WORDS, days_text

if TYPE_CHECKING:
    from datetime import date

    from costmodel.book import PriceBook, Quote
    from costmodel.rates import Model

FIRST = "openai/gpt-4.1"
"""The family that the page opens with."""
ZONE = "global"


@dataclass(frozen=True)
class Column:
    """One model of the table: its quotes by tier, one for each size step, shortest first."""

    model: Model
    is_successor: bool
    quotes: dict[str, tuple[Quote, ...]]


def families(book: PriceBook) -> dict[str, str]:
    """Return every family as ``provider/family`` with its label, the first one first."""
    found: dict[str, str] = {}
    for provider in PROVIDER_WORDS:
        for model in book.models:
            if model.provider == provider:
                label = f"{PROVIDER_WORDS[provider]}: {model.family}"
                found.setdefault(f"{provider}/{model.family}", label)
    return {key: found[key] for key in sorted(found, key=lambda key: key != FIRST)}


def columns(book: PriceBook, family: str, day: date) -> list[Column]:
    """Return the models of a family and then the successors that stand outside of it."""
    provider, _, name = family.partition("/")
    inside = [m for m in book.models if (m.provider, m.family) == (provider, name)]
    after = [m.life.successor for m in inside if m.life.successor]
    outside = (book.resolve(provider, successor) for successor in dict.fromkeys(after))
    successors = [model for model in outside if model and model not in inside]
    return [
        *(Column(model, False, _quotes(book, model, day)) for model in inside),
        *(Column(model, True, _quotes(book, model, day)) for model in successors),
    ]


def _quotes(book: PriceBook, model: Model, day: date) -> dict[str, tuple[Quote, ...]]:
    found = {}
    for tier in TIERS:
        steps = {
            card.above_input_tokens
            for card in book.cards_of(model.provider, model.name)
            if (card.zone, card.tier) == (ZONE, tier) and card.covers(day)
        }
        keys = [PricingKey(model.provider, model.name, ZONE, tier, s, day) for s in sorted(steps)]
        quotes = [quote for key in keys if not isinstance(quote := book.quote(key), Unpriced)]
        if quotes:
            found[tier] = tuple(quotes)
    return found


def meters_of(shown: list[Column], tier: str) -> list[Meter]:
    """Return the token types that some model of the table has a published rate for."""
    published = {
        meter
        for column in shown
        for quote in column.quotes.get(tier, ())
        for meter in quote.card.usd_per_million
    }
    return [meter for meter in METER_WORDS if meter in published]


def without(shown: list[Column], tier: str) -> list[str]:
    """Return the names of the models that are not offered in a tier."""
    return [column.model.display for column in shown if tier not in column.quotes]


def sentence(shown: list[Column], today: date) -> str:
    """Return which models of a family end when, and what comes after them."""
    inside = [column.model for column in shown if not column.is_successor]
    parts = [_ending(on, inside, shown, today) for on in _ends(inside, today)]
    gone = [m for m in inside if m.life.is_gone(today)]
    for on in sorted({m.life.shutdown_on for m in gone if m.life.shutdown_on}):
        names = [m.display for m in gone if m.life.shutdown_on == on]
        parts.append(f"{listed(names)} {_is(names)} gone since {day_text(on)}.")
    return " ".join(parts) or "No end is announced for these models."


def _ends(models: list[Model], today: date) -> list[date]:
    days = {m.life.shutdown_on for m in models if m.life.shutdown_on}
    return sorted(day for day in days if day > today)


def _ending(on: date, models: list[Model], shown: list[Column], today: date) -> str:
    ending = [m for m in models if m.life.shutdown_on == on]
    names = [m.display for m in ending]
    said = f"{listed(names)} {'ends' if len(names) == 1 else 'end'} on {day_text(on)}"
    after = dict.fromkeys(m.life.successor for m in ending if m.life.successor)
    display = {column.model.name: column.model.display for column in shown}
    if not after:
        return f"{said}, in {days_text((on - today).days)}."
    names = [display.get(name, name) for name in after]
    return f"{said}, in {days_text((on - today).days)}; the named successor is {listed(names)}."


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
