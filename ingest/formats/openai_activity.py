"""The Activity export of the OpenAI dashboard: CSV, its columns as it was grouped.

Two generations are read: that of the Usage API's columns, and the one before it
(until 2024), whose columns are put into the newer ones' words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.bucket_export import opened_buckets
from ingest.bucket_rows import BYTES, GivenRow
from ingest.buckets import TIME_COLUMNS, TOKEN_COLUMNS, UNIT_COLUMNS
from ingest.csv_records import header_of, records_of
from ingest.values import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ingest.projection import ImportOptions, Opened, Sample

OTHER_EXPORTS: Final = frozenset(("amount_value", "amount_currency", "line_item"))
"""Columns of the Cost export, which has money and no requests."""

COUNTED: Final = frozenset(
    ("num_model_requests", "input_uncached_tokens", BYTES, *TOKEN_COLUMNS, *UNIT_COLUMNS)
)
OLDER_MARKS: Final = frozenset(("aggregation_timestamp", "n_context_tokens_total"))
OLDER_NAMES: Final[Mapping[str, str]] = {
    "aggregation_timestamp": "start_time",
    "n_requests": "num_model_requests",
    "snapshot_id": "model",
    "n_context_tokens_total": "input_tokens",
    "n_cached_context_tokens_total": "input_cached_tokens",
    "n_generated_tokens_total": "output_tokens",
    "email": "user_id",
    "api_key_id": "api_key_id",
    "project_id": "project_id",
}
"""Columns of the older generation, and the newer ones that they mean."""


class OpenaiActivity:
    """The format ``openai_activity``."""

    name = "openai_activity"

    def claims(self, sample: Sample) -> bool:
        """Tell by the header: times, and something counted; an export without usage has times."""
        header = set(header_of(sample))
        if header >= OLDER_MARKS:
            return True
        if not {"start_time", "end_time"} <= header or header & OTHER_EXPORTS:
            return False
        return bool(header & COUNTED) or header <= set(TIME_COLUMNS)

    def nearness(self, sample: Sample) -> float:
        """Return the share of the columns that every Activity export has."""
        usual = {*TIME_COLUMNS, "num_model_requests", "input_tokens", "output_tokens", "model"}
        return len(set(header_of(sample)) & usual) / len(usual)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every record a row of its own, whatever columns there are."""
        return opened_buckets(_rows(sample), options, workspace)


def _rows(sample: Sample) -> Iterator[GivenRow]:
    """Return every record in the words of the newer generation."""
    for record in records_of(sample):
        values = str(record.cells) if isinstance(record.cells, Fault) else _newer(record.cells)
        yield GivenRow(record.line, "", None, values)


def _newer(row: Mapping[str, str]) -> Mapping[str, str]:
    """Return a row in the words of the newer generation."""
    if not row.keys() >= OLDER_MARKS:
        return row
    found = {OLDER_NAMES[name]: value for name, value in row.items() if name in OLDER_NAMES}
    kind = row.get("request_type", "").strip().lower()
    return {**found, "batch": "true"} if kind == "batch" else {**found, "service_tier": kind}
