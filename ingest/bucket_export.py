"""An export of usage buckets made ready to read, whatever file it came in."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ingest.bucket_rows import grouping_of, made_ready, name_rows, width_of
from ingest.buckets import (
    TOKEN_COLUMNS,
    UNIT_COLUMNS,
    WRITTEN,
    BucketFile,
    bucket_projection,
)
from ingest.projection import Opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ingest.bucket_rows import BucketRow, GivenRow
    from ingest.projection import ImportOptions

COUNTED: Final = frozenset(("num_model_requests", *TOKEN_COLUMNS, *UNIT_COLUMNS))
WIDTHS: Final = (86_400, 3_600, 300, 60)
"""Lengths that a bucket without an end may have: the first on whose grid all begin."""


def opened_buckets(
    given: Iterable[GivenRow],
    options: ImportOptions,
    workspace: Path,
    notices: tuple[str, ...] = (),
) -> Opened:
    """Check the rows of an export and write them to a file that DuckDB reads."""
    rows = [made_ready(row) for row in given]
    grouping = grouping_of(rows)
    width = width_of(rows) or _width_of_grid(rows)
    name_rows(rows, width, grouping)
    file = BucketFile(workspace / "buckets.jsonl", grouping, width)
    _write(file.path, rows)
    projection = bucket_projection(file, options)
    remarked = replace(
        projection,
        notices=(*_notices(rows, grouping), *notices),
        assumptions=_assumptions(rows, grouping),
    )

    def reasons(places: Sequence[int]) -> Iterator[tuple[int, str]]:
        for place in places:
            row = rows[place]
            yield row.line, row.reason or f"cannot be read as usage at {row.start}"

    return Opened(remarked, file.path, reasons)


def _width_of_grid(rows: Iterable[BucketRow]) -> int:
    starts = [row.start for row in rows if row.fault is None]
    fitting = (width for width in WIDTHS if not any(start % width for start in starts))
    return next(fitting, WIDTHS[-1])


def _write(path: Path, rows: Iterable[BucketRow]) -> None:
    with path.open("w", encoding="utf-8") as out:
        for row in rows:
            values = {name: row.values[name] for name in WRITTEN if name in row.values}
            out.write("!\n" if row.fault is not None else json.dumps(values) + "\n")


def _notices(rows: Sequence[BucketRow], grouping: tuple[str, ...]) -> tuple[str, ...]:
    if not rows:
        return ("the export covers a time without usage: 0 rows",)
    good = [row for row in rows if row.fault is None]
    if good and not any(map(_has_usage, good)):
        return ("every bucket of the export is empty: it covers a time without usage",)
    if good and "model" not in grouping:
        return ("the export is not grouped by model, so it has no price: export it by model",)
    return ()


def _assumptions(rows: Iterable[BucketRow], grouping: tuple[str, ...]) -> tuple[str, ...]:
    if {"batch", "service_tier"} & set(grouping) or not any(map(_has_usage, rows)):
        return ()
    return ("the export is not grouped by service tier or batch: priced as standard",)


def _has_usage(row: BucketRow) -> bool:
    return row.fault is None and not COUNTED.isdisjoint(row.values)
