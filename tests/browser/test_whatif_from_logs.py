"""What the logs tell, on What-if: the charts come by themselves, or say what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_440), ("dark", 400)])
def test_caching_and_thresholds_of_the_demo(
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    sideways_scroll: Callable[[Page], int],
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    page = open_page("/whatif?open=caching,confidence", scheme=scheme, width=width)
    page.set_default_timeout(90_000)  # sections fill themselves one after another
    for name, words, cell in (
        ("whatif-caching", "with batches it is 50.9%", "search, Mini"),
        ("whatif-confidence", "is asked again of full", "All on full"),
    ):
        section = page.locator(f"#{name}")
        expect(section.locator(".chart-sentence")).to_contain_text(words)
        section.scroll_into_view_if_needed()
        expect(section.locator(".main-svg").first).to_be_visible()
        section.get_by_text("View as table").click()
        expect(section.locator("tbody th", has_text=cell).first).to_be_visible()
        section.get_by_text("View as table").click()
    assert sideways_scroll(page) == 0
    assert axe(page) == []


def test_typed_numbers_have_no_logs(open_page: Callable[..., Page]) -> None:
    page = open_page("/whatif?workload=typed")
    expect(page.locator("#whatif-sentence")).to_be_visible()
    for name in ("whatif-caching", "whatif-confidence", "whatif-opportunities"):
        expect(page.locator(f"#{name}")).to_be_hidden()
