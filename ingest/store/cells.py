"""Reading cells: filtered and folded in SQL, by integers; names are put on afterwards.

Series are few and cells are many. So Python decides which series count and which
answer row they go to, and SQL adds up integers.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from costmodel.meters import INDEX, METERS, Meter
from costmodel.usage import Cell, PricingKey
from ingest.rows import MAIN_METERS, ROW_DIMENSIONS
from ingest.store.staging_sql import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import duckdb

    from ingest.store.records import CellQuery

QUARTER_SECONDS: Final = 900
QUARTERS_A_DAY: Final = 96
HALF_A_DAY: Final = QUARTERS_A_DAY // 2
DAY_SECONDS: Final = 86_400
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY: Final = EPOCH.date()

KEY_FILTERS: Final = ("provider", "model_snapshot", "zone", "tier")
"""Filters on the pricing key; the others name cell dimensions."""


class SeriesRow(NamedTuple):
    """One series with the view that it belongs to."""

    series: int
    source: int
    provider: str
    model: str
    zone: str
    tier: str
    price_at: date | None
    unmetered: bool
    estimated: bool
    daily: bool
    organisation: str
    dimensions: Mapping[str, str | None]

    def value(self, name: str) -> str | None:
        """Return the series' value of a filter or dimension."""
        if name == "model_snapshot":
            return self.model
        if name in KEY_FILTERS:
            return str(getattr(self, name))
        return self.dimensions[name]


class _Group(NamedTuple):
    """What series must have in common to be added up."""

    provider: str
    model: str
    zone: str
    tier: str
    price_at: date | None
    unmetered: bool
    estimated: bool
    dimensions: tuple[str | None, ...]


def all_series(connection: duckdb.DuckDBPyConnection) -> list[SeriesRow]:
    """Return every series of a store opened directly."""
    names = ", ".join(f"t.{quoted(name)}" for name in ROW_DIMENSIONS)
    rows = connection.execute(
        f"""SELECT t.series, t.source, t.provider, t.model, t.zone, t.tier, t.price_at,
            t.unmetered, t.estimated, s.width_seconds >= {DAY_SECONDS}, s.organisation, {names}
        FROM series t JOIN sources s USING (source)"""
    ).fetchall()
    return [_series_row(row[:11], dict(zip(ROW_DIMENSIONS, row[11:], strict=True))) for row in rows]


def _series_row(row: tuple[Any, ...], dimensions: Mapping[str, str | None]) -> SeriesRow:
    return SeriesRow._make((*row, dimensions))


def quarter_of(moment: datetime) -> int:
    """Return the quarter of an hour since 1970 that holds a moment; naive means UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int((aware - EPOCH).total_seconds() // QUARTER_SECONDS)


def first_quarter_from(moment: datetime) -> int:
    """Return the first quarter of an hour that begins at a moment or after it."""
    return quarter_of(moment - timedelta(microseconds=1)) + 1


def admits(query: CellQuery, row: SeriesRow, *, but: str | None = None) -> bool:
    """Tell whether a series passes a query's filters, leaving one out if asked."""
    if query.served is not None and (row.provider, row.model) not in query.served:
        return False
    if query.organisation is not None and row.organisation != query.organisation:
        return False
    return all(
        row.value(name) in wanted
        for name, wanted in query.filters.items()
        if name not in {but, "size_band"}
    )


def read_cells(
    connection: duckdb.DuckDBPyConnection, query: CellQuery, series: Sequence[SeriesRow]
) -> list[Cell]:
    """Return the cells that a query asks for, without those that cancelled out."""
    groups: dict[_Group, int] = {}
    chosen = [row for row in series if admits(query, row)]
    codes = [groups.setdefault(_group(row, query.by), len(groups)) for row in chosen]
    if not chosen:
        return []
    daily = any(row.daily for row in chosen)
    sums = _sums(connection, query, [row.series for row in chosen], codes, daily=daily)
    return _assembled(query, list(groups), sums)


def holds_daily_sums(
    connection: duckdb.DuckDBPyConnection, query: CellQuery, series: Sequence[SeriesRow]
) -> bool:
    """Tell whether some usage that a query asks for came as sums of whole days."""
    chosen = [row.series for row in series if row.daily and admits(query, row)]
    if not chosen:
        return False
    parts = _parts(connection, query, chosen, [0] * len(chosen), daily=True)
    sql = f"SELECT 1 FROM ({parts.sql('cells')}) LIMIT 1"
    return bool(connection.execute(sql, parts.parameters).fetchall())


