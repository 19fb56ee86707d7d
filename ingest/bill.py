"""Our usage against the bill in the store, for a range of days and a provider."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from costmodel.bill_matching import our_usage, reconcile
from costmodel.book import Unpriced
from costmodel.meters import UNKNOWN_BAND
from costmodel.money import dollars
from costmodel.reconciliation import BillLine, Reconciliation
from costmodel.spend import spend
from costmodel.usage import PricingKey
from ingest.charges import Charge, ChargeKind
from ingest.errors import BillError, NoBillError
from ingest.periods import ALL_FROM, ALL_TO
from ingest.rows import GLOBAL_ZONE
from ingest.store import CellQuery

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from costmodel.book import PriceBook
    from costmodel.reconciliation import OurUsage
    from costmodel.spend import Spend
    from costmodel.usage import Cell
    from ingest.store import Store, StoredCharge

WHAT_TO_IMPORT: Final = (
    "import one with 'tollbook import FILE' (OpenAI's cost export by line item, Azure's cost "
    "export, Anthropic's cost report or a charges.csv), or give an invoice's total with --invoice"
)
DOLLARS: Final = "USD"
"""The money of published prices, from which a contract's rates lead to its own."""
ONE_DAY: Final = timedelta(days=1)
LONGEST_DAY: Final = timedelta(hours=25)
"""A charge over more than the longest local day is for several days."""
COUNTED_UNITS: Final = frozenset(
    (None, "tokens", "images", "characters", "duration_seconds", "seconds", "calls", "sessions")
)
"""Units that are what our meters count; a quantity in another unit says nothing of them."""


@dataclass(frozen=True)
class Invoice:
    """The total that an invoice asks for the range."""

    amount: Fraction
    currency: str


@dataclass(frozen=True)
class BillQuery:
    """Which days (UTC, ``until`` exclusive), whose bill; None: all there are."""

    since: date | None = None
    until: date | None = None
    provider: str | None = None
    organisation: str | None = None
    invoice: Invoice | None = None


@dataclass(frozen=True)
class AgainstBill:
    """Our usage and the bill side by side.

    ``first`` to ``until`` (exclusive) are the days compared. ``spend`` is our side as a
    report has it, with what it misses. ``notes`` say what is left out of the comparison.
    """

    reconciliation: Reconciliation
    spend: Spend
    first: date
    until: date
    providers: tuple[str, ...]
    currency: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Side:
    """The bill of one provider, and the days for which our usage is held against it."""

    provider: str
    charges: tuple[Charge, ...]
    first: date
    until: date

    @property
    def by_day(self) -> bool:
        """Tell whether every charge for usage is for one day."""
        used = [each for each in self.charges if each.kind is ChargeKind.USAGE]
        return bool(used) and all(each.end - each.start <= LONGEST_DAY for each in used)


def against_bill(store: Store, book: PriceBook, query: BillQuery) -> AgainstBill:
    """Return usage against the bill, over the days that the bill covers.

    Raises:
        NoBillError: The store has no bill for these days.
        BillError: A bill is in a currency that the contract has no rate for, or an
            invoice could be of several providers.
    """
    sides = _sides(store, query)
    lines: list[BillLine] = []
    usage: list[OurUsage] = []
    cells: list[Cell] = []
    for side in sides:
        found = _cells(store, book, query, side)
        by_day = side.by_day
        bill = [_line(each, book, by_day=by_day) for each in side.charges]
        lines += bill
        if query.invoice is not None:
            lines.append(_invoice_line(query.invoice, bill, book, side))
        usage += our_usage(found if by_day else [_undated(cell) for cell in found], book)
        cells += found
    return AgainstBill(
        reconciliation=reconcile(usage, lines),
        spend=spend(cells, book),
        first=min(side.first for side in sides),
        until=max(side.until for side in sides),
        providers=tuple(side.provider for side in sides),
        currency=book.contract.currency,
        notes=tuple(_notes(store, book, query, sides)),
    )


def bill_charges(store: Store, query: BillQuery) -> list[Charge]:
    """Return the charges of a range that count, by the day on which they start."""
    return [each.charge for each in store.charges() if _is_asked_for(each, query)]


