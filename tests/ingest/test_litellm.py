"""LiteLLM's log: what counts as tokens, what LiteLLM answered itself, and whose it was."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats import FORMATS
from ingest.formats.litellm import Litellm
from ingest.imports import ImportOptions, import_file
from ingest.store import CellQuery, Store
from tests.ingest.chats import adds_up, by_dimension, totals
from tests.ingest.gateways import claims, containers, imported, lines, raw_rows, reported, table
from tests.real import real_file

ROW: dict[str, Any] = {
    "request_id": "chatcmpl-1",
    "call_type": "acompletion",
    "api_key": "",
    "spend": 0.0001,
    "total_tokens": 110,
    "prompt_tokens": 100,
    "completion_tokens": 10,
    "startTime": "2026-11-03 09:00:00.000000",
    "endTime": "2026-11-03 09:00:02.500000",
    "completionStartTime": "2026-11-03 09:00:00.500000",
    "model": "gpt-4.1-mini",
    "custom_llm_provider": "openai",
    "user": "",
    "metadata": "{}",
    "cache_hit": "None",
    "request_tags": "[]",
    "status": "success",
}

FROM_CACHE = (
    "1 requests were answered from LiteLLM's own cache: "
    "they count as requests without tokens, as no provider served them"
)


def row(number: int = 1, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {**ROW, "request_id": f"chatcmpl-{number}", **values}


def details(**usage: object) -> str:
    return json.dumps({"usage_object": usage})


def cached(count: object) -> str:
    return details(prompt_tokens_details={"cached_tokens": count})


def test_every_container_reads_the_same(tmp_path: Path) -> None:
    rows = [row(1, metadata=cached(40)), row(2, metadata={"usage_object": None}), row(3)]
    for name, text in containers(rows).items():
        folder = tmp_path / name
        folder.mkdir()
        assert [f.name for f in FORMATS if claims(f, folder, text)] == ["litellm"], name
        found, store = imported(folder, text, name)
        assert (found.rows_read, found.rows_added) == (3, 3), name
        assert totals(store) == {
            "requests": 3, "input": 260, "cached_input": 40, "output": 30
        }  # fmt: skip


def test_a_row_too_long_for_the_sample_is_known_by_its_keys(tmp_path: Path) -> None:
    long = [row(messages="x" * 300_000)]
    for text in (json.dumps(long), json.dumps({"data": long}), json.dumps(long[0])):
        assert claims(Litellm(), tmp_path, text)
    assert claims(Litellm(), tmp_path, json.dumps({"data": [row(n) for n in range(2000)]}))


def test_other_files_are_not_claimed(tmp_path: Path) -> None:
    for text in (
        '{"request_id": "x", "spend": 1}',
        '{"startTime": 1, "type": "GENERATION", "model": "gpt-4.1", "usage": {}}',
        "date,api_requests,spend\n",
        "[]",
        "",
        "{",
    ):
        assert not claims(Litellm(), tmp_path, text)


def test_an_export_without_rows_says_so(tmp_path: Path) -> None:
    found, store = imported(tmp_path, table([ROW]).splitlines()[0] + "\n", "none.csv")
    assert (found.format, found.rows_read) == ("litellm", 0)
    assert found.notices == ("the file holds no usage: nothing was imported",)
    assert store.is_empty()


def test_a_payload_with_an_answer_of_the_api_inside_is_a_log_row(tmp_path: Path) -> None:
    answer = {"object": "chat.completion", "model": "m", "usage": {"prompt_tokens": 1}}
    text = json.dumps({**ROW, "response": answer})
    assert [f.name for f in FORMATS if claims(f, tmp_path, text)] == ["litellm"]


@pytest.mark.parametrize("hit", [True, "True", "true"])
def test_what_litellm_answered_itself_is_a_request_that_used_nothing(
    hit: object, tmp_path: Path
) -> None:
    found, store = imported(tmp_path, lines([row(cache_hit=hit, spend=0.0)]), "a.jsonl")
    assert found.rows_added == 1
    assert totals(store) == {"requests": 1}
    assert found.notices == (FROM_CACHE,)
    assert reported(store) == {"chatcmpl-1": "0.0"}


@pytest.mark.parametrize("hit", [False, "False", "None", "", None])
def test_other_words_are_no_hit(hit: object, tmp_path: Path) -> None:
    found, store = imported(tmp_path, lines([row(cache_hit=hit)]), "a.jsonl")
    assert totals(store) == {"requests": 1, "input": 100, "output": 10}
    assert found.notices == ()


@pytest.mark.parametrize("count", [99, 100])
def test_all_of_the_input_may_be_cached(count: int, tmp_path: Path) -> None:
    _, store = imported(tmp_path, lines([row(metadata=cached(count))]), "a.jsonl")
    wanted = {"requests": 1, "input": 100 - count, "cached_input": count, "output": 10}
    assert totals(store) == {name: amount for name, amount in wanted.items() if amount}


def test_where_cached_tokens_stand(tmp_path: Path) -> None:
    places = [
        cached(40),
        json.dumps({"additional_usage_values": {"prompt_tokens_details": {"cached_tokens": 40}}}),
        json.dumps({"additional_usage_values": {"cache_read_input_tokens": 40}}),
        {"usage_object": json.dumps({"cache_read_input_tokens": 40})},
        json.dumps(cached(40)),
    ]
    text = lines(row(number, metadata=place) for number, place in enumerate(places))
    _, store = imported(tmp_path, text, "a.jsonl")
    assert totals(store) == {"requests": 5, "input": 300, "cached_input": 200, "output": 50}


def test_audio_may_be_cached_as_far_as_it_fits_nowhere_else(tmp_path: Path) -> None:
    usage = {
        "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 70},
        "completion_tokens_details": {"audio_tokens": 4},
    }
    _, store = imported(tmp_path, lines([row(metadata=details(**usage))]), "a.jsonl")
    assert totals(store) == {
        "requests": 1, "cached_input": 30, "input_audio": 40, "cached_input_audio": 30,
        "output": 6, "output_audio": 4,
    }  # fmt: skip


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"metadata": cached(101)}, "101 cached input tokens are more than the 100 input tokens"),
    ({"metadata": cached(-1)}, "cached_tokens is '-1', not a whole number"),
    ({"metadata": '{"usage'}, "metadata cannot be read as JSON: cut off or damaged"),
    ({"prompt_tokens": 1.5}, "prompt_tokens is '1.5', not a whole number"),
    ({"prompt_tokens": True}, "prompt_tokens is 'True', not a whole number"),
    ({"prompt_tokens": [1]}, "prompt_tokens is '[1]', not a whole number"),
    ({"prompt_tokens": 10**15}, "prompt_tokens is '1000000000000000', too large to be right"),
    ({"spend": "much"}, "spend is 'much', not an amount of money"),
    ({"spend": {"usd": 1}}, "spend is \"{'usd': 1}\", not an amount of money"),
    ({"startTime": "yesterday"},
     "startTime is 'yesterday', neither a time nor seconds since 1970"),
    ({"startTime": 10**22},
     f"startTime is '{10**22}', neither a time nor seconds since 1970"),
    ({"prompt_tokens": "9" * 5_000},
     f"prompt_tokens is '{'9' * 40}', too large to be right"),
    ({"startTime": None}, "no time: name the day with --date"),
    ({"model": ""}, "no model name"),
    ({"prompt_tokens": 0, "completion_tokens": 0},
     "total_tokens is 110, prompt_tokens and completion_tokens are 0"),
    ({"metadata": details(completion_tokens_details={"reasoning_tokens": 11})},
     "reasoning_tokens is 11, more than the 10 output tokens"),
    ({"metadata": details(completion_tokens_details={"audio_tokens": 11})},
     "11 audio tokens are more than the 10 output tokens"),
]  # fmt: skip


def test_what_cannot_be_right_is_set_aside(tmp_path: Path) -> None:
    wrong = [row(number, **values) for number, (values, _) in enumerate(WRONG, 2)]
    found, store = imported(tmp_path, lines([row(1), *wrong]), "a.jsonl")
    assert [(each.line, each.reason) for each in found.set_aside] == [
        (line, reason) for line, (_, reason) in enumerate(WRONG, 2)
    ]
    assert totals(store) == {"requests": 1, "input": 100, "output": 10}


def test_lines_that_are_no_rows(tmp_path: Path) -> None:
    bad = ["{", "7", '"\\u0000"', '{"a": 1e99999999999999999999}', '{"a":' * 100_000]
    found, store = imported(tmp_path, lines([row(1), *bad, row(2)]), "a.jsonl")
    assert adds_up(found)
    assert [each.line for each in found.set_aside] == [2, 3, 4, 5, 6]
    assert totals(store)["requests"] == 2


def test_a_failed_request_used_nothing_and_a_picture_is_not_counted_in_tokens(
    tmp_path: Path,
) -> None:
    none = {"total_tokens": 0, "prompt_tokens": 0, "completion_tokens": 0}
    rows = [
        row(1, status="failure", **none),
        row(2, status="failure", model="", **none),
        row(3, call_type="aimage_generation", spend=0.04, **none),
    ]
    found, store = imported(tmp_path, lines(rows), "a.jsonl")
    assert (found.rows_added, found.rows_without_usage) == (1, 2)
    assert totals(store) == {"requests": 1, "unmetered": 1}


def test_every_digit_of_the_spend_is_kept(tmp_path: Path) -> None:
    rows = [row(1, spend="X"), row(2, spend="Y")]
    text = lines(rows).replace('"X"', "0.100000000001").replace('"Y"', "1.5e-07")
    _, store = imported(tmp_path, text, "a.jsonl")
    assert reported(store) == {"chatcmpl-1": "0.100000000001", "chatcmpl-2": "1.5e-07"}


def test_whose_request_it_was(tmp_path: Path) -> None:
    metadata = {
        "user_api_key_alias": "shop",
        "user_api_key_team_alias": "Support",
        "user_api_key_project_id": "project-1",
        "requester_metadata": {"env": "production", "note": "x"},
    }
    tags = ["feature:chat", "feature:other", "team:not this", "plain", "User-Agent: x", 7]
    rows = [
        row(1, metadata=metadata, request_tags=tags, team_id="t1", end_user="customer-1"),
        row(2, request_tags='["area:search"]', api_key="ab" * 32, user="someone@example.com"),
    ]
    options = ImportOptions(dimensions={"area": "feature"})
    _, store = imported(tmp_path, lines(rows), "a.jsonl", options)
    wanted = {
        "feature": {"chat": 1, "search": 1}, "team": {"Support": 1, None: 1},
        "project": {"project-1": 1, None: 1}, "environment": {"production": 1, None: 1},
        "api_key": {"shop": 1, "...abab": 1},
    }  # fmt: skip
    assert {name: by_dimension(store, name) for name in wanted} == wanted
    extra = raw_rows(store)[0]["extra"]
    assert json.loads(extra)["customer"] == "customer-1"
    assert b"someone@example.com" not in (tmp_path / "store.duckdb").read_bytes()


def test_how_long_it_took(tmp_path: Path) -> None:
    rows = [
        row(1),
        row(2, completionStartTime=ROW["endTime"], request_duration_ms=9),
        row(3, endTime=None, completionStartTime=None, request_duration_ms=1500),
    ]
    _, store = imported(tmp_path, lines(rows), "a.jsonl")
    found = [json.loads(each["extra"]) for each in raw_rows(store)]
    assert [each["latency_seconds"] for each in found] == [2.5, 2.5, 1.5]
    assert [each.get("time_to_first_token_seconds") for each in found] == [0.5, None, None]


def test_provider_model_and_tier(tmp_path: Path) -> None:
    rows = [
        row(1, model="azure/gpt-4.1", custom_llm_provider="azure"),
        row(2, model="azure/gpt-4.1", custom_llm_provider=None),
        row(3, call_type="aretrieve_batch"),
        row(5, model="claude-sonnet-4-5", custom_llm_provider=""),
        row(4, metadata=json.dumps({"cost_breakdown": {"service_tier": "flex"}})),
    ]
    _, store = imported(tmp_path, lines(rows), "a.jsonl")
    keys = {(c.key.provider, c.key.model, c.key.tier): c.requests for c in store.cells(CellQuery())}
    assert keys == {
        ("azure", "gpt-4.1", "standard"): 2,
        ("openai", "gpt-4.1-mini", "batch"): 1,
        ("anthropic", "claude-sonnet-4-5", "standard"): 1,
        ("openai", "gpt-4.1-mini", "flex"): 1,
    }


amounts = st.integers(-2, 200)


@settings(max_examples=settings().max_examples // 4)  # each imports files
@given(st.lists(st.tuples(amounts, amounts, amounts, amounts), min_size=1, max_size=6))
def test_parts_sum_to_the_total_or_the_row_is_set_aside(
    counts: list[tuple[int, int, int, int]],
) -> None:
    rows, good = [], []
    for number, (tokens_in, read, written, out) in enumerate(counts):
        usage = {
            "prompt_tokens_details": {"cached_tokens": read}, "cache_creation_input_tokens": written
        }  # fmt: skip
        total = tokens_in + out
        rows.append(row(number, prompt_tokens=tokens_in, completion_tokens=out,
                        total_tokens=max(total, 0), metadata=details(**usage)))  # fmt: skip
        if min(tokens_in, read, written, out) >= 0 and read + written <= tokens_in:
            good.append((tokens_in, out))
    with tempfile.TemporaryDirectory() as folder:
        found, store = imported(Path(folder), lines(rows), "a.jsonl")
        sums = totals(store)
    assert adds_up(found)
    assert found.rows_set_aside == len(rows) - len(good)
    parts = sum(sums.get(name, 0) for name in ("input", "cached_input", "cache_write"))
    assert parts == sum(tokens_in for tokens_in, _ in good)
    assert sums.get("output", 0) == sum(out for _, out in good)


def test_a_real_row(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.duckdb")
    found = import_file(store, real_file("exports/litellm-spend-logs.json"))
    assert (found.format, found.rows_added, found.notices) == ("litellm", 1, ())
    assert totals(store) == {"requests": 1, "input": 10, "output": 20}
