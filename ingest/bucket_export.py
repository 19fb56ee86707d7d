"""An export of usage buckets made ready to read, whatever file it came in."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ingest.bucket_rows import BYTES, groupings_of, made_ready, name_rows, width_of
from ingest.buckets import (
    TOKEN_COLUMNS,
    UNIT_COLUMNS,
    WRITTEN,
    BucketFile,
    bucket_projection,
)
from ingest.narrowing import within
from ingest.projection import Opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from ingest.bucket_rows import BucketRow, GivenRow
    from ingest.projection import ImportOptions

COUNTED: Final = frozenset(("num_model_requests", *TOKEN_COLUMNS, *UNIT_COLUMNS))
NAMELESS: Final = (
    ("code_interpreter", "num_sessions", "code interpreter sessions"),
    ("file_search", "num_requests", "file searches"),
)
"""Kinds of usage that OpenAI does not group by model: kind, what counts them, words."""
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
    groupings = groupings_of(rows)
    grouping = frozenset[str]().union(*groupings.values())
    width = width_of(rows) or _width_of_grid(rows)
    name_rows(rows, width, groupings)
    file = BucketFile(workspace / "buckets.jsonl", width)
    keys = _write(file.path, rows)
    projection = within(bucket_projection(file, options), keys.__contains__)
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


def _write(path: Path, rows: Iterable[BucketRow]) -> set[str]:
    """Write rows, one to a line; return the names of what they have."""
    keys: set[str] = set()
    with path.open("w", encoding="utf-8") as out:
        for row in rows:
            values = {name: row.values[name] for name in WRITTEN if name in row.values}
            keys.update(values)
            out.write("!\n" if row.fault is not None else json.dumps(values) + "\n")
    return keys


def _notices(rows: Sequence[BucketRow], grouping: AbstractSet[str]) -> tuple[str, ...]:
    if not rows:
        return ("the export covers a time without usage: 0 rows",)
    good = [row for row in rows if row.fault is None]
    found = [*_of_stores(good), *_of_tools(good)]
    if good and not found and not any(map(_has_usage, good)):
        return ("every bucket of the export is empty: it covers a time without usage",)
    if "model" not in grouping and any(map(_could_name_a_model, good)):
        found.append("the export is not grouped by model, so it has no price: export it by model")
    return tuple(found)


def _of_stores(rows: Iterable[BucketRow]) -> list[str]:
    """Return what vector stores hold, which no meter counts."""
    sizes = [row.values[BYTES] for row in rows if row.values.get(BYTES)]
    if not sizes:
        return []
    held = f"vector stores hold up to {max(sizes):,} bytes (rows: {len(sizes)})"
    return [f"{held}: storage has no meter and is not in the cost, OpenAI's bill has it"]


def _of_tools(rows: Iterable[BucketRow]) -> list[str]:
    """Return calls of tools that OpenAI groups by no model, so that no rate is theirs."""
    nameless = [row.values for row in rows if "model" not in row.values]
    found = []
    for kind, name, words in NAMELESS:
        count = sum(int(each.get(name, 0)) for each in nameless if kind in each["object"])
        found += [f"{count:,} {words}"] if count else []
    if not found:
        return []
    return [f"without a model, so without a price here; see OpenAI's bill: {', '.join(found)}"]


def _could_name_a_model(row: BucketRow) -> bool:
    return _has_usage(row) and not any(kind in row.values["object"] for kind, *_ in NAMELESS)


def _assumptions(rows: Iterable[BucketRow], grouping: AbstractSet[str]) -> tuple[str, ...]:
    if {"batch", "service_tier"} & grouping or not any(map(_has_a_tier, rows)):
        return ()
    return ("the export is not grouped by service tier or batch: priced as standard",)


def _has_a_tier(row: BucketRow) -> bool:
    return row.fault is None and any(row.values.get(name) for name in TOKEN_COLUMNS)


def _has_usage(row: BucketRow) -> bool:
    return row.fault is None and not COUNTED.isdisjoint(row.values)