def _is_asked_for(stored: StoredCharge, query: BillQuery) -> bool:
    day = stored.charge.start.date()
    return (
        (query.since is None or query.since <= day)
        and (query.until is None or day < query.until)
        and query.provider in {None, stored.charge.provider}
        and query.organisation in {None, stored.organisation}
    )


def _sides(store: Store, query: BillQuery) -> list[_Side]:
    by_provider: dict[str, list[Charge]] = defaultdict(list)
    for charge in bill_charges(store, query):
        by_provider[charge.provider].append(charge)
    billed = {
        provider: charges
        for provider, charges in by_provider.items()
        if any(charge.kind is ChargeKind.USAGE for charge in charges)
    }
    if query.invoice is not None:
        provider = _invoiced(store, query, billed or by_provider)
        return [_invoice_side(store, query, provider, by_provider.get(provider, []))]
    if not billed:
        raise NoBillError(_no_bill(query))
    return [_billed_side(provider, charges, query) for provider, charges in sorted(billed.items())]


def _billed_side(provider: str, charges: Sequence[Charge], query: BillQuery) -> _Side:
    held = [charge for charge in charges if charge.kind is ChargeKind.USAGE]
    first = min(charge.start for charge in held).date()
    end = max(charge.end for charge in held)
    until = (end - timedelta(microseconds=1)).date() + ONE_DAY
    until = max(first + ONE_DAY, min(until, query.until or until))
    return _Side(provider, tuple(charges), first, until)


def _invoice_side(
    store: Store, query: BillQuery, provider: str, charges: Sequence[Charge]
) -> _Side:
    """Return a side over all days asked for: the invoice is for them, whatever has lines."""
    extent = store.extent() or (ALL_FROM, ALL_FROM + ONE_DAY)
    ends = [extent[1], *(charge.end for charge in charges)]
    first = query.since or min([extent[0], *(charge.start for charge in charges)]).date()
    until = query.until or (max(ends) - timedelta(microseconds=1)).date() + ONE_DAY
    return _Side(provider, tuple(charges), first, max(until, first + ONE_DAY))


def _invoiced(store: Store, query: BillQuery, billed: Iterable[str]) -> str:
    """Return whose invoice it is: named, or the only one with a bill, or with usage."""
    if query.provider is not None:
        return query.provider
    known = sorted(billed) or sorted({provider for provider, _ in store.served_models()})
    if not known:
        raise NoBillError("the store holds no usage to hold an invoice against: import some first")
    if len(known) > 1:
        raise BillError(f"whose invoice is it? choose one with --provider: {', '.join(known)}")
    return known[0]


def _no_bill(query: BillQuery) -> str:
    whose = f" of {query.provider}" if query.provider else ""
    when = "".join(
        [
            f" from {query.since}" if query.since else "",
            f" before {query.until}" * bool(query.until),
        ]
    )
    return f"the store holds no bill{whose} for usage{when}: {WHAT_TO_IMPORT}"


def _line(charge: Charge, book: PriceBook, *, by_day: bool) -> BillLine:
    day = charge.start.date()
    model = None if charge.model is None else book.canonical(charge.provider, charge.model)
    quantity = charge.quantity if charge.unit in COUNTED_UNITS else None
    return BillLine(
        day=day if by_day else None,
        provider=charge.provider,
        kind=charge.kind.value,
        amount=_in_our_money(Fraction(charge.amount), charge.currency, day, book),
        model=model,
        meter=charge.meter,
        quantity=None if quantity is None else Fraction(quantity),
        rate_per_million=_book_rate(charge, book, day),
    )


def _in_our_money(amount: Fraction, currency: str, day: date, book: PriceBook) -> Fraction:
    contract, asked = book.contract, currency.strip().upper()
    found = contract.converted(amount, asked, day)
    if found is None:
        raise BillError(_no_rate(asked, contract.currency, day))
    return found


def _no_rate(asked: str, ours: str, day: date) -> str:
    """Return what to write so that a bill can be told in the money of the prices."""
    apart = f"the bill is in {asked} and prices are in {ours}"
    wanted = (
        f"contract: {{currency: {asked}, exchange_rates: [{{from: {day}, "
        f"per_usd: <{asked} that one dollar costs>, source: <who says so>}}]}}"
    )
    if ours == DOLLARS:
        return f"{apart}: write in tollbook.yaml {wanted}"
    return (
        f"{apart}, and only dollars can be told in {ours}: for this bill write in tollbook.yaml "
        f"{wanted}; bills in {ours} then need a configuration of their own (--config)"
    )


