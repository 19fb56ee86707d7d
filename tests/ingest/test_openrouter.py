"""OpenRouter's activity: by generation and by day, whose price counts, and what it charged."""

from __future__ import annotations

import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats import FORMATS
from ingest.formats.openrouter import MAKERS_PRICE, NO_CACHED, Openrouter
from ingest.store import CellQuery
from tests.ingest.chats import adds_up, totals
from tests.ingest.gateways import claims, containers, imported, lines, raw_rows, reported, table
from tests.ingest.usage_pages import NOVEMBER_30, bucket, page, result

LOG: dict[str, Any] = {
    "generation_id": "gen-1",
    "created_at": "2026-11-30 03:46:57.713",
    "cost_total": "0.00286",
    "byok_usage_inference": "0",
    "tokens_prompt": "1000",
    "tokens_completion": "100",
    "tokens_reasoning": "20",
    "tokens_cached": "300",
    "model_permaslug": "openai/gpt-4.1-2025-04-14",
    "provider_name": "Azure",
    "variant": "standard",
    "cancelled": "false",
    "user": "someone@example.com",
    "finish_reason_normalized": "stop",
    "generation_time_ms": "1500",
    "time_to_first_token_ms": "300",
    "api_key_name": "shop",
    "app_name": "Storefront",
}
DAY: dict[str, Any] = {
    "date": "2026-11-30",
    "model_permaslug": "openai/gpt-4.1-2025-04-14",
    "endpoint_id": "e1",
    "provider_name": "OpenAI",
    "requests": 4,
    "prompt_tokens": 1000,
    "completion_tokens": 100,
    "reasoning_tokens": 0,
    "cached_tokens": 300,
    "usage": 0.00286,
    "byok_usage_inference": 0,
}
CHART = {
    "Date": "2026-11-30 00:00:00",
    "Slug": "openai/gpt-4.1-2025-04-14",
    "Usage": "0.28",
    "BYOK Usage": "0",
    "Requests": "4",
    "Prompt Tokens": "1000",
    "Completion Tokens": "100",
    "Reasoning Tokens": "0",
}
GENERATION: dict[str, Any] = {
    "id": "gen-1",
    "created_at": "2026-11-30T03:46:57.713Z",
    "model": "openai/gpt-4.1-2025-04-14",
    "total_cost": 0.00286,
    "tokens_prompt": 7,
    "tokens_completion": 7,
    "native_tokens_prompt": 1000,
    "native_tokens_completion": 100,
    "native_tokens_cached": 300,
}
TOKENS = {"input": 700, "cached_input": 300, "output": 100}


@pytest.mark.parametrize(("row", "requests"), [(LOG, 1), (DAY, 4), (GENERATION, 1)])
def test_every_container_reads_the_same(row: dict[str, Any], requests: int, tmp_path: Path) -> None:
    for name, text in containers([row]).items():
        folder = tmp_path / name
        folder.mkdir()
        assert [f.name for f in FORMATS if claims(f, folder, text)] == ["openrouter"], name
        found, store = imported(folder, text, name)
        assert (found.rows_added, found.notices) == (1, ()), name
        assert found.assumptions == (MAKERS_PRICE,)
        assert totals(store) == {"requests": requests, **TOKENS}, name


def test_one_generation_as_the_api_answers_it(tmp_path: Path) -> None:
    _, store = imported(tmp_path, json.dumps({"data": GENERATION}, indent=2))
    found, _ = imported(tmp_path, table([LOG]), "log.csv")
    assert found.rows_added == 0
    assert totals(store) == {"requests": 1, **TOKENS}


def test_other_files_are_not_claimed(tmp_path: Path) -> None:
    for text in ("date,slug,usage\n", '{"id": "gen-1", "usage": {"prompt_tokens": 1}}', "[]", "{"):
        assert not claims(Openrouter(), tmp_path, text)


@pytest.mark.parametrize("row", [LOG, DAY, CHART])
def test_an_export_without_rows_says_so(row: dict[str, Any], tmp_path: Path) -> None:
    found, _ = imported(tmp_path, table([row]).splitlines()[0] + "\n", "none.csv")
    assert (found.format, found.rows_read, len(found.notices)) == ("openrouter", 0, 1)


@pytest.mark.parametrize(
    ("cached", "stored", "cut"), [(999, 999, 0), (1000, 1000, 0), (1001, 1000, 1)]
)
def test_more_cached_than_prompt_is_cut_and_said(
    cached: int, stored: int, cut: int, tmp_path: Path
) -> None:
    found, store = imported(tmp_path, table([{**LOG, "tokens_cached": cached}]), "a.csv")
    wanted = {"requests": 1, "input": 1000 - stored, "cached_input": stored, "output": 100}
    assert totals(store) == {name: amount for name, amount in wanted.items() if amount}
    assert len(found.notices) == cut
    assert found.rows_set_aside == 0


def test_the_maker_is_who_the_price_book_knows(tmp_path: Path) -> None:
    slugs = {
        "openai/gpt-4.1-2025-04-14": ("openai", "gpt-4.1-2025-04-14"),
        "google/gemini-2.5-flash": ("google", "gemini-2.5-flash"),
        "meta-llama/llama-4-scout": ("openrouter", "meta-llama/llama-4-scout"),
    }
    rows = [
        {**LOG, "generation_id": slug, "model_permaslug": slug, "variant": "nitro"}
        for slug in slugs
    ]
    rows.append({**LOG, "generation_id": "free", "variant": "free"})
    _, store = imported(tmp_path, table(rows), "a.csv")
    assert {(c.key.provider, c.key.model) for c in store.cells(CellQuery())} == {
        *slugs.values(), ("openai", "gpt-4.1-2025-04-14:free"),
    }  # fmt: skip


