"""Folded sections of What-if: asked for once open, kept in the address, opened by links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.settled_page import settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Request

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

TYPED = "/whatif?workload=typed&served=gpt-4.1&escalate=12"


def test_sections_are_worked_out_once_when_they_are_opened(
    open_page: Callable[..., Page], axe: Callable[[Page], list[str]]
) -> None:
    page = open_page("/whatif")
    asked: list[str] = []

    def keep(request: Request) -> None:
        asked.extend(
            name
            for name in ("opportunities-body", "token-types-body", "whatif-two", "caching-body")
            if f'"output":"{name}' in (request.post_data or "").replace("\\", "")
        )

    page.on("request", keep)
    section = page.locator("#whatif-token-types")
    expect(section.locator("table")).to_be_hidden()
    section.get_by_text("This plan by token type").click()
    expect(section.locator(".total-row")).to_be_visible()
    page.wait_for_url("**open=token-types*")
    settle(page)
    assert axe(page) == []
    section.get_by_text("This plan by token type").click()
    page.wait_for_url(lambda url: "open" not in url)
    section.get_by_text("This plan by token type").click()
    expect(section.locator(".total-row")).to_be_visible()
    settle(page)
    assert asked == ["token-types-body"]
    page.go_back()
    expect(section.locator("table")).to_be_hidden()
    settle(page)
    page.go_forward()
    expect(section.locator(".total-row")).to_be_visible()


def test_the_address_and_links_open_sections_and_a_move_leaves_them_open(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(f"{TYPED}&open=token-types,nothing-like-this")
    total = page.locator("#whatif-token-types .total-row")
    expect(total).to_contain_text("$633.60")
    page.locator("[role=slider][aria-label='Escalate to full, percent']").press("End")
    page.locator("#whatif-actions").get_by_role("link", name="Save").click()
    expect(page.get_by_label("Name of this plan")).to_be_focused()
    expect(total).to_contain_text("$2,376.00")
    expect(page).to_have_url(re.compile("escalate=100&.*open=side-by-side%2Ctoken-types"))
    led = open_page(f"{TYPED}#whatif-two-settings")
    expect(led.locator("#whatif-two-down")).to_be_in_viewport()
