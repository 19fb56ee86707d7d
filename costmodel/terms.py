"""Levers on prices: reprice and commit.

They follow all levers that move usage. Commitments are settled last, on the metered
money that a cap has left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from costmodel.charges import Charge
from costmodel.commitment import Commitment, CommitmentPoint
from costmodel.contract import ContractTerm
from costmodel.flows import ZERO
from costmodel.lever import Lever
from costmodel.money import dollars
from costmodel.rates import Assumption
from costmodel.scene import LeverError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from costmodel.flows import Flow
    from costmodel.meters import Meter
    from costmodel.scene import Scene

ONE = Fraction(1)

PRICED_BY = ("provider", "zone", "tier")
"""What a rate may depend on beside the model: all that ``where`` of a new price may name."""

MONTHS_OF: Mapping[str, int] = {"month": 1, "quarter": 3, "year": 12}

SPREAD = Assumption(
    "commitment-spread", "a commitment of several months is counted in equal parts a month"
)


@dataclass(frozen=True, kw_only=True)
class Reprice(Lever):
    """Some rates of a model become others, in dollars per million of a meter.

    As a term of the contract that comes last: it replaces list and negotiated rates,
    and the contract's discount still comes off. It holds for ``tier`` and for
    requests of every length, from ``from_`` on.
    """

    step = "reprice"

    model: str
    usd_per_million: Mapping[Meter, Fraction]
    tier: str = "standard"

    def __post_init__(self) -> None:
        for meter, rate in self.usd_per_million.items():
            if rate < 0:
                raise LeverError(f"the rate of {meter} cannot be negative")
        other = sorted(set(self.where) - set(PRICED_BY))
        if other:
            raise LeverError(
                f"a price does not depend on {other[0]}; 'where' may name {', '.join(PRICED_BY)}"
            )

    def repriced(self, scene: Scene) -> Scene:
        """Return the scene with the model's new rates."""
        for term in self._terms(scene):
            scene = scene.with_term(term)
        return scene

    def _terms(self, scene: Scene) -> Iterable[ContractTerm]:
        name = scene.target(None, self.model).name
        for provider in scene.book.providers_of(self.model):
            resolved = scene.book.resolve(provider, self.model)
            if resolved is None or provider not in (*self.where.get("provider", (provider,)),):
                continue
            for zone in self.where.get("zone", (None,)):
                for tier in self.where.get("tier", (self.tier,)):
                    yield ContractTerm(
                        source=f"plan: new price of {name}",
                        provider=provider,
                        model=resolved.name,
                        zone=zone,
                        tier=tier,
                        in_force_from=self.from_,
                        usd_per_million=self.usd_per_million,
                    )

    def changed(self, flow: Flow, scene: Scene) -> Iterable[Flow]:
        """Leave usage as it is."""
        del scene
        return (flow,)

    def model_names(self) -> tuple[str, ...]:
        """Return the model with a new price."""
        return (self.model,)


def in_order_of_days(reprices: Iterable[Reprice]) -> list[Reprice]:
    """Return new prices with those of later days last, which then hold."""
    return sorted(reprices, key=lambda each: (each.from_ is not None, each.from_ or date.min))


@dataclass(frozen=True, kw_only=True)
class Commit(Lever):
    """At least ``amount`` is paid each period for the usage touched, at a discount.

    The discount comes off all of it, or only off what lies ``above`` the amount; see
    ``costmodel.commitment``. Amounts are in the contract's currency.
    """

    step = "commit"
    shares = ("discount",)

    amount: Fraction
    period: Literal["month", "quarter", "year"] = "month"
    discount: Fraction = ZERO
    discount_on: Literal["all", "above"] = "all"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.amount < 0:
            raise LeverError("amount cannot be negative")

    @property
    def monthly(self) -> Commitment:
        """Return what is committed to for one month."""
        return Commitment(self.amount / MONTHS_OF[self.period], self.discount, self.discount_on)

    def in_force(self, flows: Sequence[Flow], scene: Scene) -> Fraction:
        """Return for which share of the baseline's days the commitment holds."""
        if self.from_ is None or not flows:
            return ONE
        first = min(flow.on for flow in flows)
        if all(flow.on < self.from_ for flow in flows):
            return ZERO
        before = max(0, (self.from_ - first).days)
        return max(ZERO, 1 - before / scene.baseline.days)

    def remark(self, settlement: Settlement, scene: Scene) -> None:
        """Say where the commitment is not used up, or never pays."""
        if MONTHS_OF[self.period] > 1:
            scene.assume(SPREAD)
        point, currency = settlement.point, scene.book.contract.currency
        if point.shortfall:
            scene.warn(
                f"commit: {dollars(point.shortfall, currency)} of "
                f"{dollars(settlement.commitment.amount, currency)} a month would be paid for "
                "nothing"
            )
        if point.saving < 0:
            scene.warn(_why_dearer(settlement, currency))

    def changed(self, flow: Flow, scene: Scene) -> Iterable[Flow]:
        """Leave usage as it is."""
        del scene
        return (flow,)


def _why_dearer(settlement: Settlement, currency: str) -> str:
    even = settlement.commitment.break_even_usage
    if even is None:
        return "commit: without a discount it never pays"
    return (
        f"commit: it pays from {dollars(even, currency)} of usage a month on; this is "
        f"{dollars(settlement.point.usage, currency)}"
    )


@dataclass(frozen=True)
class Settlement:
    """A month's commitment and how it does at the usage of a scenario.

    ``places`` says which of the scenario's flows it is about.
    """

    commitment: Commitment
    point: CommitmentPoint
    places: tuple[int, ...] = ()

    def divided(self, costs: Sequence[Fraction]) -> dict[int, Fraction]:
        """Return the charges by the place of each flow, in proportion to metered costs.

        Nothing where no flow costs anything.
        """
        usage, charged = self.point.usage, sum((c.amount for c in self.charges), ZERO)
        return {n: charged * costs[n] / usage for n in self.places} if usage and charged else {}

    @property
    def charges(self) -> Iterable[Charge]:
        """Return what the commitment changes on the metered money."""
        discount = self.commitment.discount_for(self.point.usage)
        if discount:
            yield Charge("commitment discount", -discount)
        if self.point.shortfall:
            yield Charge("commitment shortfall", self.point.shortfall)


def settlements(
    commits: Sequence[Commit], costs: Sequence[tuple[Flow, Fraction]], scene: Scene
) -> tuple[Settlement, ...]:
    """Return how each commitment does on flows and their metered money.

    Raises ``LeverError`` where two commitments are about the same usage.
    """
    found = []
    taken: set[int] = set()
    for commit in commits:
        touched = [n for n, (flow, _) in enumerate(costs) if commit.touches(flow, scene)]
        if taken.intersection(touched):
            raise LeverError("two commitments are about the same usage; limit each with 'where'")
        taken.update(touched)
        in_force = commit.in_force([flow for flow, _ in costs], scene)
        if in_force:
            usage = sum((costs[n][1] for n in touched), ZERO)
            tokens = sum((costs[n][0].tokens for n in touched), ZERO)
            monthly = replace(commit.monthly, amount=commit.monthly.amount * in_force)
            found.append(Settlement(monthly, monthly.at(usage, tokens), tuple(touched)))
            commit.remark(found[-1], scene)
    return tuple(found)