def _book_rate(charge: Charge, book: PriceBook, day: date) -> Fraction | None:
    """Return the standard rate of a line; of a line without a meter, any rate of its model."""
    if charge.model is None:
        return None
    model = book.canonical(charge.provider, charge.model)
    zones = book.zones_of(charge.provider, model)
    zone = GLOBAL_ZONE if GLOBAL_ZONE in zones or not zones else zones[0]
    key = PricingKey(charge.provider, charge.model, zone, "standard", UNKNOWN_BAND, day)
    quote = book.quote(key)
    if isinstance(quote, Unpriced):
        return None
    if charge.meter is None:
        return next(iter(quote.rates.values()), None)
    return quote.rates.get(charge.meter)


def _invoice_line(
    invoice: Invoice, bill: Sequence[BillLine], book: PriceBook, side: _Side
) -> BillLine:
    """Return what an invoice adds: all of it, or what its lines leave over."""
    amount = _in_our_money(invoice.amount, invoice.currency, side.until - ONE_DAY, book)
    if not bill:
        return BillLine(None, side.provider, "usage", amount)
    rest = amount - sum((line.amount for line in bill), Fraction(0))
    return BillLine(None, side.provider, "rest", rest)


def _cells(store: Store, book: PriceBook, query: BillQuery, side: _Side) -> list[Cell]:
    days = (side.until - side.first).days
    edges = tuple(_midnight(side.first + n * ONE_DAY) for n in range(days))
    return _usage(store, book, query, side.provider, (edges[0], _midnight(side.until)), edges)


def _usage(
    store: Store,
    book: PriceBook,
    query: BillQuery,
    provider: str | None,
    between: tuple[datetime, datetime],
    edges: tuple[datetime, ...] = (),
) -> list[Cell]:
    return store.cells(
        CellQuery(
            since=between[0],
            until=between[1],
            filters={} if provider is None else {"provider": (provider,)},
            edges=edges,
            change_dates=book.change_dates(),
            organisation=query.organisation,
        )
    )


def _undated(cell: Cell) -> Cell:
    return replace(cell, dimensions=())


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _notes(
    store: Store, book: PriceBook, query: BillQuery, sides: Sequence[_Side]
) -> Iterable[str]:
    """Yield what is left out: usage on days without a bill, providers without one.

    A charge counts on the day on which it starts, so one over the edge is told too.
    """
    yield from _over_the_edge(store, query)
    start = _midnight(query.since) if query.since else ALL_FROM
    end = _midnight(query.until) if query.until else ALL_TO
    for side in sides:
        for between in ((start, _midnight(side.first)), (_midnight(side.until), end)):
            money = _money(store, book, query, side.provider, between)
            if money is not None:
                when = "before" if between[0] == start else "after"
                yield (
                    f"Not compared: {money} of usage of {side.provider} {when} the days of its "
                    f"bill ({side.first} to {side.until - ONE_DAY})."
                )
    if query.provider is None:
        billed = {side.provider for side in sides}
        for provider in sorted({name for name, _ in store.served_models()} - billed):
            money = _money(store, book, query, provider, (start, end))
            if money is not None:
                yield f"Not compared: {money} of usage of {provider}, which has no bill here."


def _over_the_edge(store: Store, query: BillQuery) -> Iterable[str]:
    everything = replace(query, since=None, until=None)
    for charge in bill_charges(store, everything):
        last = (charge.end - timedelta(microseconds=1)).date()
        span = f"a charge of {charge.provider} from {charge.start.date()} to {last}"
        if query.since and charge.start.date() < query.since <= last:
            yield f"Not compared: {span}, which begins before these days."
        if query.until and charge.start.date() < query.until <= last:
            yield f"Compared as a whole: {span}, which goes on after these days."


def _money(
    store: Store,
    book: PriceBook,
    query: BillQuery,
    provider: str,
    between: tuple[datetime, datetime],
) -> str | None:
    """Return what usage costs, None where there is none."""
    cells = _usage(store, book, query, provider, between) if between[0] < between[1] else []
    found = spend(cells, book)
    if not found.rows:
        return None
    return dollars(found.total.cost, found.currency)
