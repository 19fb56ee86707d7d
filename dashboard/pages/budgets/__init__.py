"""Budgets & alerts: how budgets stand, what fires, what was sent, and how to change them."""

from __future__ import annotations

from dashboard.pages.budgets.page import STATE_KEYS, USES_FILTERS, layout, register

__all__ = ["STATE_KEYS", "USES_FILTERS", "layout", "register"]
