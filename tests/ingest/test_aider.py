"""Aider's analytics: who served a model, events without usage, and costs that cannot be right."""

from __future__ import annotations

import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.meters import Meter
from ingest.files import sample_of
from ingest.formats import FORMATS
from ingest.formats.aider import Aider
from ingest.imports import import_file
from ingest.projection import ImportOptions
from ingest.store import CellQuery, Store
from tests.ingest.chats import accounting, imported, written
from tests.ingest.usage_pages import amounts
from tests.real import real_file


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


def message(tokens_in: int = 100, out: int = 10, **properties: object) -> dict[str, Any]:
    usual = {
        "main_model": "gpt-4.1-mini",
        "edit_format": "diff",
        "prompt_tokens": tokens_in,
        "completion_tokens": out,
        "total_tokens": tokens_in + out,
        "cost": 0.001,
    }
    return {
        "event": "message_send",
        "properties": {**usual, **properties},
        "user_id": "u-1",
        "time": 1_793_613_600,
    }


def test_only_this_format_claims_the_log(tmp_path: Path) -> None:
    launched = {"event": "launched", "properties": {"aider_version": "0.80"}, "time": 1}
    for number, line in enumerate((message(), launched)):
        path = written(tmp_path / f"{number}.jsonl", [line])
        assert [f.name for f in FORMATS if f.claims(sample_of(path))] == ["aider"]
    others = [{"event": "x", "properties": {"model": "m"}}, {"event": "message_send"}]
    assert not Aider().claims(sample_of(written(tmp_path / "x.jsonl", others)))


@pytest.mark.parametrize(
    ("name", "provider", "model"),
    [
        ("gpt-4.1-mini", "openai", "gpt-4.1-mini"),
        ("claude-opus-5", "anthropic", "claude-opus-5"),
        ("anthropic/claude-opus-5", "anthropic", "claude-opus-5"),
        ("gemini/gemini-3.7-flash", "google", "gemini-3.7-flash"),
        ("openrouter/anthropic/claude-opus-5", "openrouter", "anthropic/claude-opus-5"),
        ("ollama/REDACTED", "ollama", "REDACTED"),
    ],
)
def test_who_served_it(name: str, provider: str, model: str, store: Store) -> None:
    imported(store, "a.jsonl", [message(main_model=name)])
    (cell,) = store.cells(CellQuery())
    assert (cell.key.provider, cell.key.model) == (provider, model)


def test_equal_messages_all_count_and_again_none(store: Store) -> None:
    imported(store, "a.jsonl", [message(), message()])
    found = imported(store, "b.jsonl", [message(), message()])
    assert accounting(found) == {"read": 2, "duplicate": 2}
    assert amounts(store) == {"gpt-4.1-mini": {Meter.INPUT: 200, Meter.OUTPUT: 20}}


@pytest.mark.parametrize(("cost", "flagged"), [(0.11, False), (0.1101, True), (0, False)])
def test_a_cost_is_kept_beside_and_flagged_where_no_model_costs_that(
    cost: float, flagged: bool, tmp_path: Path
) -> None:
    path = written(tmp_path / "a.jsonl", [message(cost=cost)])
    opened = Aider().open(sample_of(path), ImportOptions(), tmp_path)
    row = json.loads(opened.path.read_text())
    assert Decimal(row.get("reported_cost", "0")) == Decimal(str(cost))
    assert bool(opened.projection.notices) is flagged  # 110 tokens at a dollar for a thousand


def test_a_log_without_messages_says_so(store: Store) -> None:
    line = {"event": "launched", "properties": {"aider_version": "0.80"}}
    found = imported(store, "a.jsonl", [line])
    assert found.notices == ("the log holds no messages to a model: nothing was imported",)
    assert accounting(found) == {"read": 1, "without_usage": 1}


WRONG: list[tuple[object, str]] = [
    (message(main_model=None), "main_model is not given"),
    (message(main_model=["x"]), "main_model is \"['x']\", not a name"),
    (message(prompt_tokens=-1), "prompt_tokens is '-1'"),
    (message(total_tokens=7), "100 and 10 tokens are not the 7 of total_tokens"),
    (message(cost="much"), "cost is 'much', not an amount of money"),
    ({**message(), "time": "then"}, "neither a time"),
    ({**message(), "properties": 3}, "properties is '3', not an object"),
    ({"properties": {}}, "no event"),
    ("{", "cannot be read as JSON"),
]


def test_what_cannot_be_right_is_set_aside(store: Store) -> None:
    found = imported(store, "a.jsonl", [message(), *(line for line, _ in WRONG)])
    assert [each.line for each in found.set_aside] == [2 + n for n in range(len(WRONG))]
    for each, (_, said) in zip(found.set_aside, WRONG, strict=True):
        assert said in each.reason


def test_a_real_log(store: Store) -> None:
    found = import_file(store, real_file("aider-usage.jsonl"))
    assert accounting(found) == {"read": 5522, "added": 5500, "set_aside": 22}
    assert {each.reason for each in found.set_aside} == {
        "main_model is not given: no model was named"
    }
    assert len(found.notices) == 1
    assert found.notices[0].startswith(
        "1 row claims a cost that no model has, the largest 9,990.01"
    )


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=8))
@settings(max_examples=settings().max_examples // 4)  # each imports files
def test_parts_are_the_total(calls: list[tuple[int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "a.jsonl", [message(*call) for call in calls])
        opened = Aider().open(sample_of(path), ImportOptions(), Path(folder))
        rows = [json.loads(line) for line in opened.path.read_text().splitlines()]
    found = sum(int(row.get(str(meter), 0)) for row in rows for meter in Meter)
    assert found == sum(map(sum, calls))
