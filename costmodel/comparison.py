"""The whatif table: today beside the plain alternatives."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from costmodel.book import Unpriced
from costmodel.flows import ZERO
from costmodel.levers import StartWith
from costmodel.meters import Meter
from costmodel.rates import Assumption
from costmodel.scenario import evaluate
from costmodel.usage import PricingKey
from costmodel.workload import WorkloadError, model_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.levers import Lever
    from costmodel.rates import Model
    from costmodel.scenario import Outcome
    from costmodel.workload import Baseline

ASSUMED_ESCALATION = Fraction(1, 5)
"""The escalated share where usage marks no second calls."""

EscalationSource = Literal["seen in your logs", "assumed", "set"]


@dataclass(frozen=True)
class Family:
    """The models that the alternatives are made of.

    ``ladder`` holds the family's models with a price, dearest first; ``full`` is the
    one named like the family (else the dearest), ``small`` its mini (else the next
    below; None: there is none). ``successors`` follow full and small.
    """

    name: str
    ladder: tuple[Model, ...]
    full: Model
    small: Model | None
    successors: tuple[Model, ...]


@dataclass(frozen=True)
class Alternative:
    """One row: what a month costs this way. ``gone_since``: for comparison only, hatched.

    ``saving`` is None where this way more usage has no price than today.
    """

    kind: Literal["today", "all_on", "small_first"]
    name: str
    model: str | None
    levers: tuple[Lever, ...]
    monthly_cost: Fraction
    saving: Fraction | None
    saving_share: Fraction | None
    gone_since: date | None
    warnings: tuple[str, ...]
    at_least: bool


@dataclass(frozen=True)
class Comparison:
    """All rows, today first, and what they assume."""

    rows: tuple[Alternative, ...]
    currency: str
    family: Family | None
    escalate: Fraction
    escalation_source: EscalationSource
    assumptions: tuple[Assumption, ...]


def compare(
    baseline: Baseline,
    book: PriceBook,
    *,
    today: date,
    all_on: Sequence[str] = (),
    escalate: Fraction | None = None,
) -> Comparison:
    """Return a month of today, all on each model of the family, and small first.

    ``all_on`` names more models. ``escalate`` None: the share seen in the logs, else
    20%. Raises ``WorkloadError`` for a model that the book does not know.
    """
    month = baseline.a_month()
    family = family_of(month, book, today)
    share, source = escalation_of(month, escalate)
    now = evaluate(month, (), book, as_of=today)
    rows = [_row("today", "today", None, (), now, now, None)]
    assumptions = dict.fromkeys(now.assumptions)
    for kind, model, levers in _settings(family, all_on, share, book):
        outcome = evaluate(month, levers, book, as_of=today)
        assumptions |= dict.fromkeys(outcome.assumptions)
        name = f"all {model.display}" if kind == "all_on" else f"{model.display} first"
        rows.append(_row(kind, name, model, levers, outcome, now, today))
    if month.escalation_seen and family:
        text = "second calls seen in your logs fall away or are replaced by the plan's"
        assumptions[Assumption("second-calls-replaced", text)] = None
    return Comparison(
        rows=tuple(rows),
        currency=book.contract.currency,
        family=family,
        escalate=share,
        escalation_source=source,
        assumptions=tuple(assumptions),
    )


def escalation_of(
    baseline: Baseline, escalate: Fraction | None = None
) -> tuple[Fraction, EscalationSource]:
    """Return the escalated share to start from, and where it comes from."""
    if escalate is not None:
        return escalate, "set"
    if baseline.escalation_seen is not None:
        return baseline.escalation_seen, "seen in your logs"
    return ASSUMED_ESCALATION, "assumed"


def family_of(baseline: Baseline, book: PriceBook, today: date) -> Family | None:
    """Return the family that serves most of the tokens; None where nothing is priced."""
    name = baseline.family(book)
    served = [model for model in baseline.served_models(book) if model.family == name]
    if name is None or not served:
        return None
    ladder = _ladder(name, served[0].provider, book, today)
    if not ladder:
        return None
    full = next((model for model in ladder if model.name == name), ladder[0])
    below = ladder[ladder.index(full) + 1 :]
    minis = [model for model in below if model.name == f"{full.name}-mini"]
    small = next(iter((*minis, *below)), None)
    return Family(name, ladder, full, small, tuple(_successors((full, small), ladder, book)))


def _ladder(family: str, provider: str, book: PriceBook, today: date) -> tuple[Model, ...]:
    rates = {
        model: rate
        for model in book.models
        if (model.family, model.provider) == (family, provider)
        and (rate := _rate_on(model, book, today)) is not None
    }
    return tuple(sorted(rates, key=lambda model: (-rates[model], model.name)))


def _rate_on(model: Model, book: PriceBook, today: date) -> Fraction | None:
    """Return input plus output rate, to put models in order; None without a standard price."""
    quote = book.quote(PricingKey(model.provider, model.name, "global", "standard", 0, today))
    if isinstance(quote, Unpriced):
        return None
    return quote.rates.get(Meter.INPUT, ZERO) + quote.rates.get(Meter.OUTPUT, ZERO)


def _successors(
    models: Sequence[Model | None], ladder: Sequence[Model], book: PriceBook
) -> Iterator[Model]:
    known = set(ladder)
    for model in models:
        name = model.life.successor if model else None
        if model is None or name is None:
            continue
        try:
            successor = model_named(name, book, model.provider)
        except WorkloadError:
            continue
        if successor not in known:
            known.add(successor)
            yield successor


def _settings(
    family: Family | None, all_on: Sequence[str], share: Fraction, book: PriceBook
) -> Iterator[tuple[Literal["all_on", "small_first"], Model, tuple[Lever, ...]]]:
    listed = (*family.ladder, *family.successors) if family else ()
    provider = family.full.provider if family else None
    asked = (model_named(name, book, provider) for name in all_on)
    for model in dict.fromkeys((*listed, *asked)):
        yield "all_on", model, (_start(model, model, ZERO),)
    if family and family.small:
        yield "small_first", family.small, (_start(family.small, family.full, share),)


def _start(first: Model, full: Model, escalate: Fraction) -> StartWith:
    return StartWith(starts=((first.name, Fraction(1)),), full=full.name, escalate=escalate)


def _row(  # noqa: PLR0913, PLR0917  a row is said by name, by levers and by two outcomes
    kind: Literal["today", "all_on", "small_first"],
    name: str,
    model: Model | None,
    levers: tuple[Lever, ...],
    outcome: Outcome,
    now: Outcome,
    today: date | None,
) -> Alternative:
    saving = now.cost - outcome.cost if outcome.can_be_compared_with(now) else None
    is_gone = model is not None and today is not None and model.life.is_gone(today)
    return Alternative(
        kind=kind,
        name=name,
        model=model.name if model else None,
        levers=levers,
        monthly_cost=outcome.cost,
        saving=saving,
        saving_share=saving / now.cost if saving is not None and now.cost else None,
        gone_since=model.life.shutdown_on if model and is_gone else None,
        warnings=outcome.warnings,
        at_least=outcome.at_least,
    )
