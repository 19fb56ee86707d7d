"""Scenarios: what a baseline costs under levers, exactly."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from costmodel.book import Unpriced
from costmodel.charges import Charge
from costmodel.cost import life_warnings, money
from costmodel.flows import ZERO, folded
from costmodel.levers import (
    Cap,
    Commit,
    LeverError,
    Reprice,
    Route,
    apply_routes,
    in_order,
)
from costmodel.meters import METERS, TOKEN_METERS
from costmodel.rules import CLOCK_NAMES, WITHOUT_CLOCK
from costmodel.scene import KEY_WORDS, Scene
from costmodel.spend import UnpricedVolume
from costmodel.terms import in_order_of_days, settlements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from fractions import Fraction

    from costmodel.book import PriceBook, Quote
    from costmodel.charges import Refusal
    from costmodel.flows import Flow, FlowQuantities
    from costmodel.levers import Lever
    from costmodel.meters import Meter
    from costmodel.rates import Assumption
    from costmodel.terms import Settlement
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

    ``parts`` is money by meter, ``charges`` money that no meter counts: together they
    are the cost. ``list_cost`` is of meters only. ``flows`` is the usage after all
    levers, ``costs`` what each of them costs, charges divided (zero where it has no price:
    see ``unpriced``, what the total misses). ``refused`` says which levers could not be
    applied and why, ``refusals`` what caps take away, ``settlements`` how commitments do.
    """

    cost: Fraction
    list_cost: Fraction
    currency: str
    parts: Mapping[Meter, Fraction]
    list_parts: Mapping[Meter, Fraction]
    models: tuple[ModelOutcome, ...]
    flows: tuple[Flow, ...]
    costs: tuple[Fraction, ...]
    dimension_names: tuple[str, ...]
    unpriced: tuple[UnpricedVolume, ...]
    unmetered_requests: int
    warnings: tuple[str, ...]
    assumptions: tuple[Assumption, ...]
    refused: tuple[str, ...]
    charges: tuple[Charge, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    settlements: tuple[Settlement, ...] = ()

    @property
    def at_least(self) -> bool:
        """Tell whether the total is a lower bound: some usage has no price or no count."""
        return bool(self.unpriced) or self.unmetered_requests > 0

    @property
    def uncommitted_cost(self) -> Fraction:
        """Return the cost before commitments are settled: meters and people."""
        settled = (each.amount for each in self.charges if each.kind != "people")
        return self.cost - sum(settled, ZERO)

    @property
    def unpriced_volume(self) -> int:
        """Return tokens and units without a price: how much the total misses."""
        return sum(miss.tokens + miss.units for miss in self.unpriced)

    def can_be_compared_with(self, today: Outcome) -> bool:
        """Tell whether the difference of two costs means anything: no more is missed than today.

        A scenario that moves usage to where it has no price only looks cheap.
        """
        return self.unpriced_volume <= today.unpriced_volume

    @property
    def requests(self) -> Fraction:
        """Return all priced calls, second calls and checks included."""
        return sum((model.requests for model in self.models), ZERO)

    def cost_by(self, name: str) -> dict[str | None, Fraction]:
        """Return the cost by the values of a dimension that the flows kept."""
        place = self.dimension_names.index(name)
        costs: dict[str | None, Fraction] = defaultdict(lambda: ZERO)
        for flow, cost in zip(self.flows, self.costs, strict=True):
            costs[flow.dimensions[place]] += cost
        return dict(costs)


def evaluate(  # noqa: PLR0913  three things to price, and four ways of looking at them
    baseline: Baseline,
    levers: Iterable[Lever],
    book: PriceBook,
    *,
    months_ahead: int = 1,
    by: Sequence[str] = (),
    as_of: date | None = None,
    afterwards: Iterable[Lever] = (),
) -> Outcome:
    """Return what the baseline costs with these levers, exactly.

    ``months_ahead`` is how often growth has compounded: 1 is the first month after
    the baseline. ``by`` names dimensions that the outcome's flows keep. ``as_of`` is
    the day on which a model that traffic was moved to may be gone already.
    ``afterwards`` are levers that follow all others. Raises ``LeverError`` for an
    unknown model or dimension.
    """
    asked = list(levers)
    scene = Scene(book, kept_for(baseline, asked, by), months_ahead)
    moved, scene = _applied(asked, scene, afterwards)
    flows = (*folded(moved), *scene.baseline.unpriced)
    return _Tally(scene, as_of).outcome(flows, _commits(asked))


def total_cost(
    baseline: Baseline,
    levers: Iterable[Lever],
    book: PriceBook,
    *,
    months_ahead: int = 1,
    afterwards: Iterable[Lever] = (),
) -> Fraction:
    """Return only the cost that ``evaluate`` gives: quicker, for many settings."""
    asked = list(levers)
    scene = Scene(book, kept_for(baseline, asked), months_ahead)
    flows, scene = _applied(asked, scene, afterwards)
    sums: dict[int, tuple[Quote, list[Fraction]]] = {}
    for flow in flows:
        quote = scene.quote(flow)
        if not isinstance(quote, Unpriced):
            _, amounts = sums.setdefault(id(quote.rates), (quote, [ZERO] * len(METERS)))
            _accumulate(amounts, flow.quantities)
    metered = sum((_cost_at(quote, amounts) for quote, amounts in sums.values()), ZERO)
    return metered + sum((c.amount for c in _charges(asked, flows, scene)), ZERO)


def _commits(levers: Iterable[Lever]) -> list[Commit]:
    return [lever for lever in in_order(levers) if isinstance(lever, Commit)]


def _charges(levers: Sequence[Lever], flows: Sequence[Flow], scene: Scene) -> Iterable[Charge]:
    """Return what people cost, and what commitments change."""
    people = sum((flow.people_cost for flow in flows if flow.people_cost), ZERO)
    if people:
        yield Charge("people", people)
    commits = _commits(levers)
    if commits:
        costs = [(flow, scene.metered(flow)) for flow in flows]
        for settlement in settlements(commits, costs, scene):
            yield from settlement.charges


def _cost_at(quote: Quote, amounts: Sequence[Fraction]) -> Fraction:
    parts = (
        money(amount, quote.rates[meter])
        for meter, amount in zip(METERS, amounts, strict=True)
        if amount and meter in quote.rates
    )
    return sum(parts, ZERO)


def _accumulate(into: list[Fraction], amounts: Sequence[Fraction]) -> None:
    for place, amount in enumerate(amounts):
        if amount:
            into[place] += amount


def kept_for(baseline: Baseline, levers: Iterable[Lever], by: Sequence[str] = ()) -> Baseline:
    """Return the baseline grouped by what levers and reader look at, and no finer.

    Raises ``LeverError`` where a lever asks for a dimension that the usage has not.
    """
    names = {name for lever in levers for name in lever.dimensions}
    known = {*baseline.dimension_names, *KEY_WORDS}
    for name in sorted(names - known):
        if name in CLOCK_NAMES:
            raise LeverError(WITHOUT_CLOCK)
        has = ", ".join(sorted(known))
        raise LeverError(f"where: the usage has no dimension {name!r}; it has {has}")
    return baseline.keeping({*names, *by})


def _applied(
    levers: Sequence[Lever], scene: Scene, afterwards: Iterable[Lever] = ()
) -> tuple[list[Flow], Scene]:
    """Return the usage after all levers, in their order, and the scene with its prices."""
    for lever in levers:
        for name in lever.model_names():
            scene.target(None, name)
    ordered = in_order(levers)
    flows = _moved(ordered, scene)
    for lever in afterwards:
        flows = lever.apply(flows, scene)
    for reprice in in_order_of_days(each for each in ordered if isinstance(each, Reprice)):
        scene = reprice.repriced(scene)
    for cap in (each for each in ordered if isinstance(each, Cap)):
        flows = cap.apply(flows, scene)
    return flows, scene


def _moved(ordered: Sequence[Lever], scene: Scene) -> list[Flow]:
    """Return the usage after the levers that move it."""
    flows = list(scene.baseline.flows)
    routes = [lever for lever in ordered if isinstance(lever, Route)]
    for lever in ordered:
        if isinstance(lever, Route):
            flows = apply_routes(routes, flows, scene) if routes else flows
            routes = []
        elif not isinstance(lever, Reprice | Commit | Cap):
            flows = lever.apply(flows, scene)
    return flows


def _with_charges(
    flows: Sequence[Flow], costs: Sequence[Fraction], settled: Iterable[Settlement]
) -> tuple[Fraction, ...]:
    """Return what each flow costs: meters, people, and its part of commitments."""
    paid = [
        cost + flow.people_cost if flow.people_cost else cost
        for flow, cost in zip(flows, costs, strict=True)
    ]
    for settlement in settled:
        for place, charge in settlement.divided(costs).items():
            paid[place] += charge
    return tuple(paid)


class _Tally:
    """Sums flows to an outcome."""

    def __init__(self, scene: Scene, as_of: date | None) -> None:
        self._scene = scene
        self._as_of = as_of
        self._parts: dict[Meter, Fraction] = defaultdict(lambda: ZERO)
        self._list_parts: dict[Meter, Fraction] = defaultdict(lambda: ZERO)
        self._models: dict[tuple[str, str], list[Fraction]] = {}
        self._misses: dict[tuple[str, str, str], list[Fraction]] = {}

    def outcome(self, flows: Sequence[Flow], commits: Sequence[Commit] = ()) -> Outcome:
        scene = self._scene
        costs = tuple(self._add(flow) for flow in flows)
        people = sum((flow.people_cost for flow in flows if flow.people_cost), ZERO)
        settled = settlements(commits, list(zip(flows, costs, strict=True)), scene)
        charges = (
            *([Charge("people", people)] if people else []),
            *(charge for settlement in settled for charge in settlement.charges),
        )
        return Outcome(
            cost=sum((*self._parts.values(), *(each.amount for each in charges)), ZERO),
            list_cost=sum(self._list_parts.values(), ZERO),
            currency=scene.book.contract.currency,
            parts={meter: self._parts[meter] for meter in METERS if meter in self._parts},
            list_parts={m: self._list_parts[m] for m in METERS if m in self._list_parts},
            models=tuple(
                ModelOutcome(*name, requests, tuple(amounts), cost, list_cost)
                for name, (cost, list_cost, requests, *amounts) in self._models.items()
            ),
            flows=tuple(flows),
            costs=_with_charges(flows, costs, settled),
            dimension_names=scene.baseline.dimension_names,
            unpriced=tuple(
                UnpricedVolume(*where, *(round(n) for n in volume))
                for where, volume in self._misses.items()
            ),
            unmetered_requests=scene.baseline.unmetered_requests,
            warnings=tuple(scene.warnings),
            assumptions=tuple(dict.fromkeys((*scene.baseline.assumptions, *scene.assumptions))),
            refused=tuple(scene.refused),
            charges=charges,
            refusals=tuple(scene.refusals),
            settlements=settled,
        )

    def _add(self, flow: Flow) -> Fraction:
        quote = self._scene.quote(flow)
        if isinstance(quote, Unpriced):
            units = sum(flow.quantities, ZERO) - flow.tokens
            self._miss((flow.provider, flow.model, quote.reason), flow.tokens, flow.requests, units)
            return ZERO
        cost = list_cost = ZERO
        for meter, amount in zip(METERS, flow.quantities, strict=True):
            if not amount:
                continue
            if meter not in quote.rates:
                self._miss_meter(flow, quote, meter, amount)
                continue
            paid = money(amount, quote.rates[meter])
            listed = money(amount, quote.list_rates.get(meter, quote.rates[meter]))
            self._parts[meter] += paid
            self._list_parts[meter] += listed
            cost, list_cost = cost + paid, list_cost + listed
            if meter in quote.assumptions:
                self._scene.assume(quote.assumptions[meter])
        _accumulate(
            self._models.setdefault((flow.provider, flow.model), [ZERO] * (3 + len(METERS))),
            (cost, list_cost, flow.requests, *flow.quantities),
        )
        self._remark(flow, quote)
        return cost

    def _remark(self, flow: Flow, quote: Quote) -> None:
        for note in quote.notes:
            self._scene.assume(note)
        was_moved = flow.model != flow.origin and self._as_of is not None
        day = max(flow.on, self._as_of) if was_moved and self._as_of else flow.on
        for text in life_warnings(quote, day):
            self._scene.warn(text)

    def _miss_meter(self, flow: Flow, quote: Quote, meter: Meter, amount: Fraction) -> None:
        where = flow.provider, quote.model.name, f"no price for {meter}"
        is_token = meter in TOKEN_METERS
        self._miss(where, amount if is_token else ZERO, ZERO, ZERO if is_token else amount)

    def _miss(
        self, where: tuple[str, str, str], tokens: Fraction, requests: Fraction, units: Fraction
    ) -> None:
        _accumulate(self._misses.setdefault(where, [ZERO] * 3), (tokens, requests, units))
