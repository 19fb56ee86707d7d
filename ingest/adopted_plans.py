"""Adopted plans: a scenario frozen under a name, with its usage and what it was to cost.

Kept are the plan file as it stood, the usage it started from, the costs of its months
and a fingerprint of the prices, so that no later change moves an adopted plan.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from costmodel.flows import Flow
from costmodel.meters import INDEX, METERS, Meter
from costmodel.workload import Baseline
from ingest.plan_file import plan_of
from ingest.store.plans import StoredPlan
from pricing import located_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from costmodel.book import PriceBook
    from costmodel.levers import Lever

BASELINE: Final = "baseline"
"""The scenario that changes nothing."""

Filters = dict[str, tuple[str | None, ...]]


@dataclass(frozen=True)
class AdoptedPlan:
    """One version of an adopted plan.

    ``usage`` is what it started from, a month of it, before any lever. ``costs`` are by
    the first day of their month, in ``currency``, at the prices of the day it was adopted.
    """

    name: str
    version: int
    adopted_at: datetime
    scenario: str
    plan_text: str
    book_digest: str
    currency: str
    first_month: date
    filters: Filters
    usage: Baseline
    costs: Mapping[date, Fraction]

    @property
    def total(self) -> Fraction:
        """Return what all months together were to cost."""
        return sum(self.costs.values(), Fraction(0))

    def levers(self, book: PriceBook) -> tuple[Lever, ...]:
        """Return the levers of the scenario, none for the one that changes nothing.

        Raises:
            PlanFileError: The book no longer knows what the file names.
        """
        plan = plan_of(located_yaml.parse(self.plan_text, Path(self.name)), book)
        return next((each.levers for each in plan.scenarios if each.name == self.scenario), ())


def frozen(plan: AdoptedPlan) -> StoredPlan:
    """Return a plan as the store keeps it."""
    costs = {f"{month:%Y-%m-%d}": str(cost) for month, cost in plan.costs.items()}
    return StoredPlan(
        name=plan.name,
        version=plan.version,
        adopted_at=plan.adopted_at,
        scenario=plan.scenario,
        plan_text=plan.plan_text,
        book_digest=plan.book_digest,
        currency=plan.currency,
        first_month=plan.first_month,
        filters=json.dumps({name: list(values) for name, values in plan.filters.items()}),
        usage=json.dumps(_baseline_json(plan.usage)),
        costs=json.dumps(costs),
    )


def thawed(stored: StoredPlan) -> AdoptedPlan:
    """Return a plan as it was adopted."""
    costs = json.loads(stored.costs)
    return AdoptedPlan(
        name=stored.name,
        version=stored.version,
        adopted_at=stored.adopted_at,
        scenario=stored.scenario,
        plan_text=stored.plan_text,
        book_digest=stored.book_digest,
        currency=stored.currency,
        first_month=stored.first_month,
        filters={name: tuple(values) for name, values in json.loads(stored.filters).items()},
        usage=_baseline_of(json.loads(stored.usage)),
        costs={date.fromisoformat(month): Fraction(cost) for month, cost in costs.items()},
    )


def latest_versions(plans: Iterable[AdoptedPlan]) -> list[AdoptedPlan]:
    """Return the latest version of each plan, the one adopted last first."""
    kept: dict[str, AdoptedPlan] = {}
    for plan in plans:
        if plan.name not in kept or plan.version > kept[plan.name].version:
            kept[plan.name] = plan
    return sorted(kept.values(), key=lambda plan: plan.adopted_at, reverse=True)


def _baseline_json(usage: Baseline) -> dict[str, Any]:
    return {
        "kind": usage.kind,
        "days": str(usage.days),
        "dimensions": list(usage.dimension_names),
        "flows": [_flow_json(flow) for flow in usage.flows],
        "unpriced": [_flow_json(flow) for flow in usage.unpriced],
        "unmetered_requests": usage.unmetered_requests,
    }


def _baseline_of(kept: Mapping[str, Any]) -> Baseline:
    return Baseline(
        kind=kept["kind"],
        flows=tuple(map(_flow_of, kept["flows"])),
        days=Fraction(kept["days"]),
        dimension_names=tuple(kept["dimensions"]),
        unpriced=tuple(map(_flow_of, kept["unpriced"])),
        unmetered_requests=kept["unmetered_requests"],
    )


def _flow_json(flow: Flow) -> dict[str, Any]:
    amounts = zip(METERS, flow.quantities, strict=True)
    return {
        "provider": flow.provider,
        "model": flow.model,
        "zone": flow.zone,
        "tier": flow.tier,
        "size_band": flow.size_band,
        "on": flow.on.isoformat(),
        "dimensions": list(flow.dimensions),
        "requests": str(flow.requests),
        "meters": {str(meter): str(amount) for meter, amount in amounts if amount},
        "origin": flow.origin,
        "escalated_from": flow.escalated_from,
    }


def _flow_of(kept: Mapping[str, Any]) -> Flow:
    amounts = [Fraction(0)] * len(METERS)
    for name, amount in kept["meters"].items():
        amounts[INDEX[Meter(name)]] = Fraction(amount)
    return Flow(
        provider=kept["provider"],
        model=kept["model"],
        zone=kept["zone"],
        tier=kept["tier"],
        size_band=kept["size_band"],
        on=date.fromisoformat(kept["on"]),
        dimensions=tuple(kept["dimensions"]),
        requests=Fraction(kept["requests"]),
        quantities=tuple(amounts),
        origin=kept["origin"],
        escalated_from=kept["escalated_from"],
    )
