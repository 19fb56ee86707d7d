"""Spend: cells in, money by group out, and all that the total misses beside it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel import usage
from costmodel.book import PriceBook, Quote, Unpriced
from costmodel.cost import money
from costmodel.meters import INDEX, METERS, TOKEN_METERS, Meter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from costmodel.rates import Assumption
    from costmodel.usage import Cell, Quantities

Group = tuple[str | None, ...]


@dataclass(frozen=True)
class SpendRow:
    """One group's usage and money; ``cost`` is None when nothing in it has a price."""

    dimensions: Group
    requests: int
    quantities: Quantities
    cost: Fraction | None
    list_cost: Fraction | None
    parts: Mapping[Meter, Fraction] = field(default_factory=dict)
    unpriced_tokens: int = 0
    unmetered_requests: int = 0
    estimated_tokens: int = 0

    @property
    def input_tokens(self) -> int:
        """Return all input tokens, cached and written ones included."""
        return usage.input_tokens(self.quantities)

    @property
    def uncached_input_tokens(self) -> int:
        """Return input tokens billed at the full input rate."""
        return usage.uncached_input_tokens(self.quantities)

    @property
    def cached_input_tokens(self) -> int:
        """Return input tokens read from a cache."""
        return usage.cached_input_tokens(self.quantities)

    @property
    def cache_write_tokens(self) -> int:
        """Return input tokens written to a cache."""
        return usage.cache_write_tokens(self.quantities)

    @property
    def output_tokens(self) -> int:
        """Return all output tokens, reasoning included."""
        return usage.output_tokens(self.quantities)


@dataclass(frozen=True)
class UnpricedVolume:
    """How much usage a total misses, and why.

    ``units`` counts what is not tokens (tool calls, seconds, characters).
    """

    provider: str
    model: str
    reason: str
    tokens: int
    requests: int
    units: int = 0


@dataclass(frozen=True)
class Spend:
    """Groups, their total, and what the total does not hold."""

    by: tuple[str, ...]
    rows: tuple[SpendRow, ...]
    total: SpendRow
    unpriced: tuple[UnpricedVolume, ...]
    assumptions: tuple[Assumption, ...]
    currency: str

    @property
    def at_least(self) -> bool:
        """Tell whether the total is a lower bound: some usage has no price or no count."""
        return bool(self.unpriced) or self.total.unmetered_requests > 0


@dataclass
class _Sums:
    """Running sums of one group; integer quantities per quote are multiplied once."""

    requests: int = 0
    unmetered_requests: int = 0
    estimated_tokens: int = 0
    quantities: list[int] = field(default_factory=lambda: [0] * len(METERS))
    by_quote: dict[int, tuple[Quote, list[int]]] = field(default_factory=dict)
    unpriced_tokens: int = 0


def spend(
    cells: Iterable[Cell],
    book: PriceBook,
    by: Sequence[str] = (),
    cell_dimensions: Sequence[str] = (),
) -> Spend:
    """Return what cells cost, grouped.

    ``by`` names groups: ``model`` (canonical), ``model_snapshot`` (as served),
    ``provider``, ``zone``, ``tier``, ``size_band``, or any of ``cell_dimensions``,
    which names the cells' own dimensions in their order.
    """
    group_of = _grouping(book, by, cell_dimensions)
    groups: dict[Group, _Sums] = defaultdict(_Sums)
    misses: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for cell in cells:
        _add(groups[group_of(cell)], cell, book.quote(cell.key), misses)
    rows = tuple(_row(group, sums) for group, sums in groups.items())
    return Spend(
        by=tuple(by),
        rows=rows,
        total=_total(rows),
        unpriced=tuple(UnpricedVolume(*where, *volume) for where, volume in misses.items()),
        assumptions=_assumptions(groups.values()),
        currency=book.contract.currency,
    )


def _grouping(
    book: PriceBook, by: Sequence[str], cell_dimensions: Sequence[str]
) -> Callable[[Cell], Group]:
    readers = [_reader(book, name, tuple(cell_dimensions)) for name in by]
    return lambda cell: tuple(read(cell) for read in readers)


def _reader(
    book: PriceBook, name: str, cell_dimensions: tuple[str, ...]
) -> Callable[[Cell], str | None]:
    if name in cell_dimensions:
        place = cell_dimensions.index(name)
        return lambda cell: cell.dimensions[place]
    readers: dict[str, Callable[[Cell], str | None]] = {
        "model": lambda cell: book.canonical(cell.key.provider, cell.key.model),
        "model_snapshot": lambda cell: cell.key.model,
        "provider": lambda cell: cell.key.provider,
        "zone": lambda cell: cell.key.zone,
        "tier": lambda cell: cell.key.tier,
        "size_band": lambda cell: str(cell.key.size_band),
    }
    return readers[name]


