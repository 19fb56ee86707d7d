"""Chats without token counts: counted here, marked as estimated, and the texts are not kept."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.meters import Meter
from ingest.canonical import Given, UsageRow, opened_rows
from ingest.files import sample_of
from ingest.formats import FORMATS
from ingest.imports import ImportOptions
from ingest.store import CellQuery, Store
from ingest.store.loading import load
from ingest.store.stage import new_stage
from tests.ingest.chats import accounting, adds_up, chat, counts, imported, totals

if TYPE_CHECKING:
    from costmodel.usage import Cell
    from ingest.imports import ImportResult

TIME = "2026-10-17T08:00:00Z"
HELLO_IN, HELLO_OUT = 9, 2
"""3 for the message, 3 before the reply, 1 for the role, and "hello world" is 2 tokens."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


def talk(**values: object) -> dict[str, Any]:
    messages = [{"role": "user", "content": "hello world"}]
    usual = {"created": TIME, "model": "gpt-4.1-mini", "messages": messages}
    return {**usual, "response": "hello world", **values}


def estimates(store: Store, by: tuple[str, ...] = ()) -> list[Cell]:
    return sorted(store.cells(CellQuery(by=by)), key=lambda cell: str(cell.key))


def one(store: Store, **values: object) -> dict[str, int]:
    found = imported(store, "t.jsonl", [talk(**values)])
    assert (found.format, found.rows_added) == ("texts", 1)
    return totals(store)


ANSWERS: list[dict[str, Any]] = [
    {"response": "hello world"},
    {"response": {"content": "hello world"}},
    {"response": {"role": "assistant", "content": [{"type": "text", "text": "hello world"}]}},
    {"response": {"choices": [{"index": 0, "message": {"content": "hello world"}}]}},
    {"response": None, "completion": "hello world"},
    {"response": None, "output": {"text": "hello world"}},
    {"response": None, "choices": [{"message": {"role": "assistant", "content": "hello world"}}]},
    {"response": None, "choices": [{"text": "hello world"}]},
]


@pytest.mark.parametrize("answer", ANSWERS, ids=str)
def test_wherever_the_answer_stands(answer: dict[str, Any], store: Store) -> None:
    assert one(store, **answer) == {"requests": 1, "input": HELLO_IN, "output": HELLO_OUT}


def test_every_choice_is_output_and_the_question_counts_once(store: Store) -> None:
    choices = [{"message": {"content": "hello world"}}] * 3
    assert one(store, response=None, choices=choices)["output"] == 3 * HELLO_OUT


def test_a_total_that_holds_estimates_says_so(store: Store) -> None:
    imported(store, "measured.jsonl", [chat(1, usage=counts(100, 10))])
    assert sum(cell.estimated_tokens for cell in estimates(store)) == 0
    imported(store, "texts.jsonl", [talk(), talk(model="gpt-4.1-mini-2025-04-14")])
    cells = estimates(store)
    assert sum(cell.estimated_tokens for cell in cells) == 2 * (HELLO_IN + HELLO_OUT)
    assert {cell.estimated_tokens for cell in cells if cell.quantities[0] == 100} == {0}
    assert totals(store)["input"] == 100 + 2 * HELLO_IN


def test_rows_of_one_file_may_be_measured_and_estimated(tmp_path: Path) -> None:
    at = datetime(2026, 10, 17, 8, tzinfo=UTC)
    rows = [
        UsageRow(at, "m", {Meter.INPUT: 5}, id=str(number), estimated=number == 1)
        for number in range(3)
    ]
    given = [Given(number, row) for number, row in enumerate(rows)]
    opened = opened_rows(given, ImportOptions(), tmp_path)
    stage = new_stage(tmp_path, "UTC")
    load(stage, opened.projection)
    assert "estimated" in stage.series_columns
    found = stage.connection.execute("SELECT count(DISTINCT series) FROM staged").fetchall()
    stage.close()
    assert found == [(2,)]
    measured = opened_rows(given[:1], ImportOptions(), tmp_path)
    stage = new_stage(tmp_path, "UTC")
    load(stage, measured.projection)
    assert "estimated" not in stage.series_columns
    stage.close()


@pytest.mark.parametrize("texts_first", [True, False])
def test_what_the_provider_counted_wins_over_an_estimate(texts_first: bool, store: Store) -> None:
    names = [("texts.jsonl", talk(id="chatcmpl-1", model="gpt-4.1-mini-2025-04-14"))]
    names.append(("measured.jsonl", chat(1, usage=counts(8, 1))))
    for name, line in names if texts_first else reversed(names):
        imported(store, name, [line])
    assert totals(store) == {"requests": 1, "input": 8, "output": 1}
    assert sum(cell.estimated_tokens for cell in estimates(store)) == 0
    last = store.imports()[0].import_id if texts_first else store.imports()[1].import_id
    store.undo(last)
    assert totals(store) == {"requests": 1, "input": HELLO_IN, "output": HELLO_OUT}


def test_the_same_texts_again_are_duplicates(store: Store) -> None:
    for _ in range(2):
        found = imported(store, "t.jsonl", [talk(), talk(id="a")])
    assert accounting(found) == {"read": 2, "duplicate": 2}
    assert totals(store)["requests"] == 2


def test_the_last_message_is_the_answer_where_no_other_is(store: Store) -> None:
    messages = [*talk()["messages"], {"role": "assistant", "content": "hello world"}]
    assert one(store, response=None, messages=messages)["output"] == HELLO_OUT


def test_a_request_without_an_answer_counts_and_is_told(store: Store) -> None:
    found = imported(store, "t.jsonl", [talk(response=None), talk()])
    assert found.notices[1] == "requests without an answer, whose output is not counted: 1"
    assert totals(store) == {"requests": 2, "input": 2 * HELLO_IN, "output": HELLO_OUT}


