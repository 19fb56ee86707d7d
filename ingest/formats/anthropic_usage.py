"""Anthropic's usage by bucket: pages of the Admin API, and the CSV of its Console.

Counts are disjoint: what is read from or written to the cache stands beside input. Writes
are taken from their split by lifetime, and never from their sum as well.
Source: anthropic-sdk-python, and Console exports (facts 2.11).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import Meter
from ingest.anthropic_meters import meters_of
from ingest.anthropic_pages import Result, results_of
from ingest.canonical import Remarks, UsageRow, opened_rows
from ingest.csv_records import header_of, records_of
from ingest.files import first_objects
from ingest.group_rows import DAY, GroupRow, faulty, named
from ingest.json_objects import word_of
from ingest.rows import GLOBAL_ZONE
from ingest.values import Fault, count_of, moment_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from ingest.projection import ImportOptions, Opened, Sample

HOUR: Final = 3_600
COUNTED: Final = re.compile(
    r'"(uncached_input_tokens|cache_read_input_tokens|cache_creation|output_tokens)"\s*:'
)
CSV_MARKS: Final = frozenset(("usage_date_utc", "usage_output_tokens"))
CSV_NAMES: Final[Mapping[str, str]] = {
    "model_version": "model",
    "model": "model",
    "api_key": "api_key",
    "workspace": "workspace",
    "usage_type": "service_tier",
    "context_window": "context_window",
    "inference_geo": "inference_geo",
    "speed": "speed",
}
CSV_COUNTS: Final[Mapping[str, Meter]] = {
    "usage_input_tokens_no_cache": Meter.INPUT,
    "usage_input_tokens_cache_write": Meter.CACHE_WRITE,
    "usage_input_tokens_cache_write_5m": Meter.CACHE_WRITE,
    "usage_input_tokens_cache_write_1h": Meter.CACHE_WRITE_1H,
    "usage_input_tokens_cache_read": Meter.CACHED_INPUT,
    "usage_output_tokens": Meter.OUTPUT,
    "web_search_count": Meter.WEB_SEARCH_CALLS,
}
PAGE_GROUPS: Final = (
    "model",
    "api_key_id",
    "workspace_id",
    "service_tier",
    "context_window",
    "inference_geo",
    "speed",
    "account_id",
    "service_account_id",
)
NOWHERE: Final = frozenset(("", "global", "not_available"))
"""Words for a place of inference that is none."""
NO_REQUESTS: Final = "the export does not count requests: they are shown as 0"


class AnthropicUsage:
    """The format ``anthropic_usage``."""

    name = "anthropic_usage"

    def claims(self, sample: Sample) -> bool:
        """Tell a report of usage by its counts, a table by its columns."""
        if set(header_of(sample)) >= CSV_MARKS:
            return True
        start = sample.text.lstrip()
        if not start.startswith(("{", "[")) or '"results"' not in start:
            return any(_is_empty_page(each) for each in first_objects(sample, 1))
        if '"starting_at"' not in start:
            return False
        return bool(COUNTED.search(start)) or '"amount"' not in start

    def nearness(self, sample: Sample) -> float:
        """Return the share of the usual columns or marks that the sample shows."""
        usual = CSV_COUNTS.keys() | {"usage_date_utc", "model_version"}
        marks = ('"starting_at"', '"results"', '"uncached_input_tokens"', '"cache_creation"')
        shown = sum(mark in sample.text for mark in marks) / len(marks)
        return max(shown, len(usual & set(header_of(sample))) / len(usual))

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every result of every bucket a row."""
        remarks = Remarks()
        pages = sample.text.lstrip().startswith(("{", "["))
        found = list(_of_pages(sample.path, remarks) if pages else _of_table(sample))
        given, view = named("messages", found, remarks)
        if any(isinstance(each.row, UsageRow) for each in found):
            remarks.assumptions.append(NO_REQUESTS)
        return opened_rows(given, options, workspace, view, remarks)


def _is_empty_page(value: Mapping[str, Any]) -> bool:
    return value.get("data") == [] and value.keys() == {"data", "has_more", "next_page"}


def zone_of(geo: object) -> str:
    """Return the zone of a place of inference; none or everywhere is global."""
    word = (text_of(geo) or "").lower()
    return GLOBAL_ZONE if word in NOWHERE else f"regional:{word}"


def _tier(groups: Mapping[str, str | None]) -> str | None:
    """Return the word for the tier; fast mode is one, batch stands above it."""
    tier = groups.get("service_tier")
    fast = (groups.get("speed") or "").lower() == "fast"
    return "fast" if fast and (tier or "").lower() != "batch" else tier


def _row(
    start: datetime, groups: Mapping[str, str | None], meters: Mapping[Meter, int]
) -> UsageRow:
    return UsageRow(
        time=start,
        model=groups.get("model"),
        meters=meters,
        provider="anthropic",
        zone=zone_of(groups.get("inference_geo")),
        tier=_tier(groups),
        requests=0,
        dimensions={
            "project": groups.get("workspace_id") or groups.get("workspace"),
            "api_key": groups.get("api_key_id") or groups.get("api_key"),
            "user": groups.get("account_id") or groups.get("service_account_id"),
        },
    )


def _of_pages(path: Path, remarks: Remarks) -> Iterator[GroupRow]:
    for each in results_of(path, remarks.notices):
        if not isinstance(each, Result):
            yield faulty(*each)
            continue
        try:
            groups = {name: word_of(each.values, name) for name in PAGE_GROUPS}
            meters = meters_of(each.values, "uncached_input_tokens")
        except Fault as fault:
            yield faulty(each.line, Fault(f"{each.where}: {fault}"))
            continue
        width = int((each.end - each.start).total_seconds())
        row = _row(each.start, groups, meters)
        yield GroupRow(each.line, row, groups, width, each.scope)


def _of_table(sample: Sample) -> Iterator[GroupRow]:
    for record in records_of(sample):
        try:
            if isinstance(record.cells, Fault):
                raise record.cells
            yield _of_record(record.line, record.cells)
        except Fault as fault:
            yield faulty(record.line, fault)


def _of_record(line: int, cells: Mapping[str, str]) -> GroupRow:
    day = cells.get("usage_date_utc", "").strip()
    start = moment_of("usage_date_utc", day)
    if start is None:
        raise Fault("no usage_date_utc")
    groups: dict[str, str | None] = {}
    for column, name in CSV_NAMES.items():
        groups[name] = groups.get(name) or text_of(cells.get(column))
    meters: dict[Meter, int] = {}
    for column, meter in CSV_COUNTS.items():
        meters[meter] = meters.get(meter, 0) + count_of(column, cells.get(column))
    width = HOUR if "T" in day or ":" in day else DAY
    return GroupRow(line, _row(start, groups, meters), groups, width)
