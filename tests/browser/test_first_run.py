"""From an empty store to the first what-if, and usage that knows nothing but models."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from dashboard.context import DashboardContext, Source
from ingest.configuration import Configuration
from ingest.imports import import_file
from ingest.store import Store
from tests.demo import DEMO, demo_clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

COLUMNS = (
    "start_time",
    "end_time",
    "start_time_iso",
    "end_time_iso",
    "project_id",
    "num_model_requests",
    "user_id",
    "api_key_id",
    "model",
    "batch",
    "service_tier",
    "input_tokens",
    "output_tokens",
    "input_cached_tokens",
    "input_uncached_tokens",
)


def write_activity(path: Path) -> None:
    """An Activity CSV as OpenAI's page exports it ungrouped: one line a day and model."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for number in range(60):
            day = datetime(2026, 9, 21, tzinfo=UTC) + timedelta(days=number)
            for model in ("gpt-4.1-mini-2025-04-14", "gpt-4.1-2025-04-14"):
                writer.writerow(line(day, model, 300 if day.weekday() < 5 else 90))


def line(day: datetime, model: str, requests: int) -> dict[str, object]:
    following = day + timedelta(days=1)
    return dict.fromkeys(COLUMNS, "") | {
        "start_time": int(day.timestamp()),
        "end_time": int(following.timestamp()),
        "start_time_iso": day.isoformat(),
        "end_time_iso": following.isoformat(),
        "num_model_requests": f"{requests}.0",
        "model": model,
        "batch": "FALSE",
        "service_tier": "default",
        "input_tokens": f"{requests * 4_000}.0",
        "output_tokens": f"{requests * 300}.0",
        "input_cached_tokens": f"{requests * 2_000}.0",
        "input_uncached_tokens": f"{requests * 2_000}.0",
    }


@pytest.fixture
def activity_site(
    tmp_path: Path, demo_source: Source, serve: Callable[[DashboardContext], str]
) -> str:
    """Address of the app over nothing but an Activity CSV."""
    file = tmp_path / "activity.csv"
    write_activity(file)
    store = tmp_path / "own.duckdb"
    import_file(Store(store), file)
    source = Source(store, demo_source.book, Configuration(), demo_clock)
    return serve(DashboardContext(source))


@pytest.fixture
def empty_site(
    own_source: Source, demo_source: Source, serve: Callable[[DashboardContext], str]
) -> str:
    return serve(DashboardContext(own_source, open_demo=lambda: demo_source))


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_440), ("dark", 400)])
def test_the_empty_page_is_accessible_and_fits(
    scheme: str,
    width: int,
    empty_site: str,
    open_page: Callable[..., Page],
    faults: Callable[[Page], list[str]],
) -> None:
    page = open_page("/", scheme=scheme, width=width, at=empty_site)
    assert faults(page) == []


def test_a_file_is_three_clicks_from_the_first_what_if(
    empty_site: str, open_page: Callable[..., Page]
) -> None:
    page = open_page("/", at=empty_site)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").first.click()
    chooser.value.set_files(DEMO / "2026-11.jsonl.gz")
    page.get_by_role("heading", level=1, name="November has ").wait_for()
    assert "25,740 added" in page.locator("#import-result").inner_text()
    page.get_by_role("link", name="What if…?").click()
    page.wait_for_url("**/whatif*")


def test_a_file_without_usage_says_so_and_stays(
    empty_site: str, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("nothing to see", encoding="utf-8")
    page = open_page("/", at=empty_site)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").first.click()
    chooser.value.set_files(notes)
    page.get_by_text("notes.txt: no format knows this file").wait_for()
    assert page.get_by_role("heading", level=1).inner_text() == "Drop a usage export here"


def test_the_demo_is_one_click_away_and_the_way_back_too(
    own_source: Source,
    demo_source: Source,
    serve: Callable[[DashboardContext], str],
    open_page: Callable[..., Page],
) -> None:
    context = DashboardContext(
        own_source, open_demo=lambda: demo_source, open_own=lambda: own_source
    )
    page = open_page("/", at=serve(context))
    page.get_by_role("button", name="Open the demo").click()
    page.get_by_text("Demo data, as of 20 Nov 2026 12:00 UTC").wait_for()
    page.get_by_role("button", name="Use my own data").click()
    page.get_by_role("heading", level=1, name="Drop a usage export here").wait_for()


def test_usage_that_knows_only_models_names_what_is_missing(
    activity_site: str, open_page: Callable[..., Page], axe: Callable[[Page], list[str]]
) -> None:
    page = open_page("/", at=activity_site)
    assert page.locator("h1").inner_text().startswith("November is at $")
    assert page.get_by_role("heading", name="Cost by model").is_visible()
    assert page.get_by_text("This usage names no feature, team, project or key.").is_visible()
    assert page.get_by_text("What moved").count() == 0
    assert page.locator(".dimension-slot:visible").count() == 1
    assert axe(page) == []


def test_usage_can_be_added_later(activity_site: str, open_page: Callable[..., Page]) -> None:
    page = open_page("/", at=activity_site)
    page.get_by_role("button", name="Add usage").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("dialog").get_by_role("button", name="Choose files").click()
    chooser.value.set_files(DEMO / "batch-2026-11.jsonl.gz")
    page.get_by_text("1,143 added").wait_for()
    page.get_by_role("heading", name="Cost by feature").wait_for()
    page.get_by_role("dialog").wait_for(state="detached")


def test_days_of_another_zone_say_that_they_are_utc_days(
    activity_site: str, open_page: Callable[..., Page]
) -> None:
    page = open_page("/?zone=America/New_York", at=activity_site)
    assert page.get_by_text("This usage is known by UTC days only").is_visible()
    page = open_page("/", at=activity_site)
    assert page.get_by_text("This usage is known by UTC days only").count() == 0
