"""Bringing a stage into the store: prepared without the lock, committed in one transaction."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import duckdb

from ingest.rows import MAIN_METERS
from ingest.store import door, ledger, matching
from ingest.store.charge_ledger import charge_counts, insert_charges
from ingest.store.records import ImportCounts
from ingest.store.schema import is_current, migrate
from ingest.store.series import Interned, Origin, insert_rows, intern
from ingest.store.staging_sql import input_tokens_sql, quoted, unknown_band_or

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from ingest.charges import Charge
    from ingest.store.records import SetAside
    from ingest.store.stage import Facts, Stage

QUARTER_SQL: Final = "(epoch_us(occurred_at) // 900000000)::INTEGER"
MAIN: Final = ", ".join(map(str, MAIN_METERS))

Phase = str
"""Where an import stands, for tests that interrupt it there."""


@dataclass(frozen=True)
class Arrival:
    """What is noted about a file beside its rows."""

    path: str
    format: str
    imported_at: datetime | None
    origin: Origin
    set_aside: Sequence[SetAside]
    assumptions: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    charges: Sequence[Charge] = ()


@dataclass(frozen=True)
class Committed:
    """The number of an import, where its rows went, and how long it held the lock."""

    import_id: int
    counts: ImportCounts
    lock_seconds: float


@dataclass(frozen=True)
class _Prepared:
    """What is worked out before the lock.

    ``meets_others``: a key was in the store before. ``repeats``: the import that
    brought exactly these rows.
    """

    version: int
    interned: Interned
    facts: Facts
    counts: ImportCounts
    stored_rows: int
    meets_others: bool
    repeats: int | None = None


def commit(
    path: Path, stage: Stage, arrival: Arrival, facts: Facts, reached: Callable[[Phase], None]
) -> Committed:
    """Write the staged rows, their cells and the record of the import: all or nothing.

    Matching against the store runs on a read-only session first; only if somebody
    else committed meanwhile is it done again under the lock.
    """
    matching.match_inside_file(stage, facts)
    _make_current(stage, path)
    with door.attached(stage.connection, path, read_only=True):
        prepared = _prepare(stage, arrival, facts)
    reached("prepared")
    with door.attached(stage.connection, path, read_only=False) as locked_at:
        reached("locked")
        if prepared.version != _version(stage.connection):
            prepared = _prepare(stage, arrival, facts)
        made: list[tuple[int, ImportCounts]] = []
        final = prepared

        def write() -> None:
            made.append(_write(stage, arrival, final, reached))

        _in_transaction(stage.connection, write, lambda: reached("before commit"))
        reached("committed")
        with suppress(duckdb.Error):  # on a full disk the log stays, and all rows are in it
            stage.connection.execute("CHECKPOINT s")
    import_id, counts = made[0]
    return Committed(import_id, counts, time.monotonic() - locked_at)


def _in_transaction(
    connection: duckdb.DuckDBPyConnection,
    work: Callable[[], None],
    last: Callable[[], None] = lambda: None,
) -> None:
    connection.execute("BEGIN")
    try:
        work()
        last()
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _make_current(stage: Stage, path: Path) -> None:
    """Make the tables of a new or old store, so that everything else can be prepared."""
    if path.exists():
        with door.attached(stage.connection, path, read_only=True):
            if is_current(stage.connection, "s", "s.state"):
                return
    with door.attached(stage.connection, path, read_only=False):
        _in_transaction(stage.connection, lambda: migrate(stage.connection))


def _prepare(stage: Stage, arrival: Arrival, facts: Facts) -> _Prepared:
    """Find series, repetitions and cells; everything that needs the store's rows to be read."""
    connection = stage.connection
    interned = intern(stage, arrival.origin)
    connection.execute("CREATE OR REPLACE TABLE new_series AS FROM s.series LIMIT 0")
    insert_rows(connection, "new_series", interned.new_series)
    connection.execute("CREATE OR REPLACE TABLE mapped (h UBIGINT, series INTEGER)")
    connection.execute(
        "INSERT INTO mapped SELECT unnest(?::UBIGINT[]), unnest(?::INTEGER[])",
        [list(interned.by_hash), list(interned.by_hash.values())],
    )
    repeats = matching.repeated_import(stage, facts)
    if repeats is not None:
        return _prepared_repetition(stage, interned, facts, repeats)
    matching.match_store(stage, facts)
    _make_cells(stage, facts)
    return _Prepared(
        version=_version(connection),
        interned=interned,
        facts=facts,
        counts=matching.counts(stage, facts),
        stored_rows=facts.placed - _number(connection, matching.SKIPPED),
        meets_others=_number(connection, "FROM matches") > 0,
    )


