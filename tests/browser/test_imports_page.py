"""The page of imports: what came in and its undo, lines set aside, and names that mean harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from dashboard.context import DashboardContext, Source
from ingest.configuration import Configuration
from ingest.imports import ImportOptions, import_file
from ingest.store import Store
from tests.demo import DEMO, DEMO_NOW, demo_clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

HOSTILE = "<img src=x onerror=document.title=1>"
BATCH = "batch-2026-11.jsonl.gz"


def write_hostile_table(folder: Path) -> tuple[Path, Path]:
    """A CSV and its mapping, with mark-up in the file's name, in a model and in a fault."""
    file, mapping = folder / f"{HOSTILE}.csv", folder / "mapping.yaml"
    file.write_text(
        "when,model,in,out\n"
        f"2026-11-03T10:00:00Z,{HOSTILE},100,10\n"
        f"2026-11-03T11:00:00Z,gpt-4.1,{HOSTILE},10\n"
        "2026-11-03T12:00:00Z,gpt-4.1,=1+1,10\n",
        encoding="utf-8",
    )
    mapping.write_text("columns: {time: when, model: model, input: in, output: out}\n")
    return file, mapping


@pytest.fixture
def used_site(tmp_path: Path, demo_source: Source, serve: Callable[[DashboardContext], str]) -> str:
    """Address of the app over a store with two imports, one of them with hostile names."""
    store = Store(tmp_path / "own.duckdb")
    import_file(store, DEMO / BATCH, options=ImportOptions(imported_at=DEMO_NOW))
    file, mapping = write_hostile_table(tmp_path)
    import_file(store, file, options=ImportOptions(mapping=mapping, imported_at=DEMO_NOW))
    source = Source(store.path, demo_source.book, Configuration(), demo_clock)
    return serve(DashboardContext(source))


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_440), ("dark", 400)])
def test_the_history_is_accessible_fits_and_shows_hostile_names_as_text(
    scheme: str,
    width: int,
    used_site: str,
    open_page: Callable[..., Page],
    faults: Callable[[Page], list[str]],
) -> None:
    page = open_page("/imports", scheme=scheme, width=width, at=used_site)
    name = page.get_by_role("heading", level=3, name=f"{HOSTILE}.csv", exact=True)
    expect(name).to_be_visible()
    page.get_by_text("2 lines set aside", exact=True).click()
    expect(page.locator(".import-lines td", has_text="not a number of 0 or more")).to_have_count(2)
    assert page.locator("img").count() == 0
    assert faults(page) == []


