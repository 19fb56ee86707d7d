"""All levers of a plan: the single changes that make a scenario."""

from __future__ import annotations

from costmodel.lever import ORDER, Lever, in_order
from costmodel.routing import Cascade, Grow, Retire, Route, StartWith, apply_routes
from costmodel.scene import LeverError
from costmodel.serving import Batch, Cache

__all__ = [
    "ORDER",
    "Batch",
    "Cache",
    "Cascade",
    "Grow",
    "Lever",
    "LeverError",
    "Retire",
    "Route",
    "StartWith",
    "apply_routes",
    "in_order",
]