def _prepared_repetition(stage: Stage, interned: Interned, facts: Facts, repeats: int) -> _Prepared:
    """Return what becomes of rows that one import brought before: nothing but a note of it."""
    counts = ImportCounts(
        rows_read=facts.rows,
        rows_added=0,
        rows_replaced=0,
        rows_duplicate=facts.good,
        rows_set_aside=facts.aside,
        rows_without_usage=facts.without_usage,
    )
    version = _version(stage.connection)
    return _Prepared(version, interned, facts, counts, 0, meets_others=True, repeats=repeats)


def _number(connection: duckdb.DuckDBPyConnection, rows: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM ({rows})").fetchall()[0][0])


def _make_cells(stage: Stage, facts: Facts) -> None:
    """Sum what will be in the ledger into the table ``new_cells``."""
    band = unknown_band_or(stage.view, f"({input_tokens_sql(stage.meters)})")
    sums = ", ".join(f"sum({quoted(m)})::BIGINT AS {quoted(m)}" for m in stage.meters)
    stage.connection.execute(
        f"""CREATE OR REPLACE TABLE new_cells AS
        SELECT m.series, quarter, size_band, requests, {", ".join(map(quoted, stage.meters))}
        FROM (SELECT r.series AS h, {QUARTER_SQL} AS quarter, {band} AS size_band,
                sum({stage.requests})::BIGINT AS requests, {sums}
              FROM staged r WHERE {matching.counting_where(stage, facts)} GROUP BY ALL)
        JOIN mapped m USING (h)
        ORDER BY quarter"""
    )


def _version(connection: duckdb.DuckDBPyConnection) -> int:
    return int(connection.execute("SELECT version FROM s.state").fetchall()[0][0])


def _write(
    stage: Stage, arrival: Arrival, prepared: _Prepared, reached: Callable[[Phase], None]
) -> tuple[int, ImportCounts]:
    connection = stage.connection
    import_id = _next_import(connection)
    base = int(connection.execute("SELECT next_row_id FROM s.state").fetchall()[0][0])
    insert_rows(connection, "s.sources", prepared.interned.new_sources)
    connection.execute("INSERT INTO s.series FROM new_series")
    if prepared.repeats is not None:
        connection.execute(
            f"INSERT INTO s.claims SELECT {import_id}, row_id FROM s.usage WHERE import_id = ?",
            [prepared.repeats],
        )
    else:
        _write_rows(stage, prepared, import_id, base, reached)
    facts = prepared.facts
    period = (facts.first_at, facts.last_at, facts.dated > 0)
    _insert_record(connection, import_id, arrival, period, prepared.counts)
    insert_charges(connection, import_id, arrival.charges, arrival.origin.organisation)
    connection.execute(
        "UPDATE s.state SET version = version + 1, next_row_id = next_row_id + ?",
        [facts.rows],
    )
    ledger.refresh_views(connection)
    return import_id, prepared.counts


def _write_rows(
    stage: Stage,
    prepared: _Prepared,
    import_id: int,
    base: int,
    reached: Callable[[Phase], None],
) -> None:
    if prepared.stored_rows:
        _insert_usage(stage, prepared.facts, import_id, base)
    reached("rows")
    if prepared.meets_others:
        _insert_fates(stage, import_id, base)
    _insert_cells(stage, import_id)
    reached("cells")
    _insert_folded(stage, prepared.interned, base)


def _next_import(connection: duckdb.DuckDBPyConnection) -> int:
    found = connection.execute("SELECT coalesce(max(import_id), 0) + 1 FROM s.imports")
    return int(found.fetchall()[0][0])


def commit_charges(
    path: Path, arrival: Arrival, faults: int, reached: Callable[[Phase], None]
) -> Committed:
    """Write the charges of a file that holds nothing else: all or nothing."""
    with door.writing(path) as connection:
        locked_at = time.monotonic()
        made: list[tuple[int, ImportCounts]] = []

        def write() -> None:
            migrate(connection)
            made.append(_write_charges(connection, arrival, faults))

        _in_transaction(connection, write, lambda: reached("before commit"))
        reached("committed")
    import_id, counts = made[0]
    return Committed(import_id, counts, time.monotonic() - locked_at)


def _write_charges(
    connection: duckdb.DuckDBPyConnection, arrival: Arrival, faults: int
) -> tuple[int, ImportCounts]:
    charges, organisation = arrival.charges, arrival.origin.organisation
    counts = charge_counts(connection, charges, organisation, faults)
    import_id = _next_import(connection)
    starts = [each.start for each in charges]
    ends = [each.end for each in charges]
    period = (min(starts, default=None), max(ends, default=None), False)
    _insert_record(connection, import_id, arrival, period, counts)
    insert_charges(connection, import_id, charges, organisation)
    connection.execute("UPDATE s.state SET version = version + 1")
    return import_id, counts


Period = tuple["datetime | None", "datetime | None", bool]
"""First and last moment of a file, and whether a day given by hand is among them."""


def _insert_usage(stage: Stage, facts: Facts, import_id: int, base: int) -> None:
    mains = ", ".join(f"r.{meter}" for meter in MAIN_METERS)
    stage.connection.execute(
        f"""INSERT INTO s.usage
        SELECT {base} + r.rowid, {import_id}, r.request_id, r.occurred_at, m.series,
            {stage.requests}, {mains}, {stage.extra("r")}
        FROM staged r JOIN mapped m ON m.h = r.series
        WHERE {matching.stored_where(stage, facts)}"""
    )


def _insert_fates(stage: Stage, import_id: int, base: int) -> None:
    """Note who repeated a row, and whose rows are not in the ledger any more, or not yet."""
    stage.connection.execute(
        f"""INSERT INTO s.claims SELECT {import_id}, row_id FROM matches WHERE same;
        INSERT INTO s.cells {
            ledger.cells_of_rows_sql(
                "SELECT row_id, holder FROM matches WHERE NOT same AND beats", sign=-1
            )
        };
        INSERT INTO s.cells_other {
            ledger.other_cells_of_rows_sql(
                "SELECT row_id, holder FROM matches WHERE NOT same AND beats", sign=-1
            )
        };
        DELETE FROM s.fates WHERE row_id IN
            (SELECT row_id FROM matches WHERE NOT same AND beats);
        INSERT INTO s.fates SELECT row_id, NULL FROM matches WHERE NOT same AND beats;
        INSERT INTO s.fates SELECT {base} + place, NULL FROM ({matching.OUTSIDE})"""
    )


def _insert_cells(stage: Stage, import_id: int) -> None:
    stage.connection.execute(
        f"""INSERT INTO s.cells
        SELECT {import_id}, series, quarter, size_band, requests, {MAIN} FROM new_cells"""
    )
    for meter in stage.other_meters:
        stage.connection.execute(
            f"""INSERT INTO s.cells_other
            SELECT {import_id}, series, quarter, size_band, '{meter}', {quoted(meter)}
            FROM new_cells WHERE {quoted(meter)} <> 0"""
        )


def _insert_folded(stage: Stage, interned: Interned, base: int) -> None:
    """Keep on the row what its cell calls "other"."""
    for dimension in sorted({name for name, _ in interned.folded}):
        values = [value for name, value in interned.folded if name == dimension]
        stage.connection.execute(
            f"""INSERT INTO s.folded SELECT {base} + r.rowid, '{dimension}', {quoted(dimension)}
            FROM staged r JOIN combinations k ON k.h = r.series
            WHERE placed AND {quoted(dimension)} IN (SELECT unnest(?::VARCHAR[]))
              AND r.rowid NOT IN ({matching.SKIPPED})""",
            [values],
        )


def _insert_record(
    connection: duckdb.DuckDBPyConnection,
    import_id: int,
    arrival: Arrival,
    period: Period,
    counts: ImportCounts,
) -> None:
    connection.execute(
        f"INSERT INTO s.imports VALUES ({', '.join('?' * 17)})",
        [
            import_id, arrival.path, arrival.format, arrival.imported_at, False,
            *period,
            counts.rows_read, counts.rows_added, counts.rows_replaced, counts.rows_duplicate,
            counts.rows_set_aside, counts.rows_without_usage, counts.differing,
            list(arrival.assumptions), list(arrival.notices),
        ],
    )  # fmt: skip
    if arrival.set_aside:
        connection.execute(
            """INSERT INTO s.set_aside
            SELECT ?, unnest(?::VARCHAR[]), unnest(?::BIGINT[]), unnest(?::VARCHAR[])""",
            [
                import_id,
                [each.path for each in arrival.set_aside],
                [each.line for each in arrival.set_aside],
                [each.reason for each in arrival.set_aside],
            ],
        )
