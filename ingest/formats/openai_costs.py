"""Pages of the OpenAI Costs API, one or many in a file: money by day, and no requests.

A line item ``<snapshot>, input`` is the uncached input alone. Amounts are numbers or texts
of thirty decimals; every digit is kept.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ingest.json_documents import UNREADABLE, documents
from ingest.openai_bill import BillRow, holds_costs, opened_bill
from ingest.values import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.projection import ImportOptions, Opened, Sample

UNFINISHED: Final = (
    "the last page says that more follow: the export is not complete, fetch its next_page too"
)


class OpenaiCosts:
    """The format ``openai_costs``."""

    name = "openai_costs"

    def claims(self, sample: Sample) -> bool:
        """Tell whether the file holds pages of costs."""
        return sample.text.lstrip().startswith(("{", "[")) and holds_costs(sample.text)

    def nearness(self, sample: Sample) -> float:
        """Return the share of the marks of a page that the sample shows."""
        marks = ('"object"', '"page"', '"bucket"', '"results"', '"amount"', '"line_item"')
        return sum(mark in sample.text for mark in marks) / len(marks)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every result of every bucket a charge."""
        pages = list(documents(sample.path, json.JSONDecoder(parse_float=Decimal)))
        rows = (
            row for number, (line, page) in enumerate(pages) for row in _rows(line, page, number)
        )
        last = pages[-1][1] if pages else None
        unfinished = isinstance(last, dict) and last.get("has_more") is True
        return opened_bill(rows, options, workspace, (UNFINISHED,) if unfinished else ())


def _rows(line: int, page: object, number: int) -> Iterator[BillRow]:
    """Return the rows of a page, or of a bucket that stands by itself."""
    if page is UNREADABLE:
        yield BillRow(line, "", number, Fault("cannot be read as JSON"))
    elif isinstance(page, dict) and isinstance(page.get("data"), list):
        for place, bucket in enumerate(page["data"], start=1):
            yield from _rows_of_bucket(line, f"bucket {place}", (number, place), bucket)
    elif isinstance(page, dict) and ("results" in page or page.get("object") == "bucket"):
        yield from _rows_of_bucket(line, "", (number, 0), page)
    else:
        yield BillRow(line, "", number, Fault("neither a page nor a bucket of costs"))


def _rows_of_bucket(line: int, where: str, scope: object, bucket: object) -> Iterator[BillRow]:
    results = bucket.get("results", bucket.get("result")) if isinstance(bucket, dict) else None
    if not isinstance(bucket, dict) or not isinstance(results, list):
        yield BillRow(line, where, scope, Fault("no bucket with a list of results"))
        return
    times = {name: bucket.get(name) for name in _TIMES}
    if not results:
        yield BillRow(line, where, scope, times)
    for place, result in enumerate(results, start=1):
        found = ", ".join(part for part in (where, f"result {place}") if part)
        yield BillRow(line, found, scope, _values(result, times))


_TIMES: Final = ("start_time", "end_time", "start_time_iso", "end_time_iso")


def _values(result: object, times: dict[str, object]) -> dict[str, object] | Fault:
    """Return a result in the names of the dashboard's columns."""
    if not isinstance(result, dict):
        return Fault("no object")
    amount = result.get("amount")
    if not isinstance(amount, dict) or amount.get("value") is None:
        return Fault("no amount with a value")
    money = {"amount_value": amount["value"], "amount_currency": amount.get("currency")}
    return {**result, **money, **times}
