"""The whatif table: today beside the plain alternatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.rates import Assumption
    from costmodel.workload import Baseline


@dataclass(frozen=True)
class Alternative:
    """One row: what a month costs this way. ``is_gone``: for comparison only, hatched."""

    kind: Literal["today", "all_on", "mini_first"]
    name: str
    model: str | None
    monthly_cost: Fraction
    saving: Fraction
    saving_share: Fraction | None
    is_gone: bool
    gone_since: date | None
    warnings: tuple[str, ...]
    at_least: bool


@dataclass(frozen=True)
class Comparison:
    """All rows, today first, and what they assume."""

    rows: tuple[Alternative, ...]
    currency: str
    escalate: Fraction
    escalation_source: Literal["seen in your logs", "assumed", "set"]
    assumptions: tuple[Assumption, ...]


def compare(
    baseline: Baseline,
    book: PriceBook,
    *,
    today: date,
    all_on: Sequence[str] = (),
    escalate: Fraction | None = None,
) -> Comparison:
    """Return today, all on each model of the family and its successor, and Mini first."""
    raise NotImplementedError
