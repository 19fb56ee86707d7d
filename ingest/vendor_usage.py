"""The vendors' usage of past months, and what the last days say of those to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from costmodel.vendor_usage import VendorMonth, expected_months
from ingest.baseline import usage_baseline
from ingest.periods import Period, add_months, month_start, parse_period
from ingest.report import ReportQuery, report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from costmodel.book import PriceBook
    from ingest.store import Store

BASIS: Final = "last 30d"
"""The days whose mean day is taken for every day to come."""


@dataclass(frozen=True)
class VendorQuery:
    """How far back and ahead, in whole months beside the current one, and how it grows."""

    now: datetime
    zone: str
    back: int
    ahead: int
    growth: Fraction = Fraction(0)


@dataclass(frozen=True)
class VendorUsage:
    """Months by vendor and model, and over how many days the expected ones are a mean."""

    rows: list[VendorMonth]
    currency: str
    basis_days: int
    remarks: tuple[str, ...] = ()


def vendor_usage(store: Store, book: PriceBook, query: VendorQuery) -> VendorUsage:
    """Return usage by vendor, model and month, used and expected; empty without any usage."""
    local = query.now.astimezone(ZoneInfo(query.zone))
    this = month_start(local)
    past = _past(store, book, query, this)
    basis = parse_period(BASIS, query.now, query.zone)
    baseline = usage_baseline(store, book, basis, {})
    rows = list(past)
    if baseline.flows or baseline.unpriced:
        left = Fraction((add_months(this, 1) - local) // timedelta(seconds=1), 86_400)
        first = this.date()
        rows += expected_months(baseline, book, first, left, query.ahead, query.growth)
    return VendorUsage(
        sorted(rows, key=lambda row: (row.vendor, row.model, row.month, row.is_expected)),
        book.contract.currency,
        int(baseline.days),
        tuple(_left_behind(rows, book)),
    )


def _left_behind(rows: list[VendorMonth], book: PriceBook) -> Iterator[str]:
    """Say which models are expected to be used after their end, for want of a successor."""
    for vendor, name in dict.fromkeys((row.vendor, row.model) for row in rows if row.is_expected):
        model = book.resolve(vendor, name)
        months = [row.month for row in rows if row.model == name and row.is_expected]
        if model is not None and model.life.is_gone(max(months)):
            yield (
                f"{name} is gone since {model.life.shutdown_on} and has no successor in the price "
                "book: what the last days used of it stands at its last price."
            )


def _past(store: Store, book: PriceBook, query: VendorQuery, this: datetime) -> list[VendorMonth]:
    start = add_months(this, -query.back)
    period = Period(start, query.now.astimezone(start.tzinfo), query.zone, "", "")
    spend = report(store, book, ReportQuery(period, ("month", "provider", "model")))
    found = []
    for row in spend.rows:
        name, provider, model = (value or "" for value in row.dimensions)
        month = date.fromisoformat(f"{name}-01")
        found.append(
            VendorMonth(
                vendor=provider,
                model=model,
                month=month,
                kind="used so far" if month == this.date() else "used",
                requests=Fraction(row.requests),
                input_tokens=Fraction(row.input_tokens),
                cached_input_tokens=Fraction(row.cached_input_tokens),
                output_tokens=Fraction(row.output_tokens),
                cost=row.cost,
                list_cost=row.list_cost,
            )
        )
    return found
