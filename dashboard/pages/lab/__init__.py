"""Lab: two texts in tokens, a context planned, and traffic against rate limits."""

from __future__ import annotations

from dashboard.pages.lab.page import STATE_KEYS, USES_FILTERS, layout, register

__all__ = ["STATE_KEYS", "USES_FILTERS", "layout", "register"]
