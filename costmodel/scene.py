"""The scene in which levers act: the book, the baseline, and what they have to say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from costmodel.book import Unpriced
from costmodel.cost import money
from costmodel.flows import ZERO, total_of
from costmodel.meters import CACHED_METERS, METERS, MINIMUM_CACHEABLE_EDGE, UNKNOWN_BAND
from costmodel.workload import WorkloadError, model_named

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from costmodel.book import PriceBook, Quote
    from costmodel.charges import Refusal
    from costmodel.contract import ContractTerm
    from costmodel.flows import Flow
    from costmodel.rates import Assumption, Model
    from costmodel.workload import Baseline

PRIORITY = "priority"

KEY_WORDS = ("provider", "model", "zone", "tier")
"""What ``where`` may name beside the dimensions of the baseline."""


class LeverError(ValueError):
    """A lever that makes no sense: a share above 1, an unknown model or dimension."""


@dataclass(frozen=True)
class Scene:
    """What levers may look at, and the ordered sets that they add their remarks to.

    ``months_ahead`` is how often growth has compounded.
    """

    book: PriceBook
    baseline: Baseline
    months_ahead: int = 1
    warnings: dict[str, None] = field(default_factory=dict)
    refused: dict[str, None] = field(default_factory=dict)
    assumptions: dict[Assumption, None] = field(default_factory=dict)
    refusals: dict[Refusal, None] = field(default_factory=dict)

    def with_term(self, term: ContractTerm) -> Scene:
        """Return the scene under one more term of the contract, with the same remarks."""
        return replace(self, book=self.book.under(term))

    def warn(self, text: str) -> None:
        """Say something that the reader of the cost must know."""
        self.warnings[text] = None

    def refuse(self, text: str) -> None:
        """Say that a lever could not be applied, and why."""
        self.refused[text] = None

    def assume(self, assumption: Assumption) -> None:
        """Name something that no source says."""
        self.assumptions[assumption] = None

    def quote(self, flow: Flow) -> Quote | Unpriced:
        """Return the rates of a flow."""
        return self.book.quote(flow.key)

    def metered(self, flow: Flow) -> Fraction:
        """Return the money that meters count for a flow, 0 where it has no price."""
        quote = self.quote(flow)
        if isinstance(quote, Unpriced):
            return ZERO
        used = zip(METERS, flow.quantities, strict=True)
        parts = (money(n, quote.rates[meter]) for meter, n in used if n and meter in quote.rates)
        return sum(parts, ZERO)

    def is_model(self, flow: Flow, name: str) -> bool:
        """Tell whether a model of the flow's provider, so named, serves the flow."""
        return flow.model == self.book.canonical(flow.provider, name)

    def is_one_of(self, flow: Flow, names: tuple[str, ...]) -> bool:
        """Tell whether one of the named models serves the flow."""
        return any(self.is_model(flow, name) for name in names)

    def moved(self, flow: Flow, name: str) -> Flow:
        """Return the flow on another model: tokens, tier and size stay with the request.

        The provider stays where it serves that model; otherwise the zone is lost too,
        because zones are a provider's own.
        """
        target = self.target(flow.provider, name)
        if (target.provider, target.name) == (flow.provider, flow.model):
            return flow
        zone = flow.zone if target.provider == flow.provider else "global"
        return replace(flow, provider=target.provider, model=target.name, zone=zone)

    def target(self, provider: str | None, name: str) -> Model:
        """Return the model of this name, of this provider if it serves one."""
        try:
            return model_named(name, self.book, provider)
        except WorkloadError as error:
            raise LeverError(str(error)) from None

    def family_of(self, flow: Flow) -> str | None:
        """Return the family of the model that serves a flow."""
        model = self.book.resolve(flow.provider, flow.model)
        return model.family if model else None

    @cached_property
    def families(self) -> frozenset[str | None]:
        """Return the families that the baseline uses."""
        return frozenset(self.family_of(flow) for flow in self.baseline.flows)

    @cached_property
    def main_family(self) -> str | None:
        """Return the family that serves most of the baseline's tokens."""
        return self.baseline.family(self.book)

    def matches(self, flow: Flow, where: Mapping[str, tuple[str | None, ...]]) -> bool:
        """Tell whether a flow has one of the values asked for in every dimension."""
        return all(self._value(flow, name) in values for name, values in where.items())

    def _value(self, flow: Flow, name: str) -> str | None:
        names = self.baseline.dimension_names
        if name in names:
            return flow.dimensions[names.index(name)]
        if name in KEY_WORDS:
            value: str = getattr(flow, name)
            return value
        known = ", ".join((*names, *KEY_WORDS))
        raise LeverError(f"where: the usage has no dimension {name!r}; it has {known}")

    def can_be_cached(self, flow: Flow, minimum: int) -> bool:
        """Tell whether requests of the flow are long enough to be cached.

        Within a band the mean length decides; where single requests are not known
        they count as long enough.
        """
        if self.baseline.kind == "typed" or flow.size_band == UNKNOWN_BAND or not flow.requests:
            return True
        return flow.size_band >= minimum or flow.input_tokens >= minimum * flow.requests

    @cached_property
    def _steps(self) -> dict[tuple[str, str], tuple[int, ...]]:
        return {}

    def price_steps(self, flow: Flow) -> tuple[int, ...]:
        """Return the lengths in input tokens above which the flow's model costs more."""
        name = flow.provider, flow.model
        if name not in self._steps:
            cards = self.book.cards_of(*name)
            self._steps[name] = tuple(sorted({c.above_input_tokens for c in cards} - {0}))
        return self._steps[name]

    def longest_in(self, flow: Flow, tier: str) -> int | None:
        """Return how many input tokens a request may have in a tier, None without a bound.

        Priority excludes long context: where a price step or the rate limits of long
        requests begin, unless the tier has its own price for them (openai.com, priority
        processing).
        """
        if tier != PRIORITY:
            return None
        name = flow.provider, flow.model
        if name not in self._longest:
            self._longest[name] = self._longest_in_priority(flow)
        return self._longest[name]

    @cached_property
    def _longest(self) -> dict[tuple[str, str], int | None]:
        return {}

    def _longest_in_priority(self, flow: Flow) -> int | None:
        cards = self.book.cards_of(flow.provider, flow.model)
        if any(card.above_input_tokens for card in cards if card.tier == PRIORITY):
            return None
        model = self.book.resolve(flow.provider, flow.model)
        limits = {limit.above_input_tokens for limit in model.rate_limits} if model else set()
        return min({*self.price_steps(flow), *limits} - {0}, default=None)

    def minimum_of(self, flow: Flow) -> int:
        """Return the shortest prefix that the flow's model caches: 1,024 where not known."""
        model = self.book.resolve(flow.provider, flow.model)
        return (model and model.minimum_cacheable_tokens) or MINIMUM_CACHEABLE_EDGE

    def cached_share(self, where: Mapping[str, tuple[str | None, ...]]) -> Fraction:
        """Return which share of the input tokens that ``where`` names is cached as it came."""
        flows = [flow for flow in self.baseline.flows if self.matches(flow, where)]
        total = sum((flow.input_tokens for flow in flows), ZERO)
        cached = sum((total_of(flow.quantities, CACHED_METERS) for flow in flows), ZERO)
        return cached / total if total else ZERO

    def cacheable_share(
        self, where: Mapping[str, tuple[str | None, ...]], origin: str | None, minimum: int
    ) -> Fraction:
        """Return which share of input tokens stands in requests long enough to be cached.

        Counted over the usage as it came that ``where`` names, of one origin or all.
        """
        dimensions = {name: v for name, v in where.items() if name not in KEY_WORDS}
        asked = tuple(sorted((name, repr(v)) for name, v in dimensions.items())), origin, minimum
        known = self.baseline.ceilings
        if asked not in known:
            known[asked] = self._cacheable_share(dimensions, origin, minimum)
        return known[asked]

    def _cacheable_share(
        self, where: Mapping[str, tuple[str | None, ...]], origin: str | None, minimum: int
    ) -> Fraction:
        flows = [
            flow
            for flow in self.baseline.flows
            if origin in {None, flow.origin} and self.matches(flow, where)
        ]
        total = sum((flow.input_tokens for flow in flows), ZERO)
        long_enough = sum(
            (flow.input_tokens for flow in flows if self.can_be_cached(flow, minimum)), ZERO
        )
        return long_enough / total if total else ZERO
