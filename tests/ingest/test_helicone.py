"""Helicone's requests: cached tokens inside or beside, its own cache, and whose they were."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats import FORMATS
from ingest.formats.helicone import NOT_FROM_CACHE, Helicone
from ingest.imports import ImportOptions
from ingest.store import CellQuery
from tests.ingest.chats import adds_up, by_dimension, totals
from tests.ingest.gateways import claims, containers, imported, lines, raw_rows, reported, table

ROW: dict[str, Any] = {
    "request_id": "r1",
    "request_created_at": "2026-11-30T09:00:00.000Z",
    "request_path": "/v1/chat/completions",
    "response_status": 200,
    "response_model": "gpt-4.1-mini-2025-04-14",
    "request_model": "gpt-4.1-mini",
    "provider": "OPENAI",
    "delay_ms": 2000,
    "time_to_first_token": 350,
    "prompt_tokens": 1000,
    "prompt_cache_write_tokens": 0,
    "prompt_cache_read_tokens": 0,
    "completion_tokens": 100,
    "cost": 0.00056,
    "cache_reference_id": NOT_FROM_CACHE,
    "request_properties": {"Feature": "chat"},
}
PLAIN = {"requests": 1, "input": 1000, "output": 100}
OF_ANTHROPIC = {
    "provider": "ANTHROPIC",
    "request_path": "/v1/messages",
    "response_model": "claude-sonnet-4-5",
}


def row(number: int = 1, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {**ROW, "request_id": f"r{number}", **values}


def cached(read: int, written: int = 0) -> dict[str, Any]:
    return {"prompt_cache_read_tokens": read, "prompt_cache_write_tokens": written}


def answer(**usage: object) -> dict[str, Any]:
    return {"response_body": {"object": "chat.completion", "model": "m", "usage": usage}}


def test_every_container_reads_the_same(tmp_path: Path) -> None:
    for name, text in containers([ROW]).items():
        folder = tmp_path / name
        folder.mkdir()
        assert [f.name for f in FORMATS if claims(f, folder, text)] == ["helicone"], name
        found, store = imported(folder, text, name)
        assert (found.rows_added, found.notices, found.assumptions) == (1, (), ()), name
        assert totals(store) == PLAIN, name
        assert by_dimension(store, "feature") == {"chat": 1}, name


def test_other_files_are_not_claimed(tmp_path: Path) -> None:
    for text in ('{"request_id": "r", "request_created_at": "x"}', "request_id,spend\n", "[]", ""):
        assert not claims(Helicone(), tmp_path, text)


def test_an_export_without_rows_says_so(tmp_path: Path) -> None:
    found, _ = imported(tmp_path, table([ROW]).splitlines()[0] + "\n", "none.csv")
    assert (found.format, found.rows_read) == ("helicone", 0)
    assert found.notices == ("the file holds no usage: nothing was imported",)


BESIDE = {"requests": 1, "output": 100}
RELATIONS: list[tuple[str, dict[str, Any], dict[str, int], int, int]] = [
    # what, values, uncached, read and written, notices, assumptions
    ("inside", cached(999), {"input": 1, "cached_input": 999}, 0, 1),
    ("all inside", cached(1000), {"cached_input": 1000}, 0, 1),
    ("more than the prompt", cached(1001), {"input": 1000, "cached_input": 1001}, 1, 0),
    ("written inside", cached(0, 1000), {"cache_write": 1000}, 0, 1),
    ("more written", cached(0, 1001), {"input": 1000, "cache_write": 1001}, 1, 0),
    ("both inside", cached(600, 400), {"cached_input": 600, "cache_write": 400}, 0, 1),
    ("both beside", cached(600, 401),
     {"input": 1000, "cached_input": 600, "cache_write": 401}, 1, 0),
    ("Anthropic", {**cached(600, 300), **OF_ANTHROPIC},
     {"input": 1000, "cached_input": 600, "cache_write": 300}, 0, 0),
    ("Anthropic as OpenAI writes it", {**cached(600, 300), "provider": "ANTHROPIC"},
     {"input": 100, "cached_input": 600, "cache_write": 300}, 0, 1),
    ("newer", {**cached(600, 300), "reasoning_tokens": None},
     {"input": 700, "cached_input": 600, "cache_write": 300}, 0, 0),
    ("answer: inside", {**cached(600), **answer(prompt_tokens=1000), "reasoning_tokens": None},
     {"input": 400, "cached_input": 600}, 0, 0),
    ("answer: beside", {**cached(600), **answer(prompt_tokens=1600)},
     {"input": 1000, "cached_input": 600}, 0, 0),
    ("answer of Anthropic", {**cached(600), **answer(cache_read_input_tokens=600)},
     {"input": 1000, "cached_input": 600}, 0, 0),
    ("answer as text",
     {**cached(600), "response_body": json.dumps(answer(prompt_tokens=1600)["response_body"])},
     {"input": 1000, "cached_input": 600}, 0, 0),
    ("answer cut off", {**cached(600), "response_body": '{"usage": {"prom'},
     {"input": 400, "cached_input": 600}, 0, 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "parts", "notices", "assumptions"),
    [each[1:] for each in RELATIONS],
    ids=[each[0] for each in RELATIONS],
)
def test_where_cached_tokens_stand(
    values: dict[str, Any],
    parts: dict[str, int],
    notices: int,
    assumptions: int,
    tmp_path: Path,
) -> None:
    found, store = imported(tmp_path, lines([row(**values)]), "a.jsonl")
    assert totals(store) == {**BESIDE, **parts}
    assert (len(found.notices), len(found.assumptions)) == (notices, assumptions)


def test_newer_rows_have_reasoning_beside_their_completion(tmp_path: Path) -> None:
    values = row(reasoning_tokens=40, total_tokens=1140)
    found, store = imported(tmp_path, lines([values]), "a.jsonl")
    assert totals(store) == {**PLAIN, "output": 140}
    assert found.notices == ()
    assert json.loads(raw_rows(store)[0]["extra"])["reasoning_tokens"] == 40


@pytest.mark.parametrize(("total", "notices"), [(1100, 0), (0, 0), (None, 0), (1101, 1)])
def test_a_total_that_is_another_is_said(total: int | None, notices: int, tmp_path: Path) -> None:
    found, store = imported(tmp_path, lines([row(total_tokens=total)]), "a.jsonl")
    assert len(found.notices) == notices
    assert totals(store) == PLAIN


def test_what_helicone_answered_itself_is_a_request_that_used_nothing(tmp_path: Path) -> None:
    hit = row(cache_reference_id="11111111-2222-3333-4444-555555555555", cost=0)
    missed = row(2, cache_reference_id=None)
    found, store = imported(tmp_path, lines([hit, missed]), "a.jsonl")
    assert totals(store) == {**PLAIN, "requests": 2}
    (notice,) = found.notices
    assert notice.startswith("1 requests were answered from Helicone's own cache: they count")
    assert reported(store) == {"r1": "0.0", "r2": "0.00056"}


@pytest.mark.parametrize(("status", "unmetered"), [(200, 1), (399, 1), (400, 0), (429, 0)])
def test_without_counts_a_failure_used_nothing_and_a_success_is_unknown(
    status: int, unmetered: int, tmp_path: Path
) -> None:
    values = row(response_status=status, prompt_tokens=None, completion_tokens=None)
    found, store = imported(tmp_path, lines([values]), "a.jsonl")
    assert (found.rows_without_usage, found.rows_added) == (unmetered, 1 - unmetered)
    assert totals(store) == ({"unmetered": 1} if unmetered else {"requests": 1})


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"prompt_tokens": -1}, "prompt_tokens is '-1', not a whole number"),
    ({"completion_tokens": 1.5}, "completion_tokens is '1.5', not a whole number"),
    ({"prompt_audio_tokens": 1001}, "1001 input audio tokens are more than the 1000 input tokens"),
    ({"completion_audio_tokens": 101}, "101 audio tokens are more than the 100 output tokens"),
    ({"cost": "x"}, "cost is 'x', not an amount of money"),
    ({"request_created_at": None}, "no time: name the day with --date"),
    ({"response_model": None, "request_model": None}, "no model name"),
    ({"request_properties": '{"a'},
     "request_properties cannot be read as JSON: cut off or damaged"),
    ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 9},
     "total_tokens is 9, prompt and completion tokens are 0"),
]  # fmt: skip


def test_what_cannot_be_right_is_set_aside(tmp_path: Path) -> None:
    wrong = [row(number, **values) for number, (values, _) in enumerate(WRONG, 2)]
    found, store = imported(tmp_path, lines([row(1), *wrong]), "a.jsonl")
    assert [(each.line, each.reason) for each in found.set_aside] == [
        (line, reason) for line, (_, reason) in enumerate(WRONG, 2)
    ]
    assert totals(store) == PLAIN


def test_whose_request_it_was_and_how_long_it_took(tmp_path: Path) -> None:
    properties = {
        "Feature": "chat", "Area": "search", "ENV": "production", "Helicone-Session-Id": "s1",
        "Customer": {"no": "name"},
    }  # fmt: skip
    values = row(request_properties=properties, request_user_id="someone@example.com")
    options = ImportOptions(dimensions={"area": "team"})
    _, store = imported(tmp_path, lines([values]), "a.jsonl", options)
    (cell,) = store.cells(CellQuery(by=("feature", "environment", "team")))
    assert cell.dimensions == ("chat", "production", "search")
    extra = json.loads(raw_rows(store)[0]["extra"])
    assert (extra["session"], extra.get("customer")) == ("s1", None)
    assert (extra["latency_seconds"], extra["time_to_first_token_seconds"]) == (2.0, 0.35)
    assert b"someone@example.com" not in (tmp_path / "store.duckdb").read_bytes()


def test_properties_may_have_columns_of_their_own(tmp_path: Path) -> None:
    values = {**ROW, "request_properties": "", "properties.feature": "chat"}
    _, store = imported(tmp_path, table([values]), "a.csv")
    assert by_dimension(store, "feature") == {"chat": 1}


amounts = st.integers(-2, 200)


@settings(max_examples=settings().max_examples // 4)  # each imports files
@given(
    st.lists(st.tuples(amounts, amounts, amounts, amounts), min_size=1, max_size=6),
    st.booleans(),
)
def test_parts_sum_to_the_total_or_the_row_is_flagged_or_set_aside(
    counts: list[tuple[int, int, int, int]], is_newer: bool
) -> None:
    newer = {"reasoning_tokens": None} if is_newer else {}
    rows = [
        row(number, prompt_tokens=prompt, completion_tokens=out, **cached(read, written), **newer)
        for number, (prompt, read, written, out) in enumerate(counts)
    ]
    good = [each for each in counts if min(each) >= 0]
    with tempfile.TemporaryDirectory() as folder:
        found, store = imported(Path(folder), lines(rows), "a.jsonl")
        stored = raw_rows(store)
    assert adds_up(found)
    assert found.rows_set_aside == len(rows) - len(good)
    whole = sum(each["input"] + each["cached_input"] + each["cache_write"] for each in stored)
    prompts = sum(prompt for prompt, _, _, _ in good)
    beside = sum(read + written for _, read, written, _ in good)
    assert prompts <= whole <= prompts + beside
    assert whole == prompts or is_newer or found.notices
    assert sum(each["output"] for each in stored) == sum(out for _, _, _, out in good)
