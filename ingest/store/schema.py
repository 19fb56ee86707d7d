"""The tables of a store, as numbered steps that only go forward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.errors import StoreTooNewError, StoreUnreadableError
from ingest.rows import ROW_DIMENSIONS

if TYPE_CHECKING:
    import duckdb

_DIMENSION_COLUMNS = ", ".join(f'"{name}" VARCHAR' for name in ROW_DIMENSIONS)

_FIRST: Final = f"""
-- version: rises with each commit. next_row_id: the first row id not yet used.
CREATE TABLE s.state (version BIGINT, schema_version INTEGER, next_row_id BIGINT);
INSERT INTO s.state VALUES (0, 0, 0);
CREATE TABLE s.settings (name VARCHAR, value VARCHAR);
CREATE TABLE s.imports (
    import_id INTEGER, path VARCHAR, format VARCHAR, imported_at TIMESTAMP, undone BOOLEAN,
    first_at TIMESTAMP, last_at TIMESTAMP, dated BOOLEAN,
    rows_read BIGINT, rows_added BIGINT, rows_replaced BIGINT, rows_duplicate BIGINT,
    rows_set_aside BIGINT, rows_without_usage BIGINT, differing BIGINT,
    assumptions VARCHAR[], notices VARCHAR[]
);
CREATE TABLE s.set_aside (import_id INTEGER, path VARCHAR, line BIGINT, reason VARCHAR);
-- One view of somebody's traffic: requests, or buckets of one width and grouping.
CREATE TABLE s.sources (
    source INTEGER, provider VARCHAR, organisation VARCHAR, view VARCHAR,
    width_seconds INTEGER, grouping VARCHAR
);
-- What rows and cells have in common, once for each combination.
CREATE TABLE s.series (
    series INTEGER, source INTEGER, provider VARCHAR, model VARCHAR, zone VARCHAR, tier VARCHAR,
    price_at DATE, unmetered BOOLEAN, estimated BOOLEAN, {_DIMENSION_COLUMNS}
);
-- An id hardly shrinks, and to try takes half of the time that the store is locked.
CREATE TABLE s.usage (
    row_id BIGINT, import_id INTEGER, request_id VARCHAR USING COMPRESSION uncompressed,
    occurred_at TIMESTAMP, series INTEGER,
    requests BIGINT, input BIGINT, cached_input BIGINT, cache_write BIGINT, output BIGINT,
    extra VARCHAR
);
-- The rarer meters of a row, only where they are not zero.
CREATE TABLE s.usage_other (row_id BIGINT, meter VARCHAR, amount BIGINT);
-- Values of a dimension that its cells call "other".
CREATE TABLE s.folded (row_id BIGINT, dimension VARCHAR, value VARCHAR);
-- An import that repeated a row which another one had brought.
CREATE TABLE s.claims (import_id INTEGER, row_id BIGINT);
-- Rows whose place in the ledger is not that of their import: holder NULL is outside of it.
CREATE TABLE s.fates (row_id BIGINT, holder INTEGER);
-- Sums over quarters of an hour since 1970, by the import that holds the rows. What leaves
-- the ledger is entered again with a minus sign.
CREATE TABLE s.cells (
    import_id INTEGER, series INTEGER, quarter INTEGER, size_band INTEGER, requests BIGINT,
    input BIGINT, cached_input BIGINT, cache_write BIGINT, output BIGINT
);
CREATE TABLE s.cells_other (
    import_id INTEGER, series INTEGER, quarter INTEGER, size_band INTEGER,
    meter VARCHAR, amount BIGINT
);
-- Days (since 1970) of a source that the ledger does not read, and why.
CREATE TABLE s.hidden (source INTEGER, day INTEGER);
CREATE TABLE s.coverage (
    provider VARCHAR, organisation VARCHAR, day INTEGER, reads VARCHAR,
    request_tokens BIGINT, bucket_tokens BIGINT
);
CREATE TABLE s.preferences (provider VARCHAR, organisation VARCHAR, reads VARCHAR);
"""

_SECOND: Final = """
-- Lines of bills; amounts and quantities as text, with every digit that the export had.
CREATE TABLE s.charges (
    import_id INTEGER, key VARCHAR, organisation VARCHAR, line BIGINT, provider VARCHAR,
    start_at TIMESTAMP, end_at TIMESTAMP, kind VARCHAR, amount VARCHAR, currency VARCHAR,
    line_item VARCHAR, model VARCHAR, meter VARCHAR, quantity VARCHAR, unit VARCHAR,
    project VARCHAR, api_key VARCHAR, team VARCHAR, memo VARCHAR, grouping VARCHAR
);
"""

_THIRD: Final = """
-- Adopted plans; a version never changes. filters, usage and costs are JSON, amounts as text.
CREATE TABLE s.plans (
    name VARCHAR, version INTEGER, adopted_at TIMESTAMP, scenario VARCHAR, plan_text VARCHAR,
    book_digest VARCHAR, currency VARCHAR, first_month DATE, filters VARCHAR, usage VARCHAR,
    costs VARCHAR
);
"""

_ALERTS: Final = """
-- Alerts that ever fired. finding is JSON; alert is short for the five columns after it.
CREATE TABLE s.alert_states (
    alert VARCHAR, budget VARCHAR, value VARCHAR, rule VARCHAR, level VARCHAR, period_start DATE,
    firing BOOLEAN, ended BOOLEAN, severity VARCHAR, edge INTEGER, since TIMESTAMP,
    finding VARCHAR, acknowledged_by VARCHAR, acknowledged_at TIMESTAMP,
    snoozed BOOLEAN, snoozed_until TIMESTAMP
);
-- Their edges, recorded before anything is sent. telling: told, held for later, or silent.
CREATE TABLE s.alert_transitions (
    transition_id VARCHAR, alert VARCHAR, budget VARCHAR, value VARCHAR, rule VARCHAR,
    level VARCHAR, period_start DATE, edge INTEGER, move VARCHAR, severity VARCHAR,
    seen_at TIMESTAMP, recorded_at TIMESTAMP, finding VARCHAR, telling VARCHAR
);
-- What is said, once for all who get it. content is JSON.
CREATE TABLE s.alert_messages (bundle VARCHAR, subject VARCHAR, content VARCHAR);
-- A message for a recipient. A claim ends by itself, so who dies with one loses nothing.
CREATE TABLE s.alert_outbox (
    number BIGINT, bundle VARCHAR, channel VARCHAR, recipient VARCHAR, message_id VARCHAR,
    state VARCHAR, created_at TIMESTAMP, due_at TIMESTAMP, tries INTEGER, tried_at TIMESTAMP,
    settled_at TIMESTAMP, said VARCHAR,
    claimed_by VARCHAR, claimed_at TIMESTAMP, claimed_until TIMESTAMP
);
-- Who looked last. serial rises with each tick, so that of two at once only one is kept.
CREATE TABLE s.alert_pulse (
    serial BIGINT, looked_at TIMESTAMP, well_at TIMESTAMP, failure VARCHAR,
    digest_at TIMESTAMP, heartbeat_at TIMESTAMP
);
INSERT INTO s.alert_pulse VALUES (0, NULL, NULL, '', NULL, NULL);
"""

_BUDGETS: Final = """
-- Budgets made on screen, every version; definition is JSON, NULL where it was removed.
CREATE TABLE s.budgets (
    name VARCHAR, version INTEGER, changed_at TIMESTAMP, changed_by VARCHAR, definition VARCHAR
);
"""

_IDENTITY: Final = """
-- Tells this store from every other one, also one that takes its place.
INSERT INTO s.settings VALUES ('identity', uuid()::VARCHAR);
"""

_TOLD: Final = """
-- JSON list of who was mailed of an alert since it fired; NULL where that was not kept.
ALTER TABLE s.alert_states ADD COLUMN told_to VARCHAR;
"""

_HEARTBEATS: Final = """
-- Each heartbeat has an hour of its own: one is due when its hour lies behind well_at.
ALTER TABLE s.alert_pulse DROP COLUMN heartbeat_at;
"""

_TELLS: Final = """
-- JSON list of the edges that a message tells; NULL where that was not kept.
ALTER TABLE s.alert_messages ADD COLUMN tells VARCHAR;
"""

MIGRATIONS: Final[tuple[str, ...]] = (
    _FIRST, _SECOND, _THIRD, _ALERTS, _BUDGETS, _IDENTITY, _TOLD, _HEARTBEATS, _TELLS,
)  # fmt: skip
"""Step n brings schema n-1 to schema n. A published step never changes."""
OUR_TABLES: Final = frozenset({"state", "sources", "series", "imports", "cells"})
"""What every store has; a database of somebody else may have a table of one of these names."""


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring the store attached as ``s`` up to date, inside the caller's transaction."""
    have = schema_version(connection, "s", "s.state")
    for step in MIGRATIONS[have:]:
        connection.execute(step)
    if have < len(MIGRATIONS):
        connection.execute("UPDATE s.state SET schema_version = ?", [len(MIGRATIONS)])


def is_current(connection: duckdb.DuckDBPyConnection, database: str, state: str) -> bool:
    """Tell whether a store has the newest tables; ``state`` names its table of that name."""
    return schema_version(connection, database, state) == len(MIGRATIONS)


def schema_version(connection: duckdb.DuckDBPyConnection, database: str, state: str) -> int:
    """Return the schema that a store has, 0 for an empty file."""
    tables = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ?", [database]
    ).fetchall()
    if not tables:
        return 0
    if not {name for (name,) in tables} >= OUR_TABLES:
        raise StoreUnreadableError(
            "the database holds other tables than a store of Tollbook: name another file with --db"
        )
    version = int(connection.execute(f"SELECT schema_version FROM {state}").fetchall()[0][0])
    if version > len(MIGRATIONS):
        raise StoreTooNewError(
            f"a later version of Tollbook wrote this store (schema {version}, "
            f"this one knows {len(MIGRATIONS)}): update Tollbook"
        )
    return version
