"""Coming prices: what the tokens of today cost in the rest of the period.

Prices that are announced, terms of the contract that begin and models that end change what
the same tokens cost. The mix of the last two weeks is priced on each of the days to come.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from alerts.usage import rates_of
from costmodel.book import Unpriced

if TYPE_CHECKING:
    from alerts.usage import Floats, Integers, Part, Usage
    from costmodel.book import PriceBook
    from costmodel.burn.facts import Facts
    from costmodel.usage import PricingKey

MIX: Final = timedelta(days=14)


def rest_factor(part: Part, usage: Usage, facts: Facts) -> float:
    """Return by what the money that is still to come must be multiplied; 1 with no change."""
    book = usage.book
    today = (facts.watermark - timedelta(microseconds=1)).astimezone(UTC).date()
    last = facts.end.astimezone(UTC).date()
    mix = usage.keys_of(part, facts.watermark - MIX, facts.watermark)
    changes = sorted({day for day in _changes(mix, book) if today < day <= last})
    if not changes:
        return 1.0
    now = _cost(mix, usage, today)
    rest = facts.plan.share_between(facts.watermark, facts.end)
    if now <= 0 or rest <= 0:
        return 1.0
    factor = 0.0
    for first, following in pairwise([today, *changes, last + timedelta(days=1)]):
        begin, end = max(_midnight(first), facts.watermark), min(_midnight(following), facts.end)
        if begin < end:
            share = facts.plan.share_between(begin, end) / rest
            factor += share * _cost(mix, usage, first) / now
    return factor


def _changes(mix: list[tuple[PricingKey, Integers]], book: PriceBook) -> set[date]:
    models = (book.resolve(key.provider, key.model) for key, _ in mix)
    ends = {model.life.shutdown_on for model in models if model is not None}
    return {day for day in ends if day is not None} | set(book.change_dates())


def _cost(mix: list[tuple[PricingKey, Integers]], usage: Usage, day: date) -> float:
    return float(sum(amounts @ _rates(key, usage, day) for key, amounts in mix))


def _rates(key: PricingKey, usage: Usage, day: date) -> Floats:
    """Return what each meter of a key costs on a day, at its own price where there is no other."""
    book, known = usage.book, usage.coming_rates
    if (key, day) not in known:
        quote = book.quote(replace(key, model=_answering(key, book, day), on=day))
        if isinstance(quote, Unpriced):
            quote = book.quote(key)
        known[key, day] = rates_of(quote)
    return known[key, day]


def _answering(key: PricingKey, book: PriceBook, day: date) -> str:
    """Return who answers for a model on a day: itself, or the first successor still alive."""
    model, seen = book.resolve(key.provider, key.model), {key.model}
    while model is not None and model.life.is_gone(day):
        name = model.life.successor
        if name is None or name in seen:
            return key.model
        seen.add(name)
        model = book.resolve(key.provider, name)
    return key.model if model is None or len(seen) == 1 else model.name


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
