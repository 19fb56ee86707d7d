"""Overview: where the month stands, where it heads, what moved, and what is missing."""

from __future__ import annotations

from dashboard.pages.overview.page import STATE_KEYS, layout, register

__all__ = ["STATE_KEYS", "layout", "register"]
