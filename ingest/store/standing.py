"""What tells one state of a store from every other one, and from any other store."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ingest.store.cells import EPOCH, QUARTER_SECONDS

if TYPE_CHECKING:
    import duckdb


class Standing(NamedTuple):
    """A state of a store: ``version`` rises with each commit, ``imports`` is a hash of them.

    ``extent`` is the start of the first and the end of the last quarter of an hour with
    usage, None where there is none.
    """

    identity: str
    version: int
    imports: str
    extent: tuple[datetime, datetime] | None


def read_standing(session: duckdb.DuckDBPyConnection) -> Standing:
    """Return the standing of a store opened directly."""
    identity, version, imports = session.execute(
        """SELECT (SELECT max(value) FROM settings WHERE name = 'identity'), version,
            (SELECT coalesce(md5(string_agg(i::VARCHAR, ' ' ORDER BY import_id)), '')
             FROM imports i) FROM state"""
    ).fetchall()[0]
    first, last = session.execute(
        f"""SELECT min(quarter), max(quarter + greatest(1, width_seconds // {QUARTER_SECONDS}))
        FROM cells JOIN series USING (series) JOIN sources USING (source)"""
    ).fetchall()[0]
    extent = None if first is None else (moment_of(first), moment_of(last))
    return Standing(identity, int(version), imports, extent)


def moment_of(quarter: int) -> datetime:
    """Return when a quarter of an hour since 1970 begins."""
    return EPOCH + timedelta(seconds=QUARTER_SECONDS * quarter)
