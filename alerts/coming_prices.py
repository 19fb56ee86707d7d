"""Coming prices: what the tokens of today cost in the rest of the period.

Prices that are announced, terms of the contract that begin and models that end change what
the same tokens cost. The mix of the last two weeks is priced on each of the days to come.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from alerts.priced_keys import rates_of
from costmodel.book import Unpriced
from costmodel.coming_price import NO_CHANGE, ComingPrice, PricePath
from costmodel.meters import METERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from fractions import Fraction

    import numpy.typing as npt

    from alerts.usage import Floats, Integers, Part, Usage
    from costmodel.book import PriceBook
    from costmodel.meters import Meter
    from costmodel.usage import PricingKey

    Mix = list[tuple[PricingKey, Integers]]

MIX: Final = timedelta(days=14)


def price_path(part: Part, usage: Usage, begin: datetime, end: datetime) -> PricePath:
    """Return what the tokens of the two weeks before ``begin`` cost on the way to ``end``."""
    today, last = day_of(begin), day_of(end)
    if not _moving(usage, today, last)[usage.keys_in(part)].any():
        return NO_CHANGE
    mix = usage.keys_of(part, begin - MIX, begin)
    now = _cost(mix, usage, today)
    if now <= 0:
        return NO_CHANGE
    steps: list[tuple[datetime, float]] = []
    told: list[ComingPrice] = []
    before = today
    for day in _changes((key for key, _ in mix), usage.book, today, last):
        coming = _coming(mix, usage, before, day)
        if coming:
            steps.append((datetime.combine(day, time(), UTC), _cost(mix, usage, day) / now))
            told += coming
        before = day
    return PricePath(tuple(steps), tuple(told))


def day_of(moment: datetime) -> date:
    """Return the UTC day whose prices hold just before a moment."""
    return (moment.astimezone(UTC) - timedelta(microseconds=1)).date()


def _moving(usage: Usage, today: date, last: date) -> npt.NDArray[np.bool_]:
    """Tell of each pricing key of the usage whether its rates move after a day, up to another."""
    if (today, last) not in usage.moving_prices:
        keys = usage.priced.keys
        days = [today, *_changes(keys, usage.book, today, last)]
        rates = (np.array([_rates(key, usage, day) for day in days]) for key in keys)
        moves = [bool((each != each[0]).any()) for each in rates]
        usage.moving_prices[today, last] = np.array(moves, dtype=bool)
    return usage.moving_prices[today, last]


def _changes(keys: Iterable[PricingKey], book: PriceBook, today: date, last: date) -> list[date]:
    """Return the days after one and up to another on which rates, or who answers, may change."""
    models = (book.resolve(*place) for place in {(key.provider, key.model) for key in keys})
    ends = {model.life.shutdown_on for model in models if model is not None}
    known = {day for day in ends if day is not None} | set(book.change_dates())
    return sorted(day for day in known if today < day <= last)


def _coming(mix: Mix, usage: Usage, before: date, day: date) -> list[ComingPrice]:
    """Return the models of a mix that cost something else on a day, each once."""
    found: dict[str, ComingPrice] = {}
    for key, amounts in sorted(mix, key=lambda each: -int(each[1][: len(METERS)].sum())):
        change = _rates(key, usage, day) - _rates(key, usage, before)
        if not np.any(change[amounts > 0]):
            continue
        book = usage.book
        old, new = (_priced_key(key, usage, on) for on in (before, day))
        name = book.canonical(key.provider, key.model)
        follows = book.canonical(new.provider, new.model) if new.model != old.model else None
        found.setdefault(
            name, ComingPrice(day, name, follows, _quoted(old, book), _quoted(new, book))
        )
    return list(found.values())


def _quoted(key: PricingKey, book: PriceBook) -> Mapping[Meter, Fraction]:
    return {} if isinstance(quote := book.quote(key), Unpriced) else quote.rates


def _cost(mix: Mix, usage: Usage, day: date) -> float:
    return float(sum(amounts @ _rates(key, usage, day) for key, amounts in mix))


def _rates(key: PricingKey, usage: Usage, day: date) -> Floats:
    """Return what each meter of a key costs on a day."""
    known = usage.coming_rates
    if (key, day) not in known:
        known[key, day] = rates_of(usage.book.quote(_priced_key(key, usage, day)))
    return known[key, day]


def _priced_key(key: PricingKey, usage: Usage, day: date) -> PricingKey:
    """Return the key whose price counts on a day; its own where there is no other."""
    if key in usage.priced.pinned:
        return key
    asked = replace(key, model=_answering(key, usage.book, day), on=day)
    return key if isinstance(usage.book.quote(asked), Unpriced) else asked


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
