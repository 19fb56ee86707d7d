"""The Cost export of the OpenAI dashboard: CSV, money by day, and no requests.

Both generations with amounts are read (10 and 17 columns, fewer as it was grouped), and the
billing export from before 2024. A line item ``<snapshot>, input`` is the uncached input alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.csv_records import header_of, records_of
from ingest.openai_bill import BillRow, opened_bill
from ingest.values import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ingest.projection import ImportOptions, Opened, Sample

USUAL: Final = frozenset(
    ("start_time", "end_time", "amount_value", "amount_currency", "line_item", "project_id")
)
OLDER_MARKS: Final = frozenset(("name", "currency", "cost_in_major"))
OLDER_NAMES: Final[Mapping[str, str]] = {
    "timestamp": "start_time",
    "date": "start_time_iso",
    "name": "line_item",
    "currency": "amount_currency",
    "cost_in_major": "amount_value",
    "project_id": "project_id",
}
"""Columns of the older generation, and the newer ones that they mean; ``cost`` is in cents."""


class OpenaiCostCsv:
    """The format ``openai_cost_csv``."""

    name = "openai_cost_csv"

    def claims(self, sample: Sample) -> bool:
        """Tell by the header: an amount and when, or the marks of the older generation."""
        header = set(header_of(sample))
        newer = "amount_value" in header and not header.isdisjoint({"start_time", "start_time_iso"})
        return newer or (header >= OLDER_MARKS and not header.isdisjoint({"timestamp", "date"}))

    def nearness(self, sample: Sample) -> float:
        """Return the share of the columns that every Cost export has."""
        return len(USUAL.intersection(header_of(sample))) / len(USUAL)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every record a charge; buckets without one are counted."""
        return opened_bill(_rows(sample), options, workspace)


def _rows(sample: Sample) -> Iterator[BillRow]:
    for each in records_of(sample):
        values = each.cells if isinstance(each.cells, Fault) else _newer(each.cells)
        yield BillRow(each.line, "", each.part, values)


def _newer(row: Mapping[str, str]) -> Mapping[str, str]:
    """Return a record in the words of the newer generation."""
    if not row.keys() >= OLDER_MARKS:
        return row
    return {OLDER_NAMES[name]: value for name, value in row.items() if name in OLDER_NAMES}
