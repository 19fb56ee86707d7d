"""The lab in a browser: accessible in either scheme and width, counting what is typed."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from dashboard.context import DashboardContext
from dashboard.pages.lab import limits
from ingest import traffic
from tests.settled_page import settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from dashboard.context import Source

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def right_edge(place: Locator) -> float:
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_440), ("dark", 400)])
def test_the_lab_is_accessible_and_fits(
    scheme: str,
    width: int,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    sideways_scroll: Callable[[Page], int],
) -> None:
    page = open_page("/lab?document=2000000", scheme=scheme, width=width)
    expect(page.locator("#lab-limits")).to_contain_text("does not carry the last 30 days")
    expect(page.locator("#lab-problems")).to_contain_text("exceed the context window")
    share, table = (
        page.locator("#lab-limits th", has_text="Share"),
        page.locator("#lab-limits table"),
    )
    assert right_edge(share) <= right_edge(table.locator("xpath=.."))  # seen without scrolling
    page.get_by_text("View as table").click()
    page.get_by_text("How long the fixed prompt of each feature is").click()
    assert axe(page) == []
    assert sideways_scroll(page) == 0


def test_texts_are_counted_and_never_in_the_address(open_page: Callable[..., Page]) -> None:
    page = open_page("/lab")
    page.get_by_label("Text A").fill("Hello, world")
    expect(page.locator("#lab-counts")).to_contain_text("3 tokens for gpt-4.1-mini.")
    page.get_by_label("Text B").fill("Hello, you there")
    expect(page.locator("#lab-counts")).to_contain_text("both begin with the same 2 tokens")
    page.locator(".lab-form .mantine-SegmentedControl-label", has_text="Conversation").click()
    page.wait_for_url("**plan=conversation*")
    settle(page)
    expect(page.locator(".lab-results .chart-sentence")).to_contain_text("a summary every")
    page.locator(".lab-limits .mantine-SegmentedControl-label", has_text="Tier 5").click()
    expect(page.locator("#lab-limits")).to_contain_text("Tier 5 carries the last 30 days")
    assert "Hello" not in page.url
    page.reload()
    settle(page)
    expect(page.locator(".lab-results .chart-sentence")).to_contain_text("a summary every")
    expect(page.get_by_label("Text A")).to_have_value("")


def test_the_lab_is_there_while_the_busiest_minute_is_counted(
    open_page: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, real = Event(), traffic.loads

    def held_up(*asked: Any) -> Any:  # noqa: ANN401 - whatever the real one is asked
        gate.wait(60)
        return real(*asked)

    monkeypatch.setattr(limits, "loads", held_up)
    page = open_page("/prices")
    page.goto(page.url.replace("/prices", "/lab?max_tokens=777"))
    expect(page.locator("#lab-limits")).to_contain_text("Counting the busiest minute")
    page.get_by_label("Text A").fill("Hello, world")
    expect(page.locator("#lab-counts")).to_contain_text("3 tokens for gpt-4.1-mini.")
    gate.set()
    expect(page.locator("#lab-limits")).to_contain_text("does not carry the last 30 days")
    settle(page)


def test_without_usage_the_lab_works(
    own_source: Source, serve: Callable[[DashboardContext], str], open_page: Callable[..., Page]
) -> None:
    page = open_page("/lab", at=serve(DashboardContext(own_source)))
    expect(page.locator("#lab-limits")).to_contain_text("No usage in the last 30 days")
    turns = page.get_by_label("Tokens of the document")
    turns.fill("100000")
    turns.press("Enter")
    page.wait_for_url("**document=100000*")
    expect(page.locator(".lab-results .chart-sentence")).to_contain_text("$0.04252")
