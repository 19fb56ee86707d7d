"""What-if as somebody uses it: dragged, typed, set, shared, downloaded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from costmodel.money import dollars
from costmodel.plan import run_plan
from dashboard.context import DashboardContext
from ingest.plan_file import read_plan
from pricing import load_book
from tests.demo import DEMO_NOW
from tests.settled_page import settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from dashboard.context import Source

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

OpenPage = Any
FULL = "/whatif?workload=typed&served=gpt-4.1&escalate=12&limit=600"
LOOKS = 200
AMOUNT_OF_A_PIXEL = 8.0
"""Dollars; bars reach over $3,000 in less than 600 pixels."""
FIGURES = """() => ["whatif-bars", "whatif-waterfall", "whatif-months"].map((card) => {
  const host = document.getElementById(JSON.stringify({ card, type: "graph" }));
  const plot = host.querySelector(".js-plotly-plot");
  const ranges = [plot.layout.xaxis.range, plot.layout.yaxis.range];
  return JSON.parse(JSON.stringify({
    traces: plot.data.map((t) => [t.x, t.y, t.base, t.text, t.marker?.pattern?.shape]),
    ranges: card === "whatif-months" ? ranges[1] : ranges[0],
    names: (plot.layout.annotations || []).map((one) => [one.text, one.y, one.yanchor, one.yshift]),
  }, (_, value) => ArrayBuffer.isView(value) ? [...value]
    : typeof value === "number" ? Math.round(value * 1e6) / 1e6 : value));
})"""

PICTURE = """() => ["whatif-bars", "whatif-waterfall"].flatMap((card) => {
  const host = document.getElementById(JSON.stringify({ card, type: "graph" }));
  const plot = host.querySelector(".js-plotly-plot");
  const axis = plot.querySelector(".cartesianlayer").getBoundingClientRect();
  const amount = plot.layout.xaxis.range[1] / plot._fullLayout.xaxis._length;
  const zero = plot.querySelector(".nsewdrag").getBoundingClientRect().left;
  const at = (x) => (x - zero) * amount;
  const bars = [...plot.querySelectorAll(".barlayer .point")].map((point) => {
    const bar = point.querySelector("path").getBoundingClientRect();
    const text = point.querySelector("text").getBoundingClientRect();
    return { from: at(bar.left), to: at(bar.right), top: bar.top - axis.top,
      bottom: bar.bottom - axis.top, gap: text.left - bar.right,
      text: point.querySelector("text").textContent };
  });
  const lines = [...plot.querySelectorAll(".js-line")].map((line) => {
    const box = line.getBoundingClientRect();
    return { from: at(box.left), to: at(box.right), top: 0, bottom: 0, gap: 0, text: "" };
  });
  return [...bars, ...lines];
})"""

MONTHS_DRAWN = """() => {
  const host = document.getElementById(JSON.stringify({ card: "whatif-months", type: "graph" }));
  const { layout } = host.querySelector(".js-plotly-plot");
  const drawn = [...host.querySelectorAll(".annotation-text")].map((one) => one.textContent);
  return { drawn, meant: layout.annotations.map((one) => one.text.replace("<br>", "")),
    lines: host.querySelectorAll(".shapelayer path").length, shapes: layout.shapes.length };
}"""


def calm(page: Page) -> None:
    """Wait until the server has answered what was set last, a typed number's 300 ms included."""
    page.wait_for_timeout(400)
    for _ in range(2):  # what is told after the first may have waited for it
        page.wait_for_selector("#whatif:not(.whatif-moving)")
        settle(page)


def address_has(page: Page, part: str) -> None:
    expect(page).to_have_url(re.compile(re.escape(part)))


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name)


def number(page: Page, name: str) -> Locator:
    return page.locator(f"input[aria-label='{name}']")


def sentence(page: Page) -> str:
    return page.locator("#whatif-sentence").inner_text()


def drag_by(page: Page, thumb: Locator, pixels: int) -> None:
    """Drag without letting go."""
    thumb.scroll_into_view_if_needed()
    box = thumb.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 11):
        page.mouse.move(x + pixels * step / 10, y)
        page.wait_for_timeout(20)
    page.wait_for_timeout(80)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_440), ("dark", 400)])
def test_a_typed_workload_is_accessible_and_fits(
    scheme: str,
    width: int,
    open_page: OpenPage,
    faults: Callable[[Page], list[str]],
) -> None:
    page = open_page(FULL, scheme=scheme, width=width)  # test_shell looks at one's own usage
    assert faults(page) == []


