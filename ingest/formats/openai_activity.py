"""The Activity export of the OpenAI dashboard: CSV, its columns as it was grouped."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from ingest.buckets import (
    TIME_COLUMNS,
    TOKEN_COLUMNS,
    UNIT_COLUMNS,
    bucket_projection,
    csv_rows,
    explain_bucket,
    write_buckets,
)
from ingest.files import opened
from ingest.projection import ImportOptions, Opened, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

OTHER_EXPORTS: Final = frozenset(("amount_value", "amount_currency", "line_item"))
"""Columns of the Cost export, which has money and no requests."""


class OpenaiActivity:
    """The format ``openai_activity``."""

    name = "openai_activity"

    def claims(self, sample: Sample) -> bool:
        """Tell by the header: times, and something counted; an export without usage has times."""
        header = set(_header(sample))
        if not {"start_time", "end_time"} <= header or header & OTHER_EXPORTS:
            return False
        counted = {"num_model_requests", *TOKEN_COLUMNS, *UNIT_COLUMNS}
        return bool(header & counted) or header <= set(TIME_COLUMNS)

    def nearness(self, sample: Sample) -> float:
        """Return the share of the columns that every Activity export has."""
        usual = {*TIME_COLUMNS, "num_model_requests", "input_tokens", "output_tokens", "model"}
        return len(set(_header(sample)) & usual) / len(usual)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Write every record as a row of its own, whatever columns there are."""
        with opened(sample.path) as stream:
            text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
            rows = list(csv_rows(text, _delimiter(sample)))
        file = write_buckets(workspace / "buckets.jsonl", rows)

        def reasons(places: Sequence[int]) -> Iterable[tuple[int, str]]:
            return [(rows[place][0], explain_bucket(rows[place][1])) for place in places]

        return Opened(bucket_projection(file, options), file.path, reasons)


def _delimiter(sample: Sample) -> str:
    first = sample.text.split("\n", 1)[0]
    return max(",\t;", key=first.count)


def _header(sample: Sample) -> list[str]:
    first = sample.text.split("\n", 1)[0].removeprefix("\ufeff")
    names = next(csv.reader([first.rstrip("\r")], delimiter=_delimiter(sample)), [])
    return [name.strip() for name in names]
