"""Where the pages stand: modules with ``layout(context, state)`` and ``register(app, context)``.

A module may also name ``STATE_KEYS``, the keys of its address that belong to it alone,
``USES_FILTERS = False`` where period and filters mean nothing, ``DEFAULT_RANGE`` where
another period than this month is shown until somebody chooses one, and
``is_shown(context)`` where the navigation does not always name it. Pages are found by
name, so that they may use the shell's parts and the shell need not import them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from dashboard.state import DEFAULT_RANGE, State, parse

if TYPE_CHECKING:
    from types import ModuleType

    from dashboard.context import DashboardContext


@dataclass(frozen=True)
class Page:
    """A page's place: its address, its name, and the key that follows ``g``."""

    path: str
    title: str
    shortcut: str
    module_name: str

    @property
    def module(self) -> ModuleType:
        """Return the module that lays the page out."""
        return import_module(self.module_name)

    @property
    def state_keys(self) -> frozenset[str]:
        """Return the keys of the address that only this page reads."""
        return frozenset(getattr(self.module, "STATE_KEYS", ()))

    @property
    def uses_filters(self) -> bool:
        """Tell whether the page shows a part of the usage, which the filter bar chooses."""
        return bool(getattr(self.module, "USES_FILTERS", True))

    def is_shown(self, context: DashboardContext) -> bool:
        """Tell whether the navigation names the page; its address works either way."""
        asked = getattr(self.module, "is_shown", None)
        return asked is None or bool(asked(context))

    @property
    def default_range(self) -> str:
        """Return the period that the page shows when the address names none."""
        return str(getattr(self.module, "DEFAULT_RANGE", DEFAULT_RANGE))

    def state_of(self, search: str | None) -> State:
        """Return what an address says to this page."""
        return parse(search, self.state_keys, self.default_range)


_PLACES: tuple[Page, ...] = (
    Page("/", "Overview", "o", "dashboard.pages.overview"),
    Page("/whatif", "What-if", "w", "dashboard.pages.whatif"),
    Page("/budgets", "Budgets & alerts", "a", "dashboard.pages.budgets"),
    Page("/lab", "Lab", "l", "dashboard.pages.lab"),
    Page("/bill", "Bill", "b", "dashboard.pages.bill"),
    Page("/prices", "Prices", "p", "dashboard.pages.prices"),
    Page("/imports", "Imports", "i", "dashboard.pages.imports"),
)


@cache
def pages() -> tuple[Page, ...]:
    """Return the pages that exist, in the order of the navigation."""
    return tuple(page for page in _PLACES if _exists(page.module_name))


def _exists(module_name: str) -> bool:
    """Tell whether a page is there: its module lays one out."""
    return find_spec(module_name) is not None and hasattr(import_module(module_name), "register")


def page_at(path: str | None) -> Page | None:
    """Return the page of an address's path, None where there is none."""
    wanted = (path or "/").rstrip("/") or "/"
    return next((page for page in pages() if page.path == wanted), None)
