"""An attacker's file ends in a clear refusal, or in harmless text on screen and in exports."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import zstandard

from dashboard import uploads
from dashboard.app import create_app
from dashboard.context import DashboardContext, Source
from ingest import files, packed
from ingest.configuration import Configuration
from ingest.errors import NoFormatError, UnreadableFileError
from ingest.imports import import_file
from ingest.store import Store
from pricing import load_book
from tests.conftest import SOAK
from tests.demo import demo_clock
from tests.ingest.chats import accounting, chat, written
from tollbook.failures import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.imports import ImportResult

ROOT = Path(__file__).parents[2]
DEPTH = 100_000
ONE_LINE = json.dumps(chat(1)).encode() + b"\n"
OTHER_LINE = json.dumps(chat(2)).encode() + b"\n"
FORMULAS = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+2",
    "\n=1+3",
    "\uff1d1+4",
)
STEERING = ("\x1b[31mred", "\x1b]0;owned\x07", "a\x9b31mb", "\u202egnp.exe", "nul\x00nul", "[red]b")
MARKUP = "<img src=x onerror=alert(1)>"
DEEP = {
    "closed arrays": b"[" * DEPTH + b"]" * DEPTH,
    "open arrays": b"[" * DEPTH,
    "closed objects": b'{"a":' * DEPTH + b"1" + b"}" * DEPTH,
    "open objects": b'{"a":' * DEPTH,
    "both": b'[{"a":' * DEPTH,
}


def imported(folder: Path, content: bytes) -> ImportResult:
    path = folder / "hostile.jsonl"
    path.write_bytes(content)
    return import_file(Store(folder / "store.duckdb"), path)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
@pytest.mark.parametrize("filling", [b" ", b"\n", ONE_LINE], ids=["blanks", "ends", "calls"])
def test_a_zip_bomb_is_refused(
    pack: Callable[[bytes], bytes],
    filling: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packed, "UNCHECKED_BYTES", 1024 * 1024)
    bomb = pack(ONE_LINE + filling * (32 * 1024 * 1024 // len(filling)))
    with pytest.raises(UnreadableFileError, match="unpacks to more than 100 times its size"):
        imported(tmp_path, bomb)
    assert not (tmp_path / "store.duckdb").exists()


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_file_that_packs_well_is_no_bomb(
    pack: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, "UNCHECKED_BYTES", 1024 * 1024)
    found = imported(tmp_path, pack(ONE_LINE + b"\n" * 1_000_000))
    assert accounting(found) == {"read": 1, "added": 1}


@pytest.mark.parametrize("start", [b'{"id": "', b"x"], ids=["an object", "no object"])
def test_an_endless_line_costs_only_itself(start: bytes, tmp_path: Path) -> None:
    size = 1_000_000_000 if SOAK else files.LONGEST_LINE + 1024 * 1024
    path = tmp_path / "hostile.jsonl"
    with path.open("wb") as out:
        out.write(ONE_LINE + start)
        for _ in range(size // 1_000_000):
            out.write(b"x" * 1_000_000)
        out.write(b'"}\n' + OTHER_LINE)
    counts = accounting(import_file(Store(tmp_path / "store.duckdb"), path))
    assert (counts["read"], counts["added"]) == (3, 2)


@pytest.mark.parametrize("deep", DEEP.values(), ids=DEEP)
def test_deep_nesting_in_a_line_costs_only_that_line(deep: bytes, tmp_path: Path) -> None:
    found = imported(tmp_path, ONE_LINE + deep + b"\n" + OTHER_LINE)
    assert accounting(found) == {"read": 3, "added": 2, "set_aside": 1}
    assert [(each.line, each.reason) for each in found.set_aside] == [
        (2, "not readable as JSON: it is nested too deeply")
    ]


@pytest.mark.parametrize("deep", DEEP.values(), ids=DEEP)
def test_deep_nesting_in_a_value_is_accounted_for(deep: bytes, tmp_path: Path) -> None:
    line = ONE_LINE.replace(b'"usage"', b'"metadata": {"feature": ' + deep + b'}, "usage"')
    counts = accounting(imported(tmp_path, OTHER_LINE + line))
    assert counts["read"] == 2
    assert counts["added"] + counts.get("set_aside", 0) == 2


@pytest.mark.parametrize("deep", DEEP.values(), ids=DEEP)
@pytest.mark.parametrize("around", [b"%b", b'{"data": [%b]}'], ids=["whole", "inside"])
def test_deep_nesting_as_a_document_is_refused(around: bytes, deep: bytes, tmp_path: Path) -> None:
    with pytest.raises(NoFormatError, match="no format knows this file"):
        imported(tmp_path, around % deep)


@pytest.mark.parametrize("digits", [25, 400, 5_000])
def test_a_number_beyond_all_measure_is_set_aside(digits: int, tmp_path: Path) -> None:
    number = b"9" * digits
    line = ONE_LINE.replace(b'"prompt_tokens": 100', b'"prompt_tokens": ' + number)
    found = imported(tmp_path, OTHER_LINE + line)
    assert accounting(found) == {"read": 2, "added": 1, "set_aside": 1}
    assert len(found.set_aside[0].reason) < 200


def test_a_model_name_like_json_is_named_as_the_reason(tmp_path: Path) -> None:
    found = imported(tmp_path, ONE_LINE + json.dumps(chat(2, model="[red]b[/red]")).encode())
    assert [each.reason for each in found.set_aside] == [
        "the model name '[red]b[/red]' looks like JSON"
    ]


@pytest.fixture(scope="module")
def names_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store whose models, features and teams have hostile names."""
    folder = tmp_path_factory.mktemp("names")
    names = (*FORMULAS, *STEERING, MARKUP, "x" * 40_000)
    lines = [
        chat(n, model=f"{name}" if not name.startswith("[") else f"m{name}",
             created=int(demo_clock().timestamp()) - 86_400,
             metadata={"feature": name, "team": name})
        for n, name in enumerate(names)
    ]  # fmt: skip
    store = folder / "store.duckdb"
    found = import_file(Store(store), written(folder / "names.jsonl", lines))
    assert found.rows_added == len(names)
    return store


