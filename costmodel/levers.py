"""All levers of a plan: the single changes that make a scenario."""

from __future__ import annotations

from costmodel.capping import Cap
from costmodel.effort import Compress, Retry, Review, Verify
from costmodel.lever import ORDER, Lever, in_order
from costmodel.routing import Cascade, Grow, Retire, Route, StartWith, apply_routes
from costmodel.rules import When
from costmodel.scene import LeverError
from costmodel.serving import Batch, Cache, Tier
from costmodel.terms import Commit, Reprice

__all__ = [
    "ORDER",
    "Batch",
    "Cache",
    "Cap",
    "Cascade",
    "Commit",
    "Compress",
    "Grow",
    "Lever",
    "LeverError",
    "Reprice",
    "Retire",
    "Retry",
    "Review",
    "Route",
    "StartWith",
    "Tier",
    "Verify",
    "When",
    "apply_routes",
    "in_order",
]
