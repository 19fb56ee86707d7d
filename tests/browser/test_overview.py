"""The overview in the browser: what one does there ends in the address, and adds up."""

from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from playwright.sync_api import expect

from ingest.periods import parse_period
from ingest.report import ReportQuery, report
from ingest.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from dashboard.context import Source

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def address(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def wait_for_headline(page: Page, text: str) -> None:
    page.get_by_role("heading", level=1, name=text).wait_for()


def features(source: Source, words: str) -> dict[str | None, Fraction]:
    query = ReportQuery(parse_period(words, source.clock(), "UTC"), by=("feature",))
    rows = report(Store(source.store_path), source.book, query).rows
    return {row.dimensions[0]: row.cost or Fraction(0) for row in rows}


def test_the_large_sentence_says_spent_budget_and_range(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    expect(page.locator("#compare")).to_be_visible()
    sentence = page.locator("h1").inner_text()
    said = "November has spent at least $798 of $1,200 and heads for at least $1,"
    assert sentence.startswith(said)
    assert "(likely $1," in sentence


def test_dragging_over_days_sets_the_period(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    plot = page.locator(".chart-card .nsewdrag").first
    box = plot.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.10, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.30, middle, steps=8)
    page.mouse.up()
    page.wait_for_url("**range=2026-11-0*")
    (words,) = address(page)["range"]
    first, last = words.split("..")
    assert "2026-11-03" <= first < last <= "2026-11-10"
    expect(page.locator("#range")).to_have_value(words)
    wait_for_headline(page, f"{int(first[-2:])} Nov 2026 to {int(last[-2:])} Nov 2026 cost ")


def test_a_typed_range_goes_to_the_address_and_back_and_other_words_change_nothing(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("/")
    page.locator("#range").fill("some day")
    page.locator("#range").press("Enter")
    page.get_by_text("write last 30d, 2026-10").wait_for()
    assert address(page) == {}
    page.locator("#range").fill("2026-10")
    page.locator("#range").press("Enter")
    page.wait_for_url("**range=2026-10*")
    wait_for_headline(page, "October cost at least $1,034 of $1,200.")
    page.go_back()
    wait_for_headline(page, "November has ")
    assert address(page) == {}
    expect(page.locator("#range")).to_have_value("this month")


def test_an_address_that_is_not_understood_shows_the_default_and_says_so(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("/?range=whenever&zone=Mars/North&colour=red")
    said = page.locator("#notices").inner_text()
    assert "'whenever' is not understood" in said
    assert "'Mars/North' is not known" in said
    assert "'colour'" in said
    assert page.locator("h1").inner_text().startswith("November has ")


def test_the_table_on_screen_and_its_downloads_are_the_report(
    open_page: Callable[..., Page], demo_source: Source, tmp_path: Path
) -> None:
    page = open_page("/?range=2026-10")
    page.locator(".ag-row").first.wait_for()
    shown = {
        row.locator("[col-id=name]").inner_text(): row.locator("[col-id=cost]").inner_text()
        for row in page.locator(".ag-center-cols-container .ag-row").all()
    }
    exact = features(demo_source, "2026-10")
    assert shown == {name: f"${float(cost):,.2f}" for name, cost in exact.items() if name}
    for kind in ("csv", "xlsx"):
        path = downloaded(page, kind, tmp_path)
        assert read(path) == {name: round(cost, 2) for name, cost in exact.items()}, kind


def downloaded(page: Page, kind: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=kind.upper()).click()
    path = folder / waiting.value.suggested_filename
    assert path.suffix == f".{kind}"
    waiting.value.save_as(path)
    return path


def read(path: Path) -> dict[str, Fraction]:
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            found = [(row["feature"], row["cost"]) for row in csv.DictReader(file)]
    else:
        sheet = openpyxl.load_workbook(path)["Cost"]
        found = [(row[0], str(row[1])) for row in sheet.iter_rows(min_row=2, values_only=True)]
    return {name: round(Fraction(Decimal(cost)), 2) for name, cost in found}


def test_money_or_tokens_is_in_the_address(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    page.get_by_text("Tokens", exact=True).click()
    page.wait_for_url("**unit=tokens*")
    page.locator(".chart-sentence", has_text="tokens in 20 days").wait_for()
    page.get_by_text("Money", exact=True).click()
    page.wait_for_url(lambda url: "unit" not in url)


def test_the_scheme_changes_the_chart_without_the_server(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("/")
    colour = "document.querySelector('.js-plotly-plot').data[0].marker.color"
    assert page.evaluate(colour) == "#0072B2"
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("Change between light and dark").click()
    page.wait_for_timeout(500)
    assert page.evaluate(colour) == "#56B4E9"
    assert asked == []


def test_the_sentence_and_the_picture_can_be_copied(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    page.get_by_role("button", name="Copy the sentence").first.click()
    page.get_by_role("button", name="Copied").wait_for()
    sentence = page.locator(".chart-sentence").first.inner_text()
    assert page.evaluate("navigator.clipboard.readText()") == sentence
    page.get_by_role("button", name="Copy as picture").first.click()
    page.wait_for_function(
        "navigator.clipboard.read().then((items) => String(items[0].types) === 'image/png')"
    )


def test_the_table_behind_the_chart_adds_up_to_the_month(open_page: Callable[..., Page]) -> None:
    page = open_page("/?range=2026-10")
    page.get_by_text("View as table").first.click()
    totals = page.locator(".chart-table tbody tr td:last-child").all_inner_texts()
    whole = sum(Decimal(text.removeprefix("$").replace(",", "")) for text in totals)
    assert abs(whole - Decimal("1033.58")) <= Decimal("0.005") * len(totals)


def test_keys_alone_go_round_the_app(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("?")
    page.get_by_role("dialog").get_by_text("go to Overview").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/prices")
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url(lambda url: urlsplit(url).path == "/")


def test_links_to_other_pages_keep_the_filters(open_page: Callable[..., Page]) -> None:
    page = open_page("/?feature=search&unit=tokens")
    link = page.get_by_role("link", name="Prices", exact=True)
    assert urlsplit(str(link.get_attribute("href"))).query == "feature=search"
