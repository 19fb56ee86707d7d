"""The real app in a real Chromium: a server on a free port, pages in either scheme and width.

``open_page("/", scheme="dark", width=400)`` gives a page that has finished drawing.
At the end of a test it fails when the browser complained, was refused something by
the content security policy, or asked anybody but the server for anything.

Tests share one address and the tabs of one window: a tab that has compiled the app's scripts
loads a page in half the time of a new tab or address. A test that serves an app of its own has it
at that address until the test ends, and between tests a tab forgets what the page kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urljoin

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    Response,
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
from tests.settled_page import forget_requests, settle, watch_requests

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIEnvironment

    from flask import Flask

PATIENCE_MILLISECONDS = 30_000  # a busy machine is no fault of the page
expect.set_options(timeout=PATIENCE_MILLISECONDS)

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
HEIGHT = 1_000

Scheme = Literal["light", "dark"]
Serve = Callable[[DashboardContext], str]
OpenPage = Callable[..., Page]
TakeTab = Callable[[Scheme, int], Page]


@dataclass
class Complaints:
    """What the browser had to say against the pages of one test."""

    found: list[str] = field(default_factory=list)

    @contextmanager
    def listening(self, page: Page, site: str) -> Iterator[None]:
        """Keep what the browser says of a page that may ask nobody but the site."""

        def asked(request: Request) -> None:
            if not request.url.startswith((site, "data:", "blob:")):
                self.found.append(f"asked somebody else: {request.url}")

        listeners = {
            "console": self._console,
            "pageerror": self._error,
            "request": asked,
            "response": self._response,
        }
        for event, listener in listeners.items():
            page.on(event, listener)  # type: ignore[call-overload]
        yield
        for event, listener in listeners.items():
            page.remove_listener(event, listener)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.found.append(f"{message.type}: {message.text}")

    def _error(self, error: Error) -> None:
        self.found.append(f"error: {error}")

    def _response(self, answer: Response) -> None:
        if answer.status >= 400:
            self.found.append(f"answered {answer.status}: {answer.url}")


@pytest.fixture(scope="session")
def demo_source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    return demo_source_of(demo_store_in(tmp_path_factory.mktemp("demo")))


@pytest.fixture
def own_source(tmp_path: Path) -> Source:
    """Somebody's own store, not there yet."""
    return Source(tmp_path / "own.duckdb", load_book(), Configuration(), demo_clock)


class OneAddress:
    """A server's application that hands every request to the app of the test."""

    def __init__(self) -> None:
        self.app: Flask | None = None
        self.url = ""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        assert self.app is not None
        return self.app(environ, start_response)


@pytest.fixture(scope="session")
def address() -> Iterator[OneAddress]:
    """A free loopback port at which an app answers until the tests end."""
    address = OneAddress()
    server: Any = create_server(address, host="127.0.0.1", port=0, threads=8, ident=None)
    address.url = f"http://127.0.0.1:{server.effective_port}"
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield address
    stop(server, thread)


def stop(server: Any, thread: threading.Thread) -> None:  # noqa: ANN401 - waitress publishes no types
    """End a server from inside its own loop, the only place that may close its sockets."""
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
    thread.join(timeout=5)
    server.task_dispatcher.shutdown()


@pytest.fixture(scope="session")
def demo_app(demo_source: Source) -> Flask:
    return app_over(DashboardContext(demo_source))


def app_over(context: DashboardContext) -> Flask:
    app: Flask = create_app(context).server
    return app


@pytest.fixture
def site(address: OneAddress, demo_app: Flask) -> str:
    """Address of the app over the demo, for tests that serve no other."""
    address.app = demo_app
    return address.url


@pytest.fixture
def serve(address: OneAddress, site: str) -> Serve:
    """Serve a context instead of the demo until the test ends; returns its address."""

    def start(context: DashboardContext) -> str:
        address.app = app_over(context)
        return site

    return start


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
def window(browser: Browser) -> Iterator[BrowserContext]:
    """The window whose tabs all tests share."""
    context = browser.new_context(
        locale="en-GB",
        timezone_id="America/New_York",
        permissions=["clipboard-read", "clipboard-write"],
        accept_downloads=True,
    )
    yield context
    context.close()


@pytest.fixture
def take_tab(window: BrowserContext) -> TakeTab:
    """A tab of a scheme and width that shows nothing yet; each call of a test gives another."""
    free = list(window.pages)

    def take(scheme: Scheme, width: int) -> Page:
        tab = free.pop(0) if free else _new_tab(window)
        tab.set_viewport_size({"width": width, "height": HEIGHT})
        tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        return tab

    return take


def _new_tab(window: BrowserContext) -> Page:
    tab = window.new_page()
    watch_requests(tab)
    return tab


@pytest.fixture
def open_page(
    site: str, address: OneAddress, demo_app: Flask, take_tab: TakeTab, complaints: Complaints
) -> Iterator[OpenPage]:
    """Open a path of the app over the demo, or of the one that the test serves by ``at``."""
    opened: list[Page] = []
    with ExitStack() as listening:

        def open_(
            path: str, *, scheme: Scheme = "light", width: int = 1_440, at: str | None = None
        ) -> Page:
            assert (at is None) == (address.app is demo_app), "at= opens what the test serves"
            page = take_tab(scheme, width)
            opened.append(page)
            listening.enter_context(complaints.listening(page, site))
            page.goto(f"{site}{path}")
            settle(page)
            return page

        yield open_
        for page in opened:
            page.evaluate("localStorage.clear()")
    for page in opened:
        _forget(page)
    assert complaints.found == []


def _forget(page: Page) -> None:
    """Leave a tab as a new one would be, but with the app's scripts compiled."""
    page.mouse.up()
    page.mouse.move(0, 0)
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    page.goto(urljoin(page.url, "/healthz"))  # an empty tab would lose its process
    forget_requests(page)


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """Rule and place of each WCAG 2.2 AA violation that axe finds on a page."""
    tool = Axe()

    def violations(page: Page) -> list[str]:
        results = tool.run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
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


@pytest.fixture(scope="session")
def faults(
    axe: Callable[[Page], list[str]], sideways_scroll: Callable[[Page], int]
) -> Callable[[Page], list[str]]:
    """What is wrong with an open page in its scheme and in the other one, changed to as it is."""

    def here(page: Page, scheme: Scheme) -> list[str]:
        scroll = sideways_scroll(page)
        wider = [f"{scroll} px wider than its window"] if scroll else []
        look = f"{scheme}, {page.evaluate('innerWidth')} px"
        return [f"{look}: {fault}" for fault in [*axe(page), *wider]]

    def of(page: Page) -> list[str]:
        is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        first: Scheme = "dark" if is_dark else "light"
        second: Scheme = "light" if is_dark else "dark"
        found = here(page, first)
        page.emulate_media(color_scheme=second)
        expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", second)
        settle(page)
        return found + here(page, second)

    return of