def test_a_model_without_a_public_tokenizer_is_named(store: Store) -> None:
    found = imported(store, "t.jsonl", [talk(model="somebody/own-model"), talk()])
    assert found.notices[1:] == ("models without a public tokenizer: somebody/own-model",)


def test_tier_dimensions_and_what_a_log_notes_beside_a_message(store: Store) -> None:
    message = {"role": "user", "content": "hello world", "seen_at": "2026-10-17", "tokens": 7}
    one(store, messages=[message], service_tier="flex", metadata={"feature": "help"}, team="ops")
    (cell,) = estimates(store, ("feature", "team"))
    assert (cell.key.tier, cell.dimensions, cell.quantities[0]) == ("flex", ("help", "ops"), 9)


def test_texts_and_addresses_are_not_kept(store: Store) -> None:
    one(store, user="someone@example.com", response="a secret of the company")
    content = store.path.read_bytes()
    assert b"secret of the company" not in content
    assert b"hello world" not in content
    assert b"someone@example.com" not in content


IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"created": None}, "no time"),
    ({"created": "soon"}, "created is 'soon', neither a time"),
    ({"model": None}, "no model name"),
    ({"model": 7}, "no model name"),
    ({"messages": None}, "no list of messages"),
    ({"messages": []}, "no list of messages"),
    ({"messages": "hello"}, "no list of messages"),
    ({"messages": [7]}, "message 1 is no object"),
    ({"messages": [{"role": "user", "content": [IMAGE]}]}, "message 1 holds a part of type"),
    ({"messages": [{"role": "user", "content": 7}]}, "message 1, key 'content' is no text"),
    ({"response": {"content": None, "tool_calls": [CALL]}}, "message 1, key 'tool_calls'"),
    ({"response": {"content": None}}, "the answer holds no text"),
    ({"response": {"n": 1}}, "the answer holds no text"),
    ({"response": 7}, "the answer is no text"),
    ({"tools": [CALL]}, "holds tools: how their definitions count is not published"),
    ({"usage": {"prompt_tokens": 1}}, "is the answer of an API or has token counts"),
    ({"response": {"content": "a", "usage": {"input_tokens": 1}}}, "is the answer of an API"),
    ({"prompt_tokens": 1}, "is the answer of an API or has token counts"),
]


def test_what_cannot_be_counted_is_set_aside(store: Store) -> None:
    good, wrong = [talk()] * 20, [talk(**values) for values, _ in WRONG]
    found = imported(store, "t.jsonl", [*good, *wrong, '{"model":', "7"])
    assert [each.line for each in found.set_aside] == [21 + n for n in range(len(WRONG) + 2)]
    said = [*(reason for _, reason in WRONG), "cannot be read as JSON", "no object"]
    for each, start in zip(found.set_aside, said, strict=True):
        assert each.reason.startswith(start)
    assert [each.reason for each in found.set_aside[-2:]] == said[-2:]
    assert adds_up(found)


def test_a_day_given_by_hand_dates_chats_without_a_time(store: Store) -> None:
    options = ImportOptions(date=date(2026, 10, 17))
    found = imported(store, "t.jsonl", [talk(created=None)], options)
    assert found.rows_added == 1


def claimed(folder: Path, *lines: object) -> list[str]:
    path = folder / "sample"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return [each.name for each in FORMATS if each.claims(sample_of(path))]


def test_what_is_claimed_and_what_is_not(tmp_path: Path) -> None:
    assert claimed(tmp_path, talk()) == ["texts"]
    assert claimed(tmp_path, {"comment": "a header"}, talk(usage=None)) == ["texts"]
    assert claimed(tmp_path, [talk(), talk()]) == ["texts"]
    assert claimed(tmp_path, talk(), chat(1)) == ["api_objects"]
    assert claimed(tmp_path, talk(response=chat(1))) == ["api_objects"]
    assert claimed(tmp_path, talk(object="chat.completion")) == ["api_objects"]
    assert claimed(tmp_path, {"messages": []}) == claimed(tmp_path, {"model": "m"}) == []
    assert "texts" not in claimed(tmp_path, talk(spend=0.1))


def test_a_file_over_several_lines_a_chat(store: Store) -> None:
    text = json.dumps([talk(), talk(id="a")], indent=2)
    found: ImportResult = imported(store, "t.json", [text])
    assert (found.format, found.rows_added) == ("texts", 2)


WORDS = st.lists(st.sampled_from(["hello world", "2 + 2 = 4", ""]), min_size=1, max_size=4)
TOKENS = {"hello world": 2, "2 + 2 = 4": 7, "": 0}


@settings(max_examples=settings().max_examples // 4)  # each imports files
@given(st.lists(st.tuples(WORDS, st.sampled_from([*TOKENS, None])), min_size=1, max_size=6))
def test_the_parts_sum_to_the_total_and_all_of_it_is_estimated(
    chats: list[tuple[list[str], str | None]],
) -> None:
    lines = [
        talk(messages=[{"role": "user", "content": each} for each in asked], response=answer)
        for asked, answer in chats
    ]
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store.duckdb")
        found = imported(store, "t.jsonl", lines)
        # 3 before the reply; of each message 3, 1 for its role and its text
        asked = sum(3 + sum(4 + TOKENS[each] for each in texts) for texts, _ in chats)
        answered = sum(TOKENS[answer] for _, answer in chats if answer is not None)
        total = totals(store)
        assert (total["input"], total.get("output", 0)) == (asked, answered)
        cells = estimates(store)
        assert sum(cell.estimated_tokens for cell in cells) == asked + answered
        assert adds_up(found)
