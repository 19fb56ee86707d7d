"""What changed between two price books: models, rates, lives, names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from costmodel.meters import METERS
from costmodel.money import decimal_string

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.meters import Meter
    from costmodel.rates import Model, RateCard

CardKey = tuple[str, str, str, str, int, str, "date | None"]
MODEL_FACTS = (
    "display",
    "family",
    "snapshots",
    "aliases",
    "context_window",
    "max_output_tokens",
    "knowledge_cutoff",
    "minimum_cacheable_tokens",
    "tokenizer",
    "rate_limits",
)
LIFE_FACTS = ("released_on", "announced_on", "deprecated_on", "shutdown_on", "successor")
CARD_FACTS = ("in_force_to", "announced_on", "derived", "source", "checked_on")


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One difference. ``what`` is a meter or a fact; None: not there on that side.

    ``period`` says which rates, such as "standard from 2026-08-21".
    """

    provider: str
    model: str
    period: str
    what: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        """Return the difference in one line."""
        where = f"{self.provider} {self.model} {self.period}".rstrip()
        return f"{where}: {self.what} {self.before or 'not there'} -> {self.after or 'not there'}"


def changes(before: PriceBook, after: PriceBook) -> tuple[PriceChange, ...]:
    """Return every difference between two books, by provider, model and period."""
    found = [*_model_changes(before, after), *_card_changes(before, after)]
    return tuple(sorted(found, key=lambda c: (c.provider, c.model, c.period, c.what)))


def _model_changes(before: PriceBook, after: PriceBook) -> Iterator[PriceChange]:
    old = {(model.provider, model.name): _facts(model) for model in before.models}
    new = {(model.provider, model.name): _facts(model) for model in after.models}
    for provider, name in old.keys() | new.keys():
        was, now = old.get((provider, name)), new.get((provider, name))
        if was is None or now is None:
            there = ("model", None, "there") if was is None else ("model", "there", None)
            yield PriceChange(provider, name, "", *there)
        else:
            yield from _different(provider, name, "", was, now)


def _card_changes(before: PriceBook, after: PriceBook) -> Iterator[PriceChange]:
    old = {_card_key(card): card for card in before.cards}
    new = {_card_key(card): card for card in after.cards}
    for key in old.keys() | new.keys():
        was, now = old.get(key), new.get(key)
        provider, name, period = key[0], key[1], _period(key)
        yield from _different(provider, name, period, _rates(was), _rates(now))
        if was and now:
            yield from _different(provider, name, period, _card_facts(was), _card_facts(now))


def _different(
    provider: str,
    name: str,
    period: str,
    was: Mapping[str, str | None],
    now: Mapping[str, str | None],
) -> Iterator[PriceChange]:
    for what in dict.fromkeys([*was, *now]):
        if was.get(what) != now.get(what):
            yield PriceChange(provider, name, period, what, was.get(what), now.get(what))


def _card_key(card: RateCard) -> CardKey:
    return (
        card.provider,
        card.model,
        card.zone,
        card.tier,
        card.above_input_tokens,
        card.status,
        card.in_force_from,
    )


def _period(key: CardKey) -> str:
    _, _, zone, tier, above, status, start = key
    words = [tier if zone == "global" else f"{tier} in {zone}"]
    words += [f"above {above:,} input tokens"] if above else []
    words += [f"from {start}"] if start else []
    words += [f"({status})"] if status != "in_force" else []
    return " ".join(words)


def _rates(card: RateCard | None) -> dict[str, str | None]:
    if card is None:
        return {}
    return {meter.value: _rate(card, meter) for meter in METERS if meter in card.usd_per_million}


def _rate(card: RateCard, meter: Meter) -> str:
    rate: Fraction = card.usd_per_million[meter]
    assumed = card.assumed.get(meter)
    return decimal_string(rate) + (f" (assumed: {assumed.name})" if assumed else "")


def _card_facts(card: RateCard) -> dict[str, str | None]:
    return {fact: _text(getattr(card, fact)) for fact in CARD_FACTS}


def _facts(model: Model) -> dict[str, str | None]:
    facts = {fact: _text(getattr(model, fact)) for fact in MODEL_FACTS}
    return facts | {fact: _text(getattr(model.life, fact)) for fact in LIFE_FACTS}


def _text(value: object) -> str | None:
    if value is None or value == ():
        return None
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
