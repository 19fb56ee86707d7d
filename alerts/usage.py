"""Usage in columns, priced once for all budgets: what each of them asks is then an addition.

Amounts over time are float64, for curves and rules. What a period has cost is exact:
integers are added up by pricing key and multiplied once, as everywhere.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from alerts.columns import order_of, places_between
from alerts.priced_keys import REQUESTS, PricedKeys
from costmodel.book import Quote, Unpriced
from costmodel.cost import money
from costmodel.meters import INDEX, METERS, TOKEN_METERS
from ingest.store.cells import EPOCH, QUARTER_SECONDS
from ingest.store.quarters import NO_METER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import numpy.typing as npt

    from costmodel.book import PriceBook
    from costmodel.budget import Measure
    from costmodel.usage import PricingKey
    from ingest.store import Quarters

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]

_MOST_SUMS = 64
"""Windows whose sums are kept: a look at all budgets has few, a backtest one for each hour."""
_TOKENS = np.array([meter in TOKEN_METERS for meter in METERS])


@dataclass(frozen=True, eq=False)
class Part:
    """Series that pass a budget's filters, by their places, and what was asked of them."""

    places: Integers
    curves: dict[Measure | date, Floats] = field(default_factory=dict)
    spent: dict[tuple[Measure, int, int], Fraction] = field(default_factory=dict)


@dataclass(frozen=True)
class Miss:
    """Usage without a price: whose, why, and how many tokens."""

    provider: str
    model: str
    reason: str
    tokens: int


