"""Buckets that a format works out in Python: of one length, and named by start and groups.

The same bucket has the same name in every export of it that is grouped alike, so that a
later one restates it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ingest.bucket_rows import BucketRow, width_of
from ingest.canonical import Given, Remarks, UsageRow, View
from ingest.digests import digest_of
from ingest.rows import NO_MODEL
from ingest.values import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DAY: Final = 86_400
WITHOUT_USAGE: Final = "the export covers a time without usage: 0 rows"
WITHOUT_MODEL: Final = "the export is not grouped by model, so it has no price: export it by model"


@dataclass(frozen=True, slots=True)
class GroupRow:
    """The usage of one group in one bucket, its row still without name; or why there is none.

    ``groups`` has every column that the export can be grouped by, the model as ``model``.
    ``scope`` tells rows beside each other from those of pages that restate each other.
    """

    line: int
    row: UsageRow | Fault
    groups: Mapping[str, str | None]
    width_seconds: int = DAY
    scope: object = None


def faulty(line: int, fault: Fault) -> GroupRow:
    """Return a line of an export that is no row, with its reason."""
    return GroupRow(line, fault, {})


def named(kind: str, found: Sequence[GroupRow], remarks: Remarks) -> tuple[Iterator[Given], View]:
    """Return rows with their names, those of another length set aside, and which view they are.

    ``kind`` is what is counted: exports of several kinds add up, of one kind one is read.
    """
    width, rows = _of_one_width(found)
    columns = sorted({name for each in rows for name, word in each.groups.items() if word})
    if not found:
        remarks.notices.append(WITHOUT_USAGE)
    elif "model" not in columns and any(isinstance(each.row, UsageRow) for each in rows):
        remarks.notices.append(WITHOUT_MODEL)
    return _named(kind, width, columns, rows), View("buckets", width)


def _named(kind: str, width: int, columns: list[str], rows: Sequence[GroupRow]) -> Iterator[Given]:
    """Return rows by start, length and groups; those that nothing tells apart are numbered."""
    seen: Counter[tuple[object, str]] = Counter()
    for each in rows:
        row = each.row
        if isinstance(row, Fault) or row.time is None:
            yield Given(each.line, row)
            continue
        start = int(row.time.timestamp())
        parts = [kind, start, width, row.provider, columns, [each.groups.get(c) for c in columns]]
        seen[each.scope, digest_of(parts)] += 1
        name = digest_of([*parts, seen[each.scope, digest_of(parts)]])
        yield Given(
            each.line,
            replace(
                row,
                id=f"bucket:{start}:{name}",
                grouping=f"{kind}:{','.join(columns)}",
                model=row.model or NO_MODEL,
            ),
        )


def _of_one_width(found: Sequence[GroupRow]) -> tuple[int, list[GroupRow]]:
    """Return the usual length in seconds, with a fault in place of each row of another one."""
    sized = [_sized(each) for each in found]
    width = width_of([row for row in sized if row is not None]) or DAY
    return width, [
        each if row is None or row.fault is None else faulty(each.line, Fault(row.fault))
        for each, row in zip(found, sized, strict=True)
    ]


def _sized(each: GroupRow) -> BucketRow | None:
    if isinstance(each.row, Fault) or each.row.time is None:
        return None
    start = int(each.row.time.timestamp())
    values = {"start_time": start, "end_time": start + each.width_seconds}
    return BucketRow(each.line, "", None, values)
