"""Bedrock's log: disjoint counts, envelopes of CloudWatch, invocations that were not counted."""

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
from ingest.formats.bedrock import Bedrock
from ingest.projection import ImportOptions
from ingest.store import CellQuery, Store
from tests.ingest.chats import accounting, imported, written
from tests.ingest.usage_pages import amounts

COUNTS = {"inputTokenCount": 10, "cacheReadInputTokenCount": 20, "cacheWriteInputTokenCount": 30}
STORED = {Meter.INPUT: 10, Meter.CACHED_INPUT: 20, Meter.CACHE_WRITE: 30, Meter.OUTPUT: 4}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


def log(**values: object) -> dict[str, Any]:
    return {
        "schemaType": "ModelInvocationLog",
        "timestamp": "2026-11-02T10:00:00Z",
        "region": "eu-west-1",
        "requestId": "r-1",
        "modelId": "amazon.nova-pro-v1:0",
        "input": COUNTS,
        "output": {"outputTokenCount": 4},
        **values,
    }


def envelopes(each: object) -> list[object]:
    text = json.dumps(each)
    return [
        {"logEvents": [{"id": "1", "message": text}]},
        {"events": [{"message": text}], "searchedLogStreams": []},
        {"@timestamp": "2026-11-02", "@message": text},
        {"message": each},
    ]


def test_the_log_and_its_envelopes_are_claimed_by_this_format_only(tmp_path: Path) -> None:
    for number, each in enumerate([log(), *envelopes(log())]):
        path = written(tmp_path / f"{number}.jsonl", [each])
        assert [f.name for f in FORMATS if f.claims(sample_of(path))] == ["bedrock"]
    for number, other in enumerate([{"schemaType": "Other"}, {"message": "ModelInvocationLog"}]):
        path = written(tmp_path / f"not{number}.jsonl", [other])
        assert not Bedrock().claims(sample_of(path))


def test_every_envelope_holds_the_same_invocation(store: Store) -> None:
    imported(store, "a.jsonl", [log()])
    found = imported(store, "b.jsonl", envelopes(log()))
    assert accounting(found) == {"read": 4, "duplicate": 4}
    assert amounts(store) == {"amazon.nova-pro-v1:0": STORED}


@pytest.mark.parametrize(
    ("model", "served", "zone"),
    [
        ("amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0", "regional:eu-west-1"),
        ("global.anthropic.x", "global.anthropic.x", "global"),
        ("arn:aws:bedrock:eu-west-1:1:inference-profile/eu.a.x", "eu.a.x", "regional:eu-west-1"),
    ],
)
def test_models_and_zones(model: str, served: str, zone: str, store: Store) -> None:
    imported(store, "a.jsonl", [log(modelId=model)])
    (cell,) = store.cells(CellQuery())
    assert (cell.key.provider, cell.key.model, cell.key.zone) == ("bedrock", served, zone)


def test_labels_of_requests_are_dimensions(store: Store) -> None:
    imported(store, "a.jsonl", [log(requestMetadata={"team": "search", "mood": "good"})])
    (cell,) = store.cells(CellQuery(by=("team",)))
    assert cell.dimensions == ("search",)


def test_what_was_not_counted_is_without_usage(store: Store) -> None:
    found = imported(store, "a.jsonl", [log(input={}, output=None, errorCode="Throttled")])
    assert accounting(found) == {"read": 1, "without_usage": 1}


def test_writes_for_an_hour_are_told_by_the_answer(store: Store) -> None:
    usage = {"cache_creation": {"ephemeral_1h_input_tokens": 12}}
    body = {"outputTokenCount": 4, "outputBodyJson": {"usage": usage}}
    imported(store, "a.jsonl", [log(output=body)])
    assert amounts(store)["amazon.nova-pro-v1:0"] == {
        **STORED,
        Meter.CACHE_WRITE: 18,
        Meter.CACHE_WRITE_1H: 12,
    }


WRONG: list[tuple[object, str]] = [
    (log(input=[1]), "input is '[1]', not an object"),
    (log(output={"outputTokenCount": "many"}), "outputTokenCount is 'many'"),
    (log(modelId=None), "no model name"),
    (log(timestamp="then"), "neither a time"),
    ({"schemaType": "Other"}, "no object of the kind ModelInvocationLog"),
    (
        log(
            output={
                "outputTokenCount": 1,
                "outputBodyJson": {"usage": {"cache_creation": {"ephemeral_1h_input_tokens": 31}}},
            }
        ),
        "31 tokens written for an hour are more than the 30",
    ),
    ("{", "cannot be read as JSON"),
]


def test_what_cannot_be_right_is_set_aside(store: Store) -> None:
    found = imported(store, "a.jsonl", [log(), *(line for line, _ in WRONG)])
    assert [each.line for each in found.set_aside] == [2 + n for n in range(len(WRONG))]
    for each, (_, said) in zip(found.set_aside, WRONG, strict=True):
        assert said in each.reason


COUNT = st.integers(0, 10**9) | st.none()


@given(COUNT, COUNT, COUNT, COUNT)
@settings(max_examples=settings().max_examples // 4)  # each imports files
def test_parts_are_all_that_was_counted(
    plain: int | None, read: int | None, wrote: int | None, out: int | None
) -> None:
    side = {
        "inputTokenCount": plain,
        "cacheReadInputTokenCount": read,
        "cacheWriteInputTokenCount": wrote,
    }
    line = log(input=side, output={"outputTokenCount": out})
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "a.jsonl", [line])
        opened = Bedrock().open(sample_of(path), ImportOptions(), Path(folder))
        row = json.loads(opened.path.read_text())
    found = sum(int(row.get(str(meter), 0)) for meter in Meter)
    assert found == sum(each or 0 for each in (plain, read, wrote, out))
