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


@pytest.mark.parametrize("width", [1_440, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_accessible_and_fits(
    path: str,
    scheme: str,
    width: int,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    sideways_scroll: Callable[[Page], int],
) -> None:
    page = open_page(path, scheme=scheme, width=width)
    assert axe(page) == []
    assert sideways_scroll(page) == 0
