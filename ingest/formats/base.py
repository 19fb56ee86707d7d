"""What a format is: it knows its own files and says in SQL how their rows read.

A format turns a file into a ``Projection``: where DuckDB reads, and one expression
for each canonical column. Token relations (cached inside input, or beside it) are
settled here and nowhere later: the meters of a projection are disjoint.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from costmodel.meters import Meter


@dataclass(frozen=True)
class ImportOptions:
    """How a person wants a file read.

    ``date`` dates rows without a time; ``tz`` is the zone of times without one;
    ``dimensions`` says which metadata key means which dimension; ``imported_at``
    is noted in the record.
    """

    date: date | None = None
    organisation: str | None = None
    provider: str | None = None
    format: str | None = None
    mapping: Path | None = None
    price_at: date | None = None
    tz: str = "UTC"
    dimensions: Mapping[str, str] = field(default_factory=dict)
    deployments: Mapping[str, str] = field(default_factory=dict)
    imported_at: datetime | None = None


@dataclass(frozen=True)
class Sample:
    """The start of a file, unpacked: enough to tell what it is."""

    path: Path
    text: str
    complete: bool

    @property
    def lines(self) -> list[str]:
        """Return the lines that are not blank and surely whole."""
        lines = self.text.splitlines()
        whole = lines if self.complete else lines[:-1]
        return [line for line in whole if line.strip()]


@dataclass(frozen=True)
class Projection:
    """How the rows of one file read.

    ``reader`` is a FROM item with ``parameters``; ``raw`` names expressions over its
    columns; all others are expressions over those names. ``meters`` give a whole
    number, or NULL for one that cannot be right. ``optional`` meters, dimensions
    and measures are 0 or NULL in most files.
    """

    reader: str
    parameters: Sequence[object]
    raw: Mapping[str, str]
    occurred_at: str
    time_given: str
    recognised: str
    has_usage: str
    sound: str
    request_id: str
    provider: str
    model: str
    zone: str
    tier: str
    meters: Mapping[Meter, str]
    dimensions: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)
    requests: str = "1"
    price_at: date | None = None
    view: str = "requests"
    width_seconds: int = 0
    grouping: str = ""
    organisation: str | None = None
    assumptions: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Opened:
    """A file made ready to read.

    ``path`` is what DuckDB reads: the file itself, or a cleaned copy of it.
    ``reasons`` gives line and reason of rows, by their place from 0, that the
    projection set aside. ``over`` makes the same projection over a file of sample
    lines, where the format has rarely used columns.
    """

    projection: Projection
    path: Path
    reasons: Callable[[Sequence[int]], Iterable[tuple[int, str]]]
    over: Callable[[Path], Projection] | None = None


class Format(Protocol):
    """One kind of usage export."""

    @property
    def name(self) -> str:
        """Return the word for ``--format`` and for records."""

    def claims(self, sample: Sample) -> bool:
        """Tell whether a file that begins like this is one of this format."""

    def nearness(self, sample: Sample) -> float:
        """Return how much of the format the sample shows, 0 to 1, to name the nearest."""

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make the file ready to read; copies go into the workspace."""
