"""What meets a target and what matters most, as somebody uses them on What-if."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.settled_page import settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

GUIDE = "/whatif?workload=typed&served=gpt-4.1&escalate=12&limit=600"
MIX = "&start=gpt-4.1-mini:80,gpt-4.1:20"


def calm(page: Page) -> None:
    """Wait until the server has answered what was set last."""
    page.wait_for_timeout(400)
    page.wait_for_selector("#whatif:not(.whatif-moving)")
    settle(page)


def row(page: Page, title: str) -> Locator:
    return page.locator(".target-table tbody tr").filter(has_text=title)


def test_set_moves_any_slider_the_address_and_the_figures(open_page: Callable[..., Page]) -> None:
    page = open_page(GUIDE)
    page.get_by_role("link", name="What meets a target").click()
    expect(page.locator("#whatif-target-amount")).to_have_value("$600")
    expect(row(page, "Cached input share")).to_contain_text("26% or more")
    page.get_by_role("button", name="Set Cached input share to 26%").click()
    expect(page.locator("#whatif-sentence")).to_contain_text("This plan $599.90:")
    expect(page).to_have_url(re.compile("cached=26&.*open=target"))
    calm(page)
    thumb = page.get_by_role("slider", name="Cached input share, percent")
    assert thumb.get_attribute("aria-valuenow") == "26"
    expect(page.locator("#whatif-second")).to_have_text("Within your $600 limit, $0.10 to spare.")
    expect(page.get_by_text("$599.90").first).to_be_visible()  # the bar of the plan
    expect(row(page, "Cached input share").get_by_role("button")).to_have_count(0)
    page.get_by_role("button", name="Reset Cached input share").click()
    calm(page)
    page.get_by_role("button", name="Set Growth a month to -5.5%").click()
    expect(page.locator("#whatif-sentence")).to_contain_text("This plan $598.75:")
    expect(page).to_have_url(re.compile("growth=-5.5"))
    calm(page)


def test_a_share_of_a_mix_is_set_as_typing_sets_it(open_page: Callable[..., Page]) -> None:
    page = open_page(f"{GUIDE.replace('escalate=12', 'escalate=0')}{MIX}&open=target")
    expect(row(page, "Share of full")).to_contain_text("12% or less")
    page.get_by_role("button", name="Set Share of full to 12%").click()
    expect(page.locator("#whatif-sentence")).to_contain_text("This plan $586.08:")
    calm(page)
    mini = page.get_by_role("slider", name="Share of Mini")
    assert mini.get_attribute("aria-valuenow") == "88"


def test_another_target_is_in_the_address_and_an_empty_one_is_the_limit(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(f"{GUIDE}&open=target")
    field = page.locator("#whatif-target-amount")
    field.fill("450")
    expect(row(page, "Escalate to full")).to_contain_text("2.7% or less")  # 54 of 1,980
    expect(page).to_have_url(re.compile("target=450"))
    calm(page)
    again = open_page(f"{GUIDE}&target=450&open=target")
    expect(again.locator("#whatif-target-amount")).to_have_value("$450")
    expect(row(again, "Escalate to full")).to_contain_text("2.7% or less")
    field.fill("")
    expect(field).to_have_value("$600")
    expect(row(page, "Escalate to full")).to_contain_text("10.3% or less")
    page.wait_for_url(lambda url: "target=" not in url)
    page.get_by_label("Limit a month", exact=True).fill("700")
    expect(field).to_have_value("$700")
    expect(row(page, "Escalate to full")).to_contain_text("15.3% or less")  # 304 of 1,980
    calm(page)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_440), ("dark", 400)])
def test_both_lists_are_accessible_and_fit(
    scheme: str,
    width: int,
    open_page: Callable[..., Page],
    faults: Callable[[Page], list[str]],
) -> None:
    page = open_page(f"{GUIDE}&open=target,matters", scheme=scheme, width=width)
    first = page.locator(".matters-table tbody tr").first
    expect(first).to_contain_text("Escalation to full")
    expect(first).to_contain_text("+$19.80")
    for button in page.locator(".target-table .set-button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] < width  # to be seen without scrolling
    assert faults(page) == []
    page.get_by_role("slider", name="Escalate to full, percent").press("Home")
    calm(page)
    expect(first).to_contain_text("0%")
