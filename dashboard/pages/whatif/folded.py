"""What stands folded on What-if, in the order of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.pages.whatif import (
    adopting,
    breakdown,
    caching,
    compare,
    opening,
    opportunities,
    thresholds,
    two_settings,
)
from dashboard.pages.whatif.saved import MOST_SAVED
from dashboard.pages.whatif.sections import Folded

if TYPE_CHECKING:
    from dash import Dash

    from dashboard.context import DashboardContext


def sections() -> list[Folded]:
    """Return the sections that are worked out when they are opened."""
    return [
        Folded(
            opportunities.NAME,
            "Opportunities",
            "The move that saves most for each feature, and who calls which model",
            opportunities.section(),
            is_of_logs=True,
        ),
        Folded(
            compare.SECTION,
            "Side by side",
            f"Up to {MOST_SAVED} plans kept in this browser; opens a plan file",
            compare.section(opening.section(), beside=adopting.button()),
        ),
        Folded(
            two_settings.NAME,
            two_settings.TITLE,
            "What a month costs at every pair of them",
            two_settings.section(),
        ),
        Folded(
            breakdown.NAME,
            breakdown.TITLE,
            "Tokens, rate and cost, model by model",
            breakdown.section(),
        ),
        Folded(
            caching.SECTION.name,
            caching.TITLE,
            "How much of the input could come at the cached price",
            caching.SECTION.section(),
            is_of_logs=True,
        ),
        Folded(
            thresholds.SECTION.name,
            thresholds.TITLE,
            "Cost and right answers at every confidence of the first try",
            thresholds.SECTION.section(),
            is_of_logs=True,
        ),
    ]


def register(app: Dash, context: DashboardContext) -> None:
    """Fill each section once it is open."""
    for part in (opportunities, compare, adopting, opening, two_settings, breakdown):
        part.register(app, context)
    for logs in (caching, thresholds):
        logs.SECTION.register(app, context)
