"""The ledger: which rows count, which view of a day is read, and what undoing gives back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from costmodel.meters import INPUT_METERS, TOKEN_METERS
from ingest.errors import UnknownImportError
from ingest.rows import MAIN_METERS, OTHER_METERS
from ingest.store.series import SourceKey, insert_rows
from ingest.store.staging_sql import size_band_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import duckdb

ENOUGH: Final = 0.98
"""Share of a bucket export's tokens from which on request rows are read instead of it."""


def _other_sql(meter: str) -> str:
    return f"coalesce(try_cast(u.extra->>'$.{meter}' AS BIGINT), 0)"


def _band_sql() -> str:
    tokens = " + ".join(
        f"u.{meter}" if meter in MAIN_METERS else _other_sql(meter) for meter in INPUT_METERS
    )
    return f"CASE WHEN src.view = 'buckets' THEN -1 ELSE {size_band_sql(f'({tokens})')} END"


_ROWS: Final = """s.usage u
    JOIN s.series ser ON ser.series = u.series JOIN s.sources src ON src.source = ser.source"""
_QUARTER: Final = "(epoch_us(u.occurred_at) // 900000000)::INTEGER"


def cells_of_rows_sql(rows: str, sign: int) -> str:
    """Return the cells of stored rows, given as a query of ``row_id`` and ``holder``."""
    sums = ", ".join(f"({sign} * sum(u.{meter}))::BIGINT" for meter in MAIN_METERS)
    return f"""SELECT x.holder, u.series, {_QUARTER} AS quarter, {_band_sql()} AS size_band,
        ({sign} * sum(u.requests))::BIGINT, {sums}
        FROM ({rows}) x JOIN {_ROWS} ON u.row_id = x.row_id
        GROUP BY x.holder, u.series, quarter, size_band"""


def other_cells_of_rows_sql(rows: str, sign: int) -> str:
    """Return the rarer meters of stored rows, as ``cells_of_rows_sql``."""
    names = ", ".join(f"'{meter}'" for meter in OTHER_METERS)
    amounts = ", ".join(_other_sql(meter) for meter in OTHER_METERS)
    return f"""SELECT holder, series, quarter, size_band, meter, ({sign} * sum(amount))::BIGINT
        FROM (SELECT x.holder, u.series, {_QUARTER} AS quarter, {_band_sql()} AS size_band,
                     unnest([{names}]) AS meter, unnest([{amounts}]) AS amount
              FROM ({rows}) x JOIN {_ROWS} ON u.row_id = x.row_id WHERE u.extra IS NOT NULL)
        WHERE amount <> 0 GROUP BY ALL"""


