"""Traces of OpenTelemetry: whose attributes say what, and which spans are calls."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.meters import Meter
from ingest.files import sample_of
from ingest.formats import FORMATS
from ingest.formats.otlp.usage import BESIDE, UNFIT, UNPROVEN, counted
from ingest.imports import ImportOptions, ImportResult, import_file
from ingest.store import CellQuery, Store
from ingest.values import Fault
from tests.ingest.chats import accounting, adds_up, by_dimension, totals

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TEN = 1_793_700_000
"""2026-11-03 10:00 UTC."""
CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4.1-mini",
    "gen_ai.usage.input_tokens": 10,
    "gen_ai.usage.output_tokens": 5,
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


def pairs(attributes: Mapping[str, object]) -> list[dict[str, Any]]:
    """Return attributes as OTLP writes them: whole numbers as text."""
    kinds = {bool: "boolValue", float: "doubleValue", str: "stringValue"}
    return [
        {"key": key, "value": {"intValue": str(value)}}
        if type(value) is int
        else {"key": key, "value": {kinds[type(value)]: value}}
        for key, value in attributes.items()
    ]


def span(
    number: int = 1, attributes: Mapping[str, object] = CHAT, parent: int | None = None,
    **values: object,
) -> dict[str, Any]:  # fmt: skip
    return {
        "traceId": "t",
        "spanId": f"s{number}",
        "parentSpanId": "" if parent is None else f"s{parent}",
        "startTimeUnixNano": f"{TEN}000000000",
        "endTimeUnixNano": f"{TEN + 1}250000000",
        "attributes": pairs(attributes),
        **values,
    }


def export(*spans: object, **resource: str) -> dict[str, Any]:
    about = {"attributes": pairs({key.replace("__", "."): v for key, v in resource.items()})}
    return {"resourceSpans": [{"resource": about, "scopeSpans": [{"spans": list(spans)}]}]}


def imported(
    store: Store, *documents: object, options: ImportOptions | None = None
) -> ImportResult:
    path = store.path.parent / "traces.json"
    texts = (each if isinstance(each, str) else json.dumps(each) for each in documents)
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return import_file(store, path, options=options)


def noted(store: Store) -> dict[str, Any]:
    with duckdb.connect(str(store.path), read_only=True) as session:
        ((extra,),) = session.execute("SELECT extra FROM usage").fetchall()
    found: dict[str, Any] = json.loads(extra, parse_float=Decimal)
    return found


INPUTS = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt")
OUTPUTS = (
    "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion",
)  # fmt: skip
READS = (
    "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
    "llm.token_count.prompt_details.cache_read",
)  # fmt: skip
WRITES = (
    "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens", "llm.token_count.prompt_details.cache_write",
)  # fmt: skip
TOTALS = ("gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total")


@given(*map(st.sampled_from, (INPUTS, OUTPUTS, READS, WRITES)))
def test_every_mix_of_names_means_the_same(into: str, out: str, read: str, written: str) -> None:
    found = counted({into: "10", out: 5, read: "3", written: 2})
    assert found is not None
    assert found.meters == {
        Meter.INPUT: 5, Meter.CACHED_INPUT: 3, Meter.CACHE_WRITE: 2, Meter.OUTPUT: 5,
    }  # fmt: skip
    assert found.flag == UNPROVEN


@pytest.mark.parametrize(
    ("total", "uncached", "flag"), [(15, 7, None), (18, 10, BESIDE), (17, 7, UNFIT)]
)
def test_the_total_tells_whether_cached_is_inside(total: int, uncached: int, flag: str) -> None:
    found = counted({INPUTS[0]: 10, OUTPUTS[0]: 5, READS[1]: 3, TOTALS[1]: total})
    assert found is not None
    assert found.meters == {Meter.INPUT: uncached, Meter.CACHED_INPUT: 3, Meter.OUTPUT: 5}
    assert found.flag == flag


def test_cached_above_input_needs_a_total() -> None:
    usage = {INPUTS[0]: 10, OUTPUTS[0]: 5, READS[0]: 11}
    with pytest.raises(Fault, match="11 cached input tokens are more than the 10 input tokens"):
        counted(usage)
    found = counted({**usage, TOTALS[0]: 26})
    assert found is not None
    assert (found.meters[Meter.INPUT], found.flag) == (10, BESIDE)


def test_reasoning_and_audio_are_inside() -> None:
    found = counted(
        {
            INPUTS[0]: 10,
            OUTPUTS[0]: 5,
            "gen_ai.usage.reasoning.output_tokens": 4,
            "gen_ai.usage.audio.input_tokens": 6,
            "gen_ai.usage.audio.output_tokens": 1,
        }
    )
    assert found is not None
    assert found.reasoning_tokens == 4
    assert found.meters == {
        Meter.INPUT: 4, Meter.INPUT_AUDIO: 6, Meter.OUTPUT: 4, Meter.OUTPUT_AUDIO: 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("usage", "reason"),
    [
        ({INPUTS[0]: "-1"}, "gen_ai.usage.input_tokens is '-1', not a whole number"),
        ({INPUTS[1]: 1.5}, "gen_ai.usage.prompt_tokens is '1.5', not a whole number"),
        ({OUTPUTS[0]: True}, "not a whole number"),
        ({INPUTS[0]: "9" * 30}, "too large to be right"),
        ({TOTALS[0]: 7}, "a total of 7 tokens, not split"),
        ({OUTPUTS[0]: 3, "gen_ai.usage.reasoning_tokens": 4}, "4 reasoning, audio or image"),
    ],
)
def test_what_cannot_be_right(usage: dict[str, object], reason: str) -> None:
    with pytest.raises(Fault, match=reason):
        counted(usage)


@given(
    st.integers(0, 50), st.integers(0, 50), st.integers(0, 30), st.integers(0, 30),
    st.one_of(st.none(), st.integers(0, 160)),
)  # fmt: skip
def test_meters_add_up_or_the_row_is_set_aside_or_flagged(
    into: int, out: int, read: int, written: int, total: int | None
) -> None:
    usage = {INPUTS[0]: into, OUTPUTS[0]: out, READS[0]: read, WRITES[0]: written}
    try:
        found = counted({**usage, **({} if total is None else {TOTALS[0]: total})})
    except Fault:
        return
    sums = 0 if found is None else sum(found.meters.values())
    assert found is None or all(count >= 0 for count in found.meters.values())
    if total and (found is None or found.flag != UNFIT):
        assert sums == total
    else:
        assert sums == into + out


def test_an_agent_that_repeats_its_calls_does_not_count(store: Store) -> None:
    agent = {**CHAT, "gen_ai.operation.name": "invoke_agent"}
    found = imported(store, export(span(1, agent), span(2, parent=1), span(3, parent=1)))
    assert totals(store) == {"requests": 2, "input": 20, "output": 10}
    assert found.notices == (
        "left out: 1 span of agents, tools or workflows with tokens: only calls count",
    )


def test_without_an_operation_the_innermost_span_with_tokens_counts(store: Store) -> None:
    nameless = {key: value for key, value in CHAT.items() if key != "gen_ai.operation.name"}
    tree = [
        span(1, nameless), span(2, {"http.route": "/"}, parent=1), span(3, nameless, parent=2),
        span(4, nameless),
    ]  # fmt: skip
    found = imported(store, export(*tree[:2]), export(*tree[2:]))
    assert totals(store) == {"requests": 2, "input": 20, "output": 10}
    assert found.notices == (
        "left out: 1 span without tokens, no call of a model",
        "left out: 1 span above calls that have the same tokens",
    )


def test_a_call_recorded_twice_counts_once_but_two_answers_are_two_calls(store: Store) -> None:
    one, two = ({**CHAT, "gen_ai.response.id": name} for name in ("one", "two"))
    imported(store, export(span(1, one), span(2, CHAT, parent=1)))
    assert totals(store)["requests"] == 1
    imported(store, export(span(3, one), span(4, two, parent=3)))
    assert totals(store)["requests"] == 3


def test_fetching_an_answer_is_no_call(store: Store) -> None:
    found = imported(store, export(span(1, {**CHAT, "gen_ai.operation.name": "fetch_response"})))
    assert (found.rows_read, len(found.notices)) == (0, 2)


@pytest.mark.parametrize("word", ["chat", "text_completion", "embeddings", "generate_content"])
def test_a_call_without_tokens_is_a_row_without_usage(word: str, store: Store) -> None:
    bare = {"gen_ai.operation.name": word, "gen_ai.request.model": "gpt-4.1"}
    assert accounting(imported(store, export(span(1, bare)))) == {"read": 1, "without_usage": 1}


def test_the_answer_is_the_key_and_otherwise_the_span(store: Store) -> None:
    answered = {**CHAT, "gen_ai.response.id": "chatcmpl-1"}
    imported(store, export(span(1, answered), span(2)))
    again = export(span(7, answered), span(2))
    assert accounting(imported(store, again)) == {"read": 2, "duplicate": 2}
    assert totals(store)["requests"] == 2


def test_model_provider_tier_and_time(store: Store) -> None:
    imported(
        store,
        export(
            span(1, {**CHAT, "gen_ai.response.model": "gpt-4.1-mini-2025-04-14",
                     "openai.response.service_tier": "flex",
                     "openai.request.service_tier": "auto"}),
            span(2, {**CHAT, "gen_ai.provider.name": "azure.ai.openai",
                     "gen_ai.openai.request.service_tier": "priority"}),
            span(3, {**CHAT, "server.address": "shop.openai.azure.com"}),
        ),
    )  # fmt: skip
    keys = {(c.key.provider, c.key.model, c.key.tier) for c in store.cells(CellQuery())}
    assert keys == {
        ("openai", "gpt-4.1-mini-2025-04-14", "flex"),
        ("azure", "gpt-4.1-mini", "priority"),
        ("azure", "gpt-4.1-mini", "standard"),
    }
    ten = datetime(2026, 11, 3, 10, tzinfo=UTC)
    assert store.extent() == (ten, ten + timedelta(minutes=15))


def test_without_a_provider_the_model_tells(store: Store) -> None:
    named = {**CHAT, "gen_ai.request.model": "claude-sonnet-4-5"}
    del named["gen_ai.provider.name"]
    imported(store, export(span(1, named)))
    assert [cell.key.provider for cell in store.cells(CellQuery())] == ["anthropic"]


def test_durations_money_and_failures(store: Store) -> None:
    values = {**CHAT, "llm.cost.total": 0.0000336, "error.type": "timeout"}
    imported(store, export(span(1, values, status={"code": "STATUS_CODE_ERROR"})))
    found = noted(store)
    assert found["latency_seconds"] == Decimal("1.25")
    assert found["reported_cost"] == Decimal("0.0000336")
    assert found["status"] == "timeout"


@pytest.mark.parametrize(
    ("attributes", "feature"),
    [
        ({"traceloop.association.properties.feature": "search", "gen_ai.agent.name": "a"},
         "search"),
        ({"gen_ai.agent.name": "planner"}, "planner"),
        ({"traceloop.workflow.name": "refunds"}, "refunds"),
        ({"metadata": '{"feature": "care"}'}, "care"),
        ({}, "shop-api"),
    ],
)  # fmt: skip
def test_the_service_is_the_feature_only_where_nothing_finer_is_named(
    attributes: dict[str, str], feature: str, store: Store
) -> None:
    imported(store, export(span(1, {**CHAT, **attributes}), service__name="shop-api"))
    assert by_dimension(store, "feature") == {feature: 1}


def test_an_unnamed_service_is_no_feature_and_configured_keys_count_first(store: Store) -> None:
    documents = [
        export(span(1), service__name="unknown_service:python"),
        export(span(2, {**CHAT, "app.part": "search", "gen_ai.agent.name": "x"})),
    ]
    imported(store, *documents, options=ImportOptions(dimensions={"app.part": "feature"}))
    assert by_dimension(store, "feature") == {None: 1, "search": 1}


def test_who_and_where(store: Store) -> None:
    named = {**CHAT, "gen_ai.conversation.id": "c-1", "user.id": "someone@example.com"}
    imported(store, export(span(1, named), deployment__environment__name="staging"))
    assert by_dimension(store, "environment") == {"staging": 1}
    assert b"someone@example.com" not in store.path.read_bytes()


def test_prompts_and_answers_are_not_kept(store: Store) -> None:
    asked = {"gen_ai.input.messages": "asked", "feature": "asked" * 100}
    imported(store, export(span(1, {**CHAT, **asked})))
    assert by_dimension(store, "feature") == {None: 1}
    assert b"asked" not in store.path.read_bytes()


def test_every_container_is_the_same(tmp_path: Path, store: Store) -> None:
    document = export(span(1))
    resource = document["resourceSpans"][0]
    older = {"resourceSpans": [{"instrumentationLibrarySpans": resource["scopeSpans"]}]}
    texts = [
        json.dumps(document), json.dumps(document, indent=2), json.dumps([document]),
        json.dumps(older), json.dumps({"batches": [resource]}), json.dumps({"trace": document}),
        "\ufeff\r\n" + json.dumps(document) + "\r\n\r\n",
    ]  # fmt: skip
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.json"
        path.write_bytes(gzip.compress(text.encode()))
        claiming = [each.name for each in FORMATS if each.claims(sample_of(path))]
        assert claiming == ["otlp"]
        found = import_file(store, path)
        assert accounting(found) == {"read": 1, "duplicate" if number else "added": 1}


def test_an_export_longer_than_the_sample_is_known(store: Store) -> None:
    long = span(1, {**CHAT, "gen_ai.input.messages": "x" * 300_000})
    found = imported(store, export(long, span(2)))
    assert (found.format, accounting(found)) == ("otlp", {"read": 2, "added": 2})


@pytest.mark.parametrize(
    ("signal", "said"), [("resourceMetrics", "metrics"), ("resourceLogs", "logs")]
)
def test_metrics_and_logs_are_refused_in_words(signal: str, said: str, store: Store) -> None:
    found = imported(store, {signal: [{}]})
    assert (found.format, accounting(found)) == ("otlp", {"read": 1, "set_aside": 1})
    assert found.set_aside[0].reason.startswith(f"holds {said}")


@pytest.mark.parametrize(
    "wrong",
    [
        "null", "{}", '"text"', "\0", '{"resourceSpans": 3}', '{"resourceSpans": [1, null]}',
        '{"resourceSpans": [{"scopeSpans": 4}]}', '{"resourceSpans": [{"scopeSpans": [5]}]}',
        '{"resourceSpans": [{"scopeSpans": [{"spans": [6, null, {}]}]}]}', '{"a":' * 3000,
        '{"resourceSpans": [{"resource": 1, "scopeSpans": [{"spans": {"a": 1}}]}]}',
        json.dumps(export(span(2, startTimeUnixNano="soon"))),
        json.dumps(export(span(2, startTimeUnixNano={"a": 1}, status=[2]))),
        json.dumps(export(span(2, startTimeUnixNano="9" * 19))),
        json.dumps(export({**span(2), "attributes": "x"})),
        json.dumps(export({**span(2), "attributes": [1]})),
        json.dumps(export({**span(2), "attributes": [{"key": 1, "value": 2}, {"key": "a"}]})),
        json.dumps(export(span(2, {**CHAT, "metadata": "[1]", "llm.cost.total": "much"}))),
        json.dumps(export(span(2, traceId=None, spanId=["x"]))),
    ],
)  # fmt: skip
def test_nothing_crashes_and_every_row_is_accounted_for(wrong: str, store: Store) -> None:
    good = json.dumps(export(span(1)))
    found = imported(store, good, wrong, good)
    assert adds_up(found)
    assert totals(store)["requests"] >= 1
    assert found.rows_added >= 1
