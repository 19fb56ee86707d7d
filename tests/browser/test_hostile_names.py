"""Names of an attacker in somebody's usage: text on every page, and never markup."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dashboard.context import DashboardContext
from ingest.imports import import_file
from ingest.store import Store
from tests.demo import demo_clock
from tests.ingest.chats import chat, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from dashboard.context import Source

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MARKUP = "<img src=x onerror=alert(1)>"
NAMES = (
    MARKUP,
    "<a href='https://evil.example.com'>here</a>",
    "<script>alert(2)</script>",
    "[here](javascript:alert(3))",
    "{{7*7}}%{y}$\\alpha$",
    "\x1b[31mred\x07",
    "\u202egnp.exe",
    "a,b&by=team#=1",
    "gpt-4.1-mini-2025-04-14",
)


@pytest.fixture(scope="module")
def hostile_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of usage whose models and features have these names."""
    folder = tmp_path_factory.mktemp("hostile")
    days = [int(demo_clock().timestamp()) - 86_400 * day for day in (1, 2, 3)]
    lines = [
        chat(
            100 * place + number,
            model=name if priced else f"gpt{name}",
            created=day,
            metadata={"feature": name, "team": name},
        )
        for place, day in enumerate(days)
        for number, (name, priced) in enumerate(
            [(NAMES[-1], True)] + [(name, False) for name in NAMES]
        )
    ]
    lines += [
        chat(1_000 + number, model=NAMES[-1], created=days[0], metadata={"feature": name})
        for number, name in enumerate(NAMES)
    ]
    store = folder / "own.duckdb"
    import_file(Store(store), written(folder / "hostile<b>.jsonl", lines))
    return store


@pytest.fixture
def hostile(
    hostile_store: Path, own_source: Source, serve: Callable[[DashboardContext], str]
) -> str:
    """Address of the app over the hostile names."""
    return serve(DashboardContext(replace(own_source, store_path=hostile_store)))


@pytest.mark.parametrize("path", ["/", "/?by=feature", "/whatif", "/imports"])
def test_a_name_is_text_on_every_page(
    path: str, hostile: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(path, at=hostile)
    assert (
        page.locator("img[src='x'], [onerror], a[href*='//evil'], a[href^='javascript']").count()
        == 0
    )
    if path in {"/", "/?by=feature"}:
        assert MARKUP in page.inner_text("body")
