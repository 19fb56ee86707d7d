"""What plans come to: the cost of each scenario, its range, and the limits that it crosses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from costmodel.money import decimal_string
from costmodel.plan_terms import ScenarioTerms

if TYPE_CHECKING:
    from fractions import Fraction


@dataclass(frozen=True)
class ScenarioResult:
    """What one scenario costs in the period, and how it differs from the baseline.

    ``p10`` to ``p90`` holds 8 of 10 outcomes; None without history and without ranges.
    ``delta`` is None where the scenario has more usage without a price than the baseline.
    ``probability_over_limit`` is a share of outcomes, None without a limit or a range.
    """

    name: str
    monthly_cost: Fraction
    p10: Fraction | None
    p90: Fraction | None
    delta: Fraction | None
    delta_share: Fraction | None
    warnings: tuple[str, ...]
    assumptions: tuple[str, ...]
    at_least: bool
    probability_over_limit: float | None = None
    terms: ScenarioTerms = field(default_factory=ScenarioTerms)


@dataclass(frozen=True)
class Violation:
    """A limit that a scenario crosses."""

    scenario: str
    limit: str
    allowed: Fraction
    value: Fraction


@dataclass(frozen=True)
class PlanResult:
    """What ``tollbook plan`` prints."""

    currency: str
    period: str
    baseline: ScenarioResult
    scenarios: tuple[ScenarioResult, ...]
    violations: tuple[Violation, ...]

    def to_json(self) -> dict[str, object]:
        """Return the JSON of the command line, money as decimal strings."""
        return {
            "currency": self.currency,
            "period": self.period,
            "baseline": {
                "monthly_cost": decimal_string(self.baseline.monthly_cost),
                "at_least": self.baseline.at_least,
                "warnings": list(self.baseline.warnings),
                "assumptions": list(self.baseline.assumptions),
            },
            "scenarios": [_as_json(scenario) for scenario in self.scenarios],
            "violations": [
                {
                    "scenario": each.scenario,
                    "limit": each.limit,
                    "allowed": decimal_string(each.allowed),
                    "value": decimal_string(each.value),
                }
                for each in self.violations
            ],
        }


def _as_json(result: ScenarioResult) -> dict[str, object]:
    return {
        "name": result.name,
        "monthly_cost": decimal_string(result.monthly_cost),
        "p10": None if result.p10 is None else decimal_string(result.p10),
        "p90": None if result.p90 is None else decimal_string(result.p90),
        "probability_over_limit": result.probability_over_limit,
        "delta": None if result.delta is None else decimal_string(result.delta),
        "delta_share": None if result.delta_share is None else float(result.delta_share),
        "at_least": result.at_least,
        "warnings": list(result.warnings),
        "assumptions": list(result.assumptions),
        **result.terms.to_json(),
    }
