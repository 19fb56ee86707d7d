"""The demo as somebody opens it, shared by the tests of pages; no browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from dashboard.context import DashboardContext
from dashboard.state import parse
from dashboard.view import View, view_of
from tests.demo import demo_source_of, demo_store_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dashboard.context import Source


@pytest.fixture(scope="session")
def demo_source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    """The demo, which no test changes: it stays open, so that nobody waits for it to open."""
    store = demo_store_in(tmp_path_factory.mktemp("demo"))
    with duckdb.connect(str(store), read_only=True):
        yield demo_source_of(store)


@pytest.fixture(scope="session")
def demo(demo_source: Source) -> DashboardContext:
    return DashboardContext(demo_source)


@pytest.fixture(scope="session")
def view(demo: DashboardContext) -> Callable[[str], View]:
    """What an address means over the demo."""
    return lambda search: view_of(demo, parse(search, {"unit", "by"}))
