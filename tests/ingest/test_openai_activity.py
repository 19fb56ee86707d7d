"""The dashboard's Activity CSV: its header, its dirt, and that it is the API's usage again."""

from __future__ import annotations

import csv
import json
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from costmodel.meters import Meter
from ingest.errors import UnreadableFileError
from ingest.files import sample_of
from ingest.formats.openai_activity import OpenaiActivity
from ingest.projection import ImportOptions
from ingest.store import CellQuery
from tests.ingest.usage_pages import NOVEMBER_30, amounts, bucket, imported, page, result

if TYPE_CHECKING:
    from pathlib import Path

TIMES = {
    "start_time": "1795996800",
    "end_time": "1796083200",
    "start_time_iso": "2026-11-30T00:00:00+00:00",
    "end_time_iso": "2026-12-01T00:00:00",
}
COUNTS = {
    "num_model_requests": "21.0",
    "model": "gpt-4.1-mini",
    "batch": "FALSE",
    "service_tier": "default",
    "input_tokens": "59200.0",
    "output_tokens": "470.0",
    "input_cached_tokens": "1024.0",
    "input_uncached_tokens": "58176.0",
}
ROW = {**TIMES, **COUNTS}
STORED = {
    "gpt-4.1-mini": {Meter.INPUT: 58176, Meter.CACHED_INPUT: 1024, Meter.OUTPUT: 470}
}  # 59,200 - 1,024


def csv_text(*rows: dict[str, str], by: str = ",", end: str = "\n") -> str:
    header = list(rows[0])
    lines = [by.join(header), *(by.join(row.get(name, "") for name in header) for row in rows)]
    return end.join(lines) + end


def claims(folder: Path, text: str) -> bool:
    path = folder / "header.csv"
    path.write_text(text, encoding="utf-8")
    return OpenaiActivity().claims(sample_of(path))


def test_the_order_of_columns_does_not_matter(tmp_path: Path) -> None:
    names = list(ROW)
    random.Random(7).shuffle(names)
    assert names != list(ROW)
    found, store = imported(tmp_path, csv_text({name: ROW[name] for name in names}), "a.csv")
    assert (found.format, found.rows_added) == ("openai_activity", 1)
    assert amounts(store) == STORED


def test_a_part_of_the_columns_is_enough_and_others_do_not_harm(tmp_path: Path) -> None:
    assert claims(tmp_path, "end_time,start_time,input_tokens\n")
    assert claims(tmp_path, "start_time,end_time,images,colour\n")
    found, store = imported(tmp_path, csv_text({**ROW, "colour": "red"}), "a.csv")
    assert found.rows_added == 1
    assert amounts(store) == STORED


def test_other_tables_are_not_claimed(tmp_path: Path) -> None:
    cost = "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item"
    for header in (
        cost,
        f"{cost},input_tokens",
        "TIMESTAMP,ContextTokens",
        "start_time,end_time,x",
    ):
        assert not claims(tmp_path, f"{header}\n")


