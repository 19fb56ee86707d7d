"""Bill: usage held against what the providers ask for it, and what lies between."""

from __future__ import annotations

from dashboard.pages.bill.page import STATE_KEYS, is_shown, layout, register

__all__ = ["STATE_KEYS", "is_shown", "layout", "register"]
