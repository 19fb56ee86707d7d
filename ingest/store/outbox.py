"""The outbox: what is to be sent, to whom, and what became of it.

A delivery that is due is claimed before it is tried, so that two programs do not both send
it, and settled afterwards. Who dies in between loses the claim when its time is over: the
message may then come twice, under one id, but it never stays away.
"""

from __future__ import annotations

from dataclasses import astuple, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ingest.store.alert_records import Delivery, NewDelivery

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from ingest.store.alert_records import Settlement

Record = TypeVar("Record")

ROWS_AT_ONCE: Final = 100
"""One statement for many rows costs a fraction of one for each."""

_DUE: Final = """state = 'waiting' AND (due_at <= ? OR coalesce(tried_at, created_at) > ?)
    AND (claimed_until IS NULL OR claimed_until <= ? OR claimed_at > ?)"""
"""What lies ahead of now was written by a clock that has since been put back."""
_OF_MESSAGE: Final = frozenset({"subject", "content", "tells"})
_DELIVERY_COLUMNS: Final = ", ".join(
    f"{'m' if field.name in _OF_MESSAGE else 'o'}.{field.name}" for field in fields(Delivery)
)


def add(session: duckdb.DuckDBPyConnection, deliveries: Sequence[NewDelivery]) -> None:
    """Number deliveries and let them wait in the store attached as ``s``."""
    if not deliveries:
        return
    found = session.execute("SELECT coalesce(max(number), 0) FROM s.alert_outbox").fetchall()
    first = int(found[0][0]) + 1
    names = [field.name for field in fields(NewDelivery)]
    rows = [
        (number, *map(as_stored, astuple(each)), "waiting", 0, "")
        for number, each in enumerate(deliveries, first)
    ]
    columns = ["number", *names, "state", "tries", "said"]
    _insert(session, f"s.alert_outbox ({', '.join(columns)})", rows)


def any_due(session: duckdb.DuckDBPyConnection, now: datetime) -> bool:
    """Tell whether a store opened directly holds something to send now."""
    found = session.execute(
        f"SELECT 1 FROM alert_outbox WHERE {_DUE} LIMIT 1", [as_stored(now)] * 4
    ).fetchall()
    return bool(found)


def claim(
    session: duckdb.DuckDBPyConnection, claimant: str, now: datetime, until: datetime
) -> list[Delivery]:
    """Take what is due in hand and return it: what was tried least comes first."""
    session.execute(
        f"""UPDATE s.alert_outbox SET claimed_by = ?, claimed_at = ?, claimed_until = ?
        WHERE {_DUE}""",
        [claimant, as_stored(now), as_stored(until), *[as_stored(now)] * 4],
    )
    rows = session.execute(
        f"""SELECT {_DELIVERY_COLUMNS} FROM s.alert_outbox o JOIN s.alert_messages m USING (bundle)
        WHERE claimed_by = ? AND state = 'waiting' ORDER BY tries, number""",
        [claimant],
    ).fetchall()
    return [read(Delivery, row) for row in rows]


def settle(
    session: duckdb.DuckDBPyConnection, claimant: str, settled: Settlement, until: datetime
) -> None:
    """Keep what became of a try, and hold on to the rest of what was claimed."""
    ends = settled.state != "waiting"
    session.execute(
        """UPDATE s.alert_outbox SET state = ?, tries = tries + 1, tried_at = ?, said = ?,
            due_at = coalesce(?, due_at), settled_at = ?,
            claimed_by = NULL, claimed_at = NULL, claimed_until = NULL
        WHERE number = ? AND state = 'waiting'""",
        [
            settled.state, as_stored(settled.at), settled.said, as_stored(settled.due_at),
            as_stored(settled.at) if ends else None, settled.number,
        ],
    )  # fmt: skip
    session.execute(
        "UPDATE s.alert_outbox SET claimed_until = ? WHERE claimed_by = ?",
        [as_stored(until), claimant],
    )


def let_go(session: duckdb.DuckDBPyConnection, claimant: str) -> None:
    """Give back what was claimed and not tried."""
    session.execute(
        """UPDATE s.alert_outbox SET claimed_by = NULL, claimed_at = NULL, claimed_until = NULL
        WHERE claimed_by = ?""",
        [claimant],
    )


def forget(session: duckdb.DuckDBPyConnection, before: datetime) -> None:
    """Delete what was settled before a moment, and messages that nobody else gets."""
    gone = session.execute(
        "DELETE FROM s.alert_outbox WHERE settled_at < ? AND state <> 'waiting'",
        [as_stored(before)],
    ).fetchall()
    if gone[0][0]:
        session.execute(
            "DELETE FROM s.alert_messages WHERE bundle NOT IN (SELECT bundle FROM s.alert_outbox)"
        )


def deliveries(session: duckdb.DuckDBPyConnection, at_most: int | None) -> list[Delivery]:
    """Return deliveries of a store opened directly, the latest first."""
    rows = session.execute(
        f"""SELECT {_DELIVERY_COLUMNS} FROM alert_outbox o JOIN alert_messages m USING (bundle)
        ORDER BY o.number DESC {"" if at_most is None else f"LIMIT {int(at_most)}"}"""
    ).fetchall()
    return [read(Delivery, row) for row in rows]


def inserted(session: duckdb.DuckDBPyConnection, table: str, records: Sequence[Any]) -> None:
    """Add frozen records to a table whose columns have the names of their fields."""
    if records:
        columns = ", ".join(field.name for field in fields(records[0]))
        rows = [tuple(map(as_stored, astuple(record))) for record in records]
        _insert(session, f"{table} ({columns})", rows)


def read(kind: type[Record], row: Sequence[Any]) -> Record:
    """Return a row as a record; the store's times are UTC."""
    return kind(*(_aware(value) for value in row))


def as_stored(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    """Return a value as the store keeps it: a moment in UTC, without its zone."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def _aware(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _insert(
    session: duckdb.DuckDBPyConnection, target: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[start : start + ROWS_AT_ONCE]
        places = ", ".join([f"({', '.join('?' * len(some[0]))})"] * len(some))
        session.execute(f"INSERT INTO {target} VALUES {places}", [v for row in some for v in row])
