"""Single requests of the ledger, for what sums over a quarter of an hour cannot answer.

Whether anything was undone, repeated, hidden or counts a rarer meter is asked of small
tables first, so that the large one is read in one pass and joined with nothing it need not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import TOKEN_METERS
from ingest.rows import MAIN_METERS
from ingest.store.cells import DAY_SECONDS, EPOCH, QUARTER_SECONDS, QUARTERS_A_DAY
from ingest.store.staging_sql import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import duckdb

MICROSECONDS: Final = 1_000_000
DAY_MICROSECONDS: Final = QUARTER_SECONDS * QUARTERS_A_DAY * MICROSECONDS
CHOSEN: Final = "chosen_series"
NOON: Final = f"CASE WHEN c.width_seconds >= {DAY_SECONDS} THEN INTERVAL 12 HOUR END"


def choose_series(
    connection: duckdb.DuckDBPyConnection,
    columns: Mapping[str, str],
    rows: Sequence[tuple[Any, ...]],
    *,
    buckets: bool = False,
) -> None:
    """Make the table of series that ``counting_sql`` reads: series, and columns of one's own.

    ``columns`` gives their types; each row begins with the number of the series. Series of
    buckets, and of requests without usage, are left out unless ``buckets``.
    """
    types = {"series": "INTEGER", **columns}
    unnested = ", ".join(f"unnest(?::{kind}[]) AS {name}" for name, kind in types.items())
    lists = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in types]
    kept = "true" if buckets else "s.view = 'requests' AND NOT t.unmetered"
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE {CHOSEN} AS
        SELECT m.*, t.source, t.provider, t.task, t.tier, s.view, s.width_seconds
        FROM (SELECT {unnested}) m JOIN series t USING (series) JOIN sources s USING (source)
        WHERE {kept}""",
        lists,
    )


@dataclass(frozen=True)
class Counting:
    """The FROM clause of what counts in a range, and the rarer meters that anything counts.

    ``u`` is the request, ``c`` its series among the chosen ones; more conditions may follow.
    """

    sql: str
    rare: frozenset[str]

    def amount(self, meters: Iterable[str]) -> str:
        """Return the SQL of how much a request ``u`` counts of some meters together."""
        names = [str(meter) for meter in meters]
        main = [f"u.{quoted(name)}" for name in names if name in MAIN_METERS]
        rare = [_rare_sql(name) for name in names if name in self.rare]
        return f"({' + '.join([*main, *rare]) or '0::BIGINT'})"

    @property
    def tokens(self) -> str:
        """Return the SQL of all tokens of a request."""
        return self.amount(TOKEN_METERS)


def counting(
    connection: duckdb.DuckDBPyConnection,
    since: datetime | None,
    until: datetime | None,
    *,
    by_noon: bool = False,
) -> Counting:
    """Return the requests of the chosen series that count in a range.

    Days that the ledger reads from another view are not among them. ``by_noon`` puts a
    daily bucket into the range that holds its noon, as cells do.
    """
    imports = connection.execute("SELECT import_id, undone FROM imports").fetchall()
    live = ", ".join(str(number) for number, undone in imports if not undone) or "NULL"
    sql, where = f"FROM usage u JOIN {CHOSEN} c ON c.series = u.series", ["true"]
    if _any(connection, "fates"):
        sql += " LEFT JOIN fates f ON f.row_id = u.row_id"
        held = "f.holder IS NOT NULL"
        where = [f"CASE WHEN f.row_id IS NULL THEN u.import_id IN ({live}) ELSE {held} END"]
    elif any(undone for _, undone in imports):
        where = [f"u.import_id IN ({live})"]
    if _any(connection, "hidden"):
        where.append(
            f"""NOT EXISTS (SELECT 1 FROM hidden h WHERE h.source = c.source
            AND h.day = epoch_us(u.occurred_at) // {DAY_MICROSECONDS})"""
        )
    moment = "u.occurred_at"
    if by_noon and _any(connection, f"{CHOSEN} WHERE width_seconds >= {DAY_SECONDS}"):
        moment = f"(u.occurred_at + coalesce({NOON}, INTERVAL 0 HOUR))"
    where += [f"{moment} {sign} {_timestamp(each)}" for sign, each in _ends(since, until)]
    return Counting(f"{sql} WHERE {' AND '.join(where)}", _rare_meters(connection))


def _ends(since: datetime | None, until: datetime | None) -> list[tuple[str, datetime]]:
    return [(sign, each) for sign, each in ((">=", since), ("<", until)) if each is not None]


def _timestamp(moment: datetime) -> str:
    """Return a moment as the store writes it; compared with a column it lets blocks be skipped."""
    return f"make_timestamp({microseconds(moment)})"


def _any(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    return bool(connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchall())


def _rare_meters(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Return the rarer meters that anything counts; cells have them of every row that does."""
    rows = connection.execute("SELECT DISTINCT meter FROM cells_other").fetchall()
    return frozenset(meter for (meter,) in rows)


def _rare_sql(meter: str) -> str:
    found = f"coalesce(try_cast(u.extra->>'$.{meter}' AS BIGINT), 0)"
    return f"CASE WHEN {says(meter)} THEN {found} ELSE 0 END"


def says(*names: str) -> str:
    """Return the SQL that lets through every request ``u`` that has one of some fields.

    It looks for the name alone, which is ten times faster than reading JSON.
    """
    found = (f"""contains(u.extra, '"{name}":')""" for name in names)
    return f"({' OR '.join(found)})"


def text_of(name: str) -> str:
    """Return the SQL of a field of a request ``u``, null where it has none."""
    return f"CASE WHEN {says(name)} THEN u.extra->>'$.{name}' END"


def number_of(name: str) -> str:
    """Return the SQL of a field of a request ``u`` as a number, null where it is none."""
    return f"try_cast({text_of(name)} AS DOUBLE)"


def microseconds(moment: datetime) -> int:
    """Return the microseconds since 1970; a naive moment is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=EPOCH.tzinfo)
    return round((aware - EPOCH).total_seconds() * MICROSECONDS)
