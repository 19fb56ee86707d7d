from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ingest.rows import CELL_DIMENSIONS
from ingest.store import door
from ingest.store.stage import new_stage
from tests.tollbook.usage import NOW, chat, write_calls, write_guide_month

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tollbook.calling import Tollbook

COUNTS = (
    "rows_read",
    "rows_added",
    "rows_replaced",
    "rows_duplicate",
    "rows_set_aside",
    "rows_without_usage",
)


def test_the_json_that_programs_rely_on(tollbook: Tollbook, home: Path) -> None:
    write_calls(home / "calls.jsonl")
    ran = tollbook("import", "calls.jsonl", "--json")
    assert ran.code == 0
    assert {"files", "set_aside", "unpriced"} <= ran.answer.keys()
    [file] = ran.answer["files"]
    assert {"path", "format", "import_id", *COUNTS} <= file.keys()
    assert (file["path"], file["format"]) == ("calls.jsonl", "api_objects")
    assert [file[name] for name in COUNTS] == [7, 5, 0, 0, 1, 1]
    [aside] = ran.answer["set_aside"]
    assert (aside["path"], aside["line"]) == ("calls.jsonl", 7)
    assert "JSON" in aside["reason"]
    [unpriced] = ran.answer["unpriced"]
    assert (unpriced["model"], unpriced["tokens"]) == ("acme-7b", 1_500)


def test_people_see_a_table_what_is_missing_and_rows_a_second(
    tollbook: Tollbook, home: Path
) -> None:
    write_calls(home / "calls.jsonl")
    ran = tollbook("import", "calls.jsonl")
    assert ran.code == 0
    lines = [line.split() for line in ran.out.splitlines()]
    assert ["calls.jsonl", "api_objects", "1", "7", "5", "0", "0", "1", "1"] in lines
    assert "Set aside: calls.jsonl:7: " in ran.out
    assert "Not in this total: 1.5k tokens of acme-7b" in ran.out
    assert "calls.jsonl: 7 rows in " in ran.err
    assert " rows/s" in ran.err


def test_a_second_import_adds_nothing(tollbook: Tollbook, home: Path) -> None:
    write_calls(home / "calls.jsonl")
    tollbook("import", "calls.jsonl")
    [file] = tollbook("import", "calls.jsonl", "--json").answer["files"]
    assert [file[name] for name in COUNTS] == [7, 0, 0, 5, 1, 1]
    assert tollbook("report", "--json").answer["total"]["requests"] == 5


def test_several_files_a_folder_and_a_pattern(tollbook: Tollbook, home: Path) -> None:
    folder = home / "logs" / "deep"
    folder.mkdir(parents=True)
    for number in range(3):
        text = json.dumps(chat(number, "gpt-4.1", "search"))
        (folder / f"{number}.jsonl").write_text(text, encoding="utf-8")
    (folder / "README.md").write_text("not usage", encoding="utf-8")
    (folder / ".hidden.jsonl").write_text("not usage", encoding="utf-8")
    answer = tollbook("import", "logs", "logs/deep/0.jsonl", "logs/**/1*.jsonl", "--json").answer
    assert [file["path"] for file in answer["files"]] == [
        f"logs/deep/{number}.jsonl" for number in range(3)
    ]
    assert "Total" in tollbook("import", "logs").out


def test_one_bad_file_does_not_stop_the_others(tollbook: Tollbook, home: Path) -> None:
    write_calls(home / "calls.jsonl")
    (home / "poem.csv").write_text("roses,are\nred,too\n", encoding="utf-8")
    ran = tollbook("import", "poem.csv", "calls.jsonl", "--json")
    assert ran.code == 1
    assert [file["path"] for file in ran.answer["files"]] == ["calls.jsonl"]
    [failed] = ran.answer["failed"]
    assert failed["path"] == "poem.csv"
    assert "no format knows this file" in failed["reason"]
    assert "1 of 2 files were not imported: poem.csv" in ran.err


@pytest.mark.parametrize(
    "content", [b"PAR1\x15\x04\r\x15\x80\rPAR1", b"\x89PNG\r\n\x1a\n\x00\r\x00", b"\x00" * 64, b""]
)
def test_a_file_that_is_no_text_is_refused(tollbook: Tollbook, home: Path, content: bytes) -> None:
    (home / "blob.csv").write_bytes(content)
    ran = tollbook("import", "blob.csv")
    assert (ran.code, ran.out) == (1, "")
    assert ran.error.startswith("blob.csv: ")


