"""Uploads: a file streams to disk, then a thread imports it, and the page asks how far."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from dashboard.context import DashboardContext


def register(server: Flask, context: DashboardContext) -> None:
    """Add the routes."""
