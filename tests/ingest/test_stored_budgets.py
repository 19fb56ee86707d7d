from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest

from ingest.errors import BudgetNameError
from ingest.store import Store
from ingest.store.schema import MIGRATIONS

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


def test_a_budget_keeps_every_version_with_who_and_when(store: Store) -> None:
    assert store.add_budget("Search", '{"amount": 10}', NOON, "ana") == 1
    later = NOON + timedelta(hours=1)
    assert store.change_budget("Search", '{"amount": 20}', later, "ben") == 2
    found = [(b.version, b.changed_at, b.changed_by, b.definition) for b in store.budget_versions()]
    assert found == [(2, later, "ben", '{"amount": 20}'), (1, NOON, "ana", '{"amount": 10}')]


def test_a_removed_name_is_free_again_and_its_past_stays(store: Store) -> None:
    store.add_budget("Search", "a", NOON, "ana")
    assert store.change_budget("Search", None, NOON, "ana") == 2
    with pytest.raises(BudgetNameError, match="there is no budget called 'Search'"):
        store.change_budget("Search", "b", NOON, "ana")
    assert store.add_budget("Search", "c", NOON, "ana") == 3
    assert [each.definition for each in store.budget_versions()] == ["c", None, "a"]


def test_a_name_is_given_once(store: Store) -> None:
    store.add_budget("Search", "a", NOON, "ana")
    with pytest.raises(BudgetNameError, match="already a budget called 'Search'"):
        store.add_budget("Search", "b", NOON, "ana")
    with pytest.raises(BudgetNameError, match="no budget called 'Other'"):
        store.change_budget("Other", "b", NOON, "ana")
    assert [each.definition for each in store.budget_versions()] == ["a"]


def test_readers_see_that_a_budget_changed(store: Store) -> None:
    store.add_budget("Search", "a", NOON, "ana")
    before = store.version()
    store.change_budget("Search", "b", NOON, "ana")
    assert store.version() == before + 1


def test_a_store_from_before_budgets_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS s")
        for step in MIGRATIONS[:4]:
            connection.execute(step)
        connection.execute("UPDATE s.state SET schema_version = 4")
    assert Store(path).budget_versions() == []
