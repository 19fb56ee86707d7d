"""What goes between a format and the store: options, samples, projections.

Token relations (cached inside input, or beside it) are settled by the format and
nowhere later: the meters of a projection are disjoint.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias, Union

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from costmodel.meters import Meter
    from ingest.charges import Charge


Kind: TypeAlias = Union[str, "Mapping[str, Kind]"]
"""What a reader shall make of a value: a type of DuckDB, or an object's members by name."""
TEXT: Final = "VARCHAR"
NUMBER: Final = "DOUBLE"
"""Keeps every whole number up to ``rows.LARGEST_COUNT``, and parts of one, so that they show."""
JSON_LINES: Final = (
    "read_json(?, format='newline_delimited', ignore_errors=true, columns={columns})"
)
"""The reader of one JSON object a line; up to 32 MB each."""
SHORT_JSON_LINES: Final = JSON_LINES.replace("ignore", "maximum_object_size=4194304, ignore")
"""The same up to 8 MB a line, and quicker: what is read at once stays in the processor's cache.

A longer line ends it, so a file that may hold one needs another way to be read.
"""
MEASURED: Final = "false"
"""The SQL of ``estimated`` where the provider counted every row; no column is made for it."""


@dataclass(frozen=True)
class ImportOptions:
    """How a person wants a file read.

    ``date`` dates rows without a time; ``tz`` is the zone of times without one;
    ``dimensions`` says which metadata key means which dimension; ``cells`` names
    the dimensions that sums keep (None: the usual ones); ``imported_at`` is noted in
    the record, and ``name`` there stands for the path of a file that is only a copy.
    """

    date: dt.date | None = None
    organisation: str | None = None
    provider: str | None = None
    format: str | None = None
    mapping: Path | None = None
    price_at: dt.date | None = None
    tz: str = "UTC"
    dimensions: Mapping[str, str] = field(default_factory=dict)
    deployments: Mapping[str, str] = field(default_factory=dict)
    cells: tuple[str, ...] | None = None
    imported_at: dt.datetime | None = None
    name: str | None = None


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

    ``reader`` is a FROM item with ``parameters``; ``{columns}`` in it stands for
    ``columns``, the types by name that it shall read. ``raw`` names text in it, each with
    the places where it may stand, the first that is not NULL counts; ``derived`` names
    what is worked out of that once; all others are expressions over these names.
    ``meters`` give a whole number, or NULL for one that cannot be right; most of them,
    of the dimensions and of the measures are 0 or NULL in most files. ``grouping``
    tells a bucket's kind and groups. ``estimated`` is true for rows whose tokens we
    counted ourselves. ``numeric`` has groups of names in ``raw`` that are numbers and used
    as such only, with ``count_of`` and ``moment``: where a sample shows plain ones in all
    places of a group, they are read as numbers, which is quicker than as text.
    """

    reader: str
    parameters: Sequence[object]
    raw: Mapping[str, tuple[str, ...]]
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
    price_at: dt.date | None = None
    view: str = "requests"
    width_seconds: int = 0
    grouping: str = "''"
    estimated: str = MEASURED
    organisation: str | None = None
    assumptions: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    columns: Mapping[str, Kind] = field(default_factory=dict)
    derived: Mapping[str, str] = field(default_factory=dict)
    timezone: str | None = None
    numeric: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Opened:
    """A file made ready to read.

    ``path`` is what DuckDB reads: the file itself, or a cleaned copy of it.
    ``reasons`` gives line and reason of rows, by their place from 0, that the
    projection set aside. ``over`` makes the same projection over a file of some of the
    lines, where the format has rarely used columns. ``again`` opens the file in a slower way
    that loses nothing, for one that DuckDB gives up on. ``charges`` are lines of a bill that
    the file holds; with ``charges_only`` it holds nothing else, and its rows are they, with
    ``charge_faults`` for lines of a bill that cannot be right.
    """

    projection: Projection
    path: Path
    reasons: Callable[[Sequence[int]], Iterable[tuple[int, str]]]
    over: Callable[[Path], Projection] | None = None
    again: Callable[[], Opened] | None = None
    charges: Sequence[Charge] = ()
    charges_only: bool = False
    charge_faults: Sequence[tuple[int, str]] = ()
