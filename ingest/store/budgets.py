"""Budgets made on screen: every version with who made it and when, the latest one counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ingest.errors import BudgetNameError

if TYPE_CHECKING:
    import duckdb

_COLUMNS: Final = "name, version, changed_at, changed_by, definition"


@dataclass(frozen=True, slots=True)
class StoredBudget:
    """One version of a budget, as it lies in the store.

    ``definition`` is an item of the section ``budgets`` of ``tollbook.yaml`` as JSON,
    None for the version that removed the budget.
    """

    name: str
    version: int
    changed_at: datetime
    changed_by: str
    definition: str | None


def add_budget(
    connection: duckdb.DuckDBPyConnection, name: str, definition: str, at: datetime, by: str
) -> int:
    """Add a budget to the store attached as ``s`` and return the number of its version.

    A name that was removed may be used again: its versions are counted on.

    Raises:
        BudgetNameError: There is a budget of this name.
    """
    latest = _latest(connection, name)
    if latest is not None and latest[1]:
        raise BudgetNameError(f"there is already a budget called {name!r}: choose another name")
    return _insert(connection, (name, (latest[0] if latest else 0) + 1, at, by, definition))


def change_budget(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    definition: str | None,
    at: datetime,
    by: str,
) -> int:
    """Put a new version of a budget in place of its latest one, None to remove it.

    Raises:
        BudgetNameError: There is no budget of this name.
    """
    latest = _latest(connection, name)
    if latest is None or not latest[1]:
        raise BudgetNameError(f"there is no budget called {name!r} that was made on screen")
    return _insert(connection, (name, latest[0] + 1, at, by, definition))


def budget_versions(connection: duckdb.DuckDBPyConnection) -> list[StoredBudget]:
    """Return every version of every budget of a store opened directly, by name, latest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM budgets ORDER BY name, version DESC"
    ).fetchall()
    return [
        StoredBudget(name, version, at.replace(tzinfo=UTC), by, definition)
        for name, version, at, by, definition in rows
    ]


def _latest(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[int, bool] | None:
    """Return the number of a budget's latest version, and whether the budget stands."""
    rows = connection.execute(
        "SELECT version, definition IS NOT NULL FROM s.budgets WHERE name = ? "
        "ORDER BY version DESC LIMIT 1",
        [name],
    ).fetchall()
    return (int(rows[0][0]), bool(rows[0][1])) if rows else None


def _insert(connection: duckdb.DuckDBPyConnection, row: tuple[Any, ...]) -> int:
    name, version, at, by, definition = row
    connection.execute(
        f"INSERT INTO s.budgets ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)",
        [name, version, at.astimezone(UTC).replace(tzinfo=None), by, definition],
    )
    connection.execute("UPDATE s.state SET version = version + 1")
    return int(version)
