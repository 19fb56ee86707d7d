"""Scenarios: what a baseline costs under levers, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.flows import Flow, FlowQuantities
    from costmodel.levers import Lever
    from costmodel.meters import Meter
    from costmodel.rates import Assumption
    from costmodel.spend import UnpricedVolume
    from costmodel.workload import Baseline


@dataclass(frozen=True)
class ModelOutcome:
    """What one model serves in a scenario, and what that costs."""

    provider: str
    model: str
    requests: Fraction
    quantities: FlowQuantities
    cost: Fraction
    list_cost: Fraction


@dataclass(frozen=True)
class Outcome:
    """What a scenario costs over the days of its baseline, in ``currency``.

    ``parts`` is money by meter, ``flows`` the usage after all levers, ``unpriced``
    what the total misses. ``refused`` says which levers could not be applied and why.
    """

    cost: Fraction
    list_cost: Fraction
    currency: str
    parts: Mapping[Meter, Fraction]
    list_parts: Mapping[Meter, Fraction]
    models: tuple[ModelOutcome, ...]
    flows: tuple[Flow, ...]
    dimension_names: tuple[str, ...]
    costs: Mapping[Flow, Fraction]
    unpriced: tuple[UnpricedVolume, ...]
    unmetered_requests: int
    warnings: tuple[str, ...]
    assumptions: tuple[Assumption, ...]
    refused: tuple[str, ...]

    @property
    def at_least(self) -> bool:
        """Tell whether the total is a lower bound: some usage has no price or no count."""
        return bool(self.unpriced) or self.unmetered_requests > 0


def evaluate(
    baseline: Baseline,
    levers: Iterable[Lever],
    book: PriceBook,
    *,
    months_ahead: int = 1,
    by: Sequence[str] = (),
) -> Outcome:
    """Return what the baseline costs with these levers, exactly.

    ``months_ahead`` is how often growth has compounded: 1 is the first month after
    the baseline. ``by`` names dimensions that the outcome's flows keep.
    """
    raise NotImplementedError
