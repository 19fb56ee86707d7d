"""Kept plans, a plan file opened, two settings at once: as somebody uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

OpenPage = Any
FULL = "/whatif?workload=typed&served=gpt-4.1&escalate=12&limit=600"
YAML = """\
baseline:
  workload: {sessions_per_day: 10000, days: 30, tokens_per_session: 1500, output_share: 40%,
    model: gpt-4.1-mini}
limits: {monthly_cost: 600}
scenarios:
  - name: mini first
    levers:
      - cascade: {first: gpt-4.1-mini, then: gpt-4.1, escalate: 12%}
      - cache: {hit_rate: 60%}
      - commit: {amount: 9}
  - {name: half in batch, levers: [{batch: {share: 50%}}]}
"""


def save(page: Page, name: str) -> None:
    page.get_by_label("Name of this plan").fill(name)
    page.locator("#whatif-save").click()
    expect(page.locator("#whatif-save-said")).to_have_text(f"“{name}” is saved.")


def sentence_of(page: Page, card: str) -> str:
    place = f'[id=\'{{"card":"{card}","type":"sentence"}}\']'
    return page.locator(place).inner_text()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_440), ("dark", 400)])
def test_plans_are_kept_compared_renamed_and_deleted(
    scheme: str,
    width: int,
    open_page: OpenPage,
    axe: Callable[[Page], list[str]],
    sideways_scroll: Callable[[Page], int],
) -> None:
    page = open_page(f"{FULL}&open=side-by-side", scheme=scheme, width=width)
    save(page, "Twelve percent")
    other = FULL.replace("escalate=12", "escalate=20")
    again = open_page(f"{other}&open=side-by-side", scheme=scheme, width=width)
    expect(again.locator(".saved-list li")).to_have_count(1)
    card = "whatif-compare"
    assert sentence_of(again, card).startswith("Of 2 plans “Twelve percent” costs least: $633.60")
    assert axe(again) == []
    assert sideways_scroll(again) == 0
    name = again.get_by_label("Name of Twelve percent")
    name.fill("Less")
    name.press("Enter")
    expect(again.locator("#whatif-save-said")).to_have_text("Renamed to “Less”.")
    again.get_by_title("Show Less").click()
    expect(again.locator("#whatif-sentence")).to_contain_text("This plan $633.60")
    assert "open=side-by-side" in again.url
    again.get_by_role("button", name="Delete Less").click()
    expect(again.locator("#whatif-compare-body")).to_be_hidden()
    expect(again.locator(".saved-list li")).to_have_count(0)


def test_a_plan_file_sets_the_controls(open_page: OpenPage) -> None:
    page = open_page("/whatif?open=side-by-side")
    page.get_by_text("Open a plan file", exact=True).click()
    page.get_by_label("The YAML of a plan").fill(YAML.replace("escalate", "escalade"))
    page.get_by_role("button", name="Set the controls").click()
    expect(page.locator("#whatif-yaml-said")).to_contain_text("plan.yaml:8: ")
    page.get_by_label("The YAML of a plan").fill(YAML)
    page.get_by_role("button", name="Set the controls").click()
    said = page.locator("#whatif-yaml-said")
    expect(said).to_contain_text("The controls are set to “mini first”.")
    expect(said).to_contain_text("Commit: no control here says it")
    expect(page.locator("#whatif-sentence")).to_contain_text("This plan $555.84")
    expect(page.locator("input[aria-label='Cached input share, percent']")).to_have_value("60%")
    assert "workload=typed" in page.url
    expect(page.get_by_label("Name of half in batch")).to_be_visible()


def test_two_settings_are_chosen(open_page: OpenPage) -> None:
    page = open_page(FULL)
    page.get_by_role("heading", name="Two settings at once").click()
    place = '[id=\'{"card":"whatif-two","type":"sentence"}\']'
    expect(page.locator(place)).to_contain_text("A month costs between $315.00 and ")
    page.locator("#whatif-two-down").click()
    page.get_by_role("option", name="Batch share").click()
    expect(page.locator(place)).to_contain_text("15 of 42 keep to your $600 limit")
