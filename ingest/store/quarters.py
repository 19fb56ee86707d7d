"""Cells as columns: the usage of the last weeks for whoever looks at many parts of it at once.

One pass over the cells, unfolded: to price and to add up is quicker in columns, once for
all budgets, than one query for each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from costmodel.meters import INDEX, Meter
from ingest.rows import MAIN_METERS
from ingest.store.cells import HALF_A_DAY, QUARTERS_A_DAY, SeriesRow, all_series

if TYPE_CHECKING:
    import duckdb
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

NO_METER: Final = -1
"""Stands for the requests of a cell where other items have a meter."""


@dataclass(frozen=True, eq=False)
class Quarters:
    """What each cell counts, one item for a count that is not zero.

    ``series`` is the place in ``names``, ``quarter`` the quarter of an hour since 1970, of
    a day's bucket the one at its noon. ``meter`` is the place in ``METERS``, ``NO_METER``
    for requests. ``width`` holds the quarters that a bucket of each series covers, 0 for
    requests, which are as old as they say.
    """

    names: tuple[SeriesRow, ...]
    width: Integers
    series: Integers
    quarter: Integers
    band: Integers
    meter: Integers
    amount: Integers


def read_quarters(session: duckdb.DuckDBPyConnection, since: int) -> Quarters:
    """Return the usage of a store opened directly that counts, from a quarter of an hour on."""
    names = tuple(all_series(session))
    places = {row.series: place for place, row in enumerate(names)}
    lookup = np.full(max(places, default=0) + 1, 0, dtype=np.int64)
    lookup[list(places)] = list(places.values())
    shift = np.array([HALF_A_DAY if row.daily else 0 for row in names], dtype=np.int64)
    where = f"c.quarter >= {since - HALF_A_DAY} {_not_hidden(session)}"
    columns = ("series", "quarter", "size_band")
    main = session.execute(
        f"SELECT {', '.join(columns)}, requests, {', '.join(MAIN_METERS)} "
        f"FROM cells c WHERE {where}"
    ).fetchnumpy()
    rare = session.execute(
        f"SELECT {', '.join(columns)}, meter, amount FROM cells_other c WHERE {where}"
    ).fetchnumpy()
    parts = (_placed(cells, lookup, shift, since) for cells in (main, rare))
    return Quarters(names, _widths(session, names), *_stacked(*parts))


def _placed(cells: dict[str, Any], lookup: Integers, shift: Integers, since: int) -> dict[str, Any]:
    """Return the cells from a quarter on, with the places of their series, a day at its noon."""
    series = lookup[cells["series"]]
    quarter = cells["quarter"] + shift[series] if len(shift) else cells["quarter"]
    placed = {**cells, "series": series, "quarter": quarter}
    kept = quarter >= since
    return placed if kept.all() else {name: column[kept] for name, column in placed.items()}


def _not_hidden(session: duckdb.DuckDBPyConnection) -> str:
    if not session.execute("SELECT 1 FROM hidden LIMIT 1").fetchall():
        return ""
    return (
        "AND NOT EXISTS (SELECT 1 FROM hidden h JOIN series z ON z.source = h.source "
        f"WHERE z.series = c.series AND h.day = c.quarter // {QUARTERS_A_DAY})"
    )


def _widths(session: duckdb.DuckDBPyConnection, names: tuple[SeriesRow, ...]) -> Integers:
    rows = session.execute("SELECT source, coalesce(width_seconds, 0) // 900 FROM sources")
    widths = dict(rows.fetchall())
    return np.array([widths[row.source] for row in names], dtype=np.int64)


def _stacked(main: dict[str, Any], rare: dict[str, Any]) -> list[Integers]:
    """Return series, quarter, band, meter and amount of all counts that are not zero."""
    blocks: list[list[Integers]] = []
    for name, meter in [("requests", NO_METER), *((m, INDEX[m]) for m in MAIN_METERS)]:
        amounts = main[str(name)]
        used = np.flatnonzero(amounts)
        block = [main[column][used] for column in ("series", "quarter", "size_band")]
        blocks.append([*block, np.full(len(used), meter), amounts[used]])
    meters = np.array([INDEX[Meter(meter)] for meter in rare["meter"]], dtype=np.int64)
    blocks.append([rare["series"], rare["quarter"], rare["size_band"], meters, rare["amount"]])
    columns = zip(*blocks, strict=True)
    return [np.concatenate([np.asarray(part, dtype=np.int64) for part in each]) for each in columns]