def test_traffic_of_openrouter_is_counted_beside_that_of_ones_own_account(tmp_path: Path) -> None:
    usage = result(model="gpt-4.1", num_model_requests=1, input_tokens=5000, output_tokens=1)
    imported(tmp_path, json.dumps(page(bucket(usage, start=NOVEMBER_30))), "openai.json")
    _, store = imported(tmp_path, table([LOG]), "log.csv")
    assert totals(store)["input"] == 5700
    _, store = imported(tmp_path, lines([DAY]), "days.jsonl")
    assert totals(store)["input"] == 5700


def test_the_cost_on_ones_own_key_is_that_of_both(tmp_path: Path) -> None:
    rows = [LOG, {**LOG, "generation_id": "gen-2", "byok_usage_inference": "0.5"}]
    found, store = imported(tmp_path, table(rows), "a.csv")
    assert {name: Decimal(cost) for name, cost in reported(store).items()} == {
        "gen-1": Decimal("0.00286"), "gen-2": Decimal("0.50286"),
    }  # fmt: skip
    assert [each[:30] for each in found.notices] == ["1 rows ran on your own key of "]
    same = {**GENERATION, "is_byok": False, "upstream_inference_cost": 9}
    _, store = imported(tmp_path, lines([{**same, "id": "gen-3"}]), "b.jsonl")
    assert Decimal(reported(store)["gen-3"]) == Decimal("0.00286")


def test_the_chart_does_not_say_what_was_cached(tmp_path: Path) -> None:
    found, store = imported(tmp_path, table([CHART]), "a.csv")
    assert found.assumptions == (MAKERS_PRICE, NO_CACHED)
    assert totals(store) == {"requests": 4, "input": 1000, "output": 100}


def test_whose_it_was_and_how_long_it_took(tmp_path: Path) -> None:
    _, store = imported(tmp_path, table([LOG, {**LOG, "generation_id": "g", "cancelled": "True"}]),
                        "a.csv")  # fmt: skip
    (cell,) = store.cells(CellQuery(by=("api_key", "project")))
    assert cell.dimensions == ("shop", "Storefront")
    found = [json.loads(each["extra"]) for each in raw_rows(store)]
    assert [each["status"] for each in found] == ["stop", "cancelled"]
    assert (found[0]["latency_seconds"], found[0]["time_to_first_token_seconds"]) == (1.5, 0.3)
    assert found[0]["reasoning_tokens"] == 20
    assert b"someone@example.com" not in (tmp_path / "store.duckdb").read_bytes()


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"tokens_prompt": "-1"}, "tokens_prompt is '-1', not a whole number"),
    ({"tokens_cached": "1.5"}, "tokens_cached is '1.5', not a whole number"),
    ({"tokens_reasoning": "101"}, "101 reasoning tokens are more than the 100 output tokens"),
    ({"cost_total": "free"}, "cost_total is 'free', not an amount of money"),
    ({"created_at": ""}, "no time: name the day with --date"),
    ({"model_permaslug": ""}, "no model name"),
    ({"generation_time_ms": "fast"}, "generation_time_ms is 'fast', not a number"),
]


def test_what_cannot_be_right_is_set_aside(tmp_path: Path) -> None:
    wrong = [{**LOG, **values} for values, _ in WRONG]
    found, store = imported(tmp_path, table([LOG, *wrong]), "a.csv")
    assert [(each.line, each.reason) for each in found.set_aside] == [
        (line, reason) for line, (_, reason) in enumerate(WRONG, 3)
    ]
    assert totals(store) == {"requests": 1, **TOKENS}


def test_a_picture_without_tokens_is_not_counted_in_them(tmp_path: Path) -> None:
    none = dict.fromkeys(("tokens_prompt", "tokens_completion", "tokens_reasoning"), "0")
    rows = [{**LOG, **none, "tokens_cached": "0"}]
    rows.append({**rows[0], "generation_id": "gen-2", "cost_total": "0"})
    found, store = imported(tmp_path, table(rows), "a.csv")
    assert (found.rows_added, found.rows_without_usage) == (1, 1)
    assert totals(store) == {"requests": 1, "unmetered": 1}


amounts = st.integers(-2, 200)


@settings(max_examples=settings().max_examples // 4)  # each imports files
@given(st.lists(st.tuples(amounts, amounts, amounts), min_size=1, max_size=6))
def test_parts_sum_to_the_total_or_the_row_is_set_aside(
    counts: list[tuple[int, int, int]],
) -> None:
    names = ("prompt_tokens", "cached_tokens", "completion_tokens")
    rows = [{**DAY, "usage": 0, **dict(zip(names, each, strict=True))} for each in counts]
    good = [each for each in counts if min(each) >= 0]
    with tempfile.TemporaryDirectory() as folder:
        found, store = imported(Path(folder), lines(rows), "a.jsonl")
        stored = raw_rows(store)
    assert adds_up(found)
    assert found.rows_set_aside == len(rows) - len(good)
    assert sum(each["input"] + each["cached_input"] for each in stored) == sum(
        prompt for prompt, _, _ in good
    )
    assert sum(each["output"] for each in stored) == sum(out for _, _, out in good)
    assert bool(found.notices) == any(cached > prompt for prompt, cached, _ in good)
