"""Which of our usage meets which line of a bill, and which day's tokens moved to another.

The bill decides how finely: by meter where it has meters, by model where it names only
models, by day where it has one sum a day. A finer view of ours would invent differences.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from costmodel.book import Unpriced
from costmodel.cost import money
from costmodel.meters import METERS, Meter
from costmodel.reconciliation import (
    ZERO,
    BillLine,
    LineKey,
    OurUsage,
    Pair,
    Reconciliation,
    split,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from costmodel.book import PriceBook
    from costmodel.usage import Cell

TOOL_METERS: Final = frozenset(
    (Meter.WEB_SEARCH_CALLS, Meter.FILE_SEARCH_CALLS, Meter.CODE_INTERPRETER_SESSIONS)
)
"""Meters that bills show as fees of tools, without the model that called them."""

_DAY: Final = timedelta(days=1)

Place = tuple[date | None, str]
"""Day and provider."""


def reconcile(usage: Iterable[OurUsage], bill: Iterable[BillLine]) -> Reconciliation:
    """Return ours against the bill, line by line, every gap split by cause.

    What only one side has is a line too, so that the total is the total of both.
    """
    lines = list(bill)
    grain = _Grain.of(lines)
    pairs: dict[LineKey, Pair] = defaultdict(Pair)
    for each in usage:
        pairs[grain.key_of_usage(each)].add_usage(each)
    for line in lines:
        pairs[grain.key_of_line(line)].add_bill(line)
    shifted = day_shifts(
        {key: pair.surplus for key, pair in pairs.items() if _has_quantities(key, pair)}
    )
    done = [split(key, pair, shifted.get(key, ZERO)) for key, pair in pairs.items()]
    return Reconciliation(tuple(sorted(done, key=lambda line: _order(line.key))))


def _order(key: LineKey) -> tuple[str, ...]:
    return (str(key.day or ""), key.provider, key.kind, key.model or "", key.meter or "")


def _has_quantities(key: LineKey, pair: Pair) -> bool:
    is_counted = key.kind == "usage" and key.meter is not None and not pair.without_quantity
    return is_counted and pair.our_rate is not None


@dataclass(frozen=True)
class _Grain:
    """How finely a bill tells what its usage is, day by day."""

    billed: frozenset[Place]
    with_models: frozenset[Place]
    with_tools: frozenset[Place]
    without_meters: frozenset[tuple[Place, str]]

    @classmethod
    def of(cls, bill: Sequence[BillLine]) -> _Grain:
        used = [line for line in bill if line.kind == "usage"]
        return cls(
            billed=frozenset(_place(line) for line in used),
            with_models=frozenset(_place(line) for line in used if line.model),
            with_tools=frozenset(_place(line) for line in bill if line.kind == "tool"),
            without_meters=frozenset(
                (_place(line), line.model) for line in used if line.model and line.meter is None
            ),
        )

    def key_of_usage(self, usage: OurUsage) -> LineKey:
        """Return where usage of ours meets the bill."""
        place = (usage.day, usage.provider)
        if usage.meter in TOOL_METERS and place in self.with_models | self.with_tools:
            return LineKey(*place, "tool", meter=usage.meter)
        if place in self.billed and place not in self.with_models:
            return LineKey(*place, "usage")
        return self._key_of_model(place, usage.model, usage.meter)

    def key_of_line(self, line: BillLine) -> LineKey:
        """Return where a line of the bill meets ours.

        A line of usage that names no model, on a day when others do, meets nothing.
        """
        place = _place(line)
        if line.kind == "tool":
            return LineKey(*place, "tool", meter=line.meter)
        if line.kind != "usage":
            return LineKey(*place, line.kind)
        if line.model:
            return self._key_of_model(place, line.model, line.meter)
        return LineKey(*place, "rest" if place in self.with_models else "usage")

    def _key_of_model(self, place: Place, model: str, meter: Meter | None) -> LineKey:
        known = None if (place, model) in self.without_meters else meter
        return LineKey(*place, "usage", model, known)


def _place(line: BillLine) -> Place:
    return (line.day, line.provider)


def day_shifts(surpluses: Mapping[LineKey, Fraction]) -> dict[LineKey, Fraction]:
    """Return how much of each line's surplus a neighbouring day has the other way round.

    Days are paired from the first to the last: what a day cannot give to the day before
    it can give to the day after. That pairs as much as can be paired. A day further off is no
    neighbour: between two cuts of a day lie less than 24 hours.
    """
    left = {key: surplus for key, surplus in surpluses.items() if key.day is not None and surplus}
    shifted: dict[LineKey, Fraction] = defaultdict(Fraction)
    for key in sorted(left, key=_order):
        following = _next_day(key)
        if following not in left or left[key] * left[following] >= 0:
            continue
        moved = min(abs(left[key]), abs(left[following]))
        for each in (key, following):
            signed = moved if left[each] > 0 else -moved
            left[each] -= signed
            shifted[each] += signed
    return dict(shifted)


def _next_day(key: LineKey) -> LineKey | None:
    if key.day is None or key.day == date.max:
        return None
    return LineKey(key.day + _DAY, key.provider, key.kind, key.model, key.meter)


def our_usage(cells: Iterable[Cell], book: PriceBook) -> list[OurUsage]:
    """Return what cells cost by day, provider, canonical model and meter.

    A cell's first dimension is its UTC day in ISO 8601, None for the whole period.
    """
    found: dict[tuple[date | None, str, str, Meter], list[OurUsage]] = defaultdict(list)
    for cell in cells:
        for each in _usage_of(cell, book):
            found[each.day, each.provider, each.model, each.meter].append(each)
    return [_added(same) for same in found.values()]


def _usage_of(cell: Cell, book: PriceBook) -> Iterable[OurUsage]:
    key = cell.key
    quote = book.quote(key)
    first = cell.dimensions[0] if cell.dimensions else None
    day = date.fromisoformat(first[:10]) if first else None
    where = (day, key.provider, book.canonical(key.provider, key.model))
    for meter, quantity in zip(METERS, cell.quantities, strict=True):
        if not quantity:
            continue
        if isinstance(quote, Unpriced) or meter not in quote.rates:
            yield OurUsage(*where, meter, 0, ZERO, ZERO, quantity)
            continue
        rate = quote.rates[meter]
        listed = money(quantity, quote.list_rates.get(meter, rate))
        yield OurUsage(*where, meter, quantity, money(quantity, rate), listed)


def _added(same: Sequence[OurUsage]) -> OurUsage:
    first = same[0]
    return OurUsage(
        first.day,
        first.provider,
        first.model,
        first.meter,
        quantity=sum(each.quantity for each in same),
        cost=sum((each.cost for each in same), ZERO),
        list_cost=sum((each.list_cost for each in same), ZERO),
        unpriced_quantity=sum(each.unpriced_quantity for each in same),
    )
