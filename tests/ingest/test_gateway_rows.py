"""Rows of gateways: every container, values of any kind, and nothing that stops an import."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ingest.files import sample_of
from ingest.formats.helicone import Helicone
from ingest.formats.litellm import Litellm
from ingest.formats.litellm_daily import LitellmDaily
from ingest.formats.openrouter import Openrouter
from ingest.gateway_rows import first_name, gateway_rows, inside, key_sets, labelled, name_of
from ingest.projection import ImportOptions, Sample
from ingest.values import Fault
from tests.ingest import test_helicone, test_litellm, test_litellm_daily, test_openrouter

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.formats.base import Format

JUNK: list[Any] = [
    None, "", 0, -1, 1.5, 1e308, 10**25, "9" * 5_000, [], {}, [[]], {"a": {}}, True, "\x00x",
    "\ud800", "{", "[1", '{"a": 1}', "None", float("nan"), float("inf"), "1e999999999999",
    "2026-13-01", "0001-01-01", "9999-12-31T23:59:59+14:00", {"usage_object": [1]},
    {"usage_object": "{"}, {"usage_object": {"prompt_tokens_details": 7}}, ["feature:", ":", None],
    {"models": {"": {"metrics": [1]}, "m": 7}}, {"usage": {"prompt_tokens": "x"}},
]  # fmt: skip
ROWS: list[tuple[Format, dict[str, Any]]] = [
    (Litellm(), test_litellm.ROW),
    (LitellmDaily(), test_litellm_daily.ROW),
    (LitellmDaily(), {name.lower(): value for name, value in test_litellm_daily.UI.items()}),
    (LitellmDaily(), {"date": "2026-11-30", "metrics": {}, "breakdown": {}}),
    (Openrouter(), test_openrouter.LOG),
    (Openrouter(), test_openrouter.DAY),
    (Openrouter(), test_openrouter.GENERATION),
    (Helicone(), {**test_helicone.ROW, "response_body": {}, "properties": {}}),
]


@pytest.mark.parametrize(("format_", "row"), ROWS, ids=lambda each: getattr(each, "name", ""))
@pytest.mark.parametrize("seed", range(10))
def test_no_value_stops_an_import(
    format_: Format, row: dict[str, Any], seed: int, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    rows = [
        {**row, **{name: chance.choice(JUNK) for name in chance.sample(list(row), 2)}}
        for _ in range(20)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    opened = format_.open(sample_of(path), ImportOptions(), tmp_path)
    lines = opened.path.read_text(encoding="utf-8").splitlines()
    assert len(lines) >= len(rows)
    for place, reason in opened.reasons(range(len(lines))):
        assert 1 <= place <= len(rows)
        assert reason
        assert len(reason) < 300


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (" a ", "a"), (7, "7"), (Decimal("1.50"), "1.50"), ("a\x00\ud800b", "ab"),
        (None, None), ("", None), ("None", None), ("null", None), ("\\N", None),
        (True, None), ({"a": 1}, None), (["a"], None),
    ],
)  # fmt: skip
def test_names(value: object, name: str | None) -> None:
    assert name_of(value) == name


def test_the_first_name_counts() -> None:
    assert first_name(None, "", {}, "b", "c") == "b"
    assert first_name() is None


def test_objects_inside_of_each_other_also_as_text() -> None:
    whole = {"a": '{"b": "{\\"c\\": 0.10}"}', "torn": '{"b', "word": "b"}
    assert inside(whole, "a", "b", "c") == Decimal("0.10")
    assert str(inside(whole, "a", "b", "c")) == "0.10"
    assert inside(whole, "none", "b") is None
    assert inside(whole, "word", "b") is None
    with pytest.raises(Fault, match="torn cannot be read as JSON"):
        inside(whole, "torn", "b")


def test_labels_that_mean_a_dimension() -> None:
    options = ImportOptions(dimensions={"Area": "feature"})
    labels = {"FEATURE": "b", "area": "a", "env": "production", "other": "x", "team": None}
    assert labelled(labels, options) == {"feature": "a", "environment": "production"}
    assert labelled(labels, ImportOptions())["feature"] == "b"


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("A,b\n1,2\n", {"a", "b"}),
        ("\ufeffA\tb\r\n", {"a", "b"}),
        ('[{"A": 1, "b": 2}]', {"a", "b"}),
        ('\n{"A": 1, "b": 2}\n', {"a", "b"}),
        ('{"total": 1, "data": [{"A": 1, "b": 2}, {"A', {"a", "b"}),
        ('{"data": {"A": 1, "b": 2}}', {"a", "b"}),
        ('[{"A": 1, "b": "' + "x" * 100, {"a", "b"}),
    ],
)
def test_keys_of_the_first_rows(text: str, keys: set[str], tmp_path: Path) -> None:
    assert set(key_sets(Sample(tmp_path / "x", text, complete=False))) == {frozenset(keys)}


def test_rows_of_an_answer_have_their_place(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('\n{"results": [{"A": 0.10}, 7]}\n"x"\n', encoding="utf-8")
    found = list(gateway_rows(sample_of(path)))
    assert [(each.line, each.where, str(each.values)) for each in found] == [
        (2, "row 1", "{'a': Decimal('0.10')}"),
        (2, "row 2", "no object with keys"),
        (3, "", "no object with keys"),
    ]
