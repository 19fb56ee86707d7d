"""Anthropic's usage: pages and CSV, disjoint counts, buckets that restate each other."""

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
from ingest.formats.anthropic_usage import AnthropicUsage
from ingest.projection import ImportOptions
from ingest.store import CellQuery
from tests.ingest.usage_pages import amounts, imported

USAGE = {
    "uncached_input_tokens": 100,
    "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 30},
    "cache_read_input_tokens": 40,
    "output_tokens": 5,
    "server_tool_use": {"web_search_requests": 2},
    "model": "claude-opus-5",
}
STORED = {
    Meter.INPUT: 100,
    Meter.CACHED_INPUT: 40,
    Meter.CACHE_WRITE: 20,
    Meter.CACHE_WRITE_1H: 30,
    Meter.OUTPUT: 5,
    Meter.WEB_SEARCH_CALLS: 2,
}
HEADER = (
    "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,"
    "usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,"
    "usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,"
    "web_search_count,inference_geo,speed\n"
)
RECORD = "2026-11-02,claude-opus-5,shop,Default,standard,≤ 200k,100,20,30,40,5,2,global,\n"


def bucket(*results: object, day: int = 2, hour: int | None = None) -> dict[str, Any]:
    start = f"2026-11-{day:02}T{hour or 0:02}:00:00Z"
    end = (
        f"2026-11-{day + 1:02}T00:00:00Z"
        if hour is None
        else f"2026-11-{day:02}T{hour + 1:02}:00:00Z"
    )
    return {"starting_at": start, "ending_at": end, "results": list(results)}


def page(*buckets: object) -> dict[str, Any]:
    return {"data": list(buckets), "has_more": False, "next_page": None}


def claims(folder: Path, text: str) -> bool:
    path = folder / "x"
    path.write_text(text, encoding="utf-8")
    return AnthropicUsage().claims(sample_of(path))


def test_pages_tables_and_empty_pages_are_claimed(tmp_path: Path) -> None:
    assert claims(tmp_path, json.dumps(page(bucket(USAGE))))
    assert claims(tmp_path, json.dumps([page(bucket(USAGE))]))
    assert claims(tmp_path, json.dumps(page(bucket())))
    assert claims(tmp_path, json.dumps(page()))
    assert claims(tmp_path, HEADER)
    assert claims(tmp_path, HEADER.replace(",", ";"))


def test_costs_and_other_pages_are_not_claimed(tmp_path: Path) -> None:
    cost = {"currency": "USD", "amount": "1.5", "token_type": "uncached_input_tokens"}
    assert not claims(tmp_path, json.dumps(page(bucket(cost))))
    assert not claims(tmp_path, json.dumps({"object": "page", "data": []}))
    assert not claims(tmp_path, "usage_date_utc,model,cost_usd\n")
    assert not claims(tmp_path, json.dumps({"model": "m", "usage": {"output_tokens": 1}}))


def test_counts_are_disjoint_and_written_tokens_count_once(tmp_path: Path) -> None:
    both = {**USAGE, "cache_creation_input_tokens": 50}
    found, store = imported(tmp_path, page(bucket(both)))
    assert found.rows_added == 1
    assert amounts(store) == {"claude-opus-5": STORED}
    assert [cell.requests for cell in store.cells(CellQuery())] == [0]


def test_a_sum_without_its_split_is_a_write_of_five_minutes(tmp_path: Path) -> None:
    plain = {name: value for name, value in USAGE.items() if name != "cache_creation"}
    _, store = imported(tmp_path, page(bucket({**plain, "cache_creation_input_tokens": 50})))
    found = amounts(store)["claude-opus-5"]
    assert (found[Meter.CACHE_WRITE], found.get(Meter.CACHE_WRITE_1H)) == (50, None)


@pytest.mark.parametrize(
    ("geo", "zone"),
    [("us", "regional:us"), ("global", "global"), ("not_available", "global"), (None, "global")],
)
def test_places_of_inference(geo: str | None, zone: str, tmp_path: Path) -> None:
    _, store = imported(tmp_path, page(bucket({**USAGE, "inference_geo": geo})))
    assert [cell.key.zone for cell in store.cells(CellQuery())] == [zone]


def test_tiers_workspaces_and_keys(tmp_path: Path) -> None:
    named = {"workspace_id": "wrkspc_1", "api_key_id": "apikey_1"}
    words = [("batch", "fast"), ("standard", "fast"), ("priority_on_demand", None)]
    results = [{**USAGE, **named, "service_tier": t, "speed": s} for t, s in words]
    _, store = imported(tmp_path, page(bucket(*results)))
    cells = store.cells(CellQuery(by=("project", "api_key")))
    assert sorted(cell.key.tier for cell in cells) == ["batch", "priority", "priority_on_demand"]
    assert {cell.dimensions for cell in cells} == {("wrkspc_1", "apikey_1")}


