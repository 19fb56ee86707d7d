"""Ending soon: the models used in the last 30 days that will be shut down."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from costmodel import ending
from dashboard.period import Period

if TYPE_CHECKING:
    from costmodel.ending import Ending
    from dashboard.view import View

WINDOW = timedelta(days=30)
FEATURE = "feature"


def endings(view: View) -> list[Ending]:
    """Return what ends, soonest first, with the features that still call it."""
    until = view.until
    period = Period(until - WINDOW, until, view.zone, "", "")
    rows = view.report(by=(*ending.KEY_WORDS, FEATURE), period=period).rows
    return ending.endings(rows, view.source.book, view.now.astimezone(until.tzinfo).date())
