"""The pricing keys of usage in columns, and what each meter of them costs on a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from alerts.columns import numbered
from costmodel.book import Quote, Unpriced
from costmodel.meters import INDEX, METERS
from costmodel.money import MILLION
from costmodel.usage import PricingKey
from ingest.store.cells import EPOCH_DAY, QUARTERS_A_DAY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import numpy.typing as npt

    from costmodel.book import PriceBook
    from ingest.store import Quarters

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]

REQUESTS = len(METERS)
"""The column of requests beside those of the meters."""


class PricedKeys:
    """What the book says to every pricing key of some usage."""

    def __init__(self, quarters: Quarters, book: PriceBook, first: int, count: int) -> None:
        """Take usage in the ``count`` quarters of an hour from ``first`` on."""
        self.book = book
        self._quarters = quarters
        self._first = first
        self._count = count
        self._rates_on: dict[date, Floats] = {}

    @cached_property
    def _days(self) -> list[date]:
        """Return the days from which on other prices hold, the one before all of them first."""
        first = self._quarters.quarter.min(initial=self._first) // QUARTERS_A_DAY
        last = self._quarters.quarter.max(initial=self._first) // QUARTERS_A_DAY
        start = EPOCH_DAY + timedelta(days=int(first))
        end = EPOCH_DAY + timedelta(days=int(last))
        return [start, *(day for day in self.book.change_dates() if start < day <= end)]

    @cached_property
    def _laid_out(self) -> tuple[list[PricingKey], Integers, Integers]:
        """Return the keys, the series of each, and the key of each item."""
        quarters = self._quarters
        edges = np.array([(day - EPOCH_DAY).days for day in self._days])
        days = (self._first + np.arange(self._count)) // QUARTERS_A_DAY
        stretches = np.maximum(np.searchsorted(edges, days, side="right") - 1, 0)
        bands, band = numbered(quarters.band)
        width = max(len(bands), 1)
        stretch = stretches[quarters.quarter - self._first]
        codes = (quarters.series * width + band) * len(edges) + stretch
        used, key_of_item = numbered(codes)
        keys = []
        for code in used.tolist():
            rest, day = divmod(code, len(edges))
            place, step = divmod(rest, width)
            keys.append(self._key(place, int(bands[step]), self._days[day]))
        return keys, used // len(edges) // width, key_of_item

    def _key(self, place: int, band: int, day: date) -> PricingKey:
        row = self._quarters.names[place]
        on = row.price_at or day
        return PricingKey(row.provider, row.model, row.zone, row.tier, band, on)

    @property
    def keys(self) -> list[PricingKey]:
        """Return every pricing key: model, tier, step and day of prices as they were asked."""
        return self._laid_out[0]

    @property
    def series(self) -> Integers:
        """Return the place of each key's series."""
        return self._laid_out[1]

    @property
    def of_item(self) -> Integers:
        """Return the place of each item's key."""
        return self._laid_out[2]

    @cached_property
    def pinned(self) -> frozenset[PricingKey]:
        """Return the keys of usage that is priced at a day of its own, whenever it was."""
        names = self._quarters.names
        placed = zip(self.keys, self.series.tolist(), strict=True)
        return frozenset(key for key, place in placed if names[place].price_at is not None)

    @cached_property
    def quotes(self) -> list[Quote | Unpriced]:
        """Return what the book says to each pricing key."""
        return [self.book.quote(key) for key in self.keys]

    @cached_property
    def rates(self) -> Floats:
        """Return what each meter of each pricing key costs."""
        return _table(self.quotes)

    def in_force_from(self, day: date) -> date:
        """Return the first day with the prices of a day, so that days between changes are one."""
        return max((each for each in self.book.change_dates() if each <= day), default=day)

    def rates_of_day(self, day: date) -> Floats:
        """Return what each meter of each key costs on a day; without a price then, its own."""
        if day not in self._rates_on:
            keys = zip(self.keys, self.quotes, strict=True)
            self._rates_on[day] = _table([self._quote_on(day, *each) for each in keys])
        return self._rates_on[day]

    def _quote_on(self, day: date, key: PricingKey, own: Quote | Unpriced) -> Quote | Unpriced:
        quote = own if key in self.pinned else self.book.quote(replace(key, on=day))
        return own if isinstance(quote, Unpriced) else quote


def _table(quotes: Sequence[Quote | Unpriced]) -> Floats:
    nothing = np.zeros((0, REQUESTS + 1))
    return np.stack([rates_of(quote) for quote in quotes]) if quotes else nothing


def rates_of(quote: Quote | Unpriced) -> Floats:
    """Return the money for one token of each meter and for a request (0), 0 without a price."""
    rates = np.zeros(REQUESTS + 1)
    if isinstance(quote, Quote):
        for meter, rate in quote.rates.items():
            rates[INDEX[meter]] = float(rate / MILLION)
    return rates