def undo(connection: duckdb.DuckDBPyConnection, import_id: int) -> None:
    """Take an import out of the ledger; rows that another import repeated go to that one.

    Runs inside the caller's transaction on the store attached as ``s``.

    Raises:
        UnknownImportError: There is no such import, or it was undone before.
    """
    _check(connection, import_id)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE rivals AS {_rivals_sql(import_id)};
        CREATE OR REPLACE TEMP TABLE before AS {_LEDGER};
        UPDATE s.imports SET undone = true WHERE import_id = {import_id};
        DELETE FROM s.cells WHERE import_id = {import_id};
        DELETE FROM s.cells_other WHERE import_id = {import_id};
        CREATE OR REPLACE TEMP TABLE contest AS {_CONTEST};
        DELETE FROM s.fates WHERE row_id IN (SELECT row_id FROM rivals);
        INSERT INTO s.fates SELECT row_id, CASE WHEN wins THEN holder END FROM contest
            WHERE NOT (wins AND holder = owner);
        CREATE OR REPLACE TEMP TABLE gone AS
            SELECT row_id, holder FROM before
            WHERE holder <> {import_id} AND row_id NOT IN (
                SELECT row_id FROM contest c WHERE c.wins AND c.holder = before.holder);
        CREATE OR REPLACE TEMP TABLE back AS
            SELECT row_id, holder FROM contest c WHERE wins AND NOT EXISTS (
                SELECT 1 FROM before b WHERE b.row_id = c.row_id AND b.holder = c.holder)"""
    )
    for rows, sign in (("gone", -1), ("back", 1)):
        source = f"SELECT row_id, holder FROM {rows}"
        connection.execute(f"INSERT INTO s.cells {cells_of_rows_sql(source, sign)}")
        connection.execute(f"INSERT INTO s.cells_other {other_cells_of_rows_sql(source, sign)}")
    connection.execute("UPDATE s.state SET version = version + 1")
    refresh_views(connection)


def _check(connection: duckdb.DuckDBPyConnection, import_id: int) -> None:
    found = connection.execute(
        "SELECT undone FROM s.imports WHERE import_id = ?", [import_id]
    ).fetchall()
    if not found:
        raise UnknownImportError(f"there is no import {import_id}: `tollbook undo` lists them all")
    if found[0][0]:
        raise UnknownImportError(f"import {import_id} was undone before: nothing to do")


def _rivals_sql(import_id: int) -> str:
    """Return all rows that share their key with a row which the import brought or repeated."""
    return f"""SELECT DISTINCT u.row_id, u.import_id AS owner, u.request_id, t.provider, t.model,
            CASE WHEN src.view = 'buckets' THEN 0 WHEN t.unmetered THEN -1
                 WHEN t.estimated THEN 0
                 ELSE u.output + {_other_sql("output_audio")} + {_other_sql("output_image")}
            END AS weight
        FROM s.usage u JOIN s.series t ON t.series = u.series
        JOIN s.sources src ON src.source = t.source
        SEMI JOIN (SELECT o.request_id, ot.provider, ot.model
              FROM s.usage o JOIN s.series ot ON ot.series = o.series
              WHERE o.import_id = {import_id}
                 OR o.row_id IN (SELECT row_id FROM s.claims WHERE import_id = {import_id})) k
          ON k.request_id = u.request_id AND k.provider = t.provider AND k.model = t.model"""


_LEDGER: Final = """SELECT r.row_id,
        CASE WHEN f.row_id IS NULL THEN r.owner ELSE f.holder END AS holder
    FROM rivals r JOIN s.imports i ON i.import_id = r.owner
    LEFT JOIN s.fates f ON f.row_id = r.row_id
    WHERE CASE WHEN f.row_id IS NULL THEN NOT i.undone ELSE f.holder IS NOT NULL END"""
"""Which of the rivals count now, and for which import."""

_CONTEST: Final = """SELECT row_id, owner, holder,
        row_number() OVER (PARTITION BY request_id, provider, model
                           ORDER BY weight DESC, latest DESC, row_id DESC) = 1 AS wins
    FROM (SELECT r.row_id, r.owner, r.request_id, r.provider, r.model, r.weight,
                 min(h.import_id) AS holder, max(h.import_id) AS latest
          FROM rivals r
          JOIN (SELECT row_id, import_id FROM s.usage
                UNION ALL SELECT row_id, import_id FROM s.claims) h ON h.row_id = r.row_id
          JOIN s.imports i ON i.import_id = h.import_id AND NOT i.undone
          GROUP BY ALL)"""
"""The rivals that some import still holds, and which of each key wins."""


@dataclass(frozen=True)
class Choice:
    """Which sources of one provider, organisation and day the ledger reads."""

    reads: str
    sources: frozenset[int]
    request_tokens: int
    bucket_tokens: int


def choose(
    tokens: Mapping[int, int], sources: Mapping[int, SourceKey], preferred: str | None = None
) -> Choice:
    """Choose among views of one day's traffic by the tokens that each holds.

    Request rows are read if they hold ``ENOUGH`` of the finest complete bucket
    export, otherwise that export; never both. An export is complete if it holds as
    large a share of the largest one; the finest has the most group columns with a
    model among them, then the shortest buckets.
    """
    requests = {source for source in tokens if sources[source].view == "requests"}
    buckets = {source: n for source, n in tokens.items() if source not in requests}
    request_tokens = sum(tokens[source] for source in requests)
    if not buckets:
        return Choice("requests", frozenset(requests), request_tokens, 0)
    finest = _finest(buckets, sources)
    bucket_tokens = sum(buckets[source] for source in finest)
    enough = request_tokens >= ENOUGH * bucket_tokens and bool(requests)
    reads = preferred or ("requests" if enough else "buckets")
    chosen = requests if reads == "requests" else finest
    return Choice(reads, frozenset(chosen), request_tokens, bucket_tokens)


def _finest(buckets: Mapping[int, int], sources: Mapping[int, SourceKey]) -> set[int]:
    """Return the finest complete export of each kind; kinds (embeddings, images) add up."""
    by_kind: dict[str, list[int]] = defaultdict(list)
    for source in buckets:
        by_kind[sources[source].grouping.partition(":")[0]].append(source)
    finest = set()
    for rivals in by_kind.values():
        largest = max(buckets[source] for source in rivals)
        complete = [source for source in rivals if buckets[source] >= ENOUGH * largest]
        finest.add(min(complete, key=lambda source: _coarseness(sources[source])))
    return finest


def _coarseness(source: SourceKey) -> tuple[bool, int, int, str]:
    groups = source.grouping.partition(":")[2]
    columns = groups.split(",") if groups else []
    return ("model" not in columns, -len(columns), source.width_seconds, source.grouping)


def refresh_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Choose again what the ledger reads on each day that has more than one view."""
    connection.execute("DELETE FROM s.hidden; DELETE FROM s.coverage")
    sources = {
        int(row[0]): SourceKey(*row[1:])
        for row in connection.execute(
            "SELECT source, provider, organisation, view, width_seconds, grouping FROM s.sources"
        ).fetchall()
    }
    rivals = _contested(sources)
    if not rivals:
        return
    preferred = {
        (row[0], row[1]): str(row[2])
        for row in connection.execute("SELECT * FROM s.preferences").fetchall()
    }
    hidden: list[tuple[object, ...]] = []
    coverage: list[tuple[object, ...]] = []
    for (owner, day), tokens in _tokens_by_day(connection, sources, rivals).items():
        choice = choose(tokens, sources, preferred.get(owner))
        hidden += [(source, day) for source in tokens if source not in choice.sources]
        if choice.bucket_tokens and len(choice.sources) < len(tokens):
            amounts = (choice.request_tokens, choice.bucket_tokens)
            coverage.append((*owner, day, choice.reads, *amounts))
    insert_rows(connection, "s.hidden", hidden)
    insert_rows(connection, "s.coverage", coverage)


