"""Budgets & alerts in a browser: accessible, inside its window, answered and changed on screen."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from alerts.delivery import House
from alerts.evaluation import situations
from alerts.tick import tick
from costmodel.budget import Budget
from dashboard.context import DashboardContext, Source
from ingest.settings import Mail
from ingest.store import Store
from tests.alerts.letters import situation
from tests.demo import DEMO_NOW, demo_clock
from tests.settled_page import settle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LOOKS = (
    datetime(2026, 11, 5, 12, tzinfo=UTC),
    datetime(2026, 11, 8, tzinfo=UTC),
    DEMO_NOW - timedelta(minutes=3),
)
"""The prompt of search changed on the 3rd, and was repaired on the 6th."""


def _same(at: datetime) -> datetime:
    return at


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, demo_source: Source) -> Source:
    """The demo's usage, looked at three times, its mails waiting."""
    path = tmp_path_factory.mktemp("watched") / "own.duckdb"
    shutil.copy(demo_source.store_path, path)
    mail = Mail("127.0.0.1", "tollbook@example.com", port=1, security="none", to=("a@example.com",))
    configuration = replace(demo_source.configuration, mail=mail)
    store = Store(path)
    for at in LOOKS:
        house = House(store, configuration, partial(_same, at), lambda _: None, lambda _: None)
        tick(house, lambda now: situations(store, demo_source.book, configuration, now))
    return Source(path, demo_source.book, configuration, demo_clock)


@pytest.fixture
def watched_site(watched: Source, serve: Callable[[DashboardContext], str]) -> str:
    """Address of the app over what is watched, for tests that change nothing."""
    return serve(DashboardContext(watched))


@pytest.fixture
def own_site(tmp_path: Path, watched: Source, serve: Callable[[DashboardContext], str]) -> str:
    """Address of the app over a copy of what is watched."""
    path = tmp_path / "own.duckdb"
    shutil.copy(watched.store_path, path)
    return serve(DashboardContext(replace(watched, store_path=path)))


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_440), ("dark", 400)])
def test_one_budget_is_accessible_and_fits(
    scheme: str,
    width: int,
    watched_site: str,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    sideways_scroll: Callable[[Page], int],
) -> None:
    page = open_page("/budgets?budget=All+models", scheme=scheme, width=width, at=watched_site)
    said = "All models has spent at least $798 of $1,200"
    expect(page.locator(".budgets h1")).to_contain_text(said)
    expect(page.locator(".budgets .standing")).to_contain_text("Last look 3 minutes ago.")
    expect(page.locator(".budget-edges")).to_contain_text("Back to normal: change.")
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    page.get_by_text("How its rules did on your own usage").click()
    tried = page.locator(".budget-trial .budget-sentence")
    expect(tried).to_contain_text("a doubling is found in", timeout=90_000)
    for summary in page.get_by_text("View as table").all():
        summary.click()
    assert axe(page) == []
    assert sideways_scroll(page) == 0
    page.locator(".budget-letter-link", has_text="moved").click()
    frame = page.locator("iframe.budget-letter")
    expect(frame).to_have_attribute("sandbox", "")
    inside = page.frame_locator("iframe.budget-letter")
    expect(inside.get_by_text("Spending moved to").first).to_be_visible()
    assert inside.locator("img.chart").evaluate("image => image.naturalWidth") > 0


def test_an_alert_is_answered_and_stays_so(own_site: str, open_page: Callable[..., Page]) -> None:
    page = open_page("/budgets", at=own_site)
    page.get_by_role("link", name="All models").click()
    page.wait_for_url("**budget=All+models*")
    first = page.locator(".budget-alerts li").first
    first.get_by_role("button", name="Acknowledge").click()
    expect(first).to_contain_text("Taken on by somebody at the dashboard, 20 Nov 2026 12:00 UTC.")
    first.get_by_role("button", name="Snooze 1 day").click()
    expect(first).to_contain_text("Quiet until 21 Nov 2026 12:00 UTC.")
    page.reload()
    settle(page)
    first.get_by_role("button", name="End the snooze").click()
    expect(first.get_by_role("button", name="Snooze 1 day")).to_be_visible()
    expect(first).not_to_contain_text("Quiet until")
    expect(page.locator(".budgets")).to_contain_text("stands in tollbook.yaml")


def test_a_budget_is_tried_made_changed_and_removed(
    own_site: str,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    sideways_scroll: Callable[[Page], int],
) -> None:
    page = open_page("/budgets?new=1", width=400, at=own_site)
    page.locator(".budget-form").get_by_role("button", name="Save").click()
    expect(page.locator("#budget-said")).to_contain_text("Give the budget an amount.")
    page.get_by_label("Name").fill("Search <b>alone</b>")
    page.get_by_label("Amount").fill("300")
    covers = page.get_by_role("textbox", name="Covers only")
    covers.fill("feature=search")
    covers.press("Enter")
    covers.blur()
    page.get_by_role("button", name="What would it have done?").click()
    expect(page.locator("#budget-said")).to_contain_text("in the last 60 days")
    assert axe(page) == []
    assert sideways_scroll(page) == 0
    page.locator(".budget-form").get_by_role("button", name="Save").click()
    page.wait_for_url("**budget=Search*")
    said = "<b>alone</b> has spent at least $233 of $300"
    expect(page.locator(".budgets h1")).to_contain_text(said)
    page.get_by_label("Amount").fill("400")
    page.locator(".budget-form").get_by_role("button", name="Save").click()
    expect(page.locator("#budgets-result")).to_contain_text("kept as version 2")
    expect(page.locator(".budgets h1")).to_contain_text("of $400")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#budgets-result")).to_contain_text("is removed")
    expect(page.locator(".budget-card")).to_have_count(1)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_440), ("dark", 400)])
