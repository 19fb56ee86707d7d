"""From a plan on What-if to one that is adopted, and to what it has saved on Overview."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from costmodel.bridge import CENTS
from dashboard.context import DashboardContext
from ingest.adopted_plans import thawed
from ingest.plan_savings import plan_so_far
from ingest.store import Store
from tollbook.failures import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from dashboard.context import Source

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

OCTOBERS_END = datetime(2026, 10, 31, 12, tzinfo=UTC)
SENTENCE = re.compile(
    r"From 1 Nov to 19 Nov it (?P<verb>saved|cost) \$(?P<total>[\d,.]+) "
    r"(?:against|more than) going on as before.*; saved by (?P<parts>.+)\."
)


def amount(text: str) -> Decimal:
    return Decimal(text.replace("\u2212", "-").replace("$", "").replace(",", ""))


def adopt(page: Page, name: str) -> None:
    button, said = page.locator("#whatif-adopt"), page.locator("#whatif-save-said")
    button.click()
    expect(said).to_contain_text("Give the plan a name first")
    page.get_by_label("Name of this plan").fill(name)
    button.click()
    expect(said).to_contain_text(f"“{name}” is adopted, version 1: $")


def test_overview_says_what_an_adopted_plan_has_saved_so_far(
    demo_source: Source,
    serve: Callable[[DashboardContext], str],
    open_page: Callable[..., Page],
    tmp_path: Path,
) -> None:
    store = tmp_path / "own.duckdb"
    shutil.copy(demo_source.store_path, store)
    source = replace(demo_source, store_path=store, demo=False)
    then = serve(DashboardContext(replace(source, clock=lambda: OCTOBERS_END)))
    page = open_page("/whatif?batch=30&cached=70&open=side-by-side", at=then)
    adopt(page, "Budget 2027")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="YAML").click()
    plan = tmp_path / "plan.yaml"
    waiting.value.save_as(plan)
    options = ["--db", str(store), "--now", OCTOBERS_END.isoformat()]
    assert run([*options, "plan", str(plan), "--adopt", "Budget 2027"]) == 0
    by_command, on_screen = map(thawed, Store(store).plans())
    assert (on_screen.version, on_screen) == (1, replace(by_command, version=1))

    page = open_page("/", at=serve(DashboardContext(source)))
    sentence = page.locator(".chart-card .chart-sentence").first.inner_text()
    assert "The plan “Budget 2027” meant $" in sentence
    found = SENTENCE.search(sentence)
    assert found, sentence
    total = amount(found["total"]) * (1 if found["verb"] == "saved" else -1)
    parts = [amount(each) for each in re.findall(r"\u2212?\$[\d,]+\.\d\d", found["parts"])]
    assert sum(parts) == total
    came = plan_so_far(Store(store), source.book, on_screen, source.clock(), "UTC").saved
    assert came
    assert total * CENTS == round(came.so_far * CENTS)
    expect(page.locator(".chart-card .legend").first).to_contain_text("Budget 2027")