@pytest.fixture
def ran(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., bytes]:
    """Run the program in this process; returns what it wrote to stdout."""

    def run_with(*words: object) -> bytes:
        capfdbinary.readouterr()
        assert run([str(word) for word in words]) == 0
        return capfdbinary.readouterr().out

    return run_with


def is_harmless(cell: str) -> bool:
    return cell.isprintable() and not cell.startswith(("=", "+", "-", "@", "\uff1d"))


def test_no_cell_of_a_csv_export_is_a_formula(names_store: Path, ran: Callable[..., bytes]) -> None:
    text = ran("--db", names_store, "export", "csv", "--by", "model,feature,team").decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))[:-1]
    assert len(rows) == len(FORMULAS) + len(STEERING) + 2
    cells = [row[column] for row in rows for column in ("model", "feature", "team")]
    assert [cell for cell in cells if not is_harmless(cell)] == []
    assert "'=cmd|' /C calc'!A0" in cells


def texts_of(workbook: bytes) -> list[str]:
    """Return the texts of all cells, which must be no formulas."""
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    return [cell.value for cell in cells if isinstance(cell.value, str)]


def test_no_cell_of_a_workbook_is_a_formula(
    names_store: Path, ran: Callable[..., bytes], tmp_path: Path
) -> None:
    out = tmp_path / "report.xlsx"
    ran("--db", names_store, "export", "xlsx", "--by", "model,feature,team", "--out", out)
    texts = texts_of(out.read_bytes())
    assert texts.count("=cmd|' /C calc'!A0") == 3
    assert [text for text in texts if not text.isprintable()] == []
    assert sum(text.startswith("x" * 1_000) for text in texts) >= 2


def test_json_keeps_every_name_and_prints_no_control(
    names_store: Path, ran: Callable[..., bytes]
) -> None:
    out = ran("--db", names_store, "report", "--by", "model,feature", "--json")
    assert all(line.isprintable() for line in out.decode().splitlines())
    found = {row["model"] for row in json.loads(out)["rows"]}
    assert {*FORMULAS, *STEERING[:-1], MARKUP} <= found


