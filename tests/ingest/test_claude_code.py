"""Claude Code's sessions: answers in several lines, disjoint counts, lines without usage."""

from __future__ import annotations

import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.meters import Meter
from ingest.files import sample_of
from ingest.formats import FORMATS
from ingest.formats.claude_code import ClaudeCode
from ingest.imports import import_file
from ingest.projection import ImportOptions
from ingest.store import CellQuery, Store
from tests.ingest.chats import accounting, imported, written
from tests.ingest.usage_pages import amounts
from tests.real import real_file

if TYPE_CHECKING:
    from collections.abc import Mapping

USAGE = {
    "input_tokens": 100,
    "cache_creation_input_tokens": 50,
    "cache_read_input_tokens": 40,
    "output_tokens": 5,
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


def answer(message: Mapping[str, Any] | None = None, **values: object) -> dict[str, Any]:
    usual = {"id": "msg_1", "role": "assistant", "model": "claude-opus-5", "usage": USAGE}
    return {
        "timestamp": "2026-11-02T10:00:00.000Z",
        "sessionId": "s1",
        "uuid": "u1",
        "requestId": "req_1",
        "message": {**usual, **(message or {})},
        **values,
    }


def used(**values: object) -> dict[str, Any]:
    return {"usage": {**USAGE, **values}}


def test_only_this_format_claims_a_session(tmp_path: Path) -> None:
    user = {"type": "user", "uuid": "u0", "sessionId": "s1", "message": {"role": "user"}}
    for number, lines in enumerate(([answer()], [user], [user, answer()])):
        path = written(tmp_path / f"{number}.jsonl", lines)
        assert [f.name for f in FORMATS if f.claims(sample_of(path))] == ["claude_code"]


def test_objects_of_the_api_are_not_claimed(tmp_path: Path) -> None:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "usage": USAGE}
    for number, line in enumerate((message, {"sessionId": "s", "value": 1}, {"message": "x"})):
        path = written(tmp_path / f"{number}.jsonl", [line])
        assert not ClaudeCode().claims(sample_of(path))


def test_counts_are_disjoint_and_a_sum_is_a_write_of_five_minutes(store: Store) -> None:
    imported(store, "a.jsonl", [answer()])
    assert amounts(store) == {
        "claude-opus-5": {
            Meter.INPUT: 100,
            Meter.CACHED_INPUT: 40,
            Meter.CACHE_WRITE: 50,
            Meter.OUTPUT: 5,
        }
    }


def test_the_parts_of_an_answer_count_once_and_the_fullest_is_kept(store: Store) -> None:
    lines = [answer(used(output_tokens=n)) for n in (1, 9, 9)]
    other = answer(used(output_tokens=9), requestId="req_2")
    found = imported(store, "a.jsonl", [*lines, other])
    assert accounting(found) == {"read": 4, "added": 2, "replaced": 1, "duplicate": 1}
    assert amounts(store)["claude-opus-5"][Meter.OUTPUT] == 18


def test_a_session_that_went_on_adds_what_is_new(store: Store) -> None:
    imported(store, "a.jsonl", [answer()])
    found = imported(store, "b.jsonl", [answer(), answer({"id": "msg_2"})])
    assert accounting(found) == {"read": 2, "added": 1, "duplicate": 1}


def test_other_lines_are_read_and_have_no_usage(store: Store) -> None:
    lines = [
        {"type": "summary", "leafUuid": "u1", "summary": "x"},
        answer({"model": "<synthetic>"}),
        answer({"usage": None}),
        answer(),
    ]
    found = imported(store, "a.jsonl", lines)
    assert accounting(found) == {"read": 4, "added": 1, "without_usage": 3}
    assert sum(cell.requests for cell in store.cells(CellQuery())) == 1


def test_a_session_without_answers_says_so(store: Store) -> None:
    found = imported(store, "a.jsonl", [{"type": "summary", "leafUuid": "u", "uuid": "v"}])
    assert found.notices == ("the session holds no answer of a model: nothing was imported",)
    assert store.is_empty()


@pytest.mark.parametrize(
    ("message", "provider"),
    [("msg_1", "anthropic"), ("msg_bdrk_1", "bedrock"), ("msg_vrtx_1", "google")],
)
def test_who_served_it(message: str, provider: str, store: Store) -> None:
    imported(store, "a.jsonl", [answer({"id": message})])
    assert [cell.key.provider for cell in store.cells(CellQuery())] == [provider]


def test_of_a_folder_only_its_name_is_kept(store: Store) -> None:
    imported(store, "a.jsonl", [answer(cwd="C:\\Users\\eve\\shop")])
    cells = store.cells(CellQuery(by=("project",)))
    assert [cell.dimensions for cell in cells] == [("shop",)]


WRONG: list[tuple[object, str]] = [
    (answer(used(output_tokens=True)), "output_tokens is 'True', not a whole number"),
    (answer({"usage": [1]}), "usage is '[1]', not an object"),
    (answer({"model": None}), "no model name"),
    (answer(timestamp="soon"), "neither a time"),
    (answer(timestamp=None), "no time"),
    (answer(used(cache_creation={"ephemeral_5m_input_tokens": 7})), "are not the 50"),
    (answer(costUSD="much"), "costUSD is 'much', not an amount of money"),
    ('{"type": "assistant", "sessionId"', "cannot be read as JSON"),
    ("[" * 100_000, "cannot be read as JSON"),
    ("3", "is JSON, but no object"),
]


def test_what_cannot_be_right_is_set_aside(store: Store) -> None:
    found = imported(store, "a.jsonl", [answer(), *(line for line, _ in WRONG)])
    assert [each.line for each in found.set_aside] == [2 + n for n in range(len(WRONG))]
    for each, (_, said) in zip(found.set_aside, WRONG, strict=True):
        assert said in each.reason


def test_a_real_session(store: Store) -> None:
    found = import_file(store, real_file("exports/claude-code-session.jsonl"))
    assert accounting(found) == {"read": 3, "added": 3}
    both = amounts(store)
    assert both["claude-opus-4-20250514"] == {
        Meter.INPUT: 200,
        Meter.CACHED_INPUT: 20,
        Meter.CACHE_WRITE: 50,
        Meter.OUTPUT: 75,
    }
    assert both["claude-sonnet-4-20250514"][Meter.INPUT] == 400


def test_what_the_session_says_it_cost_stands_beside(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", [answer(costUSD=0.12)])
    opened = ClaudeCode().open(sample_of(path), ImportOptions(), tmp_path)
    (line,) = opened.path.read_text().splitlines()
    assert Decimal(json.loads(line)["reported_cost"]) == Decimal("0.12")


COUNT = st.integers(0, 10**9)


@given(COUNT, COUNT, COUNT, COUNT, COUNT, st.booleans())
@settings(max_examples=settings().max_examples // 4)  # each imports files
def test_parts_are_all_that_was_counted_or_the_row_is_set_aside(
    plain: int, read: int, five: int, hour: int, out: int, wrong: bool
) -> None:
    usage = {
        "input_tokens": plain,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": five + hour + wrong,
        "cache_creation": {"ephemeral_5m_input_tokens": five, "ephemeral_1h_input_tokens": hour},
        "output_tokens": out,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "a.jsonl", [answer({"usage": usage})])
        opened = ClaudeCode().open(sample_of(path), ImportOptions(), Path(folder))
        (text,) = opened.path.read_text().splitlines()
    if wrong:
        assert text == "!"
        return
    line = json.loads(text)
    assert sum(int(line.get(str(m), 0)) for m in Meter) == plain + read + five + hour + out