def _group(row: SeriesRow, by: Iterable[str]) -> _Group:
    return _Group(
        row.provider,
        row.model,
        row.zone,
        row.tier,
        row.price_at,
        row.unmetered,
        row.estimated,
        tuple(row.value(name) for name in by),
    )


Place = tuple[int, int, int, int]
"""Group, size band, edge and price day of an answer row."""


def _sums(
    connection: duckdb.DuckDBPyConnection,
    query: CellQuery,
    series: list[int],
    codes: list[int],
    *,
    daily: bool,
) -> dict[Place, list[int]]:
    """Return requests and quantities by answer row."""
    parts = _parts(connection, query, series, codes, daily=daily)
    place = "code, size_band, edge, price_day"
    main = ", ".join(f"sum({meter})::BIGINT AS {meter}" for meter in MAIN_METERS)
    answer = connection.execute(
        f"SELECT {place}, sum(requests)::BIGINT AS requests, {main} "
        f"FROM ({parts.sql('cells')}) GROUP BY ALL",
        parts.parameters,
    ).fetchnumpy()
    found = {}
    for row in _rows(answer, ("code", "size_band", "edge", "price_day", "requests", *MAIN_METERS)):
        amounts = [row[4]] + [0] * len(METERS)
        for meter, amount in zip(MAIN_METERS, row[5:], strict=True):
            amounts[1 + INDEX[meter]] = amount
        found[(row[0], row[1], row[2], row[3])] = amounts
    rare = connection.execute(
        f"SELECT {place}, meter, sum(amount)::BIGINT FROM ({parts.sql('cells_other')}) "
        "GROUP BY ALL",
        parts.parameters,
    ).fetchall()
    for code, band, edge, day, meter, amount in rare:
        empty = [0] * (1 + len(METERS))
        found.setdefault((code, band, edge, day), empty)[1 + INDEX[Meter(meter)]] += amount
    return found


def _rows(answer: Mapping[str, Any], names: Iterable[str]) -> Iterable[tuple[int, ...]]:
    return zip(*(answer[str(name)].tolist() for name in names), strict=True)


class _Parts(NamedTuple):
    columns: str
    joins: str
    where: str
    parameters: list[object]

    def sql(self, table: str) -> str:
        """Return the chosen cells with the integers of their answer row."""
        return f"SELECT c.*, {self.columns} FROM {table} c {self.joins} WHERE {self.where}"


def _parts(
    connection: duckdb.DuckDBPyConnection,
    query: CellQuery,
    series: list[int],
    codes: list[int],
    *,
    daily: bool,
) -> _Parts:
    parameters: list[object] = [series, codes]
    joins = "JOIN (SELECT unnest(?::INTEGER[]) AS series, unnest(?::INTEGER[]) AS code) m "
    joins += "ON m.series = c.series"
    middle = "c.quarter"
    if daily:
        joins += " JOIN series t ON t.series = c.series JOIN sources s ON s.source = t.source"
        middle = (
            f"(c.quarter + CASE WHEN s.width_seconds >= {DAY_SECONDS} THEN {HALF_A_DAY} ELSE 0 END)"
        )
    where = ["true"]
    if query.since is not None:
        where.append(f"{middle} >= {first_quarter_from(query.since)}")
    if query.until is not None:
        where.append(f"{middle} < {first_quarter_from(query.until)}")
    if "size_band" in query.filters:
        bands = [str(int(band)) for band in query.filters["size_band"] if band is not None]
        where.append(f"c.size_band IN ({', '.join(bands) or 'NULL'})")
    if connection.execute("SELECT 1 FROM hidden LIMIT 1").fetchall():
        where.append(
            "NOT EXISTS (SELECT 1 FROM hidden h JOIN series z ON z.source = h.source "
            f"WHERE z.series = c.series AND h.day = c.quarter // {QUARTERS_A_DAY})"
        )
    edges = [first_quarter_from(edge) for edge in query.edges]
    at = middle if daily and _are_long(edges) else "c.quarter"
    columns = f"m.code, {position_sql(at, edges)} AS edge, {_price_day_sql(query)} AS price_day"
    return _Parts(columns, joins, " AND ".join(where), parameters)


def _are_long(edges: Sequence[int]) -> bool:
    """Tell whether the edges are about days or longer ones apart."""
    shortest_day = 20 * 4
    return all(later - edge >= shortest_day for edge, later in pairwise(edges))


def position_sql(value: str, edges: Sequence[int]) -> str:
    """Return the SQL of the index of the last edge that is not after a value, -1 if none.

    Equal steps are divided, so the SQL grows with the changes of the clock in a range,
    not with its hours.
    """
    if not edges:
        return "0"
    cases = []
    for first, start, step, count in _runs(edges):
        end = "" if first + count >= len(edges) else f" AND {value} < {edges[first + count]}"
        steps = f"least(({value} - {start}) // {step}, {count - 1})" if count > 1 else "0"
        cases.append(f"WHEN {value} >= {start}{end} THEN {first} + {steps}")
    return f"CASE {' '.join(cases)} ELSE -1 END::INTEGER"