def test_opens_filled_and_an_assumption_leads_to_its_control(open_page: OpenPage) -> None:
    page = open_page("/whatif")
    assert re.fullmatch(
        r"Today at least \$[\d,.]+ a month\. "
        r"This plan at least \$[\d,.]+: saves \$[\d,.]+ \(\d+%\)\.",
        sentence(page),
    )
    expect(page.locator("#whatif-likely")).to_have_text(
        re.compile(
            r"Likely \$\d+ to \$\d+ in December \(31 days, \$\d+ expected\); "
            r"less than 1 in 10 chance to cross \$1,200\."
        )
    )
    expect(page.locator("#range")).to_have_value("last 30d")
    expect(page.locator("#compare")).to_be_hidden()
    page.locator(".assumptions button").first.click()
    expect(slider(page, "Escalate to full, percent")).to_be_focused()


def test_typed_workload_is_the_guides(open_page: OpenPage) -> None:
    page = open_page("/whatif")
    page.get_by_text("Typed workload").click()
    expect(page.locator("#whatif-sentence")).to_contain_text("Today $396 a month.")
    calm(page)
    expect(page.locator("#range")).to_be_hidden()
    expect(page.get_by_text("$396.00").first).to_be_visible()
    expect(page.locator("#whatif-likely")).to_have_text("No range: typed numbers.")
    address_has(page, "workload=typed")


def figures_drawn_after(page: Page, before: Any) -> Any:  # noqa: ANN401
    """What the browser draws some 40 ms after a release, before the server's come."""
    for _ in range(LOOKS):
        drawn = page.evaluate(FIGURES)
        if all(one != other for one, other in zip(drawn, before, strict=True)):
            return drawn
    pytest.fail("the release left a figure as it was before the drag")


def test_dragging_shows_what_the_release_computes(open_page: OpenPage) -> None:
    page = open_page("/whatif?growth=1.5")
    page.set_viewport_size({"width": 1_440, "height": 2_600})  # every figure can be seen
    page.wait_for_timeout(200)
    before, figures = sentence(page), page.evaluate(FIGURES)
    drag_by(page, slider(page, "Escalate to full, percent"), 60)
    during, picture = sentence(page), page.evaluate(PICTURE)
    second = page.locator("#whatif-second").inner_text()
    assert during != before
    assert "escalate" not in page.url  # nothing has travelled yet
    page.mouse.up()
    released = figures_drawn_after(page, figures)
    calm(page)
    assert page.evaluate(FIGURES) == released
    address_has(page, "escalate=")
    assert sentence(page) == during
    assert page.locator("#whatif-second").inner_text() == second
    computed = page.evaluate(PICTURE)
    assert len(picture) == len(computed) > 10
    for moved, drawn in zip(picture, computed, strict=True):
        assert moved.pop("text") == drawn.pop("text")
        assert moved.pop("gap") == pytest.approx(drawn.pop("gap"), abs=1.5)
        assert moved == pytest.approx(drawn, abs=AMOUNT_OF_A_PIXEL)


def test_a_drag_back_to_where_it_began_leaves_the_figures_as_they_were(
    open_page: OpenPage,
) -> None:
    page = open_page("/whatif")
    before, address = page.evaluate(PICTURE), page.url
    thumb = slider(page, "Escalate to full, percent")
    drag_by(page, thumb, 60)
    box = thumb.bounding_box()
    assert box is not None
    assert page.evaluate(PICTURE) != before
    page.mouse.move(box["x"] + box["width"] / 2 - 60, box["y"])
    page.mouse.up()
    calm(page)
    assert page.url == address
    assert page.evaluate(PICTURE) == before


def test_every_slider_can_be_dragged(open_page: OpenPage) -> None:
    page = open_page("/whatif")
    for name in ("Cached input share", "Batch share", "Growth a month"):
        before = sentence(page)
        drag_by(page, slider(page, f"{name}, percent"), 40)
        during = sentence(page)
        page.mouse.up()
        calm(page)
        assert sentence(page) == during != before, name


def test_sliders_move_by_keyboard(open_page: OpenPage) -> None:
    page = open_page("/whatif")
    thumb = slider(page, "Escalate to full, percent")
    thumb.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    calm(page)
    assert thumb.get_attribute("aria-valuenow") == "15"
    address_has(page, "escalate=15")
    expect(number(page, "Escalate to full, percent")).to_have_value("15%")
    page.keyboard.press("Home")
    calm(page)
    address_has(page, "escalate=0")


def test_a_typed_number_moves_its_slider_and_reset_takes_it_back(open_page: OpenPage) -> None:
    page = open_page("/whatif")
    before = sentence(page)
    number(page, "Cached input share, percent").fill("72.5")
    page.keyboard.press("Enter")
    calm(page)
    assert slider(page, "Cached input share, percent").get_attribute("aria-valuenow") == "72.5"
    address_has(page, "cached=72.5")
    assert sentence(page) != before
    page.get_by_role("button", name="Reset Cached input share").click()
    calm(page)
    assert sentence(page) == before
    assert "cached" not in page.url


