"""Adopted plans in the store: each version stays as it was on the day it was adopted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import duckdb

_COLUMNS: Final = (
    "name, version, adopted_at, scenario, plan_text, book_digest, currency, first_month, "
    "filters, usage, costs"
)


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """One version of an adopted plan, as it lies in the store.

    ``plan_text`` is the plan file; ``filters``, ``usage`` and ``costs`` are JSON, see
    ``ingest.adopted_plans``. ``version`` 0 means that the store has still to number it.
    """

    name: str
    adopted_at: datetime
    scenario: str
    plan_text: str
    book_digest: str
    currency: str
    first_month: date
    filters: str
    usage: str
    costs: str
    version: int = 0


def insert_plan(connection: duckdb.DuckDBPyConnection, plan: StoredPlan) -> int:
    """Add a version to the store attached as ``s`` and return its number, 1 for the first."""
    latest = connection.execute(
        "SELECT coalesce(max(version), 0) FROM s.plans WHERE name = ?", [plan.name]
    ).fetchall()
    version = int(latest[0][0]) + 1
    at = plan.adopted_at.astimezone(UTC).replace(tzinfo=None)
    connection.execute(
        f"INSERT INTO s.plans ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            plan.name, version, at, plan.scenario, plan.plan_text, plan.book_digest,
            plan.currency, plan.first_month, plan.filters, plan.usage, plan.costs,
        ],
    )  # fmt: skip
    connection.execute("UPDATE s.state SET version = version + 1")
    return version


def stored_plans(connection: duckdb.DuckDBPyConnection) -> list[StoredPlan]:
    """Return every version of every plan of a store opened directly, the latest adopted first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM plans ORDER BY adopted_at DESC, version DESC, name"
    ).fetchall()
    return [_stored(row) for row in rows]


def _stored(row: tuple[Any, ...]) -> StoredPlan:
    name, version, at, *rest = row
    scenario, text, digest, currency, first_month, filters, usage, costs = rest
    return StoredPlan(
        name=name,
        version=version,
        adopted_at=at.replace(tzinfo=UTC),
        scenario=scenario,
        plan_text=text,
        book_digest=digest,
        currency=currency,
        first_month=first_month,
        filters=filters,
        usage=usage,
        costs=costs,
    )
