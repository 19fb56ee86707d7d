"""Opportunities and the migration inventory of a store, made from a few calls."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from ingest.configuration import Configuration
from ingest.imports import import_file
from ingest.opportunities import (
    highest_cached_shares,
    inventory,
    possible_cached_shares,
    usage_opportunities,
)
from ingest.periods import parse_period
from ingest.settings import Feature
from ingest.store import Store
from pricing import load_book
from tests.tollbook.usage import FULL, MINI, chat

if TYPE_CHECKING:
    from pathlib import Path

BOOK = load_book()
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ALL = parse_period("all", NOW, "UTC")
SETTINGS = Configuration(features={"legal": Feature(critical=True, owner="counsel")})


def store_of(folder: Path, *calls: dict[str, object]) -> Store:
    store = Store(folder / "tollbook.duckdb")
    path = folder / f"calls-{store.version()}.jsonl"
    path.write_text("".join(json.dumps(call) + "\n" for call in calls), encoding="utf-8")
    import_file(store, path)
    return store


def call(number: int, model: str, feature: str, **metadata: object) -> dict[str, object]:
    made = chat(number, model, feature)
    made["metadata"] = {"feature": feature, "endpoint": "reply", **metadata}
    return made


def test_the_inventory_says_who_calls_what_how_slow_and_when_last(tmp_path: Path) -> None:
    store = store_of(
        tmp_path,
        *(
            call(n, MINI, "search", team="shop", latency_ms=1_000 * n, quality=0.5)
            for n in range(1, 22)
        ),
        call(30, FULL, "legal", team="shop"),
        call(31, "acme-7b", "legal"),
    )
    search, legal, acme = sorted(
        inventory(store, BOOK, SETTINGS, ALL, {}), key=lambda line: -line.requests
    )
    # $0.0012 a call; of 1 to 21 seconds the 95th percentile lies at the 20th
    assert (search.requests, search.cost) == (21, Fraction("0.0252"))
    assert search.p95_latency_seconds == pytest.approx(20)
    assert (search.feature, search.endpoint, search.model) == ("search", "reply", "gpt-4.1-mini")
    assert (search.owner, search.last_seen) == ("shop", datetime(2026, 11, 19, 9, tzinfo=UTC))
    assert (search.ends_on, search.successor) == (date(2027, 1, 14), "gpt-6-luna")
    assert (legal.owner, legal.p95_latency_seconds) == ("counsel", None)
    assert (acme.model, acme.cost, acme.ends_on) == ("acme-7b", None, None)


def test_an_import_taken_back_is_in_no_inventory(tmp_path: Path) -> None:
    store = store_of(tmp_path, call(1, MINI, "search", latency_ms=1_000))
    store_of(tmp_path, call(2, MINI, "search", latency_ms=9_000))
    assert inventory(store, BOOK, SETTINGS, ALL, {})[0].p95_latency_seconds == pytest.approx(8.6)
    store.undo(2)
    [line] = inventory(store, BOOK, SETTINGS, ALL, {})
    assert (line.requests, line.p95_latency_seconds) == (1, 1)


def test_only_the_period_and_the_filters_count(tmp_path: Path) -> None:
    early = call(1, MINI, "search", latency_ms=5_000)
    early["created"] = int((NOW - timedelta(days=5)).timestamp())
    late = call(2, MINI, "search", latency_ms=1_000)
    store = store_of(tmp_path, early, late, call(3, MINI, "support", latency_ms=3_000))
    [line] = inventory(
        store,
        BOOK,
        SETTINGS,
        parse_period("2026-11-19", NOW, "UTC"),
        {"feature": ("search",)},
    )
    assert (line.requests, line.p95_latency_seconds) == (1, 1)


def test_an_empty_store_has_neither(tmp_path: Path) -> None:
    store = Store(tmp_path / "none.duckdb")
    assert inventory(store, BOOK, SETTINGS, ALL, {}) == []
    found = usage_opportunities(store, BOOK, SETTINGS, ALL, {}, today=NOW.date())
    assert (found.rows, found.today) == ((), 0)


def test_the_highest_cached_share_is_that_of_a_usual_day(tmp_path: Path) -> None:
    def day(number: int, days_ago: int, cached: int, calls: int) -> list[dict[str, object]]:
        made = []
        for n in range(calls):
            one = call(100 * number + n, MINI, "search")
            one["created"] = int((NOW - timedelta(days=days_ago)).timestamp())
            usage = {"prompt_tokens": 2_000, "completion_tokens": 10, "total_tokens": 2_010}
            one["usage"] = {**usage, "prompt_tokens_details": {"cached_tokens": cached}}
            made.append(one)
        return made

    # two days of four calls with 50% and 25% cached, and one call that was cached whole
    store = store_of(tmp_path, *day(1, 1, 1_000, 4), *day(2, 2, 500, 4), *day(3, 3, 2_000, 1))
    assert highest_cached_shares(store, BOOK, ALL, {}, "feature") == {
        ("search", "gpt-4.1-mini"): Fraction(1, 2)
    }


def test_a_session_tells_what_could_be_cached(tmp_path: Path) -> None:
    calls = [call(n, MINI, "search", session="s-1") for n in range(2)]
    for made, tokens in zip(calls, (2_000, 4_000), strict=True):
        made["usage"] = {
            "prompt_tokens": tokens,
            "completion_tokens": 10,
            "total_tokens": tokens + 10,
        }
    calls[1]["created"] = int(datetime.fromisoformat("2026-11-19T09:01:00+00:00").timestamp())
    store = store_of(tmp_path, *calls, call(9, MINI, "support"))
    found = possible_cached_shares(store, BOOK, ALL, {})
    # the second call repeats the first one's tokens a minute later
    assert Fraction(1_900, 6_000) < found["search", "gpt-4.1-mini"] <= Fraction(2_010, 6_000)


def test_ratings_of_answers_make_quality_known_and_critical_features_stay(tmp_path: Path) -> None:
    rated = [call(n, "gpt-6-luna", "search", quality=0.9) for n in range(30)]
    today = [call(100 + n, FULL, "search") for n in range(30)]
    store = store_of(tmp_path, *rated, *today, call(200, FULL, "legal"))
    found = usage_opportunities(store, BOOK, SETTINGS, ALL, {}, today=NOW.date())
    search, legal = found.rows
    assert search.best is not None
    assert (search.best.move.model, search.best.move.risk) == ("gpt-6-luna", "quality known")
    assert (legal.value, legal.is_critical, legal.best) == ("legal", True, None)