def test_a_single_bad_file_says_why(tollbook: Tollbook, home: Path) -> None:
    (home / "poem.csv").write_text("roses,are\nred,too\n", encoding="utf-8")
    ran = tollbook("import", "poem.csv")
    assert (ran.code, ran.out) == (1, "")
    assert ran.error.startswith("poem.csv: no format knows this file")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("missing.csv",), "there is no file missing.csv"),
        (("*.csv",), "there is no file *.csv"),
        (("empty",), "there is no usage file"),
        ((), "missing argument 'FILE...'"),
        (("calls.jsonl", "--tz", "Mars"), "'Mars' is no time zone"),
        (("calls.jsonl", "--format", "api_object"), "did you mean 'api_objects'?"),
        (("calls.jsonl", "--format", "zzz"), "there is no format 'zzz'; known: "),
        (("calls.jsonl", "--mapping", "map.yaml"), "there is no column mapping map.yaml"),
        (("calls.jsonl", "--date", "soon"), "'soon' is no day"),
    ],
)
def test_wrong_use_imports_nothing(
    tollbook: Tollbook, home: Path, words: tuple[str, ...], said: str
) -> None:
    write_calls(home / "calls.jsonl")
    (home / "empty").mkdir()
    ran = tollbook("import", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.error
    assert not (home / "tollbook.duckdb").exists()


def test_the_day_of_rows_without_a_time(tollbook: Tollbook, home: Path) -> None:
    call = chat(1, "gpt-4.1", "search")
    del call["created"]
    (home / "calls.jsonl").write_text(json.dumps(call), encoding="utf-8")
    answer = tollbook("import", "calls.jsonl", "--date", "2026-11-02", "--json").answer
    assert answer["files"][0]["rows_added"] == 1
    assert "2026-11-02" in answer["files"][0]["assumptions"][0]
    rows = tollbook("report", "--by", "day", "--json").answer["rows"]
    assert [row["day"] for row in rows] == ["2026-11-02"]


def test_old_usage_is_priced_as_of_another_day(tollbook: Tollbook, home: Path) -> None:
    call = chat(1, "o3", None, at="2025-06-01T00:00:00+00:00")
    (home / "calls.jsonl").write_text(json.dumps(call), encoding="utf-8")
    tollbook("--db", "then.duckdb", "import", "calls.jsonl")
    tollbook("--db", "now.duckdb", "import", "calls.jsonl", "--price-at", "2025-07-01")
    then = tollbook("--db", "then.duckdb", "report", "--json").answer["total"]["cost"]
    now = tollbook("--db", "now.duckdb", "report", "--json").answer["total"]["cost"]
    # 1,000 at 10 and 500 at 40 dollars per million; then at 2 and 8
    assert (then, now) == ("0.03", "0.006")
    assert (
        "Assumed: calls.jsonl: priced as of 2025-07-01"
        in tollbook("--db", "now.duckdb", "report").out
    )


def test_the_configuration_names_dimensions_and_the_organisation(
    tollbook: Tollbook, home: Path
) -> None:
    (home / "tollbook.yaml").write_text("dimensions: {app: feature}\n", encoding="utf-8")
    call = chat(1, "gpt-4.1", None, metadata={"app": "search"})
    (home / "calls.jsonl").write_text(json.dumps(call), encoding="utf-8")
    tollbook("import", "calls.jsonl")
    rows = tollbook("report", "--by", "feature", "--json").answer["rows"]
    assert [row["feature"] for row in rows] == ["search"]


def test_the_configuration_says_which_dimensions_sums_keep(tollbook: Tollbook, home: Path) -> None:
    call = chat(1, "gpt-4.1", "search", metadata={"feature": "search", "prompt_version": "v2"})
    (home / "calls.jsonl").write_text(json.dumps(call), encoding="utf-8")

    def groups(name: str) -> list[tuple[str | None, str | None]]:
        tollbook("--db", name, "import", "calls.jsonl")
        words = ("report", "--by", "feature,prompt_version", "--json")
        rows = tollbook("--db", name, *words).answer["rows"]
        return [(row["feature"], row["prompt_version"]) for row in rows]

    assert groups("usual.duckdb") == [("search", None)]
    (home / "tollbook.yaml").write_text("cells: [prompt_version]\n", encoding="utf-8")
    assert groups("chosen.duckdb") == [(None, "v2")]


def test_the_configuration_chooses_the_view_of_one_traffic(tollbook: Tollbook, home: Path) -> None:
    write_guide_month(home / "usage.csv")
    write_calls(home / "calls.jsonl")

    def requests_on(day: str) -> int:
        tollbook("import", "usage.csv", "calls.jsonl")
        total = tollbook("report", "--last", day, "--json").answer["total"]
        return int(total["requests"])

    # the few calls are far less than 98% of the day's buckets
    assert requests_on("2026-11-19") == 10_000
    path = home / "tollbook.yaml"
    path.write_text("sources: [{name: a, provider: openai, ledger: requests}]", encoding="utf-8")
    assert requests_on("2026-11-19") == 4
    path.write_text("sources: [{name: a, provider: openai}]", encoding="utf-8")
    assert requests_on("2026-11-19") == 10_000


def test_undo_takes_an_import_back(tollbook: Tollbook, home: Path) -> None:
    write_guide_month(home / "usage.csv")
    write_calls(home / "calls.jsonl")
    tollbook("import", "usage.csv", "calls.jsonl")
    listed = tollbook("undo", "--json").answer["imports"]
    assert [(each["import_id"], each["undone"]) for each in listed] == [(2, False), (1, False)]
    ran = tollbook("undo", "2")
    assert (ran.code, ran.out) == (0, "Import 2 (calls.jsonl) is undone.\n")
    answer = tollbook(*NOW, "report", "--json").answer
    assert (answer["total"]["cost"], answer["at_least"]) == ("1188.00", False)
    assert "undone" in tollbook("undo").out
    assert tollbook("undo", "1", "--json").answer == {
        "import_id": 1,
        "path": "usage.csv",
        "undone": True,
    }


def test_undo_of_what_is_not_there(tollbook: Tollbook, home: Path) -> None:
    assert tollbook("undo", "1").code == 2
    write_calls(home / "calls.jsonl")
    tollbook("import", "calls.jsonl")
    ran = tollbook("undo", "7")
    assert (ran.code, ran.out) == (2, "")
    assert "7" in ran.error
    assert tollbook("undo", "one").code == 2


def test_names_from_a_file_cannot_steer_the_terminal(tollbook: Tollbook, home: Path) -> None:
    call = chat(1, "evil\x1b[31m[bold]model", "=1+1")
    (home / "calls.jsonl").write_text(json.dumps(call), encoding="utf-8")
    tollbook("import", "calls.jsonl")
    out = tollbook("report", "--by", "model_snapshot,feature").out
    assert "\x1b" not in out
    assert "[bold]model" in out


def test_the_store_cannot_be_made_where_there_is_no_folder(tollbook: Tollbook, home: Path) -> None:
    write_calls(home / "calls.jsonl")
    ran = tollbook("--db", "nowhere/a.duckdb", "import", "calls.jsonl")
    assert ran.code in {1, 2}
    assert "nowhere" in ran.error
    assert "Tollbook failed" not in ran.error


def test_a_file_that_is_no_store(tollbook: Tollbook, home: Path) -> None:
    write_calls(home / "calls.jsonl")
    for words in (("import", "calls.jsonl"), ("report",), ("undo", "1")):
        (home / "a.duckdb").write_text("not a database, long enough to be read as one" * 100)
        ran = tollbook("--db", "a.duckdb", *words)
        assert (ran.code, ran.out) == (2, "")
        assert "a.duckdb" in ran.error


def test_duckdb_draws_no_bar_into_the_answer(tollbook: Tollbook, home: Path) -> None:
    store = home / "tollbook.duckdb"
    write_calls(home / "calls.jsonl")
    tollbook("import", "calls.jsonl")
    setting = "SELECT current_setting('enable_progress_bar')"
    with door.reading(store) as session:
        assert session.execute(setting).fetchall() == [(False,)]
    with door.writing(store) as session:
        assert session.execute(setting).fetchall() == [(False,)]
    stage = new_stage(home, "UTC", CELL_DIMENSIONS)
    try:
        assert stage.connection.execute(setting).fetchall() == [(False,)]
    finally:
        stage.close()


def test_standard_input_is_a_file_like_any_other(home: Path) -> None:
    write_calls(home / "calls.jsonl")
    command = [sys.executable, "-m", "tollbook", "--json", "import", "-"]
    with (home / "calls.jsonl").open("rb") as usage:
        ran = subprocess.run(command, stdin=usage, capture_output=True, check=True, cwd=home)
    answer = json.loads(ran.stdout)
    assert answer["files"][0]["path"] == "standard input"
    assert answer["files"][0]["rows_added"] == 5
    assert answer["set_aside"][0]["path"] == "standard input"
