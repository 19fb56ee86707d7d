"""LiteLLM's sums of days: tables, the activity of the API, and the UI's CSV."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats import FORMATS
from ingest.formats.litellm_daily import LitellmDaily
from ingest.imports import ImportOptions
from ingest.store import CellQuery
from tests.ingest.chats import adds_up, totals
from tests.ingest.gateways import claims, containers, imported, lines, raw_rows, table
from tests.ingest.usage_pages import NOVEMBER_30, bucket, page, result

ROW: dict[str, Any] = {
    "date": "2026-11-30",
    "api_key": "key-hash",
    "model": "gpt-4.1-mini",
    "custom_llm_provider": "openai",
    "prompt_tokens": 1000,
    "completion_tokens": 100,
    "cache_read_input_tokens": 400,
    "cache_creation_input_tokens": 0,
    "spend": 0.00044,
    "api_requests": 7,
}
STORED = {"requests": 7, "input": 600, "cached_input": 400, "output": 100}
UI = {
    "Date": "2026-11-30",
    "Team": "Support",
    "Team ID": "team-7",
    "Spend ($)": "1,000.2500",
    "Requests": "7",
    "Total Tokens": "1100",
    "Prompt Tokens": "1000",
    "Completion Tokens": "100",
}


def test_every_container_reads_the_same(tmp_path: Path) -> None:
    for name, text in containers([ROW]).items():
        folder = tmp_path / name
        folder.mkdir()
        assert [f.name for f in FORMATS if claims(f, folder, text)] == ["litellm_daily"], name
        found, store = imported(folder, text, name)
        assert (found.rows_added, found.notices) == (1, ()), name
        assert totals(store) == STORED, name


def test_other_files_are_not_claimed(tmp_path: Path) -> None:
    for text in ("date,spend\n", "Date,Requests,Slug,Usage\n", '{"date": 1, "metrics": {}}', "[]"):
        assert not claims(LitellmDaily(), tmp_path, text)


def test_an_export_without_rows_says_so(tmp_path: Path) -> None:
    found, _ = imported(tmp_path, table([ROW]).splitlines()[0] + "\n", "none.csv")
    assert (found.format, found.rows_read) == ("litellm_daily", 0)
    assert found.notices == ("the file holds no usage: nothing was imported",)


def test_a_later_export_of_a_day_restates_it(tmp_path: Path) -> None:
    imported(tmp_path, lines([ROW]), "a.jsonl")
    later = {**ROW, "prompt_tokens": 2000, "api_requests": 9}
    found, store = imported(tmp_path, lines([later]), "b.jsonl")
    assert (found.rows_added, found.rows_replaced) == (0, 1)
    assert totals(store) == {**STORED, "requests": 9, "input": 1600}


def test_a_day_that_openai_has_exported_too_counts_once(tmp_path: Path) -> None:
    usage = result(model="gpt-4.1-mini", num_model_requests=7, input_tokens=1000,
                   output_tokens=100, input_cached_tokens=400)  # fmt: skip
    imported(tmp_path, json.dumps(page(bucket(usage, start=NOVEMBER_30))), "openai.json")
    _, store = imported(tmp_path, lines([ROW]), "a.jsonl")
    assert totals(store) == STORED


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"cache_read_input_tokens": 1001},
     "1001 cached input tokens are more than the 1000 input tokens"),
    ({"completion_tokens": -1}, "completion_tokens is '-1', not a whole number"),
    ({"api_requests": 1.5}, "api_requests is '1.5', not a whole number"),
    ({"spend": "x"}, "spend is 'x', not an amount of money"),
    ({"date": None}, "no time: name the day with --date"),
    ({"date": "soon"}, "date is 'soon', neither a time nor seconds since 1970"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "reason"), WRONG, ids=[reason for _, reason in WRONG])
def test_what_cannot_be_right_is_set_aside(
    values: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    found, store = imported(tmp_path, lines([ROW, {**ROW, **values}]), "a.jsonl")
    assert [(each.line, each.reason) for each in found.set_aside] == [(2, reason)]
    assert totals(store) == STORED


def test_the_read_tokens_may_be_all_of_the_input(tmp_path: Path) -> None:
    _, store = imported(tmp_path, lines([{**ROW, "cache_read_input_tokens": 1000}]), "a.jsonl")
    assert totals(store) == {"requests": 7, "cached_input": 1000, "output": 100}


def test_a_table_by_tag_says_that_it_counts_twice(tmp_path: Path) -> None:
    found, store = imported(tmp_path, lines([{**ROW, "tag": "feature:chat"}]), "a.jsonl")
    assert [each[:20] for each in found.notices] == ["the table is by tag:"]
    (cell,) = store.cells(CellQuery(by=("feature",)))
    assert cell.dimensions == ("chat",)


def test_spend_without_tokens_is_not_usage_of_nothing(tmp_path: Path) -> None:
    none = dict.fromkeys(("prompt_tokens", "completion_tokens", "cache_read_input_tokens"), 0)
    rows = [{**ROW, **none}, {**ROW, **none, "spend": 0, "model": "failed"}]
    found, store = imported(tmp_path, lines(rows), "a.jsonl")
    assert (found.rows_without_usage, found.rows_added) == (1, 1)
    assert totals(store) == {"requests": 7, "unmetered": 1}


def activity(**models: object) -> str:
    metrics = {"prompt_tokens": 1000, "completion_tokens": 100, "api_requests": 7, "spend": 0.1}
    day = {"date": "2026-11-30", "metrics": metrics, "breakdown": {"models": models}}
    return json.dumps({"results": [day], "metadata": {"page": 1}})


def test_activity_by_model_in_both_of_its_shapes(tmp_path: Path) -> None:
    counts = {"prompt_tokens": 500, "completion_tokens": 50, "api_requests": 3, "spend": 0.05}
    text = activity(one=counts, two={"metrics": counts, "metadata": {}})
    assert [f.name for f in FORMATS if claims(f, tmp_path, text)] == ["litellm_daily"]
    found, store = imported(tmp_path, text)
    assert (found.rows_added, found.notices) == (2, ())
    assert totals(store) == {"requests": 6, "input": 1000, "output": 100}


def test_activity_whose_models_are_not_all_of_the_day_is_flagged(tmp_path: Path) -> None:
    counts = {"prompt_tokens": 500, "completion_tokens": 50, "api_requests": 3}
    found, _ = imported(tmp_path, activity(one=counts))
    assert found.notices == (
        "1 sums have parts that do not add up to their total: the parts were counted",
    )
    wrong: list[object] = [7, {"metrics": []}]
    for model in wrong:
        found, _ = imported(tmp_path, activity(one=model))
        assert [each.reason for each in found.set_aside] == [
            "row 1: metrics is no object with keys"
        ]


def test_activity_without_models_is_a_day_without_a_price(tmp_path: Path) -> None:
    found, store = imported(tmp_path, activity())
    assert [cell.key.model for cell in store.cells(CellQuery())] == ["(not given)"]
    assert found.notices == (
        "the export is not grouped by model, so it has no price: export it by model",
    )


def test_the_csv_of_the_ui_keeps_spend_as_charges(tmp_path: Path) -> None:
    rows = [UI, {**UI, "Team": "someone@example.com", "Spend ($)": "2.5000"}]
    found, store = imported(tmp_path, table(rows), "ui.csv")
    assert (found.format, found.rows_added) == ("litellm_daily", 2)
    charges = [each.charge for each in store.charges()]
    assert {(each.amount, each.team, each.provider, each.start) for each in charges} == {
        (Decimal("1000.2500"), "Support", "litellm", datetime(2026, 11, 30, tzinfo=UTC)),
        (Decimal("2.5000"), None, "litellm", datetime(2026, 11, 30, tzinfo=UTC)),
    }
    assert {(c.key.provider, c.key.model) for c in store.cells(CellQuery())} == {
        ("litellm", "(not given)")
    }
    assert b"someone@example.com" not in (tmp_path / "store.duckdb").read_bytes()


def test_a_provider_that_somebody_names_counts_for_usage_and_charges(tmp_path: Path) -> None:
    options = ImportOptions(provider="openai")
    _, store = imported(tmp_path, table([UI]), "ui.csv", options)
    assert [each.charge.provider for each in store.charges()] == ["openai"]
    assert [each.key.provider for each in store.cells(CellQuery())] == ["openai"]


def test_the_csv_of_the_ui_by_model_is_not_true(tmp_path: Path) -> None:
    found, store = imported(tmp_path, table([{**UI, "Model": "gpt-4.1"}]), "ui.csv")
    assert found.rows_set_aside == 1
    assert store.is_empty()
    assert store.charges() == []


amounts = st.integers(-2, 200)


@settings(max_examples=settings().max_examples // 4)  # each imports files
@given(st.lists(st.tuples(amounts, amounts, amounts, amounts), min_size=1, max_size=6))
def test_parts_sum_to_the_total_or_the_row_is_set_aside(
    counts: list[tuple[int, int, int, int]],
) -> None:
    names = ("prompt_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
             "completion_tokens")  # fmt: skip
    rows = [{**ROW, "spend": 0, **dict(zip(names, each, strict=True))} for each in counts]
    good = [each for each in counts if min(each) >= 0 and each[1] + each[2] <= each[0]]
    with tempfile.TemporaryDirectory() as folder:
        found, store = imported(Path(folder), lines(rows), "a.jsonl")
        stored = raw_rows(store)
    assert adds_up(found)
    assert found.rows_set_aside == len(rows) - len(good)
    parts = [each["input"] + each["cached_input"] + each["cache_write"] for each in stored]
    assert sum(parts) == sum(each[0] for each in good)
    assert sum(each["output"] for each in stored) == sum(each[3] for each in good)
