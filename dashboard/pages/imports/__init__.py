"""Imports: files come in, a look before they do, and every import with a way back."""

from __future__ import annotations

from dashboard.pages.imports.page import USES_FILTERS, layout, register

__all__ = ["USES_FILTERS", "layout", "register"]
