"""A list of charges that somebody keeps by hand: seats, support, credits, tax.

A table with the columns date, vendor, amount and currency, and if wanted memo, team and
kind. A date is a day, or a month as ``2026-10``. Every line counts, two equal ones twice.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from ingest.canonical import Remarks, opened_charges
from ingest.charges import Charge, ChargeKind, kind_in_words
from ingest.csv_records import delimiter_of, header_of, records_of
from ingest.names import without_addresses
from ingest.providers import served_by
from ingest.values import EARLIEST, LATEST, Fault, currency_of, money_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal
    from pathlib import Path

    from ingest.csv_records import Record
    from ingest.projection import ImportOptions, Opened, Sample

NEEDED: Final = frozenset(("date", "vendor", "amount"))
READ: Final = NEEDED | {"currency", "memo", "team", "kind"}
_MONTH: Final = re.compile(r"([0-9]{4})-([0-9]{2})")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_KINDS: Final = ", ".join(ChargeKind)


class Charges:
    """The format ``charges``."""

    name = "charges"

    def claims(self, sample: Sample) -> bool:
        """Tell by the header: a date, who bills, and how much."""
        return set(header_of(sample)) >= NEEDED

    def nearness(self, sample: Sample) -> float:
        """Return the share of the needed columns that the header has."""
        return len(NEEDED.intersection(header_of(sample))) / len(NEEDED)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every record a charge."""
        given = list(_given(sample))
        remarks = Remarks(_notices(sample, [each for _, each in given]))
        return opened_charges(given, options, workspace, remarks)


def _given(sample: Sample) -> Iterator[tuple[int, Charge | Fault]]:
    comma_parts_cells = delimiter_of(sample) != ";"
    for record in records_of(sample):
        try:
            yield record.line, _charge(record, grouped=comma_parts_cells)
        except Fault as fault:
            yield record.line, fault


def _charge(record: Record, *, grouped: bool) -> Charge:
    if isinstance(record.cells, Fault):
        raise record.cells
    texts = {name: text_of(record.cells.get(name)) for name in READ}
    start, end = _period(texts["date"])
    if texts["vendor"] is None:
        raise Fault("no vendor")
    currency = currency_of("currency", texts["currency"])
    if currency is None:
        raise Fault("no currency: write its three letters, such as USD")
    memo = _clean(texts["memo"])
    return Charge(
        line=record.line,
        provider=without_addresses(served_by(texts["vendor"], None)[0]),
        start=start,
        end=end,
        kind=_kind(texts["kind"], memo),
        amount=_amount(texts["amount"], grouped=grouped),
        currency=currency,
        team=_clean(texts["team"]),
        memo=memo,
    )


def _period(text: str | None) -> tuple[datetime, datetime]:
    """Return a day or a month from its first moment to the first one after it."""
    if text is None:
        raise Fault("no date")
    try:
        start, end = _month(text) if _MONTH.fullmatch(text) else _day(text)
    except ValueError as error:
        raise Fault(
            f"date is {text[:40]!r}: write a day as 2026-10-03, or a month as 2026-10"
        ) from error
    if not EARLIEST <= start < LATEST:
        raise Fault(f"date is {text[:40]!r}, which is no day between 2015 and 2100")
    return start, end


def _day(text: str) -> tuple[datetime, datetime]:
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    start = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return start, start + timedelta(days=1)


def _month(text: str) -> tuple[datetime, datetime]:
    year, month = map(int, text.split("-"))
    start = datetime(year, month, 1, tzinfo=UTC)
    return start, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _amount(text: str | None, *, grouped: bool) -> Decimal:
    if text is not None and "," in text and not grouped:
        raise Fault(f"amount is {text[:40]!r}: write a point before the cents, and no comma")
    amount = money_of("amount", text)
    if amount is None:
        raise Fault("no amount")
    return amount


def _kind(word: str | None, memo: str | None) -> ChargeKind:
    if word is None:
        return kind_in_words(memo or "") or ChargeKind.OTHER
    try:
        return ChargeKind(word.lower())
    except ValueError as error:
        raise Fault(f"kind is {word[:40]!r}: write one of {_KINDS}") from error


def _clean(text: str | None) -> str | None:
    return None if text is None else without_addresses(text)


def _notices(sample: Sample, given: list[Charge | Fault]) -> list[str]:
    found = []
    raising = Counter(
        each.amount > 0
        for each in given
        if isinstance(each, Charge) and each.kind is ChargeKind.CREDIT
    )[True]
    if raising:
        found.append(f"credits above 0, which raise the bill: {raising}; write them below 0")
    others = [name for name in header_of(sample) if name and name not in READ]
    if others:
        found.append(f"columns that are not read: {', '.join(others)[:200]}")
    return found