def test_an_import_is_undone_after_one_question(
    used_site: str, open_page: Callable[..., Page], axe: Callable[[Page], list[str]]
) -> None:
    page = open_page("/imports", at=used_site)
    undo = page.get_by_role("button", name=f"Undo the import of {BATCH}")
    undo.click()
    expect(page.get_by_role("button", name="Keep it")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(undo).to_be_visible()
    undo.click()
    page.get_by_role("button", name="Undo the import", exact=True).click()
    said = f"Undone: {BATCH}. 1,143 requests left your usage."
    expect(page.locator("#import-result")).to_have_text(said)
    expect(page.locator(".import-undone .import-name")).to_have_text(BATCH)
    expect(undo).to_have_count(0)


def test_the_demo_shows_its_history_and_takes_nothing(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    page.locator("body").press("g")
    page.locator("body").press("i")
    expect(page.get_by_text("These are demo data: the page shows how")).to_be_visible()
    expect(page.locator(".import-item").first).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    expect(page.locator("#page .drop-zone")).to_have_count(0)


def choose(page: Page, *files: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator("#page").get_by_role("button", name="Choose files").click()
    chooser.value.set_files(files)


def write_answers(folder: Path) -> Path:
    """Two answers, one of a model that nobody knows, and a line that is none."""
    file = folder / "answers.jsonl"
    shape = (
        '{"object": "chat.completion", "id": "%s", "created": 1793000000, "model": "%s", '
        '"usage": {"prompt_tokens": 900, "completion_tokens": 100, "total_tokens": 1000}}'
    )
    lines = [shape % ("a", "gpt-4.1"), "not json", shape % ("b", "acme-7b")]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


@pytest.fixture
def empty_site(own_source: Source, serve: Callable[[DashboardContext], str]) -> str:
    return serve(DashboardContext(own_source))


def test_several_files_are_looked_at_and_one_that_fails_stops_no_other(
    empty_site: str, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("nothing to see", encoding="utf-8")
    page = open_page("/imports", at=empty_site)
    choose(page, write_answers(tmp_path), notes, DEMO / BATCH)
    expect(page.locator(".upload-status")).to_contain_text("no format knows this file")
    cards = page.locator(".held-file")
    expect(cards).to_have_count(2)
    page.get_by_role("button", name=f"Discard {BATCH}").click()
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("3 rows: 2 good, 1 set aside. 2.0k tokens in 2 requests")
    expect(cards).to_contain_text("acme-7b, 1.0k tokens: the price book does not know this model")
    page.get_by_role("button", name="Import answers.jsonl").click()
    said = "answers.jsonl: 3 rows read, 2 added, 1 set aside."
    expect(page.locator("#import-result")).to_have_text(said)
    expect(page.locator(".import-item")).to_have_count(1)
    expect(cards).to_have_count(0)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_440), ("dark", 400)])
def test_lines_set_aside_are_saved_before_the_import(
    scheme: str,
    width: int,
    used_site: str,
    open_page: Callable[..., Page],
    tmp_path: Path,
    axe: Callable[[Page], list[str]],
    sideways_scroll: Callable[[Page], int],
) -> None:
    page = open_page("/imports", at=used_site, scheme=scheme, width=width)
    choose(page, write_answers(tmp_path))
    link = page.get_by_role("link", name="Save these lines to repair them")
    with page.expect_download() as download:
        link.click()
    assert download.value.path().read_bytes() == b"not json\n"
    assert axe(page) == []
    assert sideways_scroll(page) == 0


@pytest.mark.parametrize(("scheme", "width"), [("light", 400), ("dark", 1_440)])
def test_an_unknown_table_is_imported_through_a_mapping(
    scheme: str,
    width: int,
    empty_site: str,
    open_page: Callable[..., Page],
    tmp_path: Path,
    axe: Callable[[Page], list[str]],
    sideways_scroll: Callable[[Page], int],
) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(
        "when,Model Name,Prompt Tokens,answer size\n"
        f"2026-11-03T10:00:00Z,gpt-4.1,100,10\n2026-11-04T10:00:00Z,{HOSTILE},50,5\n",
        encoding="utf-8",
    )
    page = open_page("/imports", at=empty_site, scheme=scheme, width=width)
    choose(page, file)
    expect(page.get_by_label("Input tokens", exact=True)).to_have_value("Prompt Tokens")
    expect(page.get_by_label("Time", exact=True)).to_have_value("when")
    assert axe(page) == []
    assert sideways_scroll(page) == 0
    page.get_by_label("Output tokens", exact=True).select_option("answer size")
    page.get_by_role("button", name="Look through this mapping").click()
    card = page.locator(".held-file")
    expect(card).to_contain_text("2 rows: 2 good. 165 tokens in 2 requests")
    expect(card).to_contain_text(f"{HOSTILE}, 55 tokens: the price book does not know")
    with page.expect_download() as download:
        page.get_by_role("link", name="Save the mapping").click()
    assert 'output: "answer size"' in download.value.path().read_text()
    page.get_by_role("button", name="Import calls.csv").click()
    expect(page.locator("#import-result")).to_have_text("calls.csv: 2 rows read, 2 added.")


def test_a_log_without_times_is_given_a_day(
    empty_site: str,
    open_page: Callable[..., Page],
    tmp_path: Path,
    axe: Callable[[Page], list[str]],
    sideways_scroll: Callable[[Page], int],
) -> None:
    file = tmp_path / "answers.jsonl"
    usage = '"usage": {"input_tokens": 5, "output_tokens": 2}'
    file.write_text(
        '{"id": "m", "type": "message", "role": "assistant", "model": "claude-haiku-4-5", '
        f"{usage}}}\n",
        encoding="utf-8",
    )
    page = open_page("/imports", at=empty_site, width=400)
    choose(page, file)
    day = page.get_by_label("Day of rows without a time")
    look = page.get_by_role("button", name="Look with this day")
    told = "no time: import the file with its day under “Day of rows without a time”"
    expect(page.locator(".lines-table")).to_contain_text(told)
    day.fill("3 Nov")
    look.click()
    expect(page.locator(".held-status")).to_contain_text("write it as 2026-11-03")
    assert axe(page) == []
    assert sideways_scroll(page) == 0
    day.fill("2026-11-03")
    look.click()
    expect(page.locator(".held-file")).to_contain_text("3 Nov 2026")
    expect(day).to_have_value("2026-11-03")
    page.get_by_role("button", name="Import answers.jsonl").click()
    said = "answers.jsonl: 1 row read, 1 added."
    expect(page.locator("#import-result")).to_contain_text(said)


def test_what_was_chosen_for_one_table_survives_the_next_file(
    empty_site: str, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("when,llm,in,answer\n2026-11-03,gpt-4.1,1,2\n", "utf-8")
    page = open_page("/imports", at=empty_site)
    choose(page, tmp_path / "a.csv")
    output = page.locator(".held-file", has_text="a.csv").get_by_label("Output tokens", exact=True)
    with page.expect_response("**/draft"):
        output.select_option("answer")
    choose(page, tmp_path / "b.csv")
    expect(page.locator(".held-file")).to_have_count(2)
    expect(output).to_have_value("answer")
    page.get_by_role("button", name="Discard b.csv").click()
    expect(page.locator(".held-file")).to_have_count(1)
    expect(output).to_have_value("answer")