def _runs(edges: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """Return runs of equally spaced edges: first index, first edge, step, how many."""
    runs = []
    first = 0
    while first < len(edges):
        last = first + 1
        step = edges[last] - edges[first] if last < len(edges) else 1
        while last + 1 < len(edges) and edges[last + 1] - edges[last] == step:
            last += 1
        count = min(last, len(edges) - 1) - first + 1
        runs.append((first, edges[first], step, count))
        first += count
    return runs


def _price_day_sql(query: CellQuery) -> str:
    """Return the SQL of the day (since 1970) whose prices count."""
    day = f"(c.quarter // {QUARTERS_A_DAY})"
    if not query.change_dates:
        return day
    changes = sorted({(change - EPOCH_DAY).days for change in query.change_dates})
    low = changes[0] - 1
    if query.since is not None:
        since = quarter_of(query.since) // QUARTERS_A_DAY - 1
        low = max([low, *(change for change in changes if change <= since)])
        changes = [change for change in changes if change > low]
    if query.until is not None:
        until = quarter_of(query.until) // QUARTERS_A_DAY + 1
        changes = [change for change in changes if change <= until]
    cases = "".join(f" WHEN {day} >= {change} THEN {change}" for change in reversed(changes))
    return f"(CASE{cases} ELSE {low} END)" if cases else str(low)


def _assembled(
    query: CellQuery, groups: Sequence[_Group], sums: Mapping[Place, list[int]]
) -> list[Cell]:
    labels = [edge.isoformat() for edge in query.edges]
    changes = sorted(query.change_dates)
    make_key = _key_maker(changes)
    cells = []
    for (code, band, edge, day), amounts in sums.items():
        if not any(amounts):
            continue
        group = groups[code]
        dimensions = group.dimensions
        if labels:
            dimensions = (labels[edge] if edge >= 0 else None, *dimensions)
        cells.append(_cell(group, make_key(group, band, day), dimensions, amounts))
    return cells


def _cell(
    group: _Group, key: PricingKey, dimensions: tuple[str | None, ...], amounts: list[int]
) -> Cell:
    return Cell(
        key=key,
        dimensions=dimensions,
        requests=0 if group.unmetered else amounts[0],
        quantities=tuple(amounts[1:]),
        estimated_tokens=sum(amounts[1:]) if group.estimated else 0,
        unmetered_requests=amounts[0] if group.unmetered else 0,
    )


def _key_maker(changes: Sequence[date]) -> Callable[[_Group, int, int], PricingKey]:
    """Return a maker of pricing keys that makes each one once."""
    made: dict[tuple[_Group, int, int], PricingKey] = {}

    def make(group: _Group, band: int, day: int) -> PricingKey:
        known = made.get((group, band, day))
        if known is None:
            on = EPOCH_DAY + timedelta(days=day)
            if group.price_at is not None:
                on = _folded(group.price_at, changes)
            known = made[(group, band, day)] = PricingKey(
                group.provider, group.model, group.zone, group.tier, band, on
            )
        return known

    return make


def _folded(day: date, changes: Sequence[date]) -> date:
    """Return the latest change that is not after a day, the day before the first if none is."""
    if not changes:
        return day
    place = bisect_right(changes, day)
    return changes[place - 1] if place else changes[0] - timedelta(days=1)


def requests_by_series(
    session: duckdb.DuckDBPyConnection, query: CellQuery
) -> list[tuple[int, int]]:
    """Return how many requests each series has in the query's range, its filters aside."""
    daily = f"CASE WHEN width_seconds >= {DAY_SECONDS} THEN {HALF_A_DAY} ELSE 0 END"
    middle = f"(quarter + {daily})"
    where = ["h.day IS NULL"]
    if query.since is not None:
        where.append(f"{middle} >= {first_quarter_from(query.since)}")
    if query.until is not None:
        where.append(f"{middle} < {first_quarter_from(query.until)}")
    return session.execute(
        f"""SELECT c.series, sum(c.requests)::BIGINT
        FROM cells c JOIN series t ON t.series = c.series JOIN sources s ON s.source = t.source
        LEFT JOIN hidden h ON h.source = t.source AND h.day = c.quarter // {QUARTERS_A_DAY}
        WHERE {" AND ".join(where)} GROUP BY c.series"""
    ).fetchall()
