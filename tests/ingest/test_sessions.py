"""Sessions of stored requests: the largest ones all, the others by weight, and none too few."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from ingest.baseline import plan_history
from ingest.periods import parse_period
from ingest.store import CellQuery, Store, sessions
from tests.books import BOOK
from tests.ingest.chats import chat, counts, imported

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.store import SampledSessions

DAY = date(2026, 10, 17)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


def call(number: int, session: str | None, tokens: int = 100, feature: str = "search") -> object:
    metadata = {"feature": feature, **({"session": session} if session else {})}
    return chat(number, usage=counts(tokens, 10), metadata=metadata)


def sampled(store: Store, *by: str) -> SampledSessions:
    found = store.sessions(CellQuery(by=by), DAY)
    assert found is not None
    return found


def test_calls_of_a_session_are_summed_by_what_they_cost(store: Store) -> None:
    imported(store, "a.jsonl", [call(1, "a"), call(2, "a", 300), call(3, "a", 5_000), call(4, "b")])
    found = sampled(store, "feature")
    assert found.weights == {"1": 1.0, "2": 1.0}
    first = [cell for cell in found.cells if cell.dimensions == ("1", "search")]
    # two short calls in one band, the long one in another
    assert sorted((cell.requests, cell.quantities[0]) for cell in first) == [(1, 5_000), (2, 400)]
    assert {cell.key.on for cell in found.cells} == {DAY}


def test_the_largest_stand_for_themselves_and_some_for_all_others(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "LARGEST", 2)
    monkeypatch.setattr(sessions, "OTHERS", 3)
    lines = [call(n, f"s{n}", 10_000 if n in {4, 7} else 100) for n in range(11)]
    imported(store, "a.jsonl", lines)
    found = sampled(store)
    assert sorted(found.weights.values()) == [1.0, 1.0, 3.0, 3.0, 3.0]
    assert sum(found.weights.values()) == 11
    large = {c.dimensions[0] for c in found.cells if c.quantities[0] == 10_000}
    assert {found.weights[number or ""] for number in large} == {1.0}
    assert len(large) == 2
    assert sampled(store) == found


def test_usage_without_sessions_has_no_sample(store: Store) -> None:
    imported(store, "a.jsonl", [call(1, None, 1_000), call(2, "a", 1_000 - 1)])
    assert store.sessions(CellQuery(), DAY) is None
    imported(store, "b.jsonl", [call(3, "b", 1_000)])
    assert len(sampled(store).weights) == 2
    assert Store(store.path.with_name("other.duckdb")).sessions(CellQuery(), DAY) is None


def test_filters_and_undone_imports_are_left_out(store: Store) -> None:
    imported(store, "a.jsonl", [call(1, "a"), call(2, "b", feature="chat")])
    imported(store, "b.jsonl", [call(3, "c")])
    store.undo(2)
    query = CellQuery(filters={"feature": ("search",)})
    found = store.sessions(query, DAY)
    assert found is not None
    assert len(found.weights) == 1


def test_a_history_gets_its_sessions_where_it_has_them(store: Store) -> None:
    lines = [call(1, "a"), call(2, "b"), call(3, None, feature="chat")]
    imported(store, "a.jsonl", lines)
    period = parse_period("2026-10", datetime(2026, 11, 1, tzinfo=UTC), "UTC")
    found = plan_history(store, BOOK, period, {}, ("feature",))
    assert found is not None
    assert found.sessions is not None
    assert found.sessions.dimension_names == ("session", "escalated_from", "feature")
    nobody = plan_history(store, BOOK, period, {"feature": ("chat",)})
    assert nobody is not None
    assert nobody.sessions is None
