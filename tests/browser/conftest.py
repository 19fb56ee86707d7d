"""The real app in a real Chromium: a server on a free port, pages in either scheme and width.

``open_page("/", scheme="dark", width=400)`` gives a page that has finished drawing.
At the end of a test it fails when the browser complained, was refused something by
the content security policy, or asked anybody but the server for anything.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    expect,
    sync_playwright,
)
from waitress import wasyncore
from waitress.server import create_server

from dashboard.app import create_app
from dashboard.context import DashboardContext, Source
from ingest.configuration import Configuration
from pricing import load_book
from tests.demo import demo_clock, demo_source_of, demo_store_in
from tests.settled_page import settle, watch_requests

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

expect.set_options(timeout=30_000)  # a busy machine is no fault of the page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
HEIGHT = 1_000

Serve = Callable[[DashboardContext], str]
OpenPage = Callable[..., Page]
Window = Callable[[Literal["light", "dark"], int], BrowserContext]


@dataclass
class Complaints:
    """What the browser had to say against the pages of one test."""

    found: list[str] = field(default_factory=list)

    def listen(self, page: Page, site: str) -> None:
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))
        page.on("request", lambda request: self._request(request.url, site))
        watch_requests(page)
        page.on("response", lambda answer: self._response(answer.status, answer.url))

    def _console(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.found.append(f"{kind}: {text}")

    def _request(self, url: str, site: str) -> None:
        if not url.startswith((site, "data:", "blob:")):
            self.found.append(f"asked somebody else: {url}")

    def _response(self, status: int, url: str) -> None:
        if status >= 400:
            self.found.append(f"answered {status}: {url}")


@pytest.fixture(scope="session")
def demo_source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    return demo_source_of(demo_store_in(tmp_path_factory.mktemp("demo")))


@pytest.fixture
def own_source(tmp_path: Path) -> Source:
    """Somebody's own store, not there yet."""
    return Source(tmp_path / "own.duckdb", load_book(), Configuration(), demo_clock)


@pytest.fixture(scope="session")
def serve() -> Iterator[Serve]:
    """Serve a context on a free loopback port until the tests end; returns its address."""
    running: list[tuple[Any, threading.Thread]] = []

    def start(context: DashboardContext) -> str:
        server = _server(create_app(context).server)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.effective_port}"

    yield start
    for server, thread in running:
        stop(server, thread)


def stop(server: Any, thread: threading.Thread) -> None:  # noqa: ANN401 - waitress publishes no types
    """End a server from inside its own loop, the only place that may close its sockets."""
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
    thread.join(timeout=5)
    server.task_dispatcher.shutdown()


def _server(app: Flask) -> Any:  # noqa: ANN401 - waitress publishes no types
    return create_server(app, host="127.0.0.1", port=0, threads=8, ident=None)


@pytest.fixture(scope="session")
def site(serve: Serve, demo_source: Source) -> str:
    """Address of the app over the demo."""
    return serve(DashboardContext(demo_source))


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        yield launched
        launched.close()


@pytest.fixture
def complaints() -> Complaints:
    """What the browser complained of; a test that expects some clears ``found``."""
    return Complaints()


@pytest.fixture(scope="session")
def window(browser: Browser) -> Iterator[Window]:
    """A browser window of a scheme and width, kept for all tests: its cache saves seconds."""
    opened: dict[tuple[str, int], BrowserContext] = {}

    def of(scheme: Literal["light", "dark"], width: int) -> BrowserContext:
        if (scheme, width) not in opened:
            opened[scheme, width] = browser.new_context(
                viewport={"width": width, "height": HEIGHT},
                color_scheme=scheme,
                reduced_motion="reduce",
                locale="en-GB",
                timezone_id="America/New_York",
                permissions=["clipboard-read", "clipboard-write"],
                accept_downloads=True,
            )
        return opened[scheme, width]

    yield of
    for context in opened.values():
        context.close()


@pytest.fixture
def open_page(site: str, window: Window, complaints: Complaints) -> Iterator[OpenPage]:
    """Open a path of the app over the demo, or of another one by ``at``."""
    pages: list[Page] = []

    def open_(
        path: str, *, scheme: Literal["light", "dark"] = "light", width: int = 1_440, at: str = site
    ) -> Page:
        page = window(scheme, width).new_page()
        pages.append(page)
        complaints.listen(page, at)
        page.goto(f"{at}{path}")
        settle(page)
        return page

    yield open_
    for page in pages:
        page.evaluate("localStorage.clear()")
        page.close()
    assert complaints.found == []


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """Rule and place of each WCAG 2.2 AA violation that axe finds on a page."""
    tool = Axe()

    def violations(page: Page) -> list[str]:
        results = tool.run(page, options={"runOnly": RULES})
        return [
            f"{found['id']}: {node['target']} {node['failureSummary']}"
            for found in results.response["violations"]
            for node in found["nodes"]
        ]

    return violations


@pytest.fixture(scope="session")
def sideways_scroll() -> Callable[[Page], int]:
    """By how many pixels the page is wider than its window."""

    def scroll(page: Page) -> int:
        width: int = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return width

    return scroll
