"""What every page may use: whose usage is on screen, its prices, and the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.evaluation import situations
from dashboard.import_jobs import Imports
from dashboard.remembered import Facts, facts_of
from dashboard.source import Source
from ingest.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from alerts.situation import Situation
    from costmodel.book import PriceBook
    from ingest.configuration import Configuration

    Evaluate = Callable[[Store, PriceBook, Configuration, datetime], Sequence[Situation]]


__all__ = ["DashboardContext", "Source"]


class DashboardContext:
    """The source on screen, which a person may change from the demo to their own usage.

    Pages read the properties at each request and keep none of them. ``open_demo``
    and ``open_own`` make the other source when somebody asks for it, the first one
    is always there to come back to; without another, no button is drawn.
    """

    def __init__(
        self,
        source: Source,
        *,
        open_demo: Callable[[], Source] | None = None,
        open_own: Callable[[], Source] | None = None,
        evaluate: Evaluate = situations,
    ) -> None:
        self._source = source
        self._store = Store(source.store_path)
        self.imports = Imports()
        """Files on their way in, whatever is on screen."""
        self.evaluate = evaluate
        """How budgets are held against their rules."""
        self._open_demo = open_demo or (_always(source) if source.demo else None)
        self._open_own = open_own or (None if source.demo else _always(source))

    @property
    def source(self) -> Source:
        """Return the source on screen: take it once where several parts must agree."""
        return self._source

    @property
    def store_path(self) -> Path:
        """Return the file that holds the usage on screen."""
        return self._source.store_path

    @property
    def book(self) -> PriceBook:
        """Return the prices of the source on screen, its contract included."""
        return self._source.book

    @property
    def configuration(self) -> Configuration:
        """Return the configuration of the source on screen."""
        return self._source.configuration

    @property
    def clock(self) -> Callable[[], datetime]:
        """Return the clock of the source on screen."""
        return self._source.clock

    @property
    def demo(self) -> bool:
        """Tell whether the usage on screen is the demo's."""
        return self._source.demo

    @property
    def can_open_demo(self) -> bool:
        """Tell whether the demo can be shown instead."""
        return self._open_demo is not None and not self.demo

    @property
    def can_open_own(self) -> bool:
        """Tell whether somebody's own usage can be shown instead."""
        return self._open_own is not None and self.demo

    def now(self) -> datetime:
        """Return the time by the clock of the source on screen."""
        return self._source.clock()

    def store(self) -> Store:
        """Return a reader of the store on screen, which knows when the file changes."""
        store = self._store
        if store.path != self._source.store_path:
            store = self._store = Store(self._source.store_path)
        return store

    def facts(self) -> Facts:
        """Return from when to when the store holds usage, and how far its sources are."""
        return facts_of(self.store())

    def show_demo(self) -> None:
        """Put the demo on screen."""
        if self._open_demo is not None:
            self._source = self._open_demo()

    def show_own(self) -> None:
        """Put somebody's own usage on screen."""
        if self._open_own is not None:
            self._source = self._open_own()


def _always(source: Source) -> Callable[[], Source]:
    return lambda: source
