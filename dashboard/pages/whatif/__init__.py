"""What-if: what the same usage would cost under another plan."""

from __future__ import annotations

from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.page import layout, register
from dashboard.pages.whatif.settings import PAGE_KEYS as STATE_KEYS

__all__ = ["DEFAULT_RANGE", "STATE_KEYS", "layout", "register"]
