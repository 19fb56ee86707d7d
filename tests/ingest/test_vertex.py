"""Gemini's answers: cached inside the prompt, thoughts beside candidates, logs and batches."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.meters import Meter
from ingest.files import sample_of
from ingest.formats import FORMATS
from ingest.formats.vertex import Vertex
from ingest.projection import ImportOptions
from ingest.store import CellQuery, Store
from tests.ingest.chats import accounting, imported, written
from tests.ingest.usage_pages import amounts

USAGE = {
    "promptTokenCount": 100,
    "cachedContentTokenCount": 40,
    "candidatesTokenCount": 7,
    "thoughtsTokenCount": 5,
    "totalTokenCount": 112,
}
STORED = {Meter.INPUT: 60, Meter.CACHED_INPUT: 40, Meter.OUTPUT: 12}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


def answer(**usage: object) -> dict[str, Any]:
    return {
        "usageMetadata": {**USAGE, **usage},
        "modelVersion": "gemini-3.7-flash",
        "createTime": "2026-11-02T10:00:00Z",
        "responseId": "resp-1",
    }


def logged(response: object) -> dict[str, Any]:
    return {
        "logging_time": "2026-11-02 10:00:00 UTC",
        "model": "publishers/google/models/gemini-3.7-flash",
        "full_request": {"labels": {"team": "search"}},
        "full_response": response,
    }


def test_only_this_format_claims_answers(tmp_path: Path) -> None:
    snake = {"usage_metadata": {"prompt_token_count": 1}}
    lines = [answer(), snake, {"response": answer()}, logged(json.dumps(answer())), logged(None)]
    for number, line in enumerate(lines):
        path = written(tmp_path / f"{number}.jsonl", [line])
        assert [f.name for f in FORMATS if f.claims(sample_of(path))] == ["vertex"]
    path = written(tmp_path / "x.jsonl", [{"response": {"body": {}}}, {"usageMetadata": 3}])
    assert not Vertex().claims(sample_of(path))


def test_an_array_is_read_as_lines_are(tmp_path: Path, store: Store) -> None:
    text = json.dumps([answer(), {**answer(), "responseId": "resp-2"}], indent=1)
    assert accounting(imported(store, "a.json", [text])) == {"read": 2, "added": 2}
    assert tmp_path.exists()


def test_cached_is_inside_the_prompt_and_thoughts_beside_candidates(store: Store) -> None:
    found = imported(store, "a.jsonl", [answer()])
    assert found.notices == ()
    assert amounts(store) == {"gemini-3.7-flash": STORED}


def test_the_spelling_of_the_library_for_python(store: Store) -> None:
    usage = {"prompt_token_count": 100, "cached_content_token_count": 40,
             "candidates_token_count": 7, "thoughts_token_count": 5}  # fmt: skip
    line = {
        "usage_metadata": usage,
        "model_version": "gemini-3.7-flash",
        "create_time": "2026-11-02T10:00:00Z",
        "response_id": "resp-1",
    }
    imported(store, "a.jsonl", [line])
    assert amounts(store) == {"gemini-3.7-flash": STORED}


@pytest.mark.parametrize("pack", [json.dumps, lambda each: each, lambda each: [{}, each]])
def test_rows_of_the_log(pack: Any, store: Store) -> None:  # noqa: ANN401 - any way of packing
    imported(store, "a.jsonl", [logged(pack({"usageMetadata": USAGE}))])
    (cell,) = store.cells(CellQuery(by=("team",)))
    assert (cell.key.model, cell.key.tier, cell.dimensions) == (
        "gemini-3.7-flash",
        "standard",
        ("search",),
    )
    assert amounts(store) == {"gemini-3.7-flash": STORED}


@pytest.mark.parametrize(
    ("word", "tier"),
    [
        ("ON_DEMAND", "standard"),
        (None, "standard"),
        ("ON_DEMAND_PRIORITY", "priority"),
        ("ON_DEMAND_FLEX", "flex"),
        ("TrafficType.ON_DEMAND", "standard"),
        ("PROVISIONED_THROUGHPUT", "PROVISIONED_THROUGHPUT"),
    ],
)
def test_tiers(word: str | None, tier: str, store: Store) -> None:
    imported(store, "a.jsonl", [answer(trafficType=word)])
    assert [cell.key.tier for cell in store.cells(CellQuery())] == [tier]


def test_a_batch_is_told_by_what_stands_around_its_answers(store: Store) -> None:
    imported(store, "a.jsonl", [{"request": {}, "response": answer()}])
    assert [cell.key.tier for cell in store.cells(CellQuery())] == ["batch"]


def test_sound_and_pictures_are_parts(store: Store) -> None:
    line = answer(
        promptTokensDetails=[{"modality": "AUDIO", "tokenCount": 50}, {"modality": "TEXT"}],
        cacheTokensDetails=[{"modality": "AUDIO", "tokenCount": 30}],
        candidatesTokensDetails=[{"modality": "IMAGE", "tokenCount": 6}],
    )
    imported(store, "a.jsonl", [line])
    assert amounts(store)["gemini-3.7-flash"] == {
        Meter.INPUT: 40,  # 100 - 40 cached - 20 heard and not cached
        Meter.CACHED_INPUT: 10,
        Meter.INPUT_AUDIO: 20,
        Meter.CACHED_INPUT_AUDIO: 30,
        Meter.OUTPUT: 6,
        Meter.OUTPUT_IMAGE: 6,
    }


def test_the_parts_of_a_stream_count_once(store: Store) -> None:
    parts = [answer(candidatesTokenCount=n, totalTokenCount=105 + n) for n in (1, 4, 9)]
    found = imported(store, "a.jsonl", parts)
    assert found.rows_added == 1
    assert amounts(store)["gemini-3.7-flash"][Meter.OUTPUT] == 14


def test_an_answer_without_usage_and_a_total_that_does_not_fit(store: Store) -> None:
    blocked = {**logged({}), "request_id": 5}
    found = imported(store, "a.jsonl", [answer(totalTokenCount=1), blocked])
    assert accounting(found) == {"read": 2, "added": 1, "without_usage": 1}
    assert found.notices == (
        "in 1 answers totalTokenCount is not the sum of its parts: the parts count",
    )


WRONG: list[tuple[object, str]] = [
    (answer(cachedContentTokenCount=101), "101 cached input tokens are more than the 100"),
    (answer(candidatesTokenCount=-1), "candidatesTokenCount is '-1'"),
    (
        answer(promptTokensDetails=[{"modality": "AUDIO", "tokenCount": 61}]),
        "61 AUDIO tokens do not fit the 60 uncached prompt tokens",
    ),
    ({**answer(), "usageMetadata": [1]}, "usageMetadata is '[1]', not an object"),
    ({**answer(), "modelVersion": None}, "no model name"),
    ({**answer(), "createTime": None}, "no time"),
    ({**answer(), "createTime": "now"}, "neither a time"),
    ("{", "cannot be read as JSON"),
]


def test_what_cannot_be_right_is_set_aside(store: Store) -> None:
    found = imported(store, "a.jsonl", [answer(), *(line for line, _ in WRONG)])
    assert [each.line for each in found.set_aside] == [2 + n for n in range(len(WRONG))]
    for each, (_, said) in zip(found.set_aside, WRONG, strict=True):
        assert said in each.reason


def test_details_that_are_no_list_do_not_matter(store: Store) -> None:
    found = imported(store, "a.jsonl", [answer(promptTokensDetails=3, cacheTokensDetails=["x"])])
    assert found.rows_added == 1


COUNT = st.integers(0, 10**9)


@given(COUNT, COUNT, COUNT, COUNT, COUNT)
@settings(max_examples=settings().max_examples // 4)  # each imports files
def test_parts_are_the_total_or_the_row_is_set_aside(
    prompt: int, cached: int, added: int, said: int, thought: int
) -> None:
    usage = {
        "promptTokenCount": prompt,
        "cachedContentTokenCount": cached,
        "toolUsePromptTokenCount": added,
        "candidatesTokenCount": said,
        "thoughtsTokenCount": thought,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "a.jsonl", [{**answer(), "usageMetadata": usage}])
        opened = Vertex().open(sample_of(path), ImportOptions(), Path(folder))
        text = opened.path.read_text().strip()
    if cached > prompt:
        assert text == "!"
        return
    row = json.loads(text)
    found = sum(int(row.get(str(meter), 0)) for meter in Meter)
    assert found == prompt + added + said + thought
