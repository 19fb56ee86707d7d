"""Prices: a model family side by side, its history, what changes next, and every model."""

from __future__ import annotations

from dashboard.pages.prices.page import STATE_KEYS, USES_FILTERS, layout, register

__all__ = ["STATE_KEYS", "USES_FILTERS", "layout", "register"]