def test_an_export_of_a_later_day_restates_the_bucket(tmp_path: Path) -> None:
    imported(tmp_path, page(bucket(USAGE)))
    found, store = imported(tmp_path, page(bucket({**USAGE, "output_tokens": 9})))
    assert (found.rows_added, found.rows_replaced) == (0, 1)
    assert amounts(store)["claude-opus-5"][Meter.OUTPUT] == 9


def test_equal_groups_of_a_bucket_add_up_and_equal_pages_do_not(tmp_path: Path) -> None:
    twice = json.dumps(page(bucket(USAGE, USAGE)))
    _, store = imported(tmp_path, f"{twice}\n{twice}\n")
    assert amounts(store)["claude-opus-5"][Meter.OUTPUT] == 10


def test_buckets_of_another_length_are_set_aside(tmp_path: Path) -> None:
    hours = [bucket(USAGE, hour=hour) for hour in range(3)]
    found, store = imported(tmp_path, page(*hours, bucket(USAGE)))
    assert (found.rows_added, found.rows_set_aside) == (3, 1)
    assert "lasts 86400 seconds, the other buckets 3600" in found.set_aside[0].reason
    assert amounts(store)["claude-opus-5"][Meter.OUTPUT] == 15


def test_the_console_says_the_same_by_day_or_by_hour(tmp_path: Path) -> None:
    _, store = imported(tmp_path, HEADER + RECORD, "u.csv")
    assert amounts(store) == {"claude-opus-5": STORED}
    for moment, width in (("2026-11-02", 86_400), ("2026-11-05 13:00:00", 3_600)):
        path = tmp_path / "h.csv"
        path.write_text(HEADER + RECORD.replace("2026-11-02", moment), encoding="utf-8")
        opened = AnthropicUsage().open(sample_of(path), ImportOptions(), tmp_path)
        assert opened.projection.width_seconds == width


def test_empty_exports_say_so(tmp_path: Path) -> None:
    for text in (json.dumps(page()), json.dumps(page(bucket())), HEADER):
        found, store = imported(tmp_path, text, "x")
        assert (found.rows_read, found.notices) == (
            0,
            ("the export covers a time without usage: 0 rows",),
        )
        assert store.is_empty()


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ("text", "no object"),
        ({**USAGE, "output_tokens": 1.5}, "output_tokens is '1.5', not a whole number"),
        ({**USAGE, "cache_creation": [1]}, "cache_creation is '[1]', not an object"),
        ({**USAGE, "server_tool_use": 3}, "server_tool_use is '3', not an object"),
        ({**USAGE, "model": {"a": 1}}, "model is \"{'a': 1}\", not a name"),
        ({**USAGE, "uncached_input_tokens": 10**30}, "too large to be right"),
    ],
)
def test_what_cannot_be_right_is_set_aside(result: object, said: str, tmp_path: Path) -> None:
    found, _ = imported(tmp_path, page(bucket(result, USAGE)))
    assert (found.rows_added, found.rows_set_aside) == (1, 1)
    assert said in found.set_aside[0].reason


@pytest.mark.parametrize("damaged", [{"results": []}, {"starting_at": "x", "results": []}, 3])
def test_damaged_buckets_are_set_aside(damaged: object, tmp_path: Path) -> None:
    found, _ = imported(tmp_path, page(bucket(USAGE), damaged))
    assert (found.rows_added, found.rows_set_aside) == (1, 1)


def test_without_a_model_there_is_no_price(tmp_path: Path) -> None:
    found, store = imported(tmp_path, page(bucket({**USAGE, "model": None})))
    assert found.notices == (
        "the export is not grouped by model, so it has no price: export it by model",
    )
    assert list(amounts(store)) == ["(not given)"]


COUNT = st.integers(0, 10**9) | st.none()


@given(st.lists(st.tuples(COUNT, COUNT, COUNT, COUNT, COUNT), max_size=8))
@settings(max_examples=settings().max_examples // 4)  # each imports files
def test_parts_are_all_that_the_provider_counted(
    counts: list[tuple[int | None, ...]],
) -> None:
    results = [
        {
            "model": f"m{place}",
            "uncached_input_tokens": plain,
            "cache_read_input_tokens": read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": five,
                "ephemeral_1h_input_tokens": hour,
            },
            "output_tokens": out,
        }
        for place, (plain, read, five, hour, out) in enumerate(counts)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.json"
        path.write_text(json.dumps(page(bucket(*results))), encoding="utf-8")
        opened = AnthropicUsage().open(sample_of(path), ImportOptions(), Path(folder))
        lines = [json.loads(line) for line in opened.path.read_text().splitlines()]
    stored = sum(int(line.get(str(m), 0)) for line in lines for m in STORED)
    assert stored == sum(each or 0 for row in counts for each in row)
