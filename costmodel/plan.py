"""Plans: named scenarios over one baseline, with limits, as ``tollbook plan`` reports them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.levers import Lever
    from costmodel.usage import Cell


@dataclass(frozen=True)
class TypedBaseline:
    """A typed workload as the plan gives it; ``on`` None: the first day of the period."""

    sessions_per_day: Fraction
    days: Fraction
    tokens_per_session: Fraction
    output_share: Fraction
    model: str
    on: date | None = None


@dataclass(frozen=True)
class LedgerBaseline:
    """Usage from the store: ``last`` is a period in words, ``filters`` limits it."""

    last: str = "30d"
    filters: Mapping[str, tuple[str | None, ...]] | None = None


@dataclass(frozen=True)
class Range:
    """A share between two values, triangular round the middle, which is what is computed."""

    low: Fraction
    high: Fraction


@dataclass(frozen=True)
class Scenario:
    """A name and its levers; ``ranges`` names (lever position, field) that vary."""

    name: str
    levers: tuple[Lever, ...]
    ranges: Mapping[tuple[int, str], Range]


@dataclass(frozen=True)
class Plan:
    """A plan file, checked. ``period`` is the first day of the month, None: the next month."""

    period: date | None
    baseline: TypedBaseline | LedgerBaseline
    limits: Mapping[str, Fraction]
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True)
class History:
    """Cells of whole days for a ledger plan; ``dimension_names`` must hold ``day`` (ISO)."""

    cells: Sequence[Cell]
    dimension_names: tuple[str, ...]
    first_day: date
    last_day: date


@dataclass(frozen=True)
class ScenarioResult:
    """What one scenario costs in the period, and how it differs from the baseline."""

    name: str
    monthly_cost: Fraction
    p10: Fraction | None
    p90: Fraction | None
    delta: Fraction
    delta_share: float | None
    warnings: tuple[str, ...]
    assumptions: tuple[str, ...]
    at_least: bool


@dataclass(frozen=True)
class PlanResult:
    """What ``tollbook plan`` prints."""

    currency: str
    period: str
    baseline_cost: Fraction
    scenarios: tuple[ScenarioResult, ...]
    violations: tuple[Mapping[str, object], ...]

    def to_json(self) -> dict[str, object]:
        """Return the JSON of the command line, money as decimal strings."""
        raise NotImplementedError


def run_plan(
    plan: Plan, book: PriceBook, *, today: date, history: History | None = None
) -> PlanResult:
    """Return what every scenario of the plan costs, and the limits it crosses.

    A ledger plan needs ``history``; raises ``PlanError`` without one.
    """
    raise NotImplementedError
