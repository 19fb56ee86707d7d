"""When a page in the browser is done: it has drawn, and nothing is on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request

_LOOK_EVERY_MILLISECONDS = 50
_LOOKS = 300
_QUIET_LOOKS = 4
_ALL_CHARTS_DRAWN = """
    [...document.querySelectorAll(".chart-card .dash-graph")]
        .filter((graph) => graph.offsetParent)
        .every((graph) => graph.querySelector(".main-svg"))
"""  # looked at from here: the content security policy lets no page evaluate text

_ON_THEIR_WAY: WeakKeyDictionary[Page, list[str]] = WeakKeyDictionary()
"""Requests of each page without an answer; Playwright's "networkidle" is only of its first load."""


def watch_requests(page: Page) -> None:
    """Keep what the page has asked and not been answered, for ``settle``."""
    pending = _ON_THEIR_WAY.setdefault(page, [])

    def ended(request: Request) -> None:
        if request.url in pending:
            pending.remove(request.url)

    page.on("request", lambda request: pending.append(request.url))
    page.on("requestfinished", ended)
    page.on("requestfailed", ended)


def forget_requests(page: Page) -> None:
    """Begin anew with a tab that has left its page: an answer that was dropped never comes."""
    _ON_THEIR_WAY[page].clear()


def settle(page: Page) -> None:
    """Wait until the page has drawn and nothing is on its way."""
    page.wait_for_selector("#page:not(.page-busy) > :not(.reading)", state="attached")
    quiet = 0
    for _ in range(_LOOKS):
        is_quiet = not _ON_THEIR_WAY[page] and page.evaluate(_ALL_CHARTS_DRAWN)
        quiet = quiet + 1 if is_quiet else 0
        if quiet == _QUIET_LOOKS:
            return
        page.wait_for_timeout(_LOOK_EVERY_MILLISECONDS)
    pytest.fail(f"not done drawing; asked and not answered: {_ON_THEIR_WAY[page]}")