def _add(
    sums: _Sums,
    cell: Cell,
    quote: Quote | Unpriced,
    misses: dict[tuple[str, str, str], list[int]],
) -> None:
    sums.requests += cell.requests
    sums.unmetered_requests += cell.unmetered_requests
    sums.estimated_tokens += cell.estimated_tokens
    _accumulate(sums.quantities, cell.quantities)
    if isinstance(quote, Unpriced):
        tokens = usage.all_tokens(cell.quantities)
        sums.unpriced_tokens += tokens
        units = sum(cell.quantities) - tokens
        _miss(misses, (quote.provider, quote.model, quote.reason), (tokens, cell.requests, units))
        return
    _, priced = sums.by_quote.setdefault(id(quote.rates), (quote, [0] * len(METERS)))
    _accumulate(priced, cell.quantities)
    _note_unpriced_meters(sums, cell, quote, misses)


def _note_unpriced_meters(
    sums: _Sums, cell: Cell, quote: Quote, misses: dict[tuple[str, str, str], list[int]]
) -> None:
    for meter, quantity in zip(METERS, cell.quantities, strict=True):
        if quantity and meter not in quote.rates:
            is_token = meter in TOKEN_METERS
            sums.unpriced_tokens += quantity if is_token else 0
            where = (cell.key.provider, quote.model.name, f"no price for {meter}")
            _miss(misses, where, (quantity, 0, 0) if is_token else (0, 0, quantity))


def _miss(
    misses: dict[tuple[str, str, str], list[int]],
    where: tuple[str, str, str],
    volume: tuple[int, int, int],
) -> None:
    _accumulate(misses[where], volume)


def _accumulate(into: list[int], amounts: Sequence[int]) -> None:
    for place, amount in enumerate(amounts):
        if amount:
            into[place] += amount


def _row(group: Group, sums: _Sums) -> SpendRow:
    parts: dict[Meter, Fraction] = defaultdict(Fraction)
    list_cost = Fraction(0)
    for quote, amounts in sums.by_quote.values():
        for meter, rate in quote.rates.items():
            quantity = amounts[INDEX[meter]]
            if quantity:
                parts[meter] += money(quantity, rate)
                list_cost += money(quantity, quote.list_rates.get(meter, rate))
    priced = bool(sums.by_quote)
    return SpendRow(
        dimensions=group,
        requests=sums.requests,
        quantities=tuple(sums.quantities),
        cost=sum(parts.values(), Fraction(0)) if priced else None,
        list_cost=list_cost if priced else None,
        parts=dict(parts),
        unpriced_tokens=sums.unpriced_tokens,
        unmetered_requests=sums.unmetered_requests,
        estimated_tokens=sums.estimated_tokens,
    )


def _total(rows: tuple[SpendRow, ...]) -> SpendRow:
    parts: dict[Meter, Fraction] = defaultdict(Fraction)
    quantities = usage.NOTHING
    for row in rows:
        quantities = usage.added(quantities, row.quantities)
        for meter, amount in row.parts.items():
            parts[meter] += amount
    return SpendRow(
        dimensions=(),
        requests=sum(row.requests for row in rows),
        quantities=quantities,
        cost=_sum_of([row.cost for row in rows]),
        list_cost=_sum_of([row.list_cost for row in rows]),
        parts=dict(parts),
        unpriced_tokens=sum(row.unpriced_tokens for row in rows),
        unmetered_requests=sum(row.unmetered_requests for row in rows),
        estimated_tokens=sum(row.estimated_tokens for row in rows),
    )


def _sum_of(amounts: Sequence[Fraction | None]) -> Fraction | None:
    """Return the sum of what is known, None when nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Fraction(0)) if known else None


def _assumptions(groups: Iterable[_Sums]) -> tuple[Assumption, ...]:
    """Return every assumption that some money in the groups rests on, once."""
    found: dict[Assumption, None] = {}
    for sums in groups:
        for quote, amounts in sums.by_quote.values():
            used = (quote.assumptions.get(m) for m, n in zip(METERS, amounts, strict=True) if n)
            found.update(dict.fromkeys(a for a in (*used, *quote.notes) if a))
    return tuple(found)