@pytest.mark.parametrize("by", [",", "\t", ";"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_separators_marks_and_line_ends(by: str, mark: str, tmp_path: Path) -> None:
    found, store = imported(tmp_path, mark + csv_text(ROW, by=by, end="\r\n"), "a.csv")
    assert found.rows_added == 1
    assert amounts(store) == STORED


def test_times_without_a_zone_are_utc_whatever_zone_the_import_names(tmp_path: Path) -> None:
    cases = ["2026-11-30T05:00:00", "2026-11-30T06:00:00+01:00", "2026-11-30 05:00:00Z"]
    for number, moment in enumerate(cases):
        row = {**ROW, "start_time": "", "end_time": "", "end_time_iso": "2026-11-30T06:00:00"}
        found, store = imported(
            tmp_path,
            csv_text({**row, "start_time_iso": moment, "project_id": f"proj_{number}"}),
            "a.csv",
            ImportOptions(tz="America/New_York"),
        )
        assert found.rows_added == 1
    five = datetime(2026, 11, 30, 5, tzinfo=UTC)
    assert store.extent() == (five, five + timedelta(hours=1))


@pytest.mark.parametrize("word", ["TRUE", "True", "true"])
def test_batch_in_any_case(word: str, tmp_path: Path) -> None:
    _, store = imported(tmp_path, csv_text({**ROW, "batch": word}), "a.csv")
    assert [cell.key.tier for cell in store.cells(CellQuery())] == ["batch"]


def test_a_bucket_with_times_only_is_without_usage(tmp_path: Path) -> None:
    found, store = imported(tmp_path, csv_text(ROW, TIMES), "a.csv")
    assert (found.rows_read, found.rows_added, found.rows_without_usage) == (2, 1, 1)
    assert found.notices == ()
    assert sum(cell.requests for cell in store.cells(CellQuery())) == 21


def test_an_export_without_usage_imports_as_nothing_and_says_so(tmp_path: Path) -> None:
    for header in (csv_text(TIMES).splitlines()[0], "\ufeff" + "\t".join(TIMES) + "\r\n"):
        found, store = imported(tmp_path, header, "a.csv")
        assert (found.format, found.rows_read) == ("openai_activity", 0)
        assert found.notices == ("the export covers a time without usage: 0 rows",)
        assert store.is_empty()


def test_a_line_that_is_cut_off_is_set_aside_not_read_as_a_smaller_number(tmp_path: Path) -> None:
    text = csv_text(ROW, {**ROW, "model": "cut"})
    cut = text[: text.rindex("59200.0") + 3]
    found, store = imported(tmp_path, cut, "a.csv")
    assert [(each.line, each.reason) for each in found.set_aside] == [
        (3, "holds 9 cells, the header 12: cut off or damaged")
    ]
    assert amounts(store) == STORED


def test_digits_that_a_spreadsheet_cut_are_set_aside(tmp_path: Path) -> None:
    bad = [{**ROW, "input_tokens": each} for each in ("5.92E+04", "59200.5", "59,200", "59_200")]
    bad[2]["input_tokens"] = '"59,200"'
    found, store = imported(tmp_path, csv_text(ROW, *bad), "a.csv")
    assert [each.reason.split(",")[0][:24] for each in found.set_aside] == [
        "input_tokens is '5.92E+0", "input_tokens is '59200.5", "input_tokens is '59",
        "input_tokens is '59_200'",
    ]  # fmt: skip
    assert amounts(store) == STORED


def test_the_lines_of_records(tmp_path: Path) -> None:
    two_lines = {**ROW, "project_id": '"two\nlines"', "input_tokens": "x"}
    first = {**ROW, "project_id": ""}
    text = csv_text(first, two_lines, {**first, "input_tokens": "y"})
    assert text.count("\n") == 5
    found, _ = imported(
        tmp_path, text.replace("\n1795996800,1796083200,", "\n\n1795996800,1796083200,", 1), "a.csv"
    )
    assert [(each.line, each.reason[:17]) for each in found.set_aside] == [
        (4, "input_tokens is '"), (6, "input_tokens is '"),
    ]  # fmt: skip


def test_a_quote_that_is_never_closed_does_not_swallow_lines_unseen(tmp_path: Path) -> None:
    text = csv_text(ROW, {**ROW, "model": '"open'}, ROW, ROW)
    found, store = imported(tmp_path, text, "a.csv")
    assert [(each.line, each.reason.split(":")[0]) for each in found.set_aside] == [
        (3, "lines 3 to 5 are one record")
    ]
    assert amounts(store) == STORED
    limit = csv.field_size_limit(100_000)
    try:
        with pytest.raises(UnreadableFileError, match=r"a\.csv, line 3: cannot be read as CSV"):
            imported(tmp_path, text + "x" * 200_000, "a.csv")
    finally:
        csv.field_size_limit(limit)


KINDS = [
    ({"images": "3", "num_model_requests": "1", "model": "dall-e-3"}, "images"),
    ({"characters": "3", "num_model_requests": "1", "model": "tts-1"}, "audio_speeches"),
    ({"seconds": "3", "num_model_requests": "1", "model": "whisper-1"}, "audio_transcriptions"),
    ({"num_sessions": "3"}, "code_interpreter_sessions"),
    ({"num_requests": "3", "vector_store_id": "vs_1"}, "file_searches"),
    ({"num_requests": "3", "context_level": "low", "model": "m"}, "web_searches"),
    ({"input_tokens": "3", "model": "text-embedding-3-small"}, "embeddings"),
    ({"input_tokens": "3", "model": "omni-moderation-latest"}, "moderations"),
]


@pytest.mark.parametrize(("values", "kind"), KINDS, ids=[kind for _, kind in KINDS])
def test_each_kind_of_usage_is_the_same_from_the_api(
    values: dict[str, str], kind: str, tmp_path: Path
) -> None:
    found, store = imported(tmp_path, csv_text({**TIMES, **values}), "a.csv")
    assert (found.rows_added, found.rows_set_aside) == (1, 0)
    assert [sum(each.values()) for each in amounts(store).values()] == [3]
    row = {"object": f"organization.usage.{kind}.result", **values}
    again, store = imported(tmp_path, json.dumps(page(bucket(row, start=NOVEMBER_30))))
    assert (again.rows_added, again.rows_duplicate) == (0, 1)


def test_kinds_together_in_one_file_are_those_of_a_file_each(tmp_path: Path) -> None:
    names = ("vector_store_id", "context_level")
    for values, kind in KINDS:
        counted = {"size": "large", **values} if kind == "images" else values
        _, store = imported(tmp_path, csv_text({**TIMES, **counted}), f"{kind}.csv")
    before = amounts(store)
    rows = [
        {"object": f"organization.usage.{kind}.result", **dict.fromkeys(names), **values}
        | ({"size": "large"} if kind == "images" else {})
        for values, kind in KINDS
    ]
    again, store = imported(tmp_path, json.dumps(page(bucket(*rows, start=NOVEMBER_30))))
    assert (again.rows_added, again.rows_duplicate) == (0, len(KINDS))
    assert amounts(store) == before


def test_storage_is_claimed_and_told(tmp_path: Path) -> None:
    found, _ = imported(tmp_path, csv_text({**TIMES, "usage_bytes": "2048"}), "a.csv")
    assert (found.rows_without_usage, found.notices[0][:42]) == (
        1, "vector stores hold up to 2,048 bytes (rows",
    )  # fmt: skip


def test_calls_of_an_unknown_tool_are_set_aside(tmp_path: Path) -> None:
    found, _ = imported(tmp_path, csv_text({**TIMES, "num_requests": "3"}), "a.csv")
    assert [each.reason for each in found.set_aside] == [
        "num_requests does not say of which tool: export it with vector_store_id"
    ]


def test_joined_exports_are_read_past_the_second_header(tmp_path: Path) -> None:
    text = csv_text(ROW) + csv_text({**ROW, "model": "other"})
    found, store = imported(tmp_path, text, "a.csv")
    assert (found.rows_read, found.rows_added) == (2, 2)
    assert set(amounts(store)) == {"gpt-4.1-mini", "other"}


def test_the_same_bucket_from_the_api_and_from_the_dashboard_counts_once(tmp_path: Path) -> None:
    usage = result(
        model="gpt-4.1-mini", batch=False, service_tier="default", num_model_requests=21,
        input_tokens=59200, output_tokens=470, input_cached_tokens=1024, api_key_id="key_abcdef",
    )  # fmt: skip
    _, store = imported(tmp_path, json.dumps(page(bucket(usage, start=NOVEMBER_30))))
    row = {**ROW, "api_key_id": "key_abcdef"}
    for spelling in (row, {**row, "start_time": "1795996800.0", "batch": "False"}):
        found, store = imported(tmp_path, csv_text(spelling), "a.csv")
        assert (found.rows_added, found.rows_duplicate) == (0, 1)
    assert amounts(store) == STORED


def test_rows_of_one_bucket_that_nothing_tells_apart_are_all_counted(tmp_path: Path) -> None:
    found, store = imported(tmp_path, csv_text(ROW, ROW), "a.csv")
    assert found.rows_added == 2
    assert amounts(store)["gpt-4.1-mini"][Meter.INPUT] == 2 * 58176
    again, _ = imported(tmp_path, csv_text(ROW, ROW), "b.csv")
    assert (again.rows_added, again.rows_duplicate) == (0, 2)


OLDER = {
    "organization_id": "org-sample",
    "aggregation_timestamp": "1704067500",
    "n_requests": "5",
    "operation": "completion",
    "snapshot_id": "gpt-4-0613",
    "n_context_tokens_total": "900",
    "n_generated_tokens_total": "200",
    "n_cached_context_tokens_total": "100",
    "email": "someone@example.com",
    "api_key_id": "key_verysecretabcd",
    "project_id": "proj_shop",
    "request_type": "",
}


def test_the_generation_before_2024(tmp_path: Path) -> None:
    rows = [OLDER, {**OLDER, "request_type": "batch", "snapshot_id": "b"}]
    found, store = imported(tmp_path, csv_text(*rows), "a.csv")
    assert (found.format, found.rows_added) == ("openai_activity", 2)
    cells = store.cells(CellQuery(by=("project", "api_key")))
    assert {(c.key.model, c.key.tier, c.dimensions) for c in cells} == {
        ("gpt-4-0613", "standard", ("proj_shop", "...abcd")),
        ("b", "batch", ("proj_shop", "...abcd")),
    }
    assert amounts(store)["b"] == {Meter.INPUT: 800, Meter.CACHED_INPUT: 100, Meter.OUTPUT: 200}
    assert b"someone@example.com" not in (tmp_path / "store.duckdb").read_bytes()
