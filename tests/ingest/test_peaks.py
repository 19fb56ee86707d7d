"""Peaks: windows that slide, buckets, sizes, and only what the ledger reads."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from ingest.imports import import_file
from ingest.periods import Period
from ingest.store import Store
from ingest.traffic import loads, spend_of_a_month
from pricing import load_book
from tests.real import real_file
from tests.tollbook.usage import FULL, MINI, chat, write_guide_month

if TYPE_CHECKING:
    from pathlib import Path

    from costmodel.rate_limits import Load

BOOK = load_book()
START = datetime(2026, 11, 19, 9, tzinfo=UTC)


def call(number: int, seconds: float, tokens: int, model: str = MINI, **more: object) -> object:
    at = (START + timedelta(seconds=seconds)).isoformat()
    usage = {"prompt_tokens": tokens, "completion_tokens": 10, "total_tokens": tokens + 10}
    return chat(number, model, "search", at=at, usage=usage, **more)


def store_of(folder: Path, *calls: object) -> Store:
    path = folder / "calls.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in calls), encoding="utf-8")
    store = Store(folder / "tollbook.duckdb")
    import_file(store, path)
    return store


def one(found: list[Load]) -> Load:
    [load] = found
    return load


def test_the_window_slides_over_the_minutes_of_the_clock(tmp_path: Path) -> None:
    # two at 09:00:50 and two at 09:01:30: never more than two in a minute of the clock
    calls = [call(n, at, 90) for n, at in enumerate((50, 50, 90, 90))]
    load = one(loads(store_of(tmp_path, *calls), BOOK))
    assert (load.model, load.basis_seconds) == ("gpt-4.1-mini", 0)
    assert (load.peak_requests, load.peak_tokens) == (4, 400)
    assert (load.high_requests, load.high_tokens) == (2, 200)
    assert (load.requests, load.tokens, load.busiest_day_requests) == (4, 400, 4)


@pytest.mark.parametrize(("seconds", "together"), [(59, 2), (60, 1)])
def test_sixty_seconds_hold_their_beginning_but_not_their_end(
    tmp_path: Path, seconds: int, together: int
) -> None:
    load = one(loads(store_of(tmp_path, call(1, 0, 90), call(2, seconds, 90)), BOOK))
    assert load.peak_requests == together


def test_each_request_counts_at_least_its_max_tokens(tmp_path: Path) -> None:
    store = store_of(tmp_path, call(1, 0, 90), call(2, 1, 4_990))
    assert one(loads(store, BOOK, max_tokens=4_096)).peak_tokens == 4_096 + 5_000


@pytest.mark.parametrize(("tokens", "step"), [(128_000, 0), (128_001, 128_000)])
def test_long_requests_stand_apart(tmp_path: Path, tokens: int, step: int) -> None:
    load = one(loads(store_of(tmp_path, call(1, 0, tokens, FULL)), BOOK))
    assert load.above_input_tokens == step
    # above 30,000 of tier 1 either way; 200,000 and more hold it
    assert load.above_limit == {30_000: 1}


def test_requests_just_within_a_limit_are_not_counted_above_it(tmp_path: Path) -> None:
    calls = (call(1, 0, 29_990, FULL), call(2, 500, 29_991, FULL))
    assert one(loads(store_of(tmp_path, *calls), BOOK)).above_limit == {30_000: 1}


def test_snapshots_of_a_model_share_a_limit_and_batch_does_not(tmp_path: Path) -> None:
    calls = (
        call(1, 0, 90),
        call(2, 1, 90, "gpt-4.1-mini"),
        call(3, 2, 1_000, service_tier="batch"),
    )
    load = one(loads(store_of(tmp_path, *calls), BOOK))
    assert (load.peak_requests, load.peak_tokens) == (2, 200)
    assert load.batch_tokens_a_day == 1_000


def test_latency_is_the_mean_of_the_requests_that_say_one(tmp_path: Path) -> None:
    calls = (
        call(1, 0, 90, metadata={"latency_ms": "4000"}),
        call(2, 90_000, 90, metadata={"latency_ms": "1000"}),
        call(3, 90_000, 90, metadata={"latency_ms": "1000"}),
        call(4, 90_000, 90),
    )
    assert one(loads(store_of(tmp_path, *calls), BOOK)).latency_seconds == 2.0


def test_what_was_undone_or_lies_outside_of_the_period_is_no_traffic(tmp_path: Path) -> None:
    store = store_of(tmp_path, call(1, 0, 90), call(2, 1, 90))
    period = Period(START, START + timedelta(seconds=1), "UTC", "", "")
    assert one(loads(store, BOOK, period)).requests == 1
    store.undo(1)
    assert loads(store, BOOK) == []
    assert loads(Store(tmp_path / "none.duckdb"), BOOK) == []


def test_of_buckets_the_mean_minute_is_known(tmp_path: Path) -> None:
    store = Store(tmp_path / "guide.duckdb")
    import_file(store, write_guide_month(tmp_path / "usage.csv"))
    full = next(load for load in loads(store, BOOK) if load.model == "gpt-4.1")
    # 5,000 requests of 1,500 tokens over the 1,440 minutes of a day
    assert full.basis_seconds == 86_400
    assert full.peak_requests == Fraction(5_000, 1_440)
    assert full.peak_tokens == Fraction(5_000 * 1_500, 1_440)
    assert (full.requests, full.busiest_day_requests) == (150_000, 5_000)
    assert (full.high_requests, full.latency_seconds, full.above_limit) == (None, None, {})
    period = Period(START - timedelta(days=29), START + timedelta(days=1), "UTC", "", "")
    # the guide's month, 21 October to 19 November: $1,188.00 in 30 days
    spent = spend_of_a_month(store, BOOK, period)["openai"]
    assert spent == Fraction(1_188) * 30 / 30


def test_the_real_trace_of_azure_has_the_peaks_of_the_facts(tmp_path: Path) -> None:
    with real_file("azure-llm-2023-conv.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    calls = []
    for number, row in enumerate(rows):
        at = datetime.fromisoformat(row["TIMESTAMP"][:26])
        tokens = int(row["ContextTokens"]), int(row["GeneratedTokens"])
        calls.append(
            {
                "id": f"chatcmpl-{number}",
                "object": "chat.completion",
                "created": at.replace(tzinfo=UTC).timestamp(),
                "model": MINI,
                "usage": {
                    "prompt_tokens": tokens[0],
                    "completion_tokens": tokens[1],
                    "total_tokens": sum(tokens),
                },
            }
        )
    load = one(loads(store_of(tmp_path, *calls), BOOK))
    assert load.peak_requests == 522
    assert float(load.peak_tokens) == pytest.approx(831_000, abs=500)
