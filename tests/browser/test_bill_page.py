"""The page of the bill in a browser: accessible, inside its window, named only with a bill."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from costmodel.meters import Meter
from dashboard.context import DashboardContext, Source
from ingest.charges import ChargeKind
from ingest.store import Store
from tests.demo import demo_clock
from tests.ingest.bills import bring, charge, fee
from tests.settled_page import settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SECOND = datetime(2026, 11, 2, tzinfo=UTC)
THIRD = datetime(2026, 11, 3, tzinfo=UTC)


@pytest.fixture
def billed_site(
    tmp_path: Path, demo_source: Source, serve: Callable[[DashboardContext], str]
) -> str:
    """Address of the app over the demo's usage with a bill of two November days."""
    path = tmp_path / "own.duckdb"
    shutil.copy(demo_source.store_path, path)
    lines = [
        charge("30", 8_000_000, start=day, model="gpt-4.1", meter=meter)
        for day in (SECOND, THIRD)
        for meter in (Meter.INPUT, Meter.OUTPUT)
    ]
    stray = charge("0.75", start=SECOND, model=None, meter=None)
    fees = [
        fee("12.50", ChargeKind.TOOL, start=THIRD, memo="<b>web search</b>"),
        fee("-4", ChargeKind.CREDIT, start=THIRD),
        fee("60", ChargeKind.OTHER, start=SECOND, memo="seats"),
    ]
    bring(Store(path), [*lines, stray, *fees])
    source = Source(path, demo_source.book, demo_source.configuration, demo_clock)
    return serve(DashboardContext(source))


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_440), ("dark", 400)])
def test_the_bill_is_accessible_and_fits(
    scheme: str,
    width: int,
    billed_site: str,
    open_page: Callable[..., Page],
    faults: Callable[[Page], list[str]],
) -> None:
    page = open_page("/bill", scheme=scheme, width=width, at=billed_site)
    expect(page.locator(".bill h1")).to_contain_text("The bill of openai is $")
    page.get_by_text("View as table").click()
    assert faults(page) == []


def test_a_bill_is_named_its_rows_by_day_are_in_the_address_other_charges_on_the_overview(
    billed_site: str, open_page: Callable[..., Page]
) -> None:
    page = open_page("/", at=billed_site)
    expect(page.locator(".nav-link", has_text="Bill")).to_be_visible()
    card = page.locator(".side-card", has_text="Other charges")
    expect(card).to_contain_text("openai: <b>web search</b>")
    expect(card).to_contain_text("$60.00")
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/bill")
    settle(page)
    page.locator(".bill .mantine-SegmentedControl-label", has_text="Day").click()
    page.wait_for_url("**rows=day*")
    settle(page)
    names = page.locator("#bill-rows tbody th").all_inner_texts()
    assert names == ["2026-11-02", "2026-11-03"]


def test_the_demo_agrees_with_its_bill_to_the_cent(open_page: Callable[..., Page]) -> None:
    page = open_page("/bill?range=2026-10")
    expect(page.locator(".bill h1")).to_have_text(
        "The bill of openai is $7.31 (0.7%) above your usage."
    )
    expect(page.locator("#bill-foot")).to_contain_text("Not in this comparison")


def test_a_month_without_a_bill_leads_to_the_month_of_the_latest_one(
    billed_site: str, open_page: Callable[..., Page]
) -> None:
    page = open_page("/bill?range=2026-09&rows=day", at=billed_site)
    page.get_by_role("link", name="See the bill of November 2026").click()
    page.wait_for_url("**range=2026-11&rows=day")
    expect(page.locator(".bill h1")).to_contain_text("The bill of openai is $")


def test_without_a_bill_the_navigation_does_not_name_the_page(
    tmp_path: Path,
    demo_source: Source,
    serve: Callable[[DashboardContext], str],
    open_page: Callable[..., Page],
) -> None:
    store = Store(Path(shutil.copy(demo_source.store_path, tmp_path / "own.duckdb")))
    [bill] = [each for each in store.imports() if each.format == "openai_cost_csv"]
    store.undo(bill.import_id)
    source = Source(store.path, demo_source.book, demo_source.configuration, demo_clock)
    page = open_page("/bill", at=serve(DashboardContext(source)))
    expect(page.locator(".bill h1")).to_have_text("Nothing to compare")
    expect(page.locator(".nav-link", has_text="Bill")).to_be_hidden()
