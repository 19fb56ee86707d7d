"""The dashboard: pages over the same store, book and report as the command line."""

from __future__ import annotations
