"""A small file is asked only for what its text can hold; nothing that it holds is overlooked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from costmodel.meters import Meter
from ingest.narrowing import keys_of, within
from ingest.projection import TEXT, Projection
from ingest.store import Store
from tests.ingest.chats import by_dimension, chat, imported, totals

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


PROJECTION = Projection(
    reader="read_json(?, columns={columns})",
    parameters=["usage.jsonl"],
    columns={"id": TEXT, "team": TEXT, "usage": {"in": TEXT, "deep": {"out": TEXT}}},
    raw={
        "name": ("id",),
        "label_team": ('"team"', 'usage."team"'),
        "counted": ('usage."in"', "usage.deep.out"),
        "rare": ("usage.deep.out",),
    },
    derived={"n_rare": "count_of(rare)", "n_counted": "count_of(counted)"},
    occurred_at="NULL",
    time_given="false",
    recognised="true",
    has_usage="true",
    sound="true",
    request_id="name",
    provider="'openai'",
    model="name",
    zone="'global'",
    tier="'standard'",
    meters={
        Meter.INPUT: "n_counted",
        Meter.OUTPUT: "n_rare",
        Meter.OUTPUT_AUDIO: "n_rare",
        Meter.INPUT_AUDIO: "n_counted - n_rare",
    },
    dimensions={"team": "label(label_team)", "feature": "label(name)"},
    measures={"retries": "number_of(rare)"},
)


def test_what_needs_an_absent_key_is_left_out_and_the_main_meters_stay() -> None:
    found = within(PROJECTION, {"id", "usage", "in"}.__contains__)
    assert found.columns == {"id": TEXT, "usage": {"in": TEXT}}
    assert found.raw == {
        "name": ("id",), "label_team": (), "counted": ('usage."in"',), "rare": (),
    }  # fmt: skip
    assert set(found.meters) == {Meter.INPUT, Meter.OUTPUT, Meter.INPUT_AUDIO}
    assert set(found.dimensions) == {"feature"}
    assert not found.measures


def test_an_object_without_a_known_key_is_read_as_text_and_a_file_needs_a_column() -> None:
    assert within(PROJECTION, {"usage"}.__contains__).columns == {"usage": TEXT}
    assert within(PROJECTION, lambda _: False).columns == {"id": TEXT}
    assert within(PROJECTION, lambda _: True) == PROJECTION


def test_keys_of_a_place() -> None:
    assert keys_of('response.body."a ""b"".c"') == ("response", "body", 'a "b".c')


def test_a_key_written_in_code_is_found(store: Store) -> None:
    line = json.dumps(chat(1, metadata={"feature": "chat", "team": "desk"}))
    coded = line.replace('"feature"', '"\\u0066eature"').replace('"prompt_t', '"\\u0070rompt_t')
    imported(store, "a.jsonl", [coded])
    assert by_dimension(store, "feature") == {"chat": 1}
    assert totals(store) == {"requests": 1, "input": 100, "output": 10}


def test_a_label_that_one_line_has_at_another_place_is_found(store: Store) -> None:
    batch = {"custom_id": "b", "response": {"status_code": 200, "body": chat(2)}, "team": "night"}
    imported(store, "a.jsonl", [chat(1, metadata={"team": "desk"}), batch])
    assert by_dimension(store, "team") == {"desk": 1, "night": 1}
