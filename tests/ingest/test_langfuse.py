"""Langfuse's observations: the total of a row tells where its cached tokens are."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.meters import Meter
from ingest.errors import UnreadableFileError
from ingest.files import sample_of
from ingest.formats import FORMATS
from ingest.formats.langfuse import Langfuse
from ingest.formats.langfuse.usage import counted
from ingest.imports import ImportOptions, ImportResult, import_file
from ingest.store import CellQuery, Store
from ingest.values import Fault
from tests.ingest.chats import accounting, adds_up, by_dimension, totals
from tests.real import real_file

if TYPE_CHECKING:
    from pathlib import Path

TOKENS = {"input": 10, "output": 5, "total": 15}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


def observation(name: str = "o-1", **values: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    usual = {
        "id": name,
        "traceId": "t-1",
        "type": "GENERATION",
        "startTime": "2026-11-03T10:00:00.000Z",
        "endTime": "2026-11-03T10:00:02.500Z",
        "parentObservationId": None,
        "model": "gpt-4.1-mini",
        "usageDetails": TOKENS,
        "costDetails": {},
    }
    return {**usual, **values}


def imported(
    store: Store, document: object, name: str = "t.json", options: ImportOptions | None = None
) -> ImportResult:
    path = store.path.parent / name
    text = document if isinstance(document, str) else json.dumps(document)
    path.write_text(text, encoding="utf-8")
    return import_file(store, path, options=options)


def noted(store: Store, *names: str) -> tuple[Any, ...]:
    """Return what the one row of a store says beside its meters; amounts as exact as they are."""
    with duckdb.connect(str(store.path), read_only=True) as session:
        ((extra,),) = session.execute("SELECT extra FROM usage").fetchall()
    found = json.loads(extra or "{}", parse_float=Decimal)
    return tuple(found.get(name) for name in names)


def test_parts_that_add_up_to_the_total_stand_beside_input() -> None:
    found = counted({"input": 176, "input_cached_tokens": 1024, "output": 30, "total": 1230})
    assert found is not None
    assert found.meters == {Meter.INPUT: 176, Meter.CACHED_INPUT: 1024, Meter.OUTPUT: 30}
    assert not found.mixed


def test_parts_beyond_the_total_are_inside_of_input() -> None:
    found = counted({"input": 1200, "prompt_details.cache_read": 1024, "output": 30, "total": 1230})
    assert found is not None
    assert found.meters == {Meter.INPUT: 176, Meter.CACHED_INPUT: 1024, Meter.OUTPUT: 30}


@pytest.mark.parametrize(
    "key",
    [
        "input_cached_tokens",
        "input_cache_read",
        "cache_read_input_tokens",
        "input_cached_text_tokens",
        "prompt_details.cache_read",
        "prompt_tokens_details.cached_tokens",
        "cachedInputTokens",
    ],
)
def test_every_name_of_cached_tokens(key: str) -> None:
    beside = counted({"input": 1, key: 2, "output": 4, "total": 7})
    inside = counted({"input": 3, key: 2, "output": 4, "total": 7})
    assert beside is not None
    assert inside is not None
    wanted = {Meter.INPUT: 1, Meter.CACHED_INPUT: 2, Meter.OUTPUT: 4}
    assert beside.meters == inside.meters == wanted


def test_details_may_be_objects_inside_of_objects() -> None:
    found = counted({"input": 3, "prompt_details": {"cache_read": 2}, "output": 4, "total": 7})
    assert found is not None
    assert found.meters[Meter.CACHED_INPUT] == 2


def test_reasoning_is_output_on_both_sides_of_the_total() -> None:
    beside = counted({"input": 9, "output": 3, "output_reasoning_tokens": 4, "total": 16})
    inside = counted({"input": 9, "output": 7, "output_reasoning_tokens": 4, "total": 16})
    assert beside is not None
    assert inside is not None
    assert beside.meters[Meter.OUTPUT] == inside.meters[Meter.OUTPUT] == 7
    assert beside.reasoning_tokens == inside.reasoning_tokens == 4


def test_one_side_inside_is_read_and_flagged_unless_it_could_be_either() -> None:
    usage = {"input": 100, "input_cached_tokens": 900, "output": 50, "output_reasoning_tokens": 20}
    found = counted({**usage, "total": 1050})
    assert found is not None
    assert found.mixed
    assert found.meters == {Meter.INPUT: 100, Meter.CACHED_INPUT: 900, Meter.OUTPUT: 50}
    with pytest.raises(Fault, match="a total of 170 tokens: input and output are 150, with"):
        counted({**usage, "input_cached_tokens": 20, "total": 170})


@pytest.mark.parametrize(
    ("usage", "reason"),
    [
        ({"input": 1, "output": 1, "total": 3}, "a total of 3 tokens: input and output are 2"),
        ({"total": 3}, "a total of 3 tokens: input and output are 0"),
        ({"input": 9, "output": 1, "input_cached_tokens": 2}, "parts and no total"),
        ({"input": 9, "output": 1, "credits": 2, "total": 10}, "credits counts 2 of something"),
        ({"input": 2, "output": 1, "input_cached": 3, "total": 3}, "3 cached input tokens are m"),
        ({"input": 2, "output": 1, "reasoning": 2, "total": 3}, "2 reasoning, audio or image"),
        ({"input": 1.5, "output": 1}, r"usage_details.input is '1.5', not a whole"),
        ({"input": True}, "usage_details.input is 'True', not"),
        ({"input": [1]}, "usage_details.input is"),
        ({"input": 10**13}, "too large to be right"),
    ],
)
def test_what_cannot_be_right(usage: dict[str, Any], reason: str) -> None:
    with pytest.raises(Fault, match=reason):
        counted(usage)


def test_nothing_counted_is_not_zero() -> None:
    assert counted({}) is None
    assert counted({"input": 0, "output": 0, "total": 0}) is None
    assert counted({"input": None}) is None


PARTS = ("input_cached_tokens", "input_cache_creation", "input_audio_tokens", "output_reasoning")


@given(
    st.fixed_dictionaries(
        {"input": st.integers(0, 60), "output": st.integers(0, 60), "total": st.integers(0, 200)},
        optional={name: st.integers(0, 30) for name in PARTS},
    )
)
def test_meters_add_up_to_the_total_or_the_row_is_set_aside(usage: dict[str, int]) -> None:
    try:
        found = counted(usage)
    except Fault:
        return
    meters = {} if found is None else found.meters
    assert sum(meters.values()) == usage["total"]
    assert all(count >= 0 for count in meters.values())


def test_columns_in_any_order_with_any_separator_are_known(tmp_path: Path) -> None:
    names = ("id", "trace_id", "start_time", "usage_details")
    for order in permutations(names):
        for by in ",;\t":
            path = tmp_path / "h.csv"
            path.write_text("\ufeff" + by.join(order) + "\r\n", encoding="utf-8")
            assert [each.name for each in FORMATS if each.claims(sample_of(path))] == ["langfuse"]
    path.write_text("id,trace_id,start_time,name\n", encoding="utf-8")
    assert not Langfuse().claims(sample_of(path))


def test_a_table_without_rows_imports_as_nothing_and_says_so(store: Store) -> None:
    found = imported(store, "id,trace_id,start_time,usage_details\n", "o.csv")
    assert (found.format, found.rows_read) == ("langfuse", 0)
    assert found.notices == ("the export holds no observation that calls a model: 0 rows",)


def test_replies_that_say_that_more_follow(store: Store) -> None:
    last = {"data": [observation()], "meta": {"page": 2, "totalPages": 2}}
    assert imported(store, last).notices == ()
    for meta in ({"page": 1, "totalPages": 2}, {"cursor": "abc"}):
        found = imported(store, {**last, "meta": meta})
        assert found.notices == (
            "the last reply says that more follow: the export is not complete",
        )


def test_a_trace_longer_than_the_sample_is_known(store: Store) -> None:
    long = observation(input="x" * 300_000)
    found = imported(store, {"id": "t-1", "observations": [long, observation("o-2")]})
    assert (found.format, accounting(found)) == ("langfuse", {"read": 2, "added": 2})


def test_a_cell_longer_than_python_lets_it_be_and_two_lines_in_one(store: Store) -> None:
    cells = f'"asked\n{"x" * 200_000}"'
    text = (
        "id,trace_id,type,start_time,input,provided_model_name,usage_details\n"
        f'a,t,GENERATION,2026-11-03 10:00:00,{cells},gpt-4.1-mini,"{{""input"":1,""output"":2}}"\n'
        "b,t,GENERATION,2026-11-03 10:00:00,,gpt-4.1-mini,{'input': 1}\n"
    )
    found = imported(store, text, "o.csv")
    assert accounting(found) == {"read": 2, "added": 1, "set_aside": 1}
    assert [(each.line, each.reason) for each in found.set_aside] == [
        (4, "usage_details is \"{'input': 1}\", not a JSON object")
    ]
    assert b"asked" not in store.path.read_bytes()


def test_every_container_gives_the_same(tmp_path: Path) -> None:
    row = observation(
        endTime=None, usageDetails={"input": 3, "input_cached_tokens": 2, "output": 5, "total": 10}
    )
    wanted = {"requests": 1, "input": 3, "cached_input": 2, "output": 5}
    usage = json.dumps(row["usageDetails"]).replace('"', '""')
    table = (
        "id,trace_id,start_time,type,provided_model_name,usage_details\n"
        f'o-1,t-1,2026-11-03 10:00:00.000,GENERATION,gpt-4.1-mini,"{usage}"\n'
    )
    text = json.dumps({**row, "usageDetails": json.dumps(row["usageDetails"])})
    trace = {"id": "t-1", "observations": [row]}
    texts = [
        json.dumps(row), text, json.dumps([row], indent=2), json.dumps({"data": [row]}), table,
        json.dumps(trace), json.dumps({"trace": trace, "observations": [row]}, indent=1),
        json.dumps({"data": [trace]}), "\ufeff\n" + json.dumps(row) + "\r\n\r\n",
    ]  # fmt: skip
    store = Store(tmp_path / "store.duckdb")
    for number, each in enumerate(texts):
        path = tmp_path / f"{number}.gz"
        path.write_bytes(gzip.compress(each.encode()))
        found = import_file(store, path)
        assert accounting(found) == {"read": 1, "duplicate" if number else "added": 1}
    assert totals(store) == wanted


@pytest.mark.parametrize("packed", [False, True])
def test_parquet_with_text_object_or_map_and_times_of_a_zone(packed: bool, store: Store) -> None:
    path = store.path.parent / "o.parquet"
    kinds = ['\'{"input":1,"output":2}\'', "{'input': 1, 'output': 2}", "MAP {'input': 1}"]
    for number, kind in enumerate(kinds):
        with duckdb.connect() as session:
            session.execute(
                f"COPY (SELECT 'o-{number}' AS id, 't' AS trace_id, 'GENERATION' AS type, "
                f"TIMESTAMPTZ '2026-11-03 10:00:00+02' AS start_time, 'm' AS provided_model_name, "
                f"'secret' AS input, {kind} AS usage_details) TO '{path}' (FORMAT parquet)"
            )
        if packed:
            path.write_bytes(gzip.compress(path.read_bytes()))
        assert accounting(import_file(store, path)) == {"read": 1, "added": 1}
    assert totals(store) == {"requests": 3, "input": 3, "output": 4}
    eight = datetime(2026, 11, 3, 8, tzinfo=UTC)
    assert store.extent() == (eight, eight + timedelta(minutes=15))


def test_a_damaged_parquet_file_is_refused(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "o.parquet"
    path.write_bytes(b"PAR1 and no more")
    assert not Langfuse().claims(sample_of(path))
    with pytest.raises(UnreadableFileError, match="no whole Parquet file"):
        import_file(store, path, options=ImportOptions(format="langfuse"))


def test_of_a_call_inside_of_a_call_the_inner_one_counts(store: Store) -> None:
    tree = [
        observation("agent", type="AGENT", model=None),
        observation("outer", parentObservationId="agent", usageDetails={"input": 900}),
        observation("wrap", parentObservationId="outer", type="SPAN", usageDetails={}),
        observation("inner", parentObservationId="wrap", model="gpt-4.1-mini-2025-04-14"),
        observation("other", parentObservationId="inner", model="gpt-4.1"),
    ]
    found = imported(store, tree)
    assert accounting(found) == {"read": 2, "added": 2}
    assert totals(store) == {"requests": 2, "input": 20, "output": 10}
    assert found.notices == (
        "left out: 1 observation without tokens (spans, events and tools are no calls)",
        "left out: 2 observations above calls that have the same tokens",
    )


def test_an_agent_whose_calls_are_not_there_counts_and_circles_do_no_harm(store: Store) -> None:
    tree = [
        observation("a", type="AGENT", parentObservationId="gone"),
        observation("b", parentObservationId="c", model="x"),
        observation("c", parentObservationId="b", model="y"),
        observation("d", parentObservationId="d"),
    ]
    assert accounting(imported(store, tree)) == {"read": 4, "added": 4}


def test_dimensions_of_trace_metadata_tags_and_configuration(store: Store) -> None:
    trace = {
        "id": "t-1", "name": "support", "projectId": "proj", "environment": "staging",
        "tags": ["feature:search", "variant=b", "beta"], "userId": "someone@example.com",
        "sessionId": "s-1", "metadata": '{"team": "care", "customer_id": 7}',
        "observations": [observation(promptName="answer", promptVersion=4, metadata={"env": "x"})],
    }  # fmt: skip
    imported(store, trace, options=ImportOptions(dimensions={"trace_name": "task"}))
    wanted = {
        "feature": "search", "variant": "b", "team": "care", "environment": "staging",
        "project": "proj",
    }  # fmt: skip
    assert {name: list(by_dimension(store, name)) for name in wanted} == {
        name: [value] for name, value in wanted.items()
    }
    assert b"someone@example.com" not in store.path.read_bytes()


def test_without_dimensions_nothing_is_invented(store: Store) -> None:
    imported(store, observation(name="chat", metadata="free text", tags='["beta"]'))
    for name in ("feature", "environment", "project", "team"):
        assert by_dimension(store, name) == {None: 1}


def test_money_keeps_every_digit_and_nothing_is_not_zero(store: Store) -> None:
    text = json.dumps(observation(costDetails={"total": 1})).replace(
        '{"total": 1}', '{"total": 0.000220800001}'
    )
    assert "0.000220800001" in text
    imported(store, text)
    assert noted(store, "reported_cost") == (Decimal("0.000220800001"),)


def test_zero_cost_without_details_is_a_model_that_langfuse_does_not_price(store: Store) -> None:
    imported(store, observation(totalCost=0, costDetails={}))
    assert noted(store, "reported_cost") == (None,)


def test_costs_by_part_are_summed_where_no_total_stands(store: Store) -> None:
    imported(store, observation(costDetails='{"input": 0.1, "output": 0.2}'))
    assert noted(store, "reported_cost") == (Decimal("0.3"),)


def test_durations_given_or_worked_out(store: Store) -> None:
    imported(store, observation(completionStartTime="2026-11-03T10:00:00.250Z"))
    columns = ("latency_seconds", "time_to_first_token_seconds")
    assert noted(store, *columns) == (2.5, 0.25)
    other = Store(store.path.parent / "other.duckdb")
    imported(other, observation(latency=1.25, timeToFirstToken=0.5))
    assert noted(other, *columns) == (1.25, 0.5)


def test_who_served_is_said_in_metadata_or_told_by_the_name(store: Store) -> None:
    first = imported(store, observation("a", metadata={"attributes": {"llm.provider": "Azure"}}))
    assert first.assumptions == ()
    second = imported(store, observation("b", model="claude-sonnet-4-5"))
    assert second.assumptions == (
        "Langfuse does not say who served a model: the model's name tells the provider",
    )
    providers = {cell.key.provider for cell in store.cells(CellQuery())}
    assert providers == {"azure", "anthropic"}


def test_older_names_of_counts(store: Store) -> None:
    imported(
        store,
        [
            observation("a", usageDetails={}, usage={"input": 1, "output": 2, "unit": "TOKENS"}),
            observation("b", usageDetails={}, inputUsage=1, outputUsage=2, totalUsage=3),
            observation("c", usageDetails=None, promptTokens=1, completionTokens=2),
        ],
    )
    assert totals(store) == {"requests": 3, "input": 3, "output": 6}


def test_a_call_without_counts_is_a_row_without_usage(store: Store) -> None:
    found = imported(store, [observation(usageDetails={}, inputUsage=0, level="ERROR")])
    assert accounting(found) == {"read": 1, "without_usage": 1}
    assert totals(store) == {"unmetered": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        "null", "[[1]]", '{"a": 1}', '{"data": [1, null, "x"]}', '{"observations": 3}', '"text"',
        '{"trace": {"observations": [7]}, "observations": {"a": 1}}', '{"data": {"id": 1}}',
        '{"a":' * 3000, "\0", '{"traceId": 1, "startTime": [2], "usageDetails": 5}',
        '{"traceId": {}, "startTime": 1e999, "usageDetails": {"input": 1}, "model": ["x"]}',
        json.dumps(observation(metadata=[1], tags={"a": 1}, modelParameters="x", type=4)),
        json.dumps(observation(costDetails="much", latency="long", id={"a": 1})),
    ],
)  # fmt: skip
def test_nothing_crashes_and_every_row_is_accounted_for(wrong: str, store: Store) -> None:
    good = json.dumps(observation("good"))
    found = imported(store, f"{good}\n{wrong}\n{good}\n", options=ImportOptions(format="langfuse"))
    assert adds_up(found)
    assert found.rows_added + found.rows_without_usage >= 1
    assert found.rows_read >= 2


def test_a_name_of_half_a_character_is_set_aside_in_words_that_can_be_kept(store: Store) -> None:
    found = imported(store, [observation(usageDetails={"input": 1, "\ud800x": 7})])
    assert [each.reason for each in found.set_aside] == [
        "usage_details.x counts 7 of something that is not known here"
    ]
    assert store.set_aside(found.import_id) == list(found.set_aside)


def test_the_real_trace_counts_the_two_requests_that_openai_answered(store: Store) -> None:
    """Two instrumentations recorded each request; OpenAI's own usage is in the outputs."""
    found = import_file(store, real_file("exports/langfuse-agno.trace.json"))
    assert accounting(found) == {"read": 2, "added": 2}
    assert totals(store) == {"requests": 2, "input": 163 + 663, "output": 20 + 225}
