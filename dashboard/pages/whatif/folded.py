"""What stands folded on What-if, in the order of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.pages.whatif import (
    adopting,
    breakdown,
    caching,
    compare,
    matters,
    opening,
    opportunities,
    target,
    thresholds,
    two_settings,
)
from dashboard.pages.whatif.saved import MOST_SAVED
from dashboard.pages.whatif.sections import Folded

if TYPE_CHECKING:
    from dash import Dash

    from dashboard.context import DashboardContext


def sections(currency: str) -> list[Folded]:
    """Return the sections that are worked out when they are opened."""
    return [*_answers(currency), *_tables(), *_of_logs()]


def _answers(currency: str) -> list[Folded]:
    """Return what to do about the cost, and what moves it."""
    return [
        Folded(
            opportunities.NAME,
            "Opportunities",
            "The move that saves most for each feature, and who calls which model",
            opportunities.section(),
            is_of_logs=True,
        ),
        Folded(
            target.NAME,
            target.TITLE,
            "How far each setting would have to move, alone",
            target.section(currency),
        ),
        Folded(
            matters.NAME,
            matters.TITLE,
            "What a point of each setting costs a month",
            matters.section(),
        ),
    ]


def _tables() -> list[Folded]:
    """Return plans and settings beside each other, and the plan in detail."""
    return [
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
    ]


def _of_logs() -> list[Folded]:
    """Return what logs alone can tell."""
    return [
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
    for part in (opportunities, target, matters, compare, adopting, opening):
        part.register(app, context)
    for part in (two_settings, breakdown):
        part.register(app, context)
    for logs in (caching, thresholds):
        logs.SECTION.register(app, context)
