"""Azure Monitor's metrics: points of one time and model are one bucket, counted once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.meters import Meter
from ingest.files import sample_of
from ingest.formats import FORMATS
from ingest.formats.azure_metrics import NO_SPLIT
from ingest.imports import ImportOptions
from ingest.store import CellQuery
from tests.ingest.chats import accounting, adds_up, totals
from tests.ingest.usage_pages import amounts, imported
from tests.real import needs_real, real_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EIGHT, NINE = "2026-11-30T08:00:00Z", "2026-11-30T09:00:00Z"
CHAT = {"ModelDeploymentName": "chat", "ModelName": "gpt-4.1-mini"}


def series(points: Mapping[str, object], split: Mapping[str, object] = CHAT) -> dict[str, Any]:
    named = [{"name": {"value": name.lower()}, "value": value} for name, value in split.items()]
    data = [{"timeStamp": time, "total": total} for time, total in points.items()]
    return {"metadatavalues": named, "data": data}


def metric(name: str, *among: dict[str, Any]) -> dict[str, Any]:
    return {"name": {"value": name, "localizedValue": name}, "timeseries": list(among)}


def answer(*metrics: object, interval: object = "PT1H") -> dict[str, Any]:
    return {
        "timespan": f"{EIGHT}/{NINE}",
        "interval": interval,
        "namespace": "Microsoft.CognitiveServices/accounts",
        "value": list(metrics),
    }


def hour(prompt: object = 100, generated: object = 10, requests: object = 2, **k: Any) -> Any:  # noqa: ANN401 - any JSON
    split = k.pop("split", CHAT)
    return answer(
        metric("ProcessedPromptTokens", series({EIGHT: prompt}, split)),
        metric("GeneratedTokens", series({EIGHT: generated}, split)),
        metric("AzureOpenAIRequests", series({EIGHT: requests}, split)),
        **k,
    )


STORED = {"gpt-4.1-mini": {Meter.INPUT: 100, Meter.OUTPUT: 10}}


def reasons(found: Any) -> list[str]:  # noqa: ANN401 - an import
    return [each.reason for each in found.set_aside]


def test_points_of_one_time_and_model_are_one_bucket(tmp_path: Path) -> None:
    found, store = imported(tmp_path, hour())
    assert found.format == "azure_metrics"
    assert accounting(found) == {"read": 1, "added": 1}
    assert totals(store) == {"requests": 2, "input": 100, "output": 10}
    assert amounts(store) == STORED
    (cell,) = store.cells(CellQuery())
    assert (cell.key.provider, cell.key.zone, cell.key.tier) == ("azure", "global", "standard")


def test_a_later_export_restates_a_bucket(tmp_path: Path) -> None:
    imported(tmp_path, hour())
    found, store = imported(tmp_path, hour(prompt=150, generated=15))
    assert accounting(found) == {"read": 1, "replaced": 1}
    assert amounts(store) == {"gpt-4.1-mini": {Meter.INPUT: 150, Meter.OUTPUT: 15}}


def test_tables_of_three_shapes_say_the_same(tmp_path: Path) -> None:
    points = {"ProcessedPromptTokens": 100, "GeneratedTokens": 10, "AzureOpenAIRequests": 2}
    rows = [
        {"TimeGenerated": EIGHT, "MetricName": name, "Total": total, "TimeGrain": "PT1H", **CHAT}
        for name, total in points.items()
    ]
    long = "\n".join(",".join(map(str, row)) for row in (rows[0], *(r.values() for r in rows)))
    wide = (
        "Timestamp,ModelDeploymentName,ModelName,Processed Prompt Tokens,"
        f"Generated Completion Tokens,Azure OpenAI Requests\n{EIGHT},chat,gpt-4.1-mini,100,10,2\n"
    )
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    for number, text in enumerate((long, wide, lines, json.dumps({"values": [hour()]}))):
        folder = tmp_path / str(number)
        folder.mkdir()
        found, store = imported(folder, text, "metrics")
        assert (found.format, accounting(found)) == ("azure_metrics", {"read": 1, "added": 1})
        assert totals(store) == {"requests": 2, "input": 100, "output": 10}


def test_points_are_summed_over_dimensions_that_tell_no_model(tmp_path: Path) -> None:
    split = [{**CHAT, "StatusCode": code} for code in ("200", "429")]
    document = hour()
    document["value"][2]["timeseries"] = [series({EIGHT: 5}, each) for each in split]
    _, store = imported(tmp_path, document)
    assert totals(store) == {"requests": 10, "input": 100, "output": 10}


def test_the_model_that_served_wins_over_the_name_of_its_deployment(tmp_path: Path) -> None:
    options = ImportOptions(deployments={"chat": "gpt-4.1", "gpt-4.1-mini": "wrong"})
    _, store = imported(tmp_path, hour(), options=options)
    assert set(amounts(store)) == {"gpt-4.1-mini"}
    alias = {"ModelDeploymentName": "chat"}
    _, store = imported(tmp_path, hour(interval="PT1M", split=alias), options=options)
    assert "gpt-4.1" in amounts(store)


@pytest.mark.parametrize(
    ("version", "model"),
    [("2025-04-14", "gpt-4.1-mini-2025-04-14"), ("2", "gpt-4.1-mini"), ("", "gpt-4.1-mini")],
)
def test_a_version_that_is_a_day_names_the_snapshot(
    version: str, model: str, tmp_path: Path
) -> None:
    _, store = imported(tmp_path, hour(split={**CHAT, "ModelVersion": version}))
    assert set(amounts(store)) == {model}


def test_metrics_without_a_model_have_no_price_and_say_so(tmp_path: Path) -> None:
    found, store = imported(tmp_path, hour(split={}))
    assert NO_SPLIT in found.notices
    assert set(amounts(store)) == {"(not given)"}


def test_empty_buckets_are_without_usage(tmp_path: Path) -> None:
    for nothing in (0, None):
        found, _ = imported(tmp_path, hour(nothing, nothing, nothing))
        assert accounting(found) == {"read": 1, "without_usage": 1}
        assert found.notices == (
            "every bucket of the export is empty: it covers a time without usage",
        )


@pytest.mark.parametrize("bad", [-1, 1.5, "many", True, 10**15, [1], float("inf")])
def test_a_number_that_cannot_be_right_spoils_its_bucket_only(bad: object, tmp_path: Path) -> None:
    document = hour(generated=bad)
    document["value"][0]["timeseries"][0]["data"].append({"timeStamp": NINE, "total": 100})
    document["value"][1]["timeseries"][0]["data"].append({"timeStamp": NINE, "total": 10})
    found, store = imported(tmp_path, document)
    assert reasons(found)[0].startswith("GeneratedTokens: total is ")
    assert accounting(found) == {"read": 2, "added": 1, "set_aside": 1}
    assert amounts(store) == STORED


def test_averages_and_missing_times_are_set_aside(tmp_path: Path) -> None:
    document = hour()
    document["value"][0]["timeseries"][0]["data"] = [
        {"timeStamp": EIGHT, "average": 5}, {"total": 5}, {"timeStamp": "noon", "total": 1}, 7,
    ]  # fmt: skip
    found, _ = imported(tmp_path, document)
    assert reasons(found) == [
        "ProcessedPromptTokens: no total: export it with the aggregation Sum",
        "ProcessedPromptTokens: no time",
        "ProcessedPromptTokens: time is 'noon', neither a time nor seconds since 1970",
        "ProcessedPromptTokens: a point that is no object",
    ]
    assert found.rows_added == 0


def test_requests_alone_are_no_usage(tmp_path: Path) -> None:
    only = answer(metric("AzureOpenAIRequests", series({EIGHT: 5})))
    found, _ = imported(tmp_path, only)
    (reason,) = reasons(found)
    assert reason == (
        "2026-11-30 08:00: requests or a total, and neither ProcessedPromptTokens nor "
        "GeneratedTokens: export them too"
    )


def test_buckets_of_another_length_are_set_aside(tmp_path: Path) -> None:
    documents = [hour(), hour(interval="PT1M"), hour(split={**CHAT, "ModelVersion": "1"})]
    text = "\n".join(map(json.dumps, documents))
    found, store = imported(tmp_path, text)
    assert [each.line for each in found.set_aside] == [2]
    assert totals(store) == {"requests": 4, "input": 200, "output": 20}
    found, _ = imported(tmp_path, hour(interval="P1Y"))
    assert set(reasons(found)) == {"the grain is 'P1Y', not from PT1M to P1D"}


def test_the_cache_match_rate_and_others_are_named_and_left_out(tmp_path: Path) -> None:
    document = hour()
    document["value"].append(metric("AzureOpenAIContextTokensCacheMatchRate", series({EIGHT: 30})))
    document["value"].append(metric("TokenTransaction", series({EIGHT: 111})))
    found, store = imported(tmp_path, document)
    left_out, differing = found.notices
    assert left_out == (
        "metrics that are no usage are left out: AzureOpenAIContextTokensCacheMatchRate"
    )
    assert differing.startswith("in 1 buckets TokenTransaction is not ProcessedPromptTokens and")
    assert amounts(store) == STORED


@pytest.mark.parametrize(
    "document",
    [
        {"value": 7}, {"value": [7, {}, {"name": "ProcessedPromptTokens", "timeseries": 1}]},
        {"value": [metric("GeneratedTokens", {"data": None})]}, {"values": [None, [], {}]}, [7],
        {"value": [{"name": "GeneratedTokens", "timeseries": [{"metadatavalues": [1, {"name": 2}],
         "data": [{"timeStamp": EIGHT, "total": 1}, None]}]}]},
        hour(split={"ModelName": "\ud800\u0000x"}),
    ],
)  # fmt: skip
def test_documents_of_the_wrong_shape(document: object, tmp_path: Path) -> None:
    options = ImportOptions(format="azure_metrics")
    found, _ = imported(tmp_path, document, options=options)
    assert adds_up(found)
    found, _ = imported(tmp_path, json.dumps(hour()) + "\n{" + json.dumps(document))
    assert "cannot be read as JSON" in reasons(found)
    assert found.rows_added == 1


def test_only_this_format_claims_and_only_its_files(tmp_path: Path) -> None:
    path = tmp_path / "x"
    claimed = {
        json.dumps(hour()): True,
        json.dumps(answer()): True,
        json.dumps({**answer(), "namespace": "Microsoft.Compute/virtualMachines"}): False,
        "TimeGenerated,MetricName,Total\n": True,
        f"TimeGenerated,MetricName,Total\n{EIGHT},Percentage CPU,3\n": False,
        "\ufefftimestamp\tmodeldeploymentname\tgeneratedtokens\n": True,
        "TIMESTAMP,ContextTokens,GeneratedTokens\n": False,
    }
    for text, ours in claimed.items():
        path.write_text(text, encoding="utf-8")
        names = [each.name for each in FORMATS if each.claims(sample_of(path))]
        assert names == (["azure_metrics"] if ours else []), text


@needs_real
def test_a_real_table_of_single_requests_is_none_of_these() -> None:
    sample = sample_of(real_file("azure-llm-2023-conv.csv"))
    assert not [each.name for each in FORMATS if each.claims(sample) and "azure" in each.name]


COUNT = st.integers(0, 10**9)


@settings(max_examples=settings().max_examples // 4)  # each imports files
@given(
    points=st.lists(st.tuples(COUNT, COUNT, COUNT, st.booleans()), min_size=1, max_size=10),
)
def test_tokens_sum_to_the_points_or_their_bucket_is_set_aside(
    points: list[tuple[int, int, int, bool]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    names = ("ProcessedPromptTokens", "GeneratedTokens", "AzureOpenAIRequests")
    metrics = []
    for place, name in enumerate(names):
        among = []
        for number, point in enumerate(points):
            value = -1 - point[1] if place == 1 and not point[3] else point[place]
            among.append(series({EIGHT: value}, {"ModelName": f"m{number}"}))
        metrics.append(metric(name, *among))
    found, store = imported(tmp_path_factory.mktemp("metrics"), answer(*metrics))
    sums = totals(store)
    right = [point for point in points if point[3]]
    assert sums.get("input", 0) == sum(prompt for prompt, *_ in right)
    assert sums.get("output", 0) == sum(generated for _, generated, *_ in right)
    assert sums.get("requests", 0) == sum(requests for *_, requests, _ in right)
    assert found.rows_set_aside == len(points) - len(right)
    assert adds_up(found)
