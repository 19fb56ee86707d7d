"""Importing files: claimed by one format, every line accounted for, nothing counted twice."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
import zstandard

from ingest.errors import IngestError, NoFormatError, UnreadableFileError
from ingest.imports import SAMPLED_FROM_BYTES, ImportOptions, Progress, import_file
from ingest.store import CellQuery, Store
from ingest.store.loading import FIRST_ROWS
from tests.ingest.chats import (
    accounting,
    adds_up,
    by_dimension,
    chat,
    counts,
    imported,
    ledger,
    totals,
    written,
)
from tests.real import real_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


def test_a_second_import_of_the_same_file_adds_nothing(store: Store) -> None:
    lines = [chat(1), chat(2), chat(2), chat(3, id=None), chat(3, id=None)]
    first = imported(store, "a.jsonl", lines)
    assert accounting(first) == {"read": 5, "added": 4, "duplicate": 1}
    before = ledger(store)
    again = imported(store, "copy.jsonl", lines)
    assert accounting(again) == {"read": 5, "duplicate": 5}
    assert ledger(store) == before


def test_twins_without_an_id_both_count_and_a_third_one_is_new(store: Store) -> None:
    twin = chat(id=None)
    assert accounting(imported(store, "a.jsonl", [twin, twin])) == {"read": 2, "added": 2}
    result = imported(store, "b.jsonl", [twin, twin, twin])
    assert accounting(result) == {"read": 3, "added": 1, "duplicate": 2}
    assert totals(store)["requests"] == 3


def test_the_larger_output_of_one_id_wins_inside_a_file(store: Store) -> None:
    lines = [chat(1, usage=counts(100, 5)), chat(1, usage=counts(100, 9)),
             chat(1, usage=counts(100, 7))]  # fmt: skip
    result = imported(store, "a.jsonl", lines)
    assert accounting(result) == {"read": 3, "added": 1, "replaced": 1, "duplicate": 1}
    assert result.differing == 2
    assert totals(store) == {"requests": 1, "input": 100, "output": 9}
    again = imported(store, "a.jsonl", lines)
    assert accounting(again) == {"read": 3, "duplicate": 3}


def test_the_larger_output_of_one_id_wins_between_files(store: Store) -> None:
    imported(store, "a.jsonl", [chat(1, usage=counts(100, 5)), chat(2)])
    later = imported(store, "b.jsonl", [chat(1, usage=counts(100, 9)), chat(2)])
    assert accounting(later) == {"read": 2, "replaced": 1, "duplicate": 1}
    assert later.differing == 1
    smaller = imported(store, "c.jsonl", [chat(1, usage=counts(100, 6))])
    assert accounting(smaller) == {"read": 1, "duplicate": 1}
    assert smaller.differing == 1
    assert totals(store) == {"requests": 2, "input": 200, "output": 19}


def test_of_equal_outputs_that_differ_the_later_one_is_believed(store: Store) -> None:
    imported(store, "a.jsonl", [chat(1)])
    later = imported(store, "b.jsonl", [chat(1, metadata={"feature": "search"})])
    assert accounting(later) == {"read": 1, "replaced": 1}
    assert by_dimension(store, "feature") == {"search": 1}


def test_the_same_id_of_another_model_or_provider_is_another_request(store: Store) -> None:
    other = [chat(1), chat(1, model="gpt-4.1-2025-04-14")]
    assert imported(store, "a.jsonl", other).rows_added == 2
    azure = ImportOptions(provider="azure")
    assert imported(store, "a.jsonl", other, azure).rows_added == 2


def test_a_request_noted_at_its_start_and_at_its_end_is_one(store: Store) -> None:
    imported(store, "a.jsonl", [chat(1)])
    later = imported(store, "b.jsonl", [chat(1, created=1_792_224_000 + 86_000)])
    assert later.rows_added == 0


def test_a_row_without_a_time_is_set_aside_unless_a_date_is_given(store: Store) -> None:
    lines = [chat(1), chat(2, created=None)]
    result = imported(store, "a.jsonl", lines)
    assert accounting(result) == {"read": 2, "added": 1, "set_aside": 1}
    assert [(each.line, each.reason) for each in result.set_aside] == [
        (2, "no time: name the day with --date")
    ]
    dated = imported(store, "a.jsonl", lines, ImportOptions(date=date(2026, 10, 1)))
    assert accounting(dated) == {"read": 2, "added": 1, "duplicate": 1}
    assert dated.assumptions == ("1 rows without a time are dated 2026-10-01",)
    days = {cell.key.on for cell in store.cells(CellQuery())}
    assert days == {date(2026, 10, 1), date(2026, 10, 17)}


def test_another_date_does_not_count_the_same_request_again(store: Store) -> None:
    lines = [chat(1, created=None)]
    imported(store, "a.jsonl", lines, ImportOptions(date=date(2026, 1, 1)))
    again = imported(store, "a.jsonl", lines, ImportOptions(date=date(2026, 6, 1)))
    assert again.rows_added == 0
    assert totals(store)["requests"] == 1
    assert imported(store, "b.jsonl", [chat(1)]).rows_added == 0


def test_a_stream_without_usage_is_one_unmetered_request_and_never_zero(store: Store) -> None:
    chunk = chat(1, object="chat.completion.chunk", usage=None)
    result = imported(store, "a.jsonl", [chunk, chunk, chunk])
    assert accounting(result) == {"read": 3, "without_usage": 3}
    assert totals(store) == {"unmetered": 1}
    metered = imported(store, "b.jsonl", [chunk, chat(1)])
    assert accounting(metered) == {"read": 2, "replaced": 1, "without_usage": 1}
    assert totals(store) == {"requests": 1, "input": 100, "output": 10}
    assert imported(store, "a.jsonl", [chunk]).rows_added == 0
    assert totals(store) == {"requests": 1, "input": 100, "output": 10}


def test_lines_set_aside_keep_their_line_over_blank_and_foreign_ones(store: Store) -> None:
    lines = ["", chat(1), "  ", "{broken", chat(2, usage=counts(5, 1, cached=6)), "", chat(3)]
    result = imported(store, "a.jsonl", lines)
    assert accounting(result) == {"read": 4, "added": 2, "set_aside": 2}
    assert [each.line for each in result.set_aside] == [4, 5]
    assert store.set_aside(result.import_id) == list(result.set_aside)
    assert result.set_aside[1].reason == "6 cached tokens are more than the 5 input tokens"


@pytest.mark.parametrize("name", ["a.jsonl.gz", "packed-without-saying-so.jsonl"])
def test_packed_files_read_as_the_plain_one(store: Store, tmp_path: Path, name: str) -> None:
    lines = [chat(1), "{broken", chat(2)]
    plain = written(tmp_path / "plain.jsonl", lines)
    path = tmp_path / name
    path.write_bytes(gzip.compress(plain.read_bytes()))
    result = import_file(store, path)
    assert accounting(result) == {"read": 3, "added": 2, "set_aside": 1}
    assert result.set_aside[0].line == 2


def test_a_packed_file_that_ends_early_leaves_the_store_alone(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    whole = gzip.compress("\n".join(json.dumps(chat(n)) for n in range(5_000)).encode())
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableFileError, match="ends early or is damaged"):
        import_file(store, path)
    assert store.imports() == []


def test_zstd_is_unpacked_and_one_that_ends_early_leaves_the_store_alone(
    store: Store, tmp_path: Path
) -> None:
    text = "".join(json.dumps(chat(number)) + "\n" for number in range(50)).encode()
    frame = zstandard.ZstdCompressor().compress(text)
    cut, whole = tmp_path / "cut.jsonl.zst", tmp_path / "named-as-it-likes"
    cut.write_bytes(frame[:-9])
    with pytest.raises(UnreadableFileError, match="ends early"):
        import_file(store, cut)
    assert store.imports() == []
    more = zstandard.ZstdCompressor().compress(json.dumps(chat(50)).encode())
    whole.write_bytes(frame + more)
    assert accounting(import_file(store, whole)) == {"read": 51, "added": 51}


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_file_that_unpacks_beyond_all_measure_is_refused(
    store: Store, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.packed.UNCHECKED_BYTES", 4 * 1024 * 1024)
    line, blank = json.dumps(chat()).encode() + b"\n", b" " * 1_023 + b"\n"
    text = line + blank * 20_000
    packed = gzip.compress(text) if kind == "gzip" else zstandard.compress(text)
    path = tmp_path / "bomb.jsonl"
    path.write_bytes(packed)
    with pytest.raises(UnreadableFileError, match="more than 100 times its size"):
        import_file(store, path)
    assert store.imports() == []


def test_an_array_and_one_object_over_many_lines_are_read(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([chat(1), chat(2, created=None), chat(3)], indent=2), "utf-8")
    result = import_file(store, path)
    assert accounting(result) == {"read": 3, "added": 2, "set_aside": 1}
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[result.set_aside[0].line - 1] == "  {"
    path.write_text(json.dumps(chat(4), indent=2), encoding="utf-8")
    assert accounting(import_file(store, path)) == {"read": 1, "added": 1}


def test_a_byte_order_mark_costs_no_line(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(chat(1)).encode() + b"\r\n\r\n{x\r\n")
    result = import_file(store, path)
    assert accounting(result) == {"read": 2, "added": 1, "set_aside": 1}
    assert result.set_aside[0].line == 3


def test_a_line_longer_than_any_answer_is_set_aside_and_the_others_read(
    store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("w", encoding="utf-8") as out:
        out.write(json.dumps(chat(1)) + "\n")
        out.write('{"id": "long", "text": "' + "x" * 40_000_000 + '"}\n')
        out.write(json.dumps(chat(2)) + "\n")
    result = import_file(store, path)
    assert accounting(result) == {"read": 3, "added": 2, "set_aside": 1}
    assert result.set_aside[0].line == 2


def test_a_value_that_only_a_late_line_has_is_not_overlooked(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "large.jsonl"
    late = chat(0, usage={**counts(100, 10), "completion_tokens_details": {"audio_tokens": 4}},
                metadata={"team": "late"})  # fmt: skip
    batch = {"custom_id": "b", "response": {"status_code": 200, "body": chat(1)}}
    usual = json.dumps(chat())
    with path.open("w", encoding="utf-8") as out:
        for number in range(2, 90_000):
            line = {60_001: late, 70_001: batch}.get(number)
            text = json.dumps(line) if line else usual.replace("chatcmpl-1", f"chatcmpl-{number}")
            out.write(text + "\n")
    result = import_file(store, path)
    assert accounting(result) == {"read": 89_998, "added": 89_998}
    assert totals(store)["output_audio"] == 4
    assert by_dimension(store, "team")["late"] == 1
    tiers = {cell.key.tier: cell.requests for cell in store.cells(CellQuery())}
    assert tiers["batch"] == 1


def test_lines_of_a_large_file_keep_their_order_and_series_that_begin_late_their_names(
    store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "large.jsonl"
    rows = 60_000
    assert rows > 2 * FIRST_ROWS
    with path.open("w", encoding="utf-8") as out:
        for number in range(rows):
            label = {"feature": "late" if number >= FIRST_ROWS else "early", "note": "x" * 200}
            line = json.dumps(chat(number, usage=counts(number, 1), metadata=label))
            out.write("{\n" if number == FIRST_ROWS + 7 else f"{line}\n")
    assert path.stat().st_size > SAMPLED_FROM_BYTES
    result = import_file(store, path)
    assert accounting(result) == {"read": rows, "added": rows - 1, "set_aside": 1}
    assert [each.line for each in result.set_aside] == [FIRST_ROWS + 8]
    assert by_dimension(store, "feature") == {"early": FIRST_ROWS, "late": rows - FIRST_ROWS - 1}
    again = import_file(store, path)
    assert accounting(again) == {"read": rows, "duplicate": rows - 1, "set_aside": 1}


def test_no_format_claims_a_foreign_file_and_the_nearest_is_named(
    store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("start_time,end_time,remark\n1,2,none\n", encoding="utf-8")
    with pytest.raises(NoFormatError, match="no format knows this file: the nearest is openai_"):
        import_file(store, path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(NoFormatError, match="the file is empty"):
        import_file(store, path)
    with pytest.raises(NoFormatError, match="there is no format 'api_object': did you mean api_ob"):
        import_file(store, path, options=ImportOptions(format="api_object"))


def test_a_missing_file_and_an_unknown_zone_are_said(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="cannot be read: No such file"):
        import_file(store, tmp_path / "absent.jsonl")
    with pytest.raises(IngestError, match="there is no time zone 'Mars'"):
        import_file(store, tmp_path / "absent.jsonl", options=ImportOptions(tz="Mars"))


def test_times_without_a_zone_are_those_of_the_named_zone(store: Store) -> None:
    lines = [
        chat(1, created="2026-10-17 10:00:00"),
        chat(2, created="2026-10-17T08:00:00Z"),
        chat(3, created="2026-10-17T10:00:00+02:00"),
        chat(4, created=1_792_224_000_000),
    ]
    imported(store, "a.jsonl", lines, ImportOptions(tz="Europe/Berlin"))
    extent = store.extent()
    assert extent is not None
    assert [f"{moment:%H:%M}" for moment in extent] == ["08:00", "08:15"]


def test_prices_as_of_a_day_are_an_assumption_of_the_import(store: Store) -> None:
    options = ImportOptions(price_at=date(2026, 11, 1))
    result = imported(store, "a.jsonl", [chat(1)], options)
    assert result.assumptions == ("priced as of 2026-11-01, whenever the usage was",)
    assert store.imports()[0].assumptions == result.assumptions
    (cell,) = store.cells(CellQuery())
    assert cell.key.on == date(2026, 11, 1)


def test_deployments_and_metadata_keys_mean_what_the_configuration_says(store: Store) -> None:
    options = ImportOptions(
        provider="azure", deployments={"prod'1": "gpt-4.1"}, dimensions={"squad": "team"}
    )
    imported(store, "a.jsonl", [chat(1, model="prod'1", metadata={"squad": "red"})], options)
    assert store.served_models() == [("azure", "gpt-4.1")]
    assert by_dimension(store, "team") == {"red": 1}


def test_progress_tells_phases_and_rows(store: Store) -> None:
    seen: list[Progress] = []
    path = written(store.path.parent / "a.jsonl", [chat(1), chat(2)])
    import_file(store, path, progress=seen.append)
    assert [each.phase for each in seen][:2] == ["reading", "checking"]
    assert seen[-1].phase == "committed"
    assert seen[-1].rows == 2
    assert seen[-1].rows_per_second > 0


def test_real_answers_add_up_and_the_second_import_adds_nothing(store: Store) -> None:
    path = real_file("openai-responses.jsonl")
    first = import_file(store, path)
    assert accounting(first) == {"read": 598, "added": 484, "duplicate": 58, "set_aside": 56}
    before = ledger(store)
    again = import_file(store, path)
    assert accounting(again) == {"read": 598, "duplicate": 542, "set_aside": 56}
    assert adds_up(first)
    assert adds_up(again)
    assert ledger(store) == before
    store.undo(1)
    assert ledger(store) == before
    store.undo(2)
    assert ledger(store) == {}


def test_a_result_without_rows_is_said_so(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("[]", encoding="utf-8")
    result = import_file(store, path, options=ImportOptions(format="api_objects"))
    assert result.notices == ("the file holds no usage: nothing was imported",)
    assert replace(result, seconds=0).rows_read == 0
