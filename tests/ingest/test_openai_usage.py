"""The Usage API's pages: their shapes, what a row must satisfy, and which rows are the same."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.meters import CACHED_METERS, INPUT_METERS, OUTPUT_METERS, UNKNOWN_BAND, Meter
from ingest.bucket_rows import GivenRow, made_ready
from ingest.files import sample_of
from ingest.formats.openai_usage import OpenaiUsage
from ingest.store import CellQuery
from tests.ingest.usage_pages import DAY, NOVEMBER_30, amounts, bucket, imported, page, result


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(page(bucket(result()))),
        json.dumps(page(bucket(result())), indent=4),
        json.dumps([page(bucket(result())), page(bucket())]),
        "\n".join([json.dumps(page(bucket(result()))), "", json.dumps(page())]),
        json.dumps(bucket(result())),
        "\ufeff" + json.dumps(page(bucket(result()))),
    ],
    ids=["page", "indented", "array", "lines", "bucket", "mark"],
)
def test_every_shape_of_a_file(text: str, tmp_path: Path) -> None:
    found, store = imported(tmp_path, text)
    assert (found.format, found.rows_read, found.rows_added) == ("openai_usage", 1, 1)
    assert amounts(store) == {"m": {Meter.INPUT: 100, Meter.OUTPUT: 10}}


def test_what_is_no_usage_is_not_claimed(tmp_path: Path) -> None:
    cost = {"object": "organization.costs.result", "amount": {"value": "0.48", "currency": "usd"}}
    for text in (json.dumps(page(bucket(cost))), '{"object": "list", "data": []}', "a,b\n1,2\n"):
        path = tmp_path / "other"
        path.write_text(text, encoding="utf-8")
        assert not OpenaiUsage().claims(sample_of(path))


def test_uncached_is_what_is_neither_cached_nor_written(tmp_path: Path) -> None:
    row = result(input_tokens=1000, input_cached_tokens=400, input_cache_write_tokens=100)
    _, store = imported(tmp_path, page(bucket(row)))
    assert amounts(store)["m"] == {
        Meter.INPUT: 500, Meter.CACHED_INPUT: 400, Meter.CACHE_WRITE: 100, Meter.OUTPUT: 10,
    }  # fmt: skip


def test_all_input_is_the_sum_where_only_its_parts_are_given(tmp_path: Path) -> None:
    row = result(input_tokens=None, input_uncached_tokens=70, input_cached_tokens=30)
    _, store = imported(tmp_path, page(bucket(row)))
    assert amounts(store)["m"] == {Meter.INPUT: 70, Meter.CACHED_INPUT: 30, Meter.OUTPUT: 10}


def test_audio_is_part_of_the_uncached_tokens(tmp_path: Path) -> None:
    row = result(
        input_tokens=1000, input_cached_tokens=400, input_cache_write_tokens=100,
        input_text_tokens=450, input_audio_tokens=50, input_cached_audio_tokens=40,
        output_audio_tokens=4,
    )  # fmt: skip
    _, store = imported(tmp_path, page(bucket(row)))
    assert amounts(store)["m"] == {
        Meter.INPUT: 450, Meter.CACHED_INPUT: 360, Meter.CACHE_WRITE: 100, Meter.OUTPUT: 6,
        Meter.INPUT_AUDIO: 50, Meter.CACHED_INPUT_AUDIO: 40, Meter.OUTPUT_AUDIO: 4,
    }  # fmt: skip


def test_pictures_have_a_meter_only_at_models_that_price_them(tmp_path: Path) -> None:
    split = {"input_image_tokens": 40, "output_image_tokens": 3}
    rows = [result(model="gpt-image-1", **split), result(model="gpt-4.1", **split)]
    _, store = imported(tmp_path, page(bucket(*rows)))
    assert amounts(store) == {
        "gpt-image-1": {
            Meter.INPUT: 60, Meter.INPUT_IMAGE: 40, Meter.OUTPUT: 7, Meter.OUTPUT_IMAGE: 3,
        },
        "gpt-4.1": {Meter.INPUT: 100, Meter.OUTPUT: 10},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"input_cached_tokens": 101}, "101 cached and 0 written tokens are more than the 100"),
        (
            {"input_cached_tokens": 60, "input_cache_write_tokens": 41},
            "60 cached and 41 written tokens are more than the 100 input tokens",
        ),
        ({"input_uncached_tokens": 99}, "99 uncached, 0 cached and 0 written tokens are not"),
        ({"input_image_tokens": 101}, "0 audio and 101 picture tokens are more than the 100 unc"),
        ({"input_cached_audio_tokens": 1}, "1 audio and 0 picture tokens are more than the 0 cac"),
        ({"output_audio_tokens": 11}, "11 audio and 0 picture tokens are more than the 10 output"),
        ({"input_tokens": "many"}, "input_tokens is 'many', not a whole number"),
        ({"input_tokens": True}, "input_tokens is 'True', not a whole number"),
        ({"input_tokens": 1e15}, "input_tokens is '1000000000000000.0', too large to be right"),
        ({"output_tokens": float("nan")}, "output_tokens is 'nan', not a whole number"),
        ({"output_tokens": [1]}, "output_tokens is '[1]', not a whole number"),
        ({"seconds": -1}, "seconds is '-1', not a number of seconds"),
        ({"batch": "perhaps"}, "batch is 'perhaps', neither true nor false"),
        ({"model": {"a": 1}}, "model is"),
        ({"object": "organization.costs.result"}, "object is 'organization.costs.result', which"),
    ],
)
def test_a_row_that_contradicts_itself_is_set_aside(values: dict[str, Any], said: str) -> None:
    times = {"start_time": NOVEMBER_30, "end_time": NOVEMBER_30 + DAY}
    assert made_ready(GivenRow(1, "", 0, {**result(), **times})).fault is None
    fault = made_ready(GivenRow(1, "", 0, {**result(**values), **times})).fault
    assert fault is not None
    assert fault.startswith(said)


def test_what_is_no_bucket_is_set_aside(tmp_path: Path) -> None:
    said = {
        "bucket 1: no bucket with a list of results": 7,
        "bucket 2: no bucket with a list of results": {"object": "bucket", "results": 3},
        "bucket 3, result 1: no object": bucket(7),
        "bucket 4, result 1: no start_time": bucket(result(), start=None),
        f"bucket 5, result 1: ends at {NOVEMBER_30}, not after it": bucket(result(), width=0),
        "bucket 6, result 1: start_time is 'soon', neither": bucket(result(), start="soon"),
        "bucket 7, result 1: start_time is '9000000000.0', which": bucket(result(), start=9e9),
    }
    found, store = imported(tmp_path, page(*said.values(), bucket(result())))
    got = [each.reason for each in found.set_aside]
    assert [reason[: len(start)] for reason, start in zip(got, said, strict=True)] == list(said)
    assert (found.rows_read, found.rows_added) == (8, 1)
    assert amounts(store) == {"m": {Meter.INPUT: 100, Meter.OUTPUT: 10}}


def test_the_line_of_a_row_set_aside(tmp_path: Path) -> None:
    bad = page(bucket(result(input_cached_tokens=101)))
    lines = [json.dumps(page(bucket(result()))), "", json.dumps(bad), '{"error": "x"}', "{cut"]
    found, _ = imported(tmp_path, "\n".join(lines))
    assert [(each.line, each.reason.split(":")[0]) for each in found.set_aside] == [
        (3, "bucket 1, result 1"),
        (4, "neither a page nor a bucket of usage"),
        (5, "cannot be read as JSON"),
    ]


def test_tiers(tmp_path: Path) -> None:
    cases = [
        (True, "default", "batch"),
        (True, "flex", "batch"),
        (False, "default", "standard"),
        (None, "auto", "standard"),
        (None, None, "standard"),
        (None, "fast", "priority"),
        (None, "flex", "flex"),
        (None, "scale", "scale"),
    ]
    rows = [result(batch=b, service_tier=w, model=f"m{n}") for n, (b, w, _) in enumerate(cases)]
    _, store = imported(tmp_path, page(bucket(*rows)))
    tiers = {cell.key.model: cell.key.tier for cell in store.cells(CellQuery())}
    assert tiers == {f"m{number}": tier for number, (_, _, tier) in enumerate(cases)}


def test_a_dimension_that_the_export_did_not_give_is_null(tmp_path: Path) -> None:
    rows = [result(project_id="proj_a"), result(project_id=None)]
    _, store = imported(tmp_path, page(bucket(*rows)))
    cells = store.cells(CellQuery(by=("project", "team")))
    assert sorted((cell.dimensions for cell in cells), key=str) == [("proj_a", None), (None, None)]
    assert {cell.key.size_band for cell in cells} == {UNKNOWN_BAND}


def test_an_export_that_is_not_grouped_by_model_says_so(tmp_path: Path) -> None:
    found, store = imported(tmp_path, page(bucket(result(model=None))))
    assert "export it by model" in found.notices[0]
    assert list(amounts(store)) == ["(not given)"]


def test_people_and_keys_are_not_stored(tmp_path: Path) -> None:
    row = result(user_id="someone@example.com", api_key_id="key_verysecretabcd")
    found, store = imported(tmp_path, page(bucket(row)))
    assert found.rows_added == 1
    assert [c.dimensions for c in store.cells(CellQuery(by=("api_key",)))] == [("...abcd",)]
    content = (tmp_path / "store.duckdb").read_bytes()
    assert b"...abcd" in content
    assert b"someone@example.com" not in content
    assert b"verysecret" not in content


def test_two_keys_with_the_same_last_letters_are_both_counted(tmp_path: Path) -> None:
    rows = [result(api_key_id="key_1abcd"), result(api_key_id="key_2abcd")]
    found, store = imported(tmp_path, page(bucket(*rows)))
    assert found.rows_added == 2
    assert amounts(store)["m"][Meter.INPUT] == 200


def test_equal_groups_beside_each_other_are_both_counted(tmp_path: Path) -> None:
    found, store = imported(tmp_path, page(bucket(result(), result(input_tokens=30))))
    assert found.rows_added == 2
    assert amounts(store)["m"][Meter.INPUT] == 130


def test_a_page_fetched_twice_counts_once(tmp_path: Path) -> None:
    one = page(bucket(result()))
    found, store = imported(tmp_path, [one, one])
    assert (found.rows_added, found.rows_duplicate) == (1, 1)
    assert amounts(store)["m"][Meter.INPUT] == 100


def test_a_later_export_restates_a_bucket(tmp_path: Path) -> None:
    imported(tmp_path, page(bucket(result(input_tokens=100))))
    later = page(bucket(result(input_tokens=60)), bucket(result(), start=NOVEMBER_30 + DAY))
    found, store = imported(tmp_path, later)
    assert (found.rows_added, found.rows_replaced) == (1, 1)
    assert amounts(store)["m"][Meter.INPUT] == 60 + 100


def test_the_width_is_that_of_the_buckets(tmp_path: Path) -> None:
    hours = [bucket(result(), start=NOVEMBER_30 + 3600 * n, width=3600) for n in range(3)]
    _, store = imported(tmp_path, page(*hours))
    edges = tuple(datetime(2026, 11, 30, hour) for hour in range(4))  # noqa: DTZ001 - naive is UTC
    by_hour = {c.dimensions[0]: c.requests for c in store.cells(CellQuery(edges=edges))}
    assert list(by_hour.values()) == [1, 1, 1]


def test_buckets_of_another_length_are_not_counted_beside_those_they_overlap(
    tmp_path: Path,
) -> None:
    days = [bucket(result(), start=NOVEMBER_30 + DAY * n) for n in range(3)]
    inside = bucket(result(), start=NOVEMBER_30 + DAY, width=3600)
    longer = bucket(result(), start=NOVEMBER_30 + 3 * DAY, width=2 * DAY)
    found, store = imported(tmp_path, page(*days, inside, longer))
    assert [each.reason.split(": ")[1][:19] for each in found.set_aside] == [
        "lasts 3600 seconds,", "lasts 172800 second",
    ]  # fmt: skip
    assert amounts(store)["m"][Meter.INPUT] == 300


def test_a_bucket_that_the_asked_range_cuts_off_counts(tmp_path: Path) -> None:
    first = bucket(result(), start=NOVEMBER_30 - 3600, width=3600)
    days = [bucket(result(), start=NOVEMBER_30 + DAY * n) for n in range(2)]
    last = bucket(result(), start=NOVEMBER_30 + 2 * DAY, width=7200)
    found, store = imported(tmp_path, page(first, *days, last))
    assert found.set_aside == ()
    assert amounts(store)["m"][Meter.INPUT] == 400


def test_an_export_that_stops_before_its_last_page_says_so(tmp_path: Path) -> None:
    more = page(bucket(result()), has_more=True, next_page="page_2")
    found, _ = imported(tmp_path, more)
    assert any("not complete" in each for each in found.notices)
    whole, _ = imported(tmp_path, [more, page(bucket(result(), start=NOVEMBER_30 + DAY))])
    assert whole.notices == ()


@pytest.mark.parametrize("document", [page(), page(bucket(), bucket(start=NOVEMBER_30 + DAY))])
def test_a_time_without_usage(document: dict[str, Any], tmp_path: Path) -> None:
    found, store = imported(tmp_path, document)
    assert (found.rows_read, found.rows_added) == (0, 0)
    assert found.notices == ("the export covers a time without usage: 0 rows",)
    assert store.is_empty()


COUNT = st.one_of(st.none(), st.integers(0, 40), st.sampled_from([-1, 2.0, 2.5, "7", "x", True]))
SPLITS = (
    "input_cached_tokens", "input_cache_write_tokens", "input_uncached_tokens",
    "input_audio_tokens", "input_cached_audio_tokens", "output_audio_tokens",
    "input_image_tokens", "input_cached_image_tokens", "output_image_tokens",
)  # fmt: skip
TOTALS = dict.fromkeys(("input_tokens", "output_tokens"), st.integers(0, 60))
ANY_ROW = st.fixed_dictionaries({**dict.fromkeys(SPLITS, COUNT), **TOTALS})


@given(rows=st.lists(ANY_ROW, min_size=20, max_size=40), pictures=st.booleans())
@settings(max_examples=5)
def test_the_parts_of_a_row_are_its_total_or_it_is_set_aside(
    rows: list[dict[str, Any]], pictures: bool
) -> None:
    names = [f"{'image-' if pictures else 'm'}{number}" for number in range(len(rows))]
    with tempfile.TemporaryDirectory() as folder:
        results = [result(**row, model=name) for row, name in zip(rows, names, strict=True)]
        found, store = imported(Path(folder), page(bucket(*results)))
        stored = amounts(store)
    aside = {int(each.reason.split(":")[0].rsplit(" ", 1)[1]) - 1 for each in found.set_aside}
    assert found.rows_added + len(aside) == len(rows)
    for number, (row, name) in enumerate(zip(rows, names, strict=True)):
        meters = stored.get(name, {})
        if number in aside:
            assert meters == {}
            continue
        assert sum(meters.get(m, 0) for m in INPUT_METERS) == row["input_tokens"]
        assert sum(meters.get(m, 0) for m in CACHED_METERS) == int(row["input_cached_tokens"] or 0)
        assert meters.get(Meter.CACHE_WRITE, 0) == int(row["input_cache_write_tokens"] or 0)
        assert sum(meters.get(m, 0) for m in OUTPUT_METERS) == row["output_tokens"]


PARTS = (
    Meter.INPUT, Meter.CACHED_INPUT, Meter.CACHE_WRITE, Meter.OUTPUT, Meter.INPUT_AUDIO,
    Meter.CACHED_INPUT_AUDIO, Meter.OUTPUT_AUDIO,
)  # fmt: skip
CONSISTENT = st.tuples(*(st.integers(0, 1_000_000) for _ in PARTS), st.booleans())


@given(rows=st.lists(CONSISTENT, min_size=15, max_size=30))
@settings(max_examples=3)
def test_a_row_whose_parts_fit_is_never_set_aside(rows: list[tuple[Any, ...]]) -> None:
    results, wanted = [], {}
    for number, (*counts, with_uncached) in enumerate(rows):
        part = dict(zip(PARTS, counts, strict=True))
        uncached = part[Meter.INPUT] + part[Meter.INPUT_AUDIO]
        cached = part[Meter.CACHED_INPUT] + part[Meter.CACHED_INPUT_AUDIO]
        results.append(
            result(
                model=f"m{number}",
                input_tokens=uncached + cached + part[Meter.CACHE_WRITE],
                input_uncached_tokens=uncached if with_uncached else None,
                input_cached_tokens=cached,
                input_cache_write_tokens=part[Meter.CACHE_WRITE],
                input_audio_tokens=part[Meter.INPUT_AUDIO],
                input_cached_audio_tokens=part[Meter.CACHED_INPUT_AUDIO],
                output_tokens=part[Meter.OUTPUT] + part[Meter.OUTPUT_AUDIO],
                output_audio_tokens=part[Meter.OUTPUT_AUDIO],
            )
        )
        wanted[f"m{number}"] = {meter: count for meter, count in part.items() if count}
    with tempfile.TemporaryDirectory() as folder:
        found, store = imported(Path(folder), page(bucket(*results)))
        assert found.set_aside == ()
        assert amounts(store) == wanted


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(values=st.lists(JSON, min_size=5, max_size=20))
@settings(max_examples=5)
def test_no_value_anywhere_stops_an_import(values: list[object]) -> None:
    odd: list[object] = [*values]
    for value in values:
        odd += [
            {**bucket(), "results": value},
            bucket(value),
            bucket(result(), start=value),
            bucket(result(model=value, batch=value, user_id=value)),
        ]
    with tempfile.TemporaryDirectory() as folder:
        found, store = imported(Path(folder), page(bucket(result(model="good")), *odd))
        assert amounts(store)["good"] == {Meter.INPUT: 100, Meter.OUTPUT: 10}
    parts = found.rows_added + found.rows_duplicate + found.rows_replaced
    assert parts + found.rows_set_aside + found.rows_without_usage == found.rows_read


def test_storage_is_told_though_no_meter_counts_it(tmp_path: Path) -> None:
    rows = [
        {"object": "organization.usage.vector_stores.result", "usage_bytes": size}
        for size in (2048, 1024, 0)
    ]
    found, store = imported(tmp_path, page(bucket(*rows)))
    assert (found.rows_read, found.rows_without_usage) == (3, 3)
    (notice,) = found.notices
    assert notice.startswith("vector stores hold up to 2,048 bytes (rows: 2): storage has no meter")
    assert store.is_empty()


def test_calls_of_tools_are_no_requests(tmp_path: Path) -> None:
    searches = [
        {"object": f"organization.usage.{kind}.result", "num_requests": 7, "num_model_requests": 5}
        for kind in ("web_searches", "web_search_calls", "file_searches", "file_search_calls")
    ]
    _, store = imported(tmp_path, page(bucket(*({**each, "model": "m"} for each in searches))))
    assert amounts(store) == {"m": {Meter.WEB_SEARCH_CALLS: 14, Meter.FILE_SEARCH_CALLS: 14}}
    assert sum(cell.requests for cell in store.cells(CellQuery())) == 0


def test_tools_without_a_model_are_not_asked_to_be_grouped_by_it(tmp_path: Path) -> None:
    sessions = {"object": "organization.usage.code_interpreter_sessions.result", "num_sessions": 2}
    found, store = imported(tmp_path, page(bucket(sessions)))
    assert found.notices == (
        "without a model, so without a price here; see OpenAI's bill: 2 code interpreter sessions",
    )
    assert found.assumptions == ()
    assert amounts(store) == {"(not given)": {Meter.CODE_INTERPRETER_SESSIONS: 2}}
