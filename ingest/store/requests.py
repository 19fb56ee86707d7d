"""Single requests of the ledger, for what sums over a quarter of an hour cannot answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ingest.rows import MAIN_METERS
from ingest.store.cells import EPOCH, QUARTER_SECONDS, QUARTERS_A_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import duckdb

    from ingest.store.records import CellQuery

MICROSECONDS: Final = 1_000_000
DAY_MICROSECONDS: Final = QUARTER_SECONDS * QUARTERS_A_DAY * MICROSECONDS
CHOSEN: Final = "chosen_series"


def choose_series(
    connection: duckdb.DuckDBPyConnection,
    columns: Mapping[str, str],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Make the table of series that ``requests_sql`` reads: series, and columns of one's own.

    ``columns`` gives their types; each row begins with the number of the series.
    """
    types = {"series": "INTEGER", **columns}
    described = ", ".join(f"{name} {kind}" for name, kind in types.items())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {CHOSEN} ({described})")
    unnested = ", ".join(f"unnest(?::{kind}[])" for kind in types.values())
    lists = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in types]
    connection.execute(f"INSERT INTO {CHOSEN} SELECT {unnested}", lists)


def requests_sql(query: CellQuery) -> str:
    """Return a FROM clause of the requests ``u`` that count in the range of a query.

    ``t`` is the series, ``c`` its row among the chosen ones. Buckets, requests without usage
    and days that the ledger reads from another view are not among them.
    """
    where = [
        "CASE WHEN f.row_id IS NULL THEN NOT i.undone ELSE f.holder IS NOT NULL END",
        "s.view = 'requests'",
        "NOT t.unmetered",
        f"""NOT EXISTS (SELECT 1 FROM hidden h WHERE h.source = t.source
            AND h.day = epoch_us(u.occurred_at) // {DAY_MICROSECONDS})""",
    ]
    if query.since is not None:
        where.append(f"epoch_us(u.occurred_at) >= {microseconds(query.since)}")
    if query.until is not None:
        where.append(f"epoch_us(u.occurred_at) < {microseconds(query.until)}")
    return f"""FROM usage u JOIN {CHOSEN} c ON c.series = u.series
        JOIN series t ON t.series = u.series JOIN sources s ON s.source = t.source
        JOIN imports i ON i.import_id = u.import_id LEFT JOIN fates f ON f.row_id = u.row_id
        WHERE {" AND ".join(where)}"""


def microseconds(moment: datetime) -> int:
    """Return the microseconds since 1970; a naive moment is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=EPOCH.tzinfo)
    return round((aware - EPOCH).total_seconds() * MICROSECONDS)


def amount_sql(meters: Iterable[str]) -> str:
    """Return the SQL of how much a request ``u`` counts of some meters together."""
    parts = (
        f"u.{meter}"
        if meter in MAIN_METERS
        else f"coalesce(try_cast(u.extra->>'$.{meter}' AS BIGINT), 0)"
        for meter in meters
    )
    return f"({' + '.join(parts)})"
