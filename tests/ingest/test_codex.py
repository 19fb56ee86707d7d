"""Codex's sessions: the last call or what the total grew by, never both, and nothing twice."""

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
from ingest.formats.codex import Codex
from ingest.imports import import_file
from ingest.projection import ImportOptions
from ingest.store import CellQuery, Store
from tests.ingest.chats import accounting, imported, written
from tests.ingest.usage_pages import amounts
from tests.real import real_file

META = {
    "timestamp": "2026-11-02T09:00:00Z",
    "type": "session_meta",
    "payload": {"id": "s1", "cwd": "/home/eve/shop"},
}
TURN = {
    "timestamp": "2026-11-02T09:00:00Z",
    "type": "turn_context",
    "payload": {"model": "gpt-5.2-codex"},
}
Usage = dict[str, object]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


def counts(tokens_in: int, out: int, cached: int = 0, reasoning: int = 0) -> Usage:
    return {
        "input_tokens": tokens_in,
        "cached_input_tokens": cached,
        "output_tokens": out,
        "reasoning_output_tokens": reasoning,
        "total_tokens": tokens_in + out,
    }


def event(last: object = None, total: object = None, **info: object) -> dict[str, Any]:
    found = {"last_token_usage": last, "total_token_usage": total, **info}
    known = {name: value for name, value in found.items() if value is not None}
    return {
        "timestamp": "2026-11-02T09:01:00Z",
        "type": "event_msg",
        "payload": {"type": "token_count", "info": known},
    }


def tokens(store: Store) -> tuple[int, int, int]:
    found = amounts(store).get("gpt-5.2-codex", {})
    names = (Meter.INPUT, Meter.CACHED_INPUT, Meter.OUTPUT)
    return found.get(names[0], 0), found.get(names[1], 0), found.get(names[2], 0)


def test_only_this_format_claims_a_session(tmp_path: Path) -> None:
    for number, line in enumerate((META, TURN, event(counts(1, 1)))):
        path = written(tmp_path / f"{number}.jsonl", [line])
        assert [f.name for f in FORMATS if f.claims(sample_of(path))] == ["codex"]
    other = written(tmp_path / "x.jsonl", [{"type": "event_msg"}, {"type": "x", "payload": {}}])
    assert not Codex().claims(sample_of(other))


def test_cached_is_inside_input_and_reasoning_inside_output(store: Store) -> None:
    imported(store, "a.jsonl", [META, TURN, event(counts(100, 20, cached=30, reasoning=15))])
    assert tokens(store) == (70, 30, 20)


def test_the_last_call_counts_and_the_running_total_does_not(store: Store) -> None:
    lines = [event(counts(100, 20), counts(100, 20)), event(counts(50, 10), counts(150, 30))]
    found = imported(store, "a.jsonl", [META, TURN, *lines])
    assert found.notices == ()
    assert tokens(store) == (150, 0, 30)


def test_without_a_last_call_what_the_total_grew_by_counts(store: Store) -> None:
    lines = [event(total=counts(100, 20, 10)), event(total=counts(150, 30, 40))]
    imported(store, "a.jsonl", [META, TURN, *lines])
    assert tokens(store) == (110, 40, 30)


def test_the_same_total_again_is_no_new_usage(store: Store) -> None:
    same = event(counts(100, 20), counts(100, 20))
    found = imported(store, "a.jsonl", [META, TURN, same, same, same])
    assert accounting(found) == {"read": 5, "added": 1, "without_usage": 4}
    assert tokens(store) == (100, 0, 20)


def test_equal_calls_without_totals_all_count(store: Store) -> None:
    imported(store, "a.jsonl", [META, TURN, event(counts(7, 1)), event(counts(7, 1))])
    assert tokens(store) == (14, 0, 2)


def test_a_total_that_fell_began_again(store: Store) -> None:
    imported(store, "a.jsonl", [META, TURN, event(total=counts(9, 9)), event(total=counts(4, 4))])
    assert tokens(store) == (13, 0, 13)


