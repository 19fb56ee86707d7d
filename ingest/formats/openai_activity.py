"""The Activity export of the OpenAI dashboard: CSV, its columns as it was grouped.

Two generations are read: that of the Usage API's columns, and the one before it
(until 2024), whose columns are put into the newer ones' words.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from ingest.bucket_export import opened_buckets
from ingest.bucket_rows import GivenRow
from ingest.buckets import TIME_COLUMNS, TOKEN_COLUMNS, UNIT_COLUMNS
from ingest.errors import UnreadableFileError
from ingest.files import opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ingest.projection import ImportOptions, Opened, Sample

OTHER_EXPORTS: Final = frozenset(("amount_value", "amount_currency", "line_item"))
"""Columns of the Cost export, which has money and no requests."""

COUNTED: Final = frozenset(
    ("num_model_requests", "input_uncached_tokens", *TOKEN_COLUMNS, *UNIT_COLUMNS)
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
        header = set(_header(sample))
        if header >= OLDER_MARKS:
            return True
        if not {"start_time", "end_time"} <= header or header & OTHER_EXPORTS:
            return False
        return bool(header & COUNTED) or header <= set(TIME_COLUMNS)

    def nearness(self, sample: Sample) -> float:
        """Return the share of the columns that every Activity export has."""
        usual = {*TIME_COLUMNS, "num_model_requests", "input_tokens", "output_tokens", "model"}
        return len(set(_header(sample)) & usual) / len(usual)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every record a row of its own, whatever columns there are."""
        return opened_buckets(_rows(sample.path, _delimiter(sample)), options, workspace)


def _delimiter(sample: Sample) -> str:
    first = sample.text.lstrip().split("\n", 1)[0]
    return max(",\t;", key=first.count)


def _header(sample: Sample) -> list[str]:
    first = sample.text.lstrip().split("\n", 1)[0].removeprefix("\ufeff")
    try:
        return _names(next(csv.reader([first.rstrip("\r")], delimiter=_delimiter(sample)), []))
    except csv.Error:  # no text: a Parquet file, a picture
        return []


def _names(cells: Sequence[str]) -> list[str]:
    return [cell.strip().lower() for cell in cells]


def _rows(path: Path, delimiter: str) -> Iterator[GivenRow]:
    """Return every record; a header that stands again, as of joined files, is none."""
    header: list[str] = []
    for line, last, cells in _records(path, delimiter):
        names = _names(cells)
        if not header:
            header = names
        elif len(cells) != len(header):
            said = f"holds {len(cells)} cells, the header {len(header)}: cut off or damaged"
            where = f"lines {line} to {last} are one record" if last > line else ""
            yield GivenRow(line, where, None, said)
        elif names != header:
            yield GivenRow(line, "", None, _newer(dict(zip(header, cells, strict=True))))


def _records(path: Path, delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """Return first line, last line and cells of every record that is not blank."""
    with opened(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        reader = csv.reader(text, delimiter=delimiter)
        before = 0
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield before + 1, reader.line_num, cells
                before = reader.line_num
        except csv.Error as error:
            raise UnreadableFileError(
                f"{path}, line {before + 1}: cannot be read as CSV ({error}): export it again"
            ) from error


def _newer(row: Mapping[str, str]) -> Mapping[str, str]:
    """Return a row in the words of the newer generation."""
    if not row.keys() >= OLDER_MARKS:
        return row
    found = {OLDER_NAMES[name]: value for name, value in row.items() if name in OLDER_NAMES}
    kind = row.get("request_type", "").strip().lower()
    return {**found, "batch": "true"} if kind == "batch" else {**found, "service_tier": kind}
