"""The history of imports in words, lines set aside as a file, and what an undo says."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from dashboard.app import create_app
from dashboard.context import DashboardContext, Source
from dashboard.import_words import counted, fates_words
from dashboard.pages.imports import lines
from dashboard.pages.imports.history import period_words
from dashboard.pages.imports.page import headline
from dashboard.pages.imports.undoing import undo
from ingest.configuration import Configuration
from ingest.imports import import_file
from ingest.store import ImportCounts, SetAside, Store
from tests.demo import DEMO, demo_clock

if TYPE_CHECKING:
    from pathlib import Path

BATCH = DEMO / "batch-2026-11.jsonl.gz"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "own.duckdb")


def faulty_file(folder: Path) -> Path:
    file = folder / "=cmd.jsonl"
    file.write_text(
        '{"id": "a", "created": 1793000000, "object": "chat.completion", "model": "gpt-4.1",'
        ' "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}}\n'
        "not json\n",
        encoding="utf-8",
    )
    return file


def test_fates_say_only_what_there_is() -> None:
    assert fates_words(ImportCounts(9, 4, 0, 2, 3, 0)) == (
        "9 rows read, 4 added, 2 already there, 3 set aside"
    )
    assert fates_words(ImportCounts(1, 0, 1, 0, 0, 0)) == "1 row read, 1 replaced"
    assert fates_words(ImportCounts(0, 0, 0, 0, 0, 0)) == "0 rows read, none of them usage"


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 lines"), (1, "1 line"), (1_204, "1,204 lines")]
)
def test_counts_have_their_plural(number: int, said: str) -> None:
    assert counted(number, "line") == said


def test_an_undo_says_what_left(store: Store) -> None:
    import_file(store, BATCH)
    import_file(store, BATCH)
    assert undo(store, 1).startswith("Undone: batch-2026-11.jsonl.gz. No request left your usage")
    assert undo(store, 2) == ("Undone: batch-2026-11.jsonl.gz. 1,143 requests left your usage.")
    assert "2" in undo(store, 2)
    assert headline(store.imports(), 0) == (
        "0 imports with 0 rows, no line set aside, 2 imports undone."
    )


def test_a_period_of_one_day_is_that_day(store: Store, tmp_path: Path) -> None:
    import_file(store, faulty_file(tmp_path))
    import_file(store, BATCH)
    assert [period_words(each) for each in store.imports()] == [
        "usage of 1 Nov 2026 to 20 Nov 2026",
        "usage of 26 Oct 2026",
    ]


def test_lines_set_aside_are_a_file_that_no_spreadsheet_runs(
    store: Store, tmp_path: Path, demo_source: Source
) -> None:
    import_file(store, faulty_file(tmp_path))
    source = Source(store.path, demo_source.book, Configuration(), demo_clock)
    client = create_app(DashboardContext(source)).server.test_client()
    for address in ("/download/set-aside.csv", "/download/set-aside.csv?import=1"):
        answer = client.get(address)
        assert answer.headers["Content-Disposition"].startswith("attachment")
        head, row = csv.reader(io.StringIO(answer.text))
        assert head == ["file", "line", "reason"]
        assert row[:2] == ["'=cmd.jsonl", "2"]
    assert client.get("/download/set-aside.csv?import=7").text == "file,line,reason\r\n"


def test_a_line_without_a_time_points_to_the_field_of_the_page(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "answers.jsonl"
    usage = {"input_tokens": 5, "output_tokens": 2}
    answer = {"id": "m", "type": "message", "model": "claude-haiku-4-5", "usage": usage}
    file.write_text(json.dumps(answer) + "\n")
    [line] = import_file(store, file).set_aside
    assert line.reason == "no time: name the day with --date"
    said = "no time: import the file with its day under “Day of rows without a time”"
    for text in (str(lines.lines_table([line], "All")), b"".join(lines.csv_of([line])).decode()):
        assert said in text
        assert "--" not in text
    other = SetAside("a.csv", 1, "no model; see --date")
    assert "no model; see --date" in str(lines.lines_table([other], "All"))


def test_a_long_list_is_cut_in_the_table_and_whole_in_the_file() -> None:
    found = [SetAside("a.csv", line, "=bad") for line in range(1, 12_001)]
    assert b"".join(lines.csv_of(found)).count(b"a.csv,") == len(found)
    said = str(lines.lines_table(found, "All"))
    assert "The first 300 of 12,000; the CSV has all of them." in said