def test_goal_seek_sets_the_escalation_that_meets_the_limit(open_page: OpenPage) -> None:
    page = open_page(FULL)
    expect(page.locator("#whatif-second")).to_have_text(
        "Over your $600 limit; 10.3% escalation would meet it."
    )
    page.get_by_role("button", name="Set", exact=True).click()
    calm(page)
    assert sentence(page) == "Today $1,980 a month. This plan $599.94: saves $1,380.06 (70%)."
    expect(page.locator("#whatif-second")).to_contain_text("Within your $600 limit")
    expect(page.get_by_role("button", name="Set", exact=True)).to_be_hidden()
    address_has(page, "escalate=10.3")


def test_figures_out_of_sight_are_drawn_with_all_their_names_and_lines(
    open_page: OpenPage,
) -> None:
    page = open_page(FULL.removesuffix("&limit=600"))
    before = page.evaluate(MONTHS_DRAWN)
    page.get_by_label("Limit a month", exact=True).fill("600")
    number(page, "Cached input share, percent").fill("60")
    number(page, "Cached input share, percent").press("Enter")
    address_has(page, "cached=60&escalate=12&limit=600")
    calm(page)
    after = page.evaluate(MONTHS_DRAWN)
    assert after["drawn"] == after["meant"] != before["drawn"]
    assert after["lines"] == after["shapes"] == before["lines"] + 1


def test_a_mix_is_always_100_percent(open_page: OpenPage) -> None:
    page = open_page(FULL)
    page.locator("#whatif-start").click()
    page.get_by_role("option", name="a mix").click()
    calm(page)
    shares = ["Mini", "full", "Nano", "gpt-6-luna"]
    drag_by(page, page.get_by_role("slider", name="Share of Mini"), -60)
    page.mouse.up()
    calm(page)
    values = [
        float(slider(page, f"Share of {name}").get_attribute("aria-valuenow") or 0)
        for name in shares
    ]
    assert sum(values) == 100
    assert values[0] < 80 < 100 - values[0] + 80
    address_has(page, "gpt-4.1-mini%3A")


def test_the_address_carries_everything(open_page: OpenPage) -> None:
    page = open_page("/whatif")
    thumb = slider(page, "Batch share, percent")
    thumb.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    calm(page)
    page.locator("#whatif-start").click()
    page.get_by_role("option", name="Mini (gpt-4.1-mini)").click()
    calm(page)
    page.get_by_text("sent directly").click()
    calm(page)
    page.locator("#whatif-panel").get_by_text("search", exact=True).click()
    calm(page)
    number(page, "Limit a month").fill("900")
    page.keyboard.press("Enter")
    calm(page)
    for part in ("batch=5", "start=gpt-4.1-mini", "sent=directly", "apply=", "limit=900"):
        address_has(page, part)
    address = page.url
    shown, second = sentence(page), page.locator("#whatif-second").inner_text()
    figures = page.evaluate(FIGURES)
    again = open_page(address[address.index("/whatif") :])
    assert sentence(again) == shown
    assert again.locator("#whatif-second").inner_text() == second
    assert again.evaluate(FIGURES) == figures
    expect(number(again, "Batch share, percent")).to_have_value("5%")


def test_going_back_takes_a_setting_back(open_page: OpenPage) -> None:
    page = open_page("/whatif")
    before = sentence(page)
    slider(page, "Escalate to full, percent").focus()
    page.keyboard.press("End")
    calm(page)
    assert sentence(page) != before
    page.go_back()
    expect(page.locator("#whatif-sentence")).to_have_text(before)
    calm(page)
    expect(number(page, "Escalate to full, percent")).to_have_value("12%")


def test_the_plan_file_runs_to_the_cents_of_the_page(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(FULL)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="YAML").click()
    path = tmp_path / "plan.yaml"
    waiting.value.save_as(path)
    book = load_book()
    result = run_plan(read_plan(path, book), book, today=DEMO_NOW.date())
    assert dollars(result.scenarios[0].monthly_cost) == "$633.60"
    assert "This plan $633.60" in sentence(page)
    assert [crossed.limit for crossed in result.violations] == ["monthly_cost"]


def test_the_workbook_comes_with_the_plan_on_screen(open_page: OpenPage) -> None:
    page = open_page("/whatif")
    slider(page, "Batch share, percent").focus()
    page.keyboard.press("ArrowRight")
    calm(page)
    with page.expect_download() as waiting:
        page.locator("#whatif-actions").get_by_role("link", name="XLSX").click()
    assert "batch=1" in waiting.value.url
    assert Path(waiting.value.path()).read_bytes()[:2] == b"PK"


def test_copies(open_page: OpenPage) -> None:
    page = open_page("/whatif?batch=5")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    page.get_by_role("button", name="Copy as picture").first.click()
    expect(page.locator("[data-action=whatif-picture]")).to_have_text("Copied")


def test_an_empty_store_leads_to_the_first_page(
    own_source: Source, serve: Callable[[DashboardContext], str], open_page: OpenPage
) -> None:
    page = open_page("/whatif", at=serve(DashboardContext(own_source)))
    expect(page.get_by_text("Drop a usage export here")).to_be_visible()
