"""The demo as somebody opens it, shared by the tests of pages; no browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dashboard.context import DashboardContext
from dashboard.state import parse
from dashboard.view import View, view_of
from tests.demo import demo_source_of, demo_store_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.context import Source


@pytest.fixture(scope="session")
def demo_source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    return demo_source_of(demo_store_in(tmp_path_factory.mktemp("demo")))


@pytest.fixture(scope="session")
def demo(demo_source: Source) -> DashboardContext:
    return DashboardContext(demo_source)


@pytest.fixture(scope="session")
def view(demo: DashboardContext) -> Callable[[str], View]:
    """What an address means over the demo."""
    return lambda search: view_of(demo, parse(search, {"unit", "by"}))
