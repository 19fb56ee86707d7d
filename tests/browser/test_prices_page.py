"""The page of prices: choices, history, search, and what a narrow window shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.settled_page import settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def headline(page: Page) -> str:
    return page.locator("#prices-top h1").inner_text()


def choose(page: Page, select: str, label: str) -> None:
    page.click(f"#{select}")
    page.get_by_role("option", name=label, exact=True).click()


def test_the_family_is_shown_with_its_successor(open_page: Callable[..., Page]) -> None:
    page = open_page("/prices")
    assert "GPT-4.1 and GPT-4.1 Mini end on 14 Jan 2027, in 55 days" in headline(page)
    heads = page.locator(".family-table thead th").all_inner_texts()
    assert [head.split("\n")[0] for head in heads] == [
        "GPT-4.1",
        "GPT-4.1 Mini",
        "GPT-4.1 Nano",
        "GPT-6 Luna",
    ]
    first_row = page.locator(".family-table tbody tr").nth(1).inner_text().split()
    assert first_row[:4] == ["uncached", "input", "$2.00", "$0.40"]
    assert page.locator(".footnotes li", has_text="No source publishes a cached price").count() == 1


def test_another_family_and_model_are_in_the_address(open_page: Callable[..., Page]) -> None:
    page = open_page("/prices")
    choose(page, "prices-family", "OpenAI: o-series")
    page.wait_for_url("**/prices?family=openai%2Fo-series")
    settle(page)
    assert "o3 and o3 Pro end on 11 Dec 2026" in headline(page)
    choose(page, "prices-history", "o3")
    page.wait_for_url("**history=o3*")
    settle(page)
    sentence = page.locator(".chart-sentence", has_text="o3: uncached input went from $10.00")
    expect(sentence).to_have_count(1)
    page.go_back()
    page.wait_for_url("**/prices?family=openai%2Fo-series")
    settle(page)
    expect(page.locator("#prices-history")).to_have_value("o1")


def test_a_row_of_the_grid_shows_its_family(open_page: Callable[..., Page]) -> None:
    page = open_page("/prices")
    page.fill("#prices-search", "argon")
    row = page.locator(".ag-row[row-id='google/gemini-4-argon']")
    row.wait_for(state="visible")
    page.wait_for_function("document.querySelectorAll('.ag-row').length === 1")
    row.locator(".ag-cell").first.click()
    page.wait_for_url("**family=google*")
    settle(page)
    expect(page.locator("#prices-family")).to_have_value("Google: gemini-4")
    announced = page.locator(".chart-sentence", has_text="uncached input goes from $2.00 to $4.00")
    expect(announced).to_have_count(1)


def test_an_address_that_the_book_does_not_know_shows_the_first_family(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("/prices?family=acme%2Fx&history=y")
    assert page.locator("#prices-family").input_value() == "OpenAI: gpt-4.1"


def test_a_narrow_window_scrolls_the_table_and_keeps_its_titles(
    open_page: Callable[..., Page], faults: Callable[[Page], list[str]]
) -> None:
    page = open_page("/prices", width=400)
    scroll = page.locator(".family-scroll")
    scroll.evaluate("element => { element.scrollLeft = 200; }")
    title = page.locator(".family-table tbody tr").nth(1).locator("th")
    left, frame = title.bounding_box(), scroll.bounding_box()
    assert left is not None
    assert frame is not None
    assert abs(left["x"] - frame["x"]) < 2
    assert faults(page) == []
