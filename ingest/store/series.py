"""Series: what rows and cells have in common, stored once for each combination."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ingest.rows import DEFAULT_ORGANISATION, ROW_DIMENSIONS
from ingest.store.staging_sql import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    import duckdb

    from ingest.projection import Projection
    from ingest.store.stage import Stage

VALUES_OF_ONE_DIMENSION: Final = 200
"""Above this many values the rest of a dimension becomes ``OTHER`` in cells."""
OTHER: Final = "other"

SERIES_COLUMNS: Final = (
    "source",
    "provider",
    "model",
    "zone",
    "tier",
    "price_at",
    "unmetered",
    "estimated",
    *ROW_DIMENSIONS,
)


class SourceKey(NamedTuple):
    """One view of somebody's traffic; width and grouping are set for buckets.

    The grouping reads ``kind:column,column``; kinds (completions, embeddings) add up.
    """

    provider: str
    organisation: str
    view: str
    width_seconds: int
    grouping: str


@dataclass(frozen=True)
class Origin:
    """What all rows of a file share."""

    organisation: str
    view: str
    width_seconds: int
    price_at: date | None

    def source_of(self, provider: str, grouping: str) -> SourceKey:
        """Return the source that rows of this provider and grouping belong to."""
        return SourceKey(provider, self.organisation, self.view, self.width_seconds, grouping)


def origin_of(projection: Projection, organisation: str | None) -> Origin:
    """Return what all rows of a projection share."""
    return Origin(
        organisation=organisation or projection.organisation or DEFAULT_ORGANISATION,
        view=projection.view,
        width_seconds=projection.width_seconds,
        price_at=projection.price_at,
    )


@dataclass
class Interned:
    """The series of a stage's rows: those the store has, and those it will get.

    ``folded`` names (dimension, value) pairs that became ``OTHER``.
    """

    by_hash: dict[int, int]
    new_series: list[tuple[object, ...]]
    new_sources: list[tuple[object, ...]]
    folded: set[tuple[str, str]]


def intern(stage: Stage, origin: Origin) -> Interned:
    """Find or make the series of all staged rows; the store is attached as ``s``."""
    connection = stage.connection
    known = {
        tuple(row[1:]): int(row[0])
        for row in connection.execute(
            f"SELECT series, {_list(SERIES_COLUMNS)} FROM s.series"
        ).fetchall()
    }
    sources = {
        SourceKey(*row[1:]): int(row[0])
        for row in connection.execute(
            "SELECT source, provider, organisation, view, width_seconds, grouping FROM s.sources"
        ).fetchall()
    }
    found = Interned({}, [], [], set())
    fold = _Folding(known, stage.series_dimensions)
    for combination in _combinations(stage):
        dimensions = fold.apply(combination.dimensions, found.folded)
        source = _source(
            origin.source_of(combination.provider, combination.grouping), sources, found
        )
        row = _series_row(combination, origin, source, dimensions)
        if row not in known:
            known[row] = len(known)
            found.new_series.append((known[row], *row))
        found.by_hash[combination.hash] = known[row]
    return found


class _Combination(NamedTuple):
    hash: int
    provider: str
    model: str
    zone: str
    tier: str
    grouping: str
    unmetered: bool
    estimated: bool
    dimensions: Mapping[str, str | None]


def _combinations(stage: Stage) -> list[_Combination]:
    """Return the distinct combinations, the most frequent first."""
    names = stage.series_dimensions
    rows = stage.connection.execute(
        f"SELECT h, unmetered, {_list(stage.series_columns)}, times FROM combinations"
    ).fetchall()
    rows.sort(key=lambda row: (-row[-1], str(row[1:-1])))
    return [_combination(row, stage.series_columns, names) for row in rows]


def _combination(
    row: tuple[Any, ...], columns: Sequence[str], names: Sequence[str]
) -> _Combination:
    values = dict(zip(columns, row[2:-1], strict=True))
    return _Combination(
        hash=row[0],
        provider=values["provider"],
        model=values["model"],
        zone=values["zone"],
        tier=values["tier"],
        grouping=values.get("grouping", ""),
        unmetered=row[1],
        estimated=bool(values.get("estimated")),
        dimensions={name: values[name] for name in names},
    )


class _Folding:
    """Keeps the values of each dimension to a number that cells can bear."""

    def __init__(self, known: Iterable[tuple[object, ...]], names: Sequence[str]) -> None:
        self._seen: dict[str, set[str]] = defaultdict(set)
        places = [(name, SERIES_COLUMNS.index(name)) for name in names]
        for row in known:
            for name, place in places:
                if row[place] is not None:
                    self._seen[name].add(str(row[place]))

    def apply(
        self, dimensions: Mapping[str, str | None], folded: set[tuple[str, str]]
    ) -> dict[str, str | None]:
        """Return the dimensions as cells keep them, noting what was folded."""
        return {name: self._one(name, value, folded) for name, value in dimensions.items()}

    def _one(self, name: str, value: str | None, folded: set[tuple[str, str]]) -> str | None:
        seen = self._seen[name]
        if value is None or value in seen:
            return value
        if len(seen - {OTHER}) < VALUES_OF_ONE_DIMENSION:
            seen.add(value)
            return value
        folded.add((name, value))
        return OTHER


def _source(key: SourceKey, sources: dict[SourceKey, int], found: Interned) -> int:
    if key not in sources:
        sources[key] = len(sources)
        found.new_sources.append((sources[key], *key))
    return sources[key]


def _series_row(
    combination: _Combination, origin: Origin, source: int, dimensions: Mapping[str, str | None]
) -> tuple[object, ...]:
    return (
        source,
        combination.provider,
        combination.model,
        combination.zone,
        combination.tier,
        origin.price_at,
        combination.unmetered,
        combination.estimated,
        *(dimensions.get(name) for name in ROW_DIMENSIONS),
    )


def insert_rows(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert rows into a table, in the order of its columns; a statement for each would be slow."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        unnested = ", ".join("unnest(?)" for _ in columns)
        connection.execute(f"INSERT INTO {table} SELECT {unnested}", columns)


def _list(names: Iterable[str]) -> str:
    return ", ".join(quoted(name) for name in names)
