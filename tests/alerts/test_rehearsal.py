"""What a budget would have said of usage that is known by the hour."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from alerts.rehearsal import Rise, rehearsed
from costmodel.budget import Budget
from costmodel.burn.rules import ActualRule, HourlyLimit
from ingest.configuration import Configuration
from ingest.imports import import_file
from ingest.store import Store
from pricing import load_book

if TYPE_CHECKING:
    from pathlib import Path

BOOK = load_book()
HOUR = timedelta(hours=1)
FIRST, NOW = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 10, 12, tzinfo=UTC)
BURST = datetime(2026, 11, 5, 9, tzinfo=UTC)
SHARE = HourlyLimit("hourly limit 1", "critical", 1.0)


def call(at: datetime, tokens: int, feature: str) -> dict[str, Any]:
    """An answer that costs $0.40 for a million tokens."""
    usage = {"prompt_tokens": tokens, "completion_tokens": 0, "total_tokens": tokens}
    return {
        "object": "chat.completion", "created": int(at.timestamp()), "model": "gpt-4.1-mini",
        "usage": usage, "metadata": {"feature": feature},
    }  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """$0.40 an hour of chat since 1 September, and $4 of search in one hour of 5 November."""
    folder = tmp_path_factory.mktemp("rehearsal")
    hours = int((NOW - FIRST) / HOUR)
    lines = [call(FIRST + hour * HOUR, 1_000_000, "chat") for hour in range(hours)]
    lines.append(call(BURST, 10_000_000, "search"))
    path = folder / "usage.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    store = Store(folder / "own.duckdb")
    import_file(store, path)
    return store


def rises(store: Store, budget: Budget) -> list[Rise]:
    found = rehearsed(budget, store, BOOK, Configuration(), NOW)
    assert found is not None
    return [each for each in found.rises if each.rule == SHARE.name]


def test_a_burst_would_have_been_told_at_the_end_of_its_hour(store: Store) -> None:
    budget = Budget("All", Fraction(1000), levels=(SHARE,))
    assert rises(store, budget) == [Rise(BURST + HOUR, SHARE.name)]


def test_only_what_the_budget_covers_counts(store: Store) -> None:
    chat = Budget("Chat", Fraction(1000), filters={"feature": ("chat",)}, levels=(SHARE,))
    assert rises(store, chat) == []
    each = Budget("Each", Fraction(1000), each="feature", levels=(SHARE,))
    assert rises(store, each) == [Rise(BURST + HOUR, SHARE.name, "search")]


def test_a_share_of_the_amount_is_reached_once_in_each_period(store: Store) -> None:
    """Half of $199 is $99.50: $99.60 after 249 hours; November is at $95.20 by noon of the 10th."""
    levels = (ActualRule("actual", "notice", 0.5),)
    budget = Budget("All", Fraction(199), levels=levels)
    found = rehearsed(budget, store, BOOK, Configuration(), NOW)
    assert found is not None
    at = [each.at for each in found.rises if each.rule == "actual"]
    assert at == [datetime(2026, 10, 1, tzinfo=UTC) + 249 * HOUR]
    assert found.until - found.since == timedelta(days=60)


def test_without_usage_nothing_is_known(tmp_path: Path) -> None:
    empty = Store(tmp_path / "none.duckdb")
    assert rehearsed(Budget("All", Fraction(1)), empty, BOOK, Configuration(), NOW) is None