def on_a_terminal(*words: object) -> str:
    """Return what a command writes to a terminal, on both streams."""
    mine, its = pty.openpty()
    program = ["env", "TERM=xterm", "NO_COLOR=1", sys.executable, "-m", "tollbook"]
    with subprocess.Popen(
        [*program, *map(str, words)], stdin=subprocess.DEVNULL, stdout=its, stderr=its, cwd=ROOT
    ):
        os.close(its)
        written = b""
        try:
            while piece := os.read(mine, 65_536):
                written += piece
        except OSError:
            pass  # the other end is closed
    os.close(mine)
    return written.decode()


@pytest.mark.parametrize(
    "words", [("report", "--by", "model,team"), ("report", "--json"), ("export", "csv")]
)
def test_no_name_steers_the_terminal(words: tuple[str, ...], names_store: Path) -> None:
    shown = on_a_terminal("--db", names_store, *words)
    assert "owned" in shown
    assert not any(mark in shown for mark in ("\x1b[31m", "\x1b]", "\x07", "\x9b", "\u202e", "\0"))


def test_no_name_of_a_file_steers_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m\x9b.jsonl"
    path.write_text("nothing \x1b[31m\n")
    for words in (("import", path), ("import", tmp_path), ("import", f"{path}.gone")):
        shown = on_a_terminal("--db", tmp_path / "s.duckdb", *words)
        assert "Error: " in shown
        assert "\x1b[31m" not in shown
        assert "\x9b" not in shown


def context_of(store: Path) -> DashboardContext:
    return DashboardContext(Source(store, load_book(), Configuration(), demo_clock))


@pytest.mark.parametrize("by", ["model", "feature", "team"])
def test_downloads_of_the_dashboard_hold_text(names_store: Path, by: str) -> None:
    client = create_app(context_of(names_store)).server.test_client()
    answer = client.get(f"/download/overview.csv?by={by}")
    rows = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert len(rows) > len(FORMULAS)
    assert [row[0] for row in rows if not is_harmless(row[0])] == []
    texts = texts_of(client.get(f"/download/overview.xlsx?by={by}").data)
    assert [text for text in texts if not text.isprintable()] == []


@pytest.mark.parametrize(
    "name",
    [
        "../../x.jsonl",
        "/etc/passwd",
        "..\\..\\x.jsonl",
        "a\x00b.jsonl",
        "n" * 10_000,
        "\u00e9" * 500,
        "CON",
        "aux.jsonl",
        ".",
        "..",
        "",
        "-rf",
        "$(id).jsonl",
        "<img src=x onerror=alert(1)>.jsonl",
        "\x1b[31m\u202e.jsonl",
    ],
)
@pytest.mark.parametrize("content", [ONE_LINE, b"nothing\n"], ids=["usage", "nothing"])
def test_the_name_of_an_upload_leads_nowhere_else(
    name: str, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, deep = tmp_path / "room", tmp_path / "a" / "b" / "c"
    room.mkdir()
    deep.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(room))
    monkeypatch.chdir(deep)
    context = context_of(tmp_path / "own.duckdb")
    before = set(tmp_path.rglob("*"))
    client = create_app(context).server.test_client()
    query, headers = {"name": name}, {uploads.HEADER: "1"}
    answer = client.post("/api/upload", query_string=query, data=content, headers=headers)
    assert answer.status_code == 200
    job = ended(client, answer.get_json()["job"])
    assert job["state"] == ("done" if content == ONE_LINE else "failed"), job
    assert str(room) not in job["sentence"]
    assert job["sentence"].isprintable()
    assert "<" not in job["sentence"]
    found = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert found <= {tmp_path / "own.duckdb"}


def ended(client: Any, name: str) -> dict[str, Any]:  # noqa: ANN401 - Flask's client
    for _ in range(500):
        found: dict[str, Any] = client.get(f"/api/imports/{name}").get_json()
        if found["state"] in {"done", "failed"}:
            return found
        time.sleep(0.02)
    pytest.fail("the import did not end")
