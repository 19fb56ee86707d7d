"""DeepSeek's usage export, ``amount.csv``: one record for each kind of token and bucket.

What hit the cache and what missed it stand beside each other, and together are all input.
Requests are a kind of their own. Times are those of China, with their zone.
Source: DeepSeek's export of usage (facts 2.11).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from costmodel.meters import Meter
from ingest.canonical import Remarks, UsageRow, opened_rows
from ingest.csv_records import header_of, records_of
from ingest.group_rows import DAY, GroupRow, faulty, named
from ingest.values import Fault, count_of, moment_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from ingest.csv_records import Record
    from ingest.projection import ImportOptions, Opened, Sample

MARKS: Final = frozenset(("start_time_iso", "model", "type", "amount"))
GROUPS: Final = ("model", "api_key", "api_key_name", "user_id", "type")
REQUESTS: Final = "request_count"
METERS: Final[Mapping[str, Meter]] = {
    "input_cache_hit_tokens": Meter.CACHED_INPUT,
    "input_cache_miss_tokens": Meter.INPUT,
    "output_tokens": Meter.OUTPUT,
}
ZONE: Final = "Asia/Shanghai"
"""Where DeepSeek counts its days, for a time that names no zone."""
LAST_SECOND: Final = 59


class Deepseek:
    """The format ``deepseek``."""

    name = "deepseek"

    def claims(self, sample: Sample) -> bool:
        """Tell by the columns: a kind and its amount in a bucket."""
        return set(header_of(sample)) >= MARKS

    def nearness(self, sample: Sample) -> float:
        """Return the share of the usual columns that the sample shows."""
        usual = MARKS | {"end_time_iso", "api_key_name", "price"}
        return len(usual.intersection(header_of(sample))) / len(usual)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every record a bucket row with the one count that it has."""
        remarks = Remarks()
        given, view = named("messages", [_row(each) for each in records_of(sample)], remarks)
        return opened_rows(given, options, workspace, view, remarks)


def _row(record: Record) -> GroupRow:
    try:
        if isinstance(record.cells, Fault):
            raise record.cells
        return _bucket(record.line, record.part, record.cells)
    except Fault as fault:
        return faulty(record.line, fault)


def _bucket(line: int, part: int, cells: Mapping[str, str]) -> GroupRow:
    groups = {name: text_of(cells.get(name)) for name in GROUPS}
    start = moment_of("start_time_iso", cells.get("start_time_iso"), ZONE)
    if start is None or text_of(cells.get("amount")) is None:
        raise Fault(f"no {'start_time_iso' if start is None else 'amount'}")
    kind = groups["type"] or ""
    amount = count_of("amount", cells.get("amount"))
    if kind not in METERS and kind != REQUESTS:
        raise Fault(f"type is {kind[:40]!r}, which is no kind that is known")
    row = UsageRow(
        time=start,
        model=groups["model"],
        meters={METERS.get(kind, Meter.INPUT): amount if kind in METERS else 0},
        provider="deepseek",
        requests=amount if kind == REQUESTS else 0,
        dimensions={
            "api_key": groups["api_key_name"] or groups["api_key"],
            "user": groups["user_id"],
        },
    )
    return GroupRow(line, row, groups, _width(start, cells.get("end_time_iso")), part)


def _width(start: datetime, text: str | None) -> int:
    """Return the length in seconds; an end may be the last second of the bucket."""
    end = moment_of("end_time_iso", text, ZONE)
    if end is None:
        return DAY
    if end.second == LAST_SECOND:
        end += timedelta(seconds=1)
    if end <= start:
        raise Fault("end_time_iso is not after start_time_iso")
    return int((end - start).total_seconds())
