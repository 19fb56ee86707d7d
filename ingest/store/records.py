"""What the store answers with, and what it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class CellQuery:
    """Which cells, folded to what.

    ``since`` and ``until`` are UTC (naive means UTC), ``until`` exclusive; a daily
    bucket belongs to a range that holds its noon. ``filters`` may name cell
    dimensions, ``provider``, ``model_snapshot``, ``zone``, ``tier`` and
    ``size_band``; None among the values means "not given". ``served`` limits to
    pairs of provider and model as served. ``edges`` put a dimension "bucket" in
    front: the edge at or before the cell, in ISO 8601. ``change_dates`` fold the
    price date to the latest of them that is not after it.
    """

    since: datetime | None = None
    until: datetime | None = None
    filters: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    by: tuple[str, ...] = ()
    edges: tuple[datetime, ...] = ()
    change_dates: tuple[date, ...] = ()
    served: frozenset[tuple[str, str]] | None = None


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
