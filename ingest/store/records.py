"""What the store answers with, and what it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class CellQuery:
    """Which cells, folded to what.

    ``since`` and ``until`` are UTC (naive means UTC), ``until`` exclusive; a daily
    bucket belongs to a range that holds its noon. ``filters`` may name cell
    dimensions, ``provider``, ``model_snapshot``, ``zone``, ``tier`` and
    ``size_band``; None among the values means "not given". ``served`` limits to
    pairs of provider and model as served, ``organisation`` to what came under that
    name. ``edges`` put a dimension "bucket" in front: the edge at or before the cell,
    in ISO 8601. ``change_dates`` fold the price date to the latest of them that is not
    after it.
    """

    since: datetime | None = None
    until: datetime | None = None
    filters: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    by: tuple[str, ...] = ()
    edges: tuple[datetime, ...] = ()
    change_dates: tuple[date, ...] = ()
    served: frozenset[tuple[str, str]] | None = None
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row of a file that was not imported, and why."""

    path: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """Where the rows of a file went; the last five add up to the first.

    ``differing`` of the replaced and duplicate rows had the key of an earlier row
    and other numbers.
    """

    rows_read: int
    rows_added: int
    rows_replaced: int
    rows_duplicate: int
    rows_set_aside: int
    rows_without_usage: int
    differing: int = 0


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One import as the store remembers it; times are UTC."""

    import_id: int
    path: str
    format: str
    imported_at: datetime | None
    undone: bool
    first_at: datetime | None
    last_at: datetime | None
    counts: ImportCounts
    assumptions: tuple[str, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DayCoverage:
    """Which of several views of one day's traffic the ledger reads.

    ``coverage`` is the share of the bucket export's tokens that request rows hold,
    None where the day has no bucket export.
    """

    provider: str
    organisation: str
    day: date
    reads: str
    request_tokens: int
    bucket_tokens: int
    coverage: float | None


def import_record(row: tuple[Any, ...]) -> ImportRecord:
    """Return a row of the table of imports as a record."""
    import_id, path, name, imported_at, undone, first_at, last_at, _dated, *rest = row
    *counts, assumptions, notices = rest
    return ImportRecord(
        import_id=import_id,
        path=path,
        format=name,
        imported_at=_aware(imported_at),
        undone=undone,
        first_at=_aware(first_at),
        last_at=_aware(last_at),
        counts=ImportCounts(*counts),
        assumptions=tuple(assumptions),
        notices=tuple(notices),
    )


def _aware(moment: object) -> datetime | None:
    return moment.replace(tzinfo=UTC) if isinstance(moment, datetime) else None


def day_coverage(row: tuple[Any, ...]) -> DayCoverage:
    """Return a row of the table of coverage as a record; its day counts from 1970."""
    provider, organisation, day, reads, request_tokens, bucket_tokens = row
    return DayCoverage(
        provider=provider,
        organisation=organisation,
        day=date(1970, 1, 1) + timedelta(days=day),
        reads=reads,
        request_tokens=request_tokens,
        bucket_tokens=bucket_tokens,
        coverage=request_tokens / bucket_tokens if bucket_tokens else None,
    )