def test_the_rest_of_a_budget_stands_under_more(
    scheme: str,
    width: int,
    own_site: str,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    sideways_scroll: Callable[[Page], int],
) -> None:
    page = open_page("/budgets?new=1", scheme=scheme, width=width, at=own_site)
    page.get_by_label("Name").fill("Search")
    page.get_by_label("Amount").fill("300")
    page.locator(".budget-more > summary").click()
    page.get_by_label("First day of a period").fill("15.11.2026")
    spent = page.get_by_role("textbox", name="Tell at this share spent")
    spent.fill("60% warning")
    spent.press("Enter")
    form = page.locator(".budget-form")
    zone = form.get_by_role("textbox", name="Time zone")
    zone.fill("Asia/Kol")
    page.get_by_role("option", name="Asia/Kolkata").click()
    page.locator(".budget-form").get_by_role("button", name="Save").click()
    expect(page.locator("#budget-said")).to_have_text(
        "Write the first day as 2026-02-15; '15.11.2026' is no day."
    )
    assert axe(page) == []
    assert sideways_scroll(page) == 0
    page.get_by_label("First day of a period").fill("2026-10-15")
    page.get_by_role("button", name="What would it have done?").click()
    expect(page.locator("#budget-said")).to_contain_text("actual")
    page.locator(".budget-form").get_by_role("button", name="Save").click()
    page.wait_for_url("**budget=Search*")
    expect(page.locator("#budgets-result")).to_contain_text("Search is kept.")
    expect(page.locator(".budget-more")).to_have_attribute("open", "")
    expect(page.get_by_label("First day of a period")).to_have_value("2026-10-15")
    expect(zone).to_have_value("Asia/Kolkata")
    expect(page.locator(".budget-more")).to_contain_text("60% warning")


def test_forecasts_and_calls_are_tried_before_a_budget_is_kept(
    own_site: str,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    sideways_scroll: Callable[[Page], int],
) -> None:
    page = open_page("/budgets?new=1", width=400, at=own_site)
    page.get_by_label("Name").fill("Everything")
    page.get_by_label("Amount").fill("1200")
    page.locator(".budget-more > summary").click()
    levels = {
        "Tell at this chance to exceed": "80% warning",
        "Most calls that fail": "5% over 1h",
        "Least quality": "90% over 1d",
    }
    for label, text in levels.items():
        field = page.get_by_role("textbox", name=label)
        field.fill(text)
        field.press("Enter")
    page.get_by_role("button", name="What would it have done?").click()
    said = page.locator("#budget-said")
    expect(said).to_contain_text("forecast on 6 Nov at 00:00")
    expect(said).to_contain_text("error rate 1h on 11 Nov at 03:00")  # the loop of the 11th
    expect(said).to_contain_text(
        "The rule 'quality 1d' is left out: no call says how good its answer was."
    )
    expect(said).not_to_contain_text("Not tried")
    assert axe(page) == []
    assert sideways_scroll(page) == 0


def test_the_first_budget_is_one_click(
    tmp_path: Path,
    demo_source: Source,
    serve: Callable[[DashboardContext], str],
    open_page: Callable[..., Page],
) -> None:
    path = tmp_path / "own.duckdb"
    shutil.copy(demo_source.store_path, path)
    without = replace(demo_source.configuration, budgets=())
    at = serve(DashboardContext(Source(path, demo_source.book, without, demo_clock)))
    page = open_page("/budgets", at=at)
    expect(page.locator(".budget-first")).to_contain_text("Last month cost $")
    page.get_by_role("button", name="Make a budget of").click()
    expect(page.locator(".budget-card")).to_contain_text("All usage")
    expect(page.locator(".budgets")).to_contain_text("Nobody looks at the budgets")
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url(f"{at}/")


@pytest.mark.parametrize("width", [1_440, 400])
def test_two_hundred_budgets_fit(
    width: int,
    own_source: Source,
    serve: Callable[[DashboardContext], str],
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    sideways_scroll: Callable[[Page], int],
) -> None:
    budgets = tuple(Budget(f"Budget {number:03}", Fraction(1_200)) for number in range(200))
    source = replace(own_source, configuration=replace(own_source.configuration, budgets=budgets))
    seen = [situation(each.name) for each in budgets]
    at = serve(DashboardContext(source, evaluate=lambda *_: seen))
    page = open_page("/budgets", width=width, at=at)
    expect(page.locator(".budgets h1")).to_have_text("200 of 200 budgets need somebody.")
    expect(page.locator(".budget-card")).to_have_count(12)
    expect(page.locator(".budget-table tbody tr")).to_have_count(188)
    assert axe(page) == []
    assert sideways_scroll(page) == 0
