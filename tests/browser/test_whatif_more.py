"""The levers under "More", as somebody sets and clears them."""

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

GUIDE = "/whatif?workload=typed&start=today"
STEPS = """() => {
  const host = document.getElementById(JSON.stringify({ card: "whatif-waterfall", type: "graph" }));
  const { data: [{ y, text }] } = host.querySelector(".js-plotly-plot");
  return Object.fromEntries([...y].map((name, place) => [name, text[place]]));
}"""


def calm(page: Page) -> None:
    """Wait until the server has answered what was set last, a typed number's 300 ms included."""
    page.wait_for_timeout(400)
    for _ in range(2):  # what is told after the first may have waited for it
        page.wait_for_selector("#whatif:not(.whatif-moving)")
        settle(page)


def sentence(page: Page) -> Locator:
    return page.locator("#whatif-sentence")


def field(page: Page, name: str) -> Locator:
    return page.locator(".more-levers").get_by_label(name, exact=True)


def test_shorter_prompts_change_the_plan_the_address_and_the_steps(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(GUIDE)
    expect(sentence(page)).to_have_text("Today $396 a month. This plan $396 costs the same.")
    page.get_by_text("More", exact=True).click()
    field(page, "Prompts shorter by").fill("20")
    # 0.8 x 108 + 288: a fifth less of the 270M tokens in, at $0.40
    expect(sentence(page)).to_have_text("Today $396 a month. This plan $374.40: saves $21.60 (5%).")
    expect(page).to_have_url(re.compile("prompts=20"))
    calm(page)
    assert page.evaluate(STEPS)["Shorter texts"] == "−$21.60 less"
    expect(page.locator("#whatif-more-count")).to_have_text("(1 set)")
    expect(page.locator(".assumptions")).to_contain_text("Prompts are 20% shorter")

    page.reload()
    expect(sentence(page)).to_contain_text("This plan $374.40:")
    expect(field(page, "Prompts shorter by")).to_have_value("20%")
    calm(page)

    page.get_by_role("button", name="Reset More").click()
    expect(sentence(page)).to_contain_text("This plan $396 costs the same.")
    expect(field(page, "Prompts shorter by")).to_have_value("0%")
    page.wait_for_url(lambda url: "prompts" not in url)
    calm(page)
    expect(page.locator("#whatif-more-count")).to_have_text("")
    assert "Shorter texts" not in page.evaluate(STEPS)


def test_sliders_move_the_plan_with_its_further_levers_in_the_browser(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(f"{GUIDE}&prompts=20&retries=10&billed=50")
    expect(sentence(page)).to_contain_text("This plan $395.20:")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    thumb = page.get_by_role("slider", name="Batch share, percent")
    thumb.scroll_into_view_if_needed()
    box = thumb.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 600, box["y"], steps=8)  # all of it, at half the price
    expect(sentence(page)).to_contain_text("This plan $197.60:")
    assert asked == []
    page.mouse.up()
    calm(page)
    expect(sentence(page)).to_contain_text("This plan $197.60:")
    drawn = page.evaluate(STEPS)
    amounts = [float(text.split()[0].strip("+−$")) for text in drawn.values() if "$" in text]
    assert {"Shorter texts", "Retries", "Batch"} <= drawn.keys()
    assert amounts[0] == 396
    assert amounts[-1] == 197.6


def test_a_model_is_chosen_and_an_assumption_leads_to_its_field(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(GUIDE)
    page.get_by_text("More", exact=True).click()
    section = page.locator(".more-lever").filter(has_text="A second model checks")
    section.get_by_role("textbox", name="Model").click()
    page.get_by_role("option", name="gpt-4.1-mini", exact=True).click()
    expect(sentence(page)).to_contain_text("This plan $600:")  # 450M at $0.40 and 15M at $1.60
    expect(page).to_have_url(re.compile("checker=gpt-4.1-mini"))
    calm(page)
    page.get_by_text("More", exact=True).click()
    line = page.locator(".assumptions li").filter(has_text="checks each answer")
    line.get_by_role("button", name="Change").click()
    expect(section.get_by_role("textbox", name="Model")).to_be_focused()
    calm(page)


def test_a_plan_file_with_further_levers_is_opened(open_page: Callable[..., Page]) -> None:
    page = open_page(f"{GUIDE}&open=side-by-side")
    page.get_by_text("Open a plan file").click()
    page.get_by_label("The YAML of a plan").fill(
        "baseline: {workload: {sessions_per_day: 10000, days: 30, tokens_per_session: 1500,"
        " output_share: 40%, model: gpt-4.1-mini}}\n"
        "scenarios: [{name: shorter, levers: [{compress: {input: 20%}}, {commit: {amount: 9}}]}]"
    )
    page.get_by_role("button", name="Set the controls").click()
    expect(page.locator("#whatif-yaml-said")).to_contain_text("Commit: no control here says it")
    expect(sentence(page)).to_contain_text("This plan $374.40:")
    expect(field(page, "Prompts shorter by")).to_have_value("20%")
    calm(page)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_440), ("dark", 400)])
def test_more_is_accessible_and_fits(
    scheme: str,
    width: int,
    open_page: Callable[..., Page],
    faults: Callable[[Page], list[str]],
) -> None:
    page = open_page(f"{GUIDE}&prompts=20&retries=5&review=1", scheme=scheme, width=width)
    expect(field(page, "Prompts shorter by")).to_have_value("20%")
    for each in page.locator(".more-levers input:visible").all():
        box = each.bounding_box()
        assert box is not None
        assert box["width"] > 80
        assert box["x"] + box["width"] < width
    assert faults(page) == []
    page.locator(".more-levers").scroll_into_view_if_needed()