def test_totals_and_sums_that_do_not_fit_are_noted(store: Store) -> None:
    beside = {**counts(10, 5, reasoning=3), "total_tokens": 18}
    lines = [event(counts(9, 1), counts(9, 1)), event(beside, counts(90, 9))]
    found = imported(store, "a.jsonl", [META, TURN, *lines])
    assert [each.split(":")[0] for each in found.notices] == [
        "in 1 events the session's total grew by another amount than the last call used",
        "in 1 events total_tokens is not input plus output",
    ]


def test_the_model_of_an_event_and_of_its_turn(store: Store) -> None:
    turn = {**TURN, "payload": {"model": "b"}}
    lines = [TURN, event(counts(1, 1)), turn, event(counts(2, 2)), event(counts(4, 4), model="c")]
    imported(store, "a.jsonl", [META, *lines])
    assert {m: n[Meter.INPUT] for m, n in amounts(store).items()} == {
        "gpt-5.2-codex": 1,
        "b": 2,
        "c": 4,
    }


def test_a_session_that_went_on_adds_what_is_new(store: Store) -> None:
    lines = [META, TURN, event(counts(1, 1), counts(1, 1)), event(counts(2, 2), counts(3, 3))]
    imported(store, "a.jsonl", lines[:3])
    found = imported(store, "b.jsonl", lines)
    assert (found.rows_added, found.rows_duplicate) == (1, 1)
    cells = store.cells(CellQuery(by=("project",)))
    assert {cell.dimensions for cell in cells} == {("shop",)}


def test_a_session_without_usage_says_so(store: Store) -> None:
    found = imported(store, "a.jsonl", [META, TURN])
    assert found.notices == ("the session holds no usage: nothing was imported",)
    assert store.is_empty()


WRONG: list[tuple[object, str]] = [
    (event(counts(5, 1, cached=6)), "6 cached input tokens are more than the 5 input tokens"),
    (event(counts(5, 1, reasoning=2)), "2 reasoning tokens are more than the 1 output tokens"),
    (event({**counts(5, 1), "output_tokens": 1.5}), "output_tokens is '1.5'"),
    (event([1]), "last_token_usage is '[1]', not an object"),
    (event(counts(-1, 1)), "input_tokens is '-1'"),
    ({"type": {"a": 1}, "payload": {}}, "type is \"{'a': 1}\", not a name"),
    ("{", "cannot be read as JSON"),
]


def test_what_cannot_be_right_is_set_aside(store: Store) -> None:
    found = imported(store, "a.jsonl", [META, TURN, *(line for line, _ in WRONG)])
    assert [each.line for each in found.set_aside] == [3 + n for n in range(len(WRONG))]
    for each, (_, said) in zip(found.set_aside, WRONG, strict=True):
        assert said in each.reason


def test_usage_before_any_model_is_set_aside(store: Store) -> None:
    found = imported(store, "a.jsonl", [META, event(counts(1, 1))])
    assert found.set_aside[0].reason == "no turn_context before it names a model"


def test_a_real_session(store: Store) -> None:
    found = import_file(store, real_file("exports/codex-session.jsonl"))
    assert accounting(found) == {"read": 3, "added": 2, "without_usage": 1}
    assert amounts(store) == {
        "gpt-5.2-codex": {Meter.INPUT: 750, Meter.CACHED_INPUT: 250, Meter.OUTPUT: 125},
        "gpt-5.3-codex": {Meter.INPUT: 2000, Meter.CACHED_INPUT: 500, Meter.OUTPUT: 300},
    }
    assert len(found.notices) == 1  # its total_tokens count reasoning beside output


CALL = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.booleans())


@given(st.lists(CALL, max_size=12))
@settings(max_examples=settings().max_examples // 4)  # each imports files
def test_all_calls_together_are_the_last_total(calls: list[tuple[int, int, bool]]) -> None:
    lines: list[object] = [META, TURN]
    sums = [0, 0]
    for tokens_in, out, with_last in calls:
        sums = [sums[0] + tokens_in, sums[1] + out]
        last = counts(tokens_in, out, tokens_in // 2) if with_last else None
        lines.append(event(last, counts(*sums)))
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "a.jsonl", lines)
        opened = Codex().open(sample_of(path), ImportOptions(), Path(folder))
        rows = [json.loads(line) for line in opened.path.read_text().splitlines()]
    found = sum(int(row.get(str(meter), 0)) for row in rows for meter in Meter)
    assert found == sum(sums)
