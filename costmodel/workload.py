"""Workloads: the usage that a scenario starts from.

A baseline is all flows of a period, typed by hand or read from the ledger. A ledger
baseline without levers costs exactly what ``costmodel.spend`` says of the same cells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from costmodel.book import PriceBook, Unpriced
from costmodel.flows import ZERO, Flow, folded
from costmodel.meters import METERS, Meter, size_band
from costmodel.rates import Assumption, Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from costmodel.usage import Cell

DAYS_A_MONTH = 30
"""Where no calendar month is named, a month has this many days."""

PREFERRED_PROVIDER = "openai"
"""Whose model a name means when several providers serve it and none is given."""

ESCALATED_FROM = "escalated_from"
"""The dimension that names the model whose answer a second call replaces."""


class WorkloadError(ValueError):
    """The numbers given make no workload."""


@dataclass(frozen=True)
class Baseline:
    """The usage of so many days, before any lever.

    ``unpriced`` flows have no price today: they are kept aside with their volume,
    no lever touches them, and every total of a scenario misses them.
    ``escalation_seen`` is the share of first calls that were called again (None:
    the usage marks no second calls). ``repeats`` says how often a past hour (by its
    name and the day of its rates) stands in the usage where not once, ``times`` how
    often every hour does.
    """

    kind: Literal["typed", "ledger"]
    flows: tuple[Flow, ...]
    days: Fraction
    dimension_names: tuple[str, ...] = ()
    unpriced: tuple[Flow, ...] = ()
    unmetered_requests: int = 0
    estimated_tokens: int = 0
    escalation_seen: Fraction | None = None
    assumptions: tuple[Assumption, ...] = ()
    repeats: Mapping[tuple[str, date], Fraction] = field(default_factory=dict)
    times: Fraction = Fraction(1)

    def repetitions(self, hour: str, on: date) -> Fraction:
        """Return how often a past hour, priced on a day, stands in the usage."""
        return self.repeats.get((hour, on), Fraction(1)) * self.times

    @cached_property
    def _folds(self) -> dict[tuple[str, ...], Baseline]:
        return {}

    def keeping(self, names: Iterable[str]) -> Baseline:
        """Return the same usage grouped by these dimensions only; each fold is made once."""
        kept = tuple(name for name in self.dimension_names if name in set(names))
        if kept == self.dimension_names:
            return self
        known = self._folds.get(kept)
        if known is None:
            places = [self.dimension_names.index(name) for name in kept]
            known = self._folds[kept] = replace(
                self,
                flows=_regrouped(self.flows, places),
                unpriced=_regrouped(self.unpriced, places),
                dimension_names=kept,
            )
        return known

    def scaled(self, factor: Fraction) -> Baseline:
        """Return a baseline with all volume multiplied; its days stay."""
        return replace(
            self,
            flows=tuple(flow.scaled(factor) for flow in self.flows),
            unpriced=tuple(flow.scaled(factor) for flow in self.unpriced),
        )

    @cached_property
    def ceilings(self) -> dict[object, Fraction]:
        """Return cacheable shares worked out before, by what they were asked for."""
        return {}

    @cached_property
    def _by_day(self) -> dict[date, Baseline]:
        return {}

    def priced_on(self, day: date) -> Baseline:
        """Return the same usage at the rates of one day; each day is made once."""
        known = self._by_day.get(day)
        if known is None:
            known = self._by_day[day] = replace(
                self,
                flows=folded(flow.priced_on(day) for flow in self.flows),
                unpriced=folded(flow.priced_on(day) for flow in self.unpriced),
                repeats=self._repeats_on(day),
            )
        return known

    def _repeats_on(self, day: date) -> dict[tuple[str, date], Fraction]:
        found: dict[tuple[str, date], Fraction] = {}
        for (hour, _), times in self.repeats.items():
            found[hour, day] = found.get((hour, day), ZERO) + times
        return found

    def a_month(self) -> Baseline:
        """Return the usage of 30 days at this pace, saying so where the days differ."""
        if self.days == DAYS_A_MONTH or not self.days:
            return self
        note = Assumption(
            "month-of-30-days",
            f"{_days_in_words(self.days)} of usage scaled to a month of {DAYS_A_MONTH} days",
        )
        longer = DAYS_A_MONTH / self.days
        return replace(
            self.scaled(longer),
            days=Fraction(DAYS_A_MONTH),
            assumptions=(*self.assumptions, note),
            times=self.times * longer,
        )

    @cached_property
    def requests(self) -> Fraction:
        """Return all requests with a price, second calls included."""
        return sum((flow.requests for flow in self.flows), ZERO)

    @cached_property
    def input_tokens(self) -> Fraction:
        """Return all input tokens with a price."""
        return sum((flow.input_tokens for flow in self.flows), ZERO)

    def served_models(self, book: PriceBook) -> tuple[Model, ...]:
        """Return the models of the priced flows, those with most tokens first."""
        tokens = self._tokens_by_model
        ordered = sorted(tokens, key=lambda name: (-tokens[name], name))
        return tuple(model for name in ordered if (model := book.resolve(*name)))

    @cached_property
    def _tokens_by_model(self) -> dict[tuple[str, str], Fraction]:
        tokens: dict[tuple[str, str], Fraction] = {}
        for flow in self.flows:
            name = flow.provider, flow.model
            tokens[name] = tokens.get(name, ZERO) + flow.tokens
        return tokens

    def family(self, book: PriceBook) -> str | None:
        """Return the family that serves most of the tokens, of models that write texts.

        Embeddings read far more than anything else and are no stand-in for a model that answers.
        """
        tokens: dict[str, Fraction] = {}
        for name, amount in self._tokens_by_model.items():
            model = book.resolve(*name)
            if model and book.writes(model):
                tokens[model.family] = tokens.get(model.family, ZERO) + amount
        return max(sorted(tokens), key=lambda family: tokens[family], default=None)


def typed_workload(  # noqa: PLR0913  these are the numbers that people type
    *,
    sessions_per_day: Fraction | int,
    days: Fraction | int,
    tokens_per_session: Fraction | int,
    output_share: Fraction,
    model: str,
    on: date,
    book: PriceBook,
) -> Baseline:
    """Return the baseline of typed numbers: one request a session, nothing cached.

    Raises ``WorkloadError`` for a model without a price on that day, an output share
    outside 0 to 1, or a negative number.
    """
    _check_typed(sessions_per_day, days, tokens_per_session, output_share)
    known = model_named(model, book)
    per_session = Fraction(tokens_per_session)
    sessions = Fraction(sessions_per_day) * days
    output = per_session * output_share
    amounts = {Meter.INPUT: sessions * (per_session - output), Meter.OUTPUT: sessions * output}
    flow = Flow(
        provider=known.provider,
        model=known.name,
        zone="global",
        tier="standard",
        size_band=size_band(math.ceil(per_session - output)),
        on=on,
        dimensions=(),
        requests=sessions,
        quantities=tuple(amounts.get(meter, ZERO) for meter in METERS),
        origin=known.name,
    )
    quote = book.quote(flow.key)
    if isinstance(quote, Unpriced):
        raise WorkloadError(f"{known.name}: {quote.reason}")
    typed = Assumption("typed-workload", "typed numbers: every session is one request")
    return Baseline("typed", (flow,), Fraction(days), assumptions=(typed,))


def _check_typed(
    sessions: Fraction | int, days: Fraction | int, tokens: Fraction | int, output_share: Fraction
) -> None:
    named = {"sessions a day": sessions, "days": days, "tokens a session": tokens}
    for name, number in named.items():
        if number < 0:
            raise WorkloadError(f"{name} cannot be negative: {number}")
    if not 0 <= output_share <= 1:
        raise WorkloadError(f"the output share must lie between 0% and 100%, not {output_share}")


def model_named(name: str, book: PriceBook, provider: str | None = None) -> Model:
    """Return the model of this name: of the provider if it serves one, else of OpenAI.

    Others follow in the order of the book. Raises ``WorkloadError`` naming the nearest
    models.
    """
    for likely in (provider or PREFERRED_PROVIDER, PREFERRED_PROVIDER):
        if model := book.resolve(likely, name):
            return model
    for other in book.providers_of(name):
        if model := book.resolve(other, name):
            return model
    near = ", ".join(book.nearest(name))
    hint = f"; nearest: {near}" if near else ""
    raise WorkloadError(f"the price book knows no model {name!r}{hint}")


def ledger_baseline(
    cells: Iterable[Cell],
    book: PriceBook,
    *,
    days: Fraction | int,
    dimension_names: Sequence[str] = (),
) -> Baseline:
    """Return the baseline of usage as it came, ``days`` long.

    ``dimension_names`` names the cells' dimensions in their order. With
    ``escalated_from`` among them, second calls are known as such. Cells keep the
    day of their rates, so that nothing but levers changes their cost.
    """
    names = tuple(dimension_names)
    place = names.index(ESCALATED_FROM) if ESCALATED_FROM in names else None
    listed = list(cells)
    flows = folded(_flow_of(cell, book, place) for cell in listed)
    priced = tuple(f for f in flows if not isinstance(book.quote(f.key), Unpriced))
    return Baseline(
        kind="ledger",
        flows=priced,
        days=Fraction(days),
        dimension_names=names,
        unpriced=tuple(f for f in flows if isinstance(book.quote(f.key), Unpriced)),
        unmetered_requests=sum(cell.unmetered_requests for cell in listed),
        estimated_tokens=sum(cell.estimated_tokens for cell in listed),
        escalation_seen=escalation_seen(priced),
    )


def _flow_of(cell: Cell, book: PriceBook, escalated_from: int | None) -> Flow:
    key = cell.key
    model = book.canonical(key.provider, key.model)
    first = None if escalated_from is None else cell.dimensions[escalated_from]
    return Flow(
        provider=key.provider,
        model=model,
        zone=key.zone,
        tier=key.tier,
        size_band=key.size_band,
        on=key.on,
        dimensions=cell.dimensions,
        requests=Fraction(cell.requests),
        quantities=tuple(Fraction(n) for n in cell.quantities),
        origin=model,
        escalated_from=None if first is None else book.canonical(key.provider, first),
    )


def escalation_seen(flows: Iterable[Flow]) -> Fraction | None:
    """Return second calls over first calls of the models they came from; None without any.

    A mark that names no model in the flows counts against all first calls.
    """
    second: dict[str, Fraction] = {}
    first: dict[str, Fraction] = {}
    for flow in flows:
        calls, name = (second, flow.escalated_from) if flow.escalated_from else (first, flow.model)
        calls[name or ""] = calls.get(name or "", ZERO) + flow.requests
    known = [name for name in second if name in first]
    tried = sum((first[name] for name in known), ZERO) or sum(first.values(), ZERO)
    escalated = sum(second.values(), ZERO)
    return min(escalated / tried, Fraction(1)) if escalated and tried else None


def _regrouped(flows: Sequence[Flow], places: Sequence[int]) -> tuple[Flow, ...]:
    return folded(
        replace(flow, dimensions=tuple(flow.dimensions[place] for place in places))
        for flow in flows
    )


def _days_in_words(days: Fraction) -> str:
    text = str(days.numerator) if days.denominator == 1 else f"{float(days):.2f}"
    return f"{text} day" if days == 1 else f"{text} days"