def _contested(sources: Mapping[int, SourceKey]) -> set[int]:
    """Return the sources whose provider and organisation have a bucket export and more."""
    by_owner: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, key in sources.items():
        by_owner[(key.provider, key.organisation)].append(number)
    return {
        number
        for numbers in by_owner.values()
        for number in numbers
        if any(sources[each].view == "buckets" for each in numbers)
    }


def _tokens_by_day(
    connection: duckdb.DuckDBPyConnection,
    sources: Mapping[int, SourceKey],
    numbers: Iterable[int],
) -> dict[tuple[tuple[str, str], int], dict[int, int]]:
    among = ", ".join(map(str, numbers))
    rare = ", ".join(f"'{meter}'" for meter in TOKEN_METERS)
    rows = connection.execute(
        f"""SELECT source, day, sum(tokens)::BIGINT, sum(requests)::BIGINT
        FROM (SELECT series, quarter // 96 AS day, {" + ".join(map(str, MAIN_METERS))} AS tokens,
                     requests FROM s.cells
              UNION ALL SELECT series, quarter // 96, amount, 0 FROM s.cells_other
              WHERE meter IN ({rare}))
        JOIN s.series USING (series) WHERE source IN ({among}) GROUP BY ALL"""
    ).fetchall()
    found: dict[tuple[tuple[str, str], int], dict[int, int]] = defaultdict(dict)
    for source, day, tokens, requests in rows:
        if tokens or requests:
            key = sources[source]
            found[((key.provider, key.organisation), day)][source] = tokens
    return found
