"""The page as one file: opened from disk with no network, it draws, filters and asks nobody."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Any, Literal

import pytest
from playwright.sync_api import expect

from tests.demo import DEMO_NOW
from tollbook.failures import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

OpenPage = Any
OpenFile = Any
PLAN = """\
    period: 2026-12
    baseline:
      workload: {sessions_per_day: 10000, days: 30, tokens_per_session: 1500, output_share: 40%,
        model: gpt-4.1-mini, on: 2026-11-01}
    limits: {monthly_cost: 500}
    scenarios:
      - name: "</script><script>document.title='taken'</script><b>mini & first"
        levers:
          - cascade: {first: gpt-4.1-mini, then: gpt-4.1, escalate: 12%}
          - cache: {hit_rate: 60%}
    """


@pytest.fixture
def open_file(browser: Browser) -> Iterator[OpenFile]:
    """Open a file in a window that has no network; fails where the page complained or asked."""
    complaints: list[str] = []
    contexts = []

    def open_(path: Path, scheme: Literal["light", "dark"] = "light", width: int = 1_280) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector(".figure .main-svg")
        return page

    def asked(url: str) -> None:
        if not url.startswith(("file:", "data:", "blob:")):
            complaints.append(f"asked for {url}")

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def plan_page(tmp_path: Path) -> Path:
    plan, page = tmp_path / "plan.yaml", tmp_path / "plan.html"
    plan.write_text(dedent(PLAN), encoding="utf-8")
    assert run(["--now", DEMO_NOW.isoformat(), "plan", str(plan), "--html", str(page)]) == 3
    return page


def test_what_if_goes_out_of_the_house(
    open_page: OpenPage, open_file: OpenFile, axe: Callable[[Page], list[str]], tmp_path: Path
) -> None:
    page = open_page("/whatif?cached=60&batch=20")
    sentence = page.locator("#whatif-sentence").inner_text()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="HTML").click()
    path = tmp_path / "whatif.html"
    waiting.value.save_as(path)
    shown = open_file(path)
    assert shown.locator("h1").inner_text() == sentence
    assert shown.locator(".figure .main-svg").count() >= 3
    assert shown.locator(".as-of").inner_text() == (
        "Computed on 20 Nov 2026, data until 20 Nov 2026 12:00 UTC"
    )
    assert (
        "60% of input is billed at the cached price" in shown.locator(".assumptions").inner_text()
    )
    assert axe(shown) == []


def test_tables_are_filtered(open_file: OpenFile, plan_page: Path) -> None:
    page = open_file(plan_page)
    rows = page.locator("section", has_text="Every scenario by token type").locator("tbody tr")
    field = page.get_by_role("searchbox").nth(1)
    everything = rows.count()
    field.fill("GPT-4.1-mini cached")
    # uncached input of the baseline, uncached and cached input of the plan
    expect(rows.filter(visible=True)).to_have_count(3)
    expect(page.get_by_text(f"3 of {everything} rows; the total is of all")).to_be_visible()
    field.fill("")
    expect(rows.filter(visible=True)).to_have_count(everything)


def test_names_stay_text(open_file: OpenFile, plan_page: Path) -> None:
    page = open_file(plan_page)
    assert page.title() == "Tollbook: plan for December 2026"
    assert page.locator("b").count() == 0
    name = "</script><script>document.title='taken'</script><b>mini & first"
    assert f"The cheapest scenario, “{name}”, costs $555.84." in page.locator("h1").inner_text()
    assert "Over the limit" in page.locator(".second").inner_text()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_280), ("dark", 400)])
def test_it_follows_the_readers_scheme_and_width(
    scheme: str,
    width: int,
    open_file: OpenFile,
    plan_page: Path,
    sideways_scroll: Callable[[Page], int],
) -> None:
    page = open_file(plan_page, scheme, width)
    assert sideways_scroll(page) == 0
    fill = "[...document.querySelectorAll('.barlayer path')].at(-1).style.fill"
    colours = {"light": "rgb(43, 49, 58)", "dark": "rgb(221, 225, 230)"}
    assert page.evaluate(fill) == colours[scheme]
    page.get_by_role("button", name="Light or dark").click()
    other = "dark" if scheme == "light" else "light"
    page.wait_for_function(f"() => {fill} === '{colours[other]}'")
