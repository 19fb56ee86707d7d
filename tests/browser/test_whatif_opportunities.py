"""Opportunities in the browser: they come by themselves, and their links set the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.settled_page import settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_a_move_goes_into_the_plan_and_the_next_one_joins_it(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("/whatif?open=opportunities")
    section = page.locator("#whatif-opportunities")
    saved = section.locator("tbody tr").first.locator("td").nth(1).inner_text().split(" ")[0]
    section.get_by_text("Add to plan").first.click()
    expect(section.get_by_text("In the plan")).to_have_count(1)
    settle(page)
    expect(page.locator("#whatif-sentence")).to_contain_text(f"saves {saved}")
    section.get_by_text("Add to plan").first.click()
    expect(section.get_by_text("In the plan")).to_have_count(2)
    settle(page)
    asked = parse_qs(urlsplit(page.url).query)
    assert (asked["start"], len(asked["apply"][0].split(","))) == (["gpt-6-luna"], 2)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_440), ("dark", 400)])
def test_nothing_is_out_of_reach(
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    sideways_scroll: Callable[[Page], int],
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    page = open_page("/whatif?open=opportunities", scheme=scheme, width=width)
    section = page.locator("#opportunities-body")
    section.locator("tbody tr").first.wait_for()
    for each in section.locator("summary").all():
        each.click()
    expect(section.get_by_text("95 of 100 within")).to_be_visible()
    section.get_by_role("button", name="Copy").click()
    expect(section.get_by_role("button", name="Copied")).to_be_visible()
    assert "the best moves" in page.evaluate("navigator.clipboard.readText()")
    assert sideways_scroll(page) == 0
    assert axe(page) == []