class Usage:
    """The usage of a store from one quarter of an hour on, under one price book."""

    def __init__(self, quarters: Quarters, book: PriceBook, since: datetime) -> None:
        self.quarters = quarters
        self.book = book
        self.first = quarter_at(since)
        self.count = int(quarters.quarter.max(initial=self.first) - self.first) + 1
        self.priced = PricedKeys(quarters, book, self.first, self.count)
        self._parts: dict[object, Part] = {}
        self._sums: dict[tuple[int, int], Integers] = {}
        self.coming_rates: dict[tuple[PricingKey, date], Floats] = {}
        self.moving_prices: dict[tuple[date, date], npt.NDArray[np.bool_]] = {}
        self._money_on: dict[date, Floats] = {}

    @cached_property
    def _slots(self) -> Integers:
        """Return pricing key and meter (requests last) of each item, as one number."""
        meter = np.where(self.quarters.meter == NO_METER, REQUESTS, self.quarters.meter)
        return self.priced.of_item * (REQUESTS + 1) + meter

    @cached_property
    def _in_time(self) -> Integers:
        """Return the places of the items, the earliest first."""
        return order_of(self.quarters.quarter - self.first)

    @cached_property
    def _order(self) -> tuple[Integers, Integers]:
        """Return the items sorted by series and quarter, and the place of the pair of each."""
        quarters = self.quarters
        order = self._in_time[order_of(quarters.series[self._in_time])]
        codes = quarters.series[order] * self.count + quarters.quarter[order] - self.first
        pairs = np.cumsum(np.diff(codes, prepend=codes[:1]) != 0)
        return order, pairs

    @cached_property
    def _worth(self) -> dict[Measure, Floats]:
        """Return what each item is in each measure, sorted by series and quarter."""
        order, _ = self._order
        slots, amount = self._slots[order], self.quarters.amount[order].astype(np.float64)
        count, columns = len(self.priced.quotes), np.arange(REQUESTS + 1)
        tables: dict[Measure, Floats] = {
            "money": self.priced.rates,
            "tokens": np.tile(np.append(_TOKENS, False) * 1.0, (count, 1)),
            "requests": np.tile((columns == REQUESTS) * 1.0, (count, 1)),
        }
        return {measure: amount * table.ravel()[slots] for measure, table in tables.items()}

    @cached_property
    def _curves(self) -> tuple[Integers, Integers, dict[Measure, Floats]]:
        """Return series edges, quarters, and amounts added up to one item a series and quarter."""
        order, pairs = self._order
        firsts = order[np.flatnonzero(np.diff(pairs, prepend=-1))]
        edges = np.searchsorted(self.quarters.series[firsts], np.arange(len(self._all) + 1))
        sums = {
            measure: np.bincount(pairs, weights=worth).astype(np.float64)
            for measure, worth in self._worth.items()
        }
        return np.asarray(edges, dtype=np.int64), self.quarters.quarter[firsts] - self.first, sums

    @cached_property
    def _codes(self) -> dict[str, tuple[list[str | None], Integers]]:
        return {}

    def values(self, name: str) -> tuple[list[str | None], Integers]:
        """Return the values of a filter's dimension, and the value of each series by its place."""
        if name not in self._codes:
            known: dict[str | None, int] = {}
            codes = [known.setdefault(self._value(p, name), len(known)) for p in self._all]
            self._codes[name] = (list(known), np.array(codes, dtype=np.int64))
        return self._codes[name]

    @property
    def _all(self) -> range:
        return range(len(self.quarters.names))

    def _value(self, place: int, name: str) -> str | None:
        row = self.quarters.names[place]
        return self.book.canonical(row.provider, row.model) if name == "model" else row.value(name)

    def part(self, filters: Mapping[str, tuple[str | None, ...]]) -> Part:
        """Return the part of the usage that filters let through; the same one each time."""
        key = frozenset((name, frozenset(values)) for name, values in filters.items())
        if key not in self._parts:
            passes = np.ones(len(self.quarters.names), dtype=bool)
            for name, wanted in filters.items():
                values, codes = self.values(name)
                passes &= np.array([value in wanted for value in values], dtype=bool)[codes]
            self._parts[key] = Part(np.flatnonzero(passes))
        return self._parts[key]

    def used_by(self, part: Part, measure: Measure) -> Floats:
        """Return the part's amounts in quarters of an hour from ``first`` on."""
        if measure not in part.curves:
            part.curves[measure] = self._laid(part, self._curves[2][measure])
        return part.curves[measure]

    def _laid(self, part: Part, sums: Floats) -> Floats:
        """Return amounts of one item a series and quarter, added up over a part's series."""
        edges, quarter, _ = self._curves
        chosen = places_between(edges[part.places], edges[part.places + 1])
        curve = np.bincount(quarter[chosen], weights=sums[chosen], minlength=self.count)
        return curve.astype(np.float64)

    def money_at(self, part: Part, day: date) -> Floats:
        """Return what the part's usage would have cost at the prices of one day.

        It is the very money of ``used_by`` where these are the prices that it was used at.
        What has no price on that day keeps its own.
        """
        keys, day = self.keys_in(part), self.priced.in_force_from(day)
        if np.array_equal(self.priced.rates_of_day(day)[keys], self.priced.rates[keys]):
            return self.used_by(part, "money")
        if day not in part.curves:
            part.curves[day] = self._laid(part, self._all_money_at(day))
        return part.curves[day]

    def _all_money_at(self, day: date) -> Floats:
        """Return the money of all series at the prices of a day, one item a series and quarter."""
        if day not in self._money_on:
            order, pairs = self._order
            slots, amount = self._slots[order], self.quarters.amount[order].astype(np.float64)
            worth = amount * self.priced.rates_of_day(day).ravel()[slots]
            self._money_on[day] = np.bincount(pairs, weights=worth).astype(np.float64)
        return self._money_on[day]

    def by_series(self, measure: Measure, windows: Floats) -> Floats:
        """Return each series' amounts weighed by a weight for each quarter from ``first`` on."""
        edges, quarter, sums = self._curves
        weighed = sums[measure] * windows[quarter]
        cumulated = np.concatenate(([0.0], np.cumsum(weighed)))
        return np.asarray(np.diff(cumulated[edges]))

    def _exact_sums(self, start: int, end: int) -> Integers:
        """Return integers by pricing key and meter (requests last) between two quarters."""
        if (start, end) not in self._sums:
            if len(self._sums) >= _MOST_SUMS:
                self._sums.clear()
            quarter, slots, amounts = self._by_quarter
            first, last = np.searchsorted(quarter, [start, end])
            sums = np.zeros((len(self.priced.quotes), REQUESTS + 1), dtype=np.int64)
            np.add.at(sums.ravel(), slots[first:last], amounts[first:last])
            self._sums[start, end] = sums
        return self._sums[start, end]

    @cached_property
    def _by_quarter(self) -> tuple[Integers, Integers, Integers]:
        """Return quarter, slot and amount of the items, the earliest first."""
        quarters, order = self.quarters, self._in_time
        return quarters.quarter[order], self._slots[order], quarters.amount[order]

    def keys_in(self, part: Part) -> Integers:
        """Return the places of a part's pricing keys among all of them."""
        passes = np.zeros(len(self.quarters.names), dtype=bool)
        passes[part.places] = True
        return np.flatnonzero(passes[self.priced.series])

    def spent(self, part: Part, measure: Measure, start: datetime, end: datetime) -> Fraction:
        """Return exactly what a part used between two moments, in a budget's measure."""
        key = measure, quarter_at(start), quarter_at(end)
        if key not in part.spent:
            part.spent[key] = self._spent(part, *key)
        return part.spent[key]

    def _spent(self, part: Part, measure: Measure, start: int, end: int) -> Fraction:
        sums = self._exact_sums(start, end)
        chosen = self.keys_in(part)
        if measure == "requests":
            return Fraction(int(sums[chosen, REQUESTS].sum()))
        if measure == "tokens":
            return Fraction(int(sums[chosen][:, :REQUESTS][:, _TOKENS].sum()))
        by_quote: dict[int, tuple[Quote, Integers]] = {}
        for place in chosen.tolist():
            quote = self.priced.quotes[place]
            if isinstance(quote, Quote):
                before = by_quote.get(id(quote.rates))
                added = sums[place] if before is None else before[1] + sums[place]
                by_quote[id(quote.rates)] = (quote, added)
        return sum(
            (
                money(int(amounts[INDEX[meter]]), rate)
                for quote, amounts in by_quote.values()
                for meter, rate in quote.rates.items()
                if amounts[INDEX[meter]]
            ),
            Fraction(0),
        )

    def misses(self, part: Part, start: datetime, end: datetime) -> list[Miss]:
        """Return what of a part's tokens has no price between two moments, most tokens first."""
        sums = self._exact_sums(quarter_at(start), quarter_at(end))
        found: dict[tuple[str, str, str], int] = defaultdict(int)
        for place in self.keys_in(part).tolist():
            for reason, tokens in self._unpriced(self.priced.quotes[place], sums[place]):
                key = self.priced.keys[place]
                found[key.provider, self.book.canonical(key.provider, key.model), reason] += tokens
        return [
            Miss(*where, tokens)
            for where, tokens in sorted(found.items(), key=lambda each: -each[1])
            if tokens
        ]

    @staticmethod
    def _unpriced(quote: Quote | Unpriced, amounts: Integers) -> list[tuple[str, int]]:
        if isinstance(quote, Unpriced):
            return [(quote.reason, int(amounts[:REQUESTS].sum()))]
        return [
            (f"no price for {meter}", int(amounts[INDEX[meter]]))
            for meter in METERS
            if amounts[INDEX[meter]] and meter not in quote.rates
        ]

    def unmetered(self, part: Part, start: datetime, end: datetime) -> int:
        """Return how many requests of a part came without any count."""
        places = part.places[self._unmetered[part.places]]
        return int(self.spent(Part(places), "requests", start, end)) if len(places) else 0

    @cached_property
    def _unmetered(self) -> npt.NDArray[np.bool_]:
        return np.array([row.unmetered for row in self.quarters.names], dtype=bool)

    def keys_of(
        self, part: Part, start: datetime, end: datetime
    ) -> list[tuple[PricingKey, Integers]]:
        """Return the pricing keys that a part used between two moments, with their counts."""
        sums = self._exact_sums(quarter_at(start), quarter_at(end))
        chosen = self.keys_in(part)
        used = chosen[sums[chosen].any(axis=1)].tolist()
        return [(self.priced.keys[place], sums[place]) for place in used]


def quarter_at(moment: datetime) -> int:
    """Return the quarter of an hour since 1970 that holds an aware moment."""
    return int((moment - EPOCH).total_seconds() // QUARTER_SECONDS)


def moment_of(quarter: int) -> datetime:
    """Return the moment at which a quarter of an hour since 1970 begins."""
    return EPOCH + timedelta(seconds=QUARTER_SECONDS * int(quarter))
