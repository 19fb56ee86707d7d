"""Every page in both schemes and two widths: accessible, inside its window, quiet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dashboard.navigation import pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PATHS = [page.path for page in pages()]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1_440), ("dark", 400)])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_accessible_and_fits(
    path: str,
    scheme: str,
    width: int,
    open_page: Callable[..., Page],
    faults: Callable[[Page], list[str]],
) -> None:
    page = open_page(path, scheme=scheme, width=width)
    assert faults(page) == []
