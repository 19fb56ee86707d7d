"""The gateway's log of Azure: one request however many rows, and the model that really served."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.meters import Meter
from ingest.files import sample_of
from ingest.formats import FORMATS
from ingest.formats.azure_apim import NO_ZONE, UPPER_BOUND
from ingest.imports import ImportOptions
from ingest.store import CellQuery
from tests.ingest.chats import accounting, adds_up, totals
from tests.ingest.usage_pages import amounts, imported

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Container = Callable[..., str]

HEAD = {
    "TimeGenerated": "2026-11-30T08:00:00Z",
    "CorrelationId": "c-1",
    "DeploymentName": "chat",
    "ModelName": "gpt-4.1-mini-2025-04-14",
    "PromptTokens": 1000,
    "CompletionTokens": 100,
    "TotalTokens": 1100,
    "IsStreamCompletion": False,
    "SequenceNumber": 0,
}
TAIL = {**HEAD, "DeploymentName": "", "ModelName": "", "SequenceNumber": 1}
"""A row that continues: some exports repeat the tokens in it."""
STORED = {"gpt-4.1-mini-2025-04-14": {Meter.INPUT: 1000, Meter.OUTPUT: 100}}


def as_csv(*rows: dict[str, Any], by: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=by)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def as_table(*rows: dict[str, Any]) -> str:
    columns = [{"name": name, "type": "string"} for name in HEAD]
    values = [[row.get(name) for name in HEAD] for row in rows]
    return json.dumps({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": values}]})


def as_records(*rows: dict[str, Any]) -> str:
    inner = ("DeploymentName", "ModelName", "PromptTokens", "CompletionTokens", "TotalTokens",
             "IsStreamCompletion", "SequenceNumber")  # fmt: skip
    return as_lines(
        *(
            {
                "time": row["TimeGenerated"],
                "correlationId": row["CorrelationId"],
                "properties": {name[0].lower() + name[1:]: row[name] for name in inner},
            }
            for row in rows
        )
    )


CONTAINERS: list[Container] = [as_csv, as_lines, as_table, as_records]


@pytest.mark.parametrize("container", CONTAINERS)
def test_rows_that_continue_a_request_are_no_requests(container: Container, tmp_path: Path) -> None:
    text = container(HEAD, TAIL, {**TAIL, "SequenceNumber": 2})
    found, store = imported(tmp_path, text, "log")
    assert found.format == "azure_apim"
    assert accounting(found) == {"read": 3, "added": 1, "without_usage": 2}
    assert totals(store) == {"requests": 1, "input": 1000, "output": 100}
    assert amounts(store) == STORED
    assert found.notices == (
        "2 rows continue the text of a request: they hold no tokens of their own",
    )
    assert found.assumptions == (UPPER_BOUND, NO_ZONE)


@pytest.mark.parametrize("container", CONTAINERS)
def test_the_same_request_again_is_a_duplicate(container: Container, tmp_path: Path) -> None:
    found, store = imported(tmp_path, container(HEAD, HEAD), "log")
    assert accounting(found) == {"read": 2, "added": 1, "duplicate": 1}
    assert amounts(store) == STORED


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_is_claimed_by_this_format_only(
    container: Container, tmp_path: Path
) -> None:
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + container(HEAD, TAIL).encode()))
    assert [each.name for each in FORMATS if each.claims(sample_of(path))] == ["azure_apim"]


@pytest.mark.parametrize("by", [";", "\t"])
def test_separators(by: str, tmp_path: Path) -> None:
    _, store = imported(tmp_path, as_csv(HEAD, TAIL, by=by), "log.csv")
    assert amounts(store) == STORED


def test_other_logs_are_not_claimed(tmp_path: Path) -> None:
    for text in (
        "TimeGenerated,CorrelationId,DurationMs\n",
        "promptTokens,completionTokens,model\n",
        '{"promptTokens": 1, "completionTokens": 2, "id": "x"}\n',
        '{"note": "\\"PromptTokens\\" \\"CompletionTokens\\" \\"DeploymentName\\""}\n',
    ):
        path = tmp_path / "x"
        path.write_text(text, encoding="utf-8")
        assert "azure_apim" not in [each.name for each in FORMATS if each.claims(sample_of(path))]


def test_the_model_that_served_wins_over_the_name_of_its_deployment(tmp_path: Path) -> None:
    options = ImportOptions(deployments={"gpt-4o-mini": "gpt-4.1-mini", "chat": "gpt-4.1"})
    rows = (
        {**HEAD, "DeploymentName": "gpt-4o-mini", "ModelName": "gpt-4.1-nano"},
        {**HEAD, "DeploymentName": "gpt-4o-mini", "ModelName": "", "CorrelationId": "c-2"},
        # The model of that name, however a deployment of that name is configured.
        {**HEAD, "DeploymentName": "old", "ModelName": "gpt-4o-mini", "CorrelationId": "c-3"},
        {**HEAD, "DeploymentName": "not configured", "ModelName": "", "CorrelationId": "c-4"},
    )
    _, store = imported(tmp_path, as_csv(*rows), "log.csv", options)
    assert set(amounts(store)) == {"gpt-4.1-nano", "gpt-4.1-mini", "gpt-4o-mini", "not configured"}
    assert {cell.key.provider for cell in store.cells(CellQuery())} == {"azure"}


def test_the_subscription_of_a_joined_export_is_the_key(tmp_path: Path) -> None:
    row = {**HEAD, "ApimSubscriptionId": "shop"}
    _, store = imported(tmp_path, as_csv(row), "log.csv")
    assert [c.dimensions for c in store.cells(CellQuery(by=("api_key",)))] == [("shop",)]


@pytest.mark.parametrize(
    ("changes", "metered"),
    [
        ({"PromptTokens": "", "CompletionTokens": "", "TotalTokens": ""}, False),
        ({"PromptTokens": 0, "CompletionTokens": 0, "TotalTokens": 0}, True),
        ({"PromptTokens": 0, "CompletionTokens": 0, "TotalTokens": 0,
          "IsStreamCompletion": "True"}, False),
        ({"CompletionTokens": "", "TotalTokens": 1000}, True),
    ],
)  # fmt: skip
def test_a_request_whose_tokens_are_not_known_is_not_free(
    changes: dict[str, object], metered: bool, tmp_path: Path
) -> None:
    _, store = imported(tmp_path, as_csv({**HEAD, **changes}), "log.csv")
    sums = totals(store)
    assert (sums.get("requests", 0), sums.get("unmetered", 0)) == (metered, not metered)


WRONG: list[tuple[dict[str, object], str]] = [
    ({"TotalTokens": 1099}, "TotalTokens is 1099, not 1000 prompt and 100 completion"),
    ({"PromptTokens": -1}, "PromptTokens is '-1', not a whole number"),
    ({"CompletionTokens": 1.5}, "CompletionTokens is '1.5', not a whole number"),
    ({"PromptTokens": 10**15}, "PromptTokens is '1000000000000000', too large to be right"),
    ({"PromptTokens": [1]}, "PromptTokens is '[1]', not a whole number"),
    ({"PromptTokens": True}, "PromptTokens is 'True', not a whole number"),
    ({"TimeGenerated": None}, "no time: name the day with --date"),
    ({"TimeGenerated": {}},
     "TimeGenerated is '{}', neither a time nor seconds since 1970"),
    ({"DeploymentName": None, "CorrelationId": None},
     "no row of the log: neither a DeploymentName nor a CorrelationId"),
]  # fmt: skip


def test_what_cannot_be_right_is_set_aside(tmp_path: Path) -> None:
    wrong = [{**HEAD, **changes} for changes, _ in WRONG]
    good = {**HEAD, "CorrelationId": "good"}
    found, store = imported(tmp_path, as_lines(*wrong, good), "log.jsonl")
    assert [(each.line, each.reason) for each in found.set_aside] == [
        (line, reason) for line, (_, reason) in enumerate(WRONG, 1)
    ]
    assert amounts(store) == STORED


def test_documents_of_the_wrong_shape(tmp_path: Path) -> None:
    tables = {"tables": [{"columns": {}, "rows": 1}, 7, {"columns": [None], "rows": [[1], 2]}]}
    text = as_lines(HEAD, tables, 7, [], None, "x", {"a": "\ud800\u0000"}) + '{"cut": '
    found, store = imported(tmp_path, text, "log.jsonl")
    assert adds_up(found)
    assert found.rows_added == 1
    assert amounts(store) == STORED
    assert "cannot be read as JSON" in [each.reason for each in found.set_aside]


@pytest.mark.parametrize(
    ("name", "text", "tz", "hour"),
    [
        ("TimeGenerated [UTC]", "11/30/2026, 8:00:00.123 AM", "Europe/Berlin", 8),
        ("TimeGenerated [UTC]", "11/30/2026, 8:00:00 PM", "UTC", 20),
        ("TimeGenerated [Local Time]", "11/30/2026, 8:00:00 AM", "Europe/Berlin", 7),
        ("TimeGenerated", "2026-11-30T08:00:00.1234567Z", "Europe/Berlin", 8),
        ("TimeGenerated", "2026-11-30 08:00:00", "Europe/Berlin", 8),
    ],
)
def test_times_as_the_portal_writes_them(
    name: str, text: str, tz: str, hour: int, tmp_path: Path
) -> None:
    row = {name: text, **{key: value for key, value in HEAD.items() if key != "TimeGenerated"}}
    found, store = imported(tmp_path, as_csv(row), "log.csv", ImportOptions(tz=tz))
    assert found.set_aside == ()
    extent = store.extent()
    assert extent is not None
    assert extent[0] == datetime(2026, 11, 30, hour, tzinfo=UTC)


def test_requests_whose_first_row_is_missing_are_named(tmp_path: Path) -> None:
    found, _ = imported(tmp_path, as_csv(HEAD, TAIL, {**TAIL, "CorrelationId": "c-2"}), "log.csv")
    assert found.notices[1].startswith("the first rows of 1 requests, which hold their tokens")
    assert found.rows_without_usage == 2


def test_texts_of_prompts_are_not_kept(tmp_path: Path) -> None:
    row = {**HEAD, "RequestMessages": '[{"content": "a secret thought"}]'}
    _, store = imported(tmp_path, as_lines(row), "log.jsonl")
    assert b"a secret thought" not in store.path.read_bytes()


REQUEST = st.tuples(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 3), st.booleans())


@settings(max_examples=settings().max_examples // 4)  # each imports files
@given(requests=st.lists(REQUEST, min_size=1, max_size=10), place=st.integers(0, 3))
def test_tokens_sum_to_the_totals_or_the_row_is_set_aside(
    requests: list[tuple[int, int, int, bool]], place: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:  # fmt: skip
    rows, expected = [], 0
    for number, (prompt, completion, tails, right) in enumerate(requests):
        total = prompt + completion + (not right)
        row = {**HEAD, "CorrelationId": f"r-{number}", "PromptTokens": prompt,
               "CompletionTokens": completion, "TotalTokens": total}  # fmt: skip
        tail = {**row, "DeploymentName": "", "SequenceNumber": 1}
        rows += [row, *[tail] * tails]
        expected += total if right else 0
    found, store = imported(tmp_path_factory.mktemp("log"), CONTAINERS[place](*rows), "log")
    sums = totals(store)
    assert sums.get("input", 0) + sums.get("output", 0) == expected
    assert found.rows_set_aside == sum(not right for *_, right in requests)
    assert adds_up(found)
