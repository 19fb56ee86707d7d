"""Opportunities: for every group of usage the one move that saves most, and all of them together.

Each move is priced with the levers of plans over the usage of its group alone. A group
has one move at most, and the total is priced with all moves at once, so no saving is
counted twice. Critical features are never touched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.flows import ZERO
from costmodel.moves import Group, Hints, moves_for
from costmodel.scenario import evaluate
from costmodel.workload import ESCALATED_FROM, escalation_seen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.flows import Flow
    from costmodel.levers import Lever
    from costmodel.moves import Move, Where
    from costmodel.rates import Assumption
    from costmodel.scenario import Outcome
    from costmodel.workload import Baseline

FEATURE = "feature"
LEAST_SAVING = Fraction(1, 100)
"""A move that saves a smaller share of its group's cost is none."""


@dataclass(frozen=True)
class Priced:
    """A move and what it saves in a month."""

    move: Move
    saving: Fraction


@dataclass(frozen=True)
class Opportunity:
    """One group: what a month of it costs, its best move, and the others that save something.

    ``is_critical``: the configuration says that nothing in it may be touched. ``best``
    is None where no move saves anything.
    """

    value: str | None
    cost: Fraction
    requests: Fraction
    is_critical: bool
    best: Priced | None = None
    others: tuple[Priced, ...] = ()

    @property
    def saving(self) -> Fraction:
        """Return what the best move saves in a month, 0 without one."""
        return self.best.saving if self.best else ZERO


@dataclass(frozen=True)
class Opportunities:
    """All groups, the largest saving first; ``together`` costs a month with all best moves."""

    by: str
    rows: tuple[Opportunity, ...]
    currency: str
    today: Fraction
    together: Fraction
    at_least: bool
    assumptions: tuple[Assumption, ...]
    warnings: tuple[str, ...]

    @property
    def saving(self) -> Fraction:
        """Return what all best moves save together in a month."""
        return self.today - self.together

    @property
    def levers(self) -> tuple[Lever, ...]:
        """Return the levers of all best moves."""
        return _levers(self.rows)


def opportunities(
    baseline: Baseline,
    book: PriceBook,
    *,
    today: date,
    by: str = FEATURE,
    critical: Collection[str] = (),
    hints: Hints | None = None,
) -> Opportunities:
    """Return the best move of every group of a month, exactly priced.

    The baseline must know ``by`` and, where ``critical`` names features, ``feature``.
    """
    month = baseline.a_month().keeping({by, FEATURE, ESCALATED_FROM})
    now = evaluate(month, (), book, as_of=today, by=(by,))
    found = [
        _opportunity(month, value, (by, frozenset(critical)), book, hints or Hints(), today)
        for value in _values(month, by)
    ]
    rows = tuple(sorted(found, key=lambda row: (-row.saving, -row.cost, row.value or "")))
    then = evaluate(month, _levers(rows), book, as_of=today)
    return Opportunities(
        by=by,
        rows=rows,
        currency=now.currency,
        today=now.cost,
        together=then.cost,
        at_least=now.at_least,
        assumptions=then.assumptions,
        warnings=then.warnings,
    )


def _levers(rows: Iterable[Opportunity]) -> tuple[Lever, ...]:
    return tuple(lever for row in rows if row.best for lever in row.best.move.levers)


def _values(month: Baseline, by: str) -> list[str | None]:
    place = month.dimension_names.index(by)
    return list(dict.fromkeys(flow.dimensions[place] for flow in month.flows))


def _opportunity(
    month: Baseline,
    value: str | None,
    scope: tuple[str, frozenset[str]],
    book: PriceBook,
    hints: Hints,
    today: date,
) -> Opportunity:
    by, critical = scope
    whole = _part(month, {by: (value,)})
    where = _where(whole, by, value, critical)
    cost = evaluate(whole, (), book, as_of=today)
    if not where:
        return Opportunity(value, cost.cost, whole.requests, is_critical=True)
    group = Group(value, _part(whole, where), where)
    now = evaluate(group.usage, (), book, as_of=today)
    priced = [
        Priced(move, saving)
        for move in moves_for(group, book, hints, today)
        if (saving := _saving(group, move, now, book, today)) is not None
    ]
    ranked = sorted(priced, key=lambda each: -each.saving)
    return Opportunity(
        value,
        cost.cost,
        whole.requests,
        is_critical=False,
        best=ranked[0] if ranked else None,
        others=tuple(ranked[1:]),
    )


def _where(whole: Baseline, by: str, value: str | None, critical: frozenset[str]) -> Where:
    """Return where moves may act in a group, empty where all of it is critical."""
    if FEATURE not in whole.dimension_names or not critical:
        return {by: (value,)}
    place = whole.dimension_names.index(FEATURE)
    features = list(dict.fromkeys(flow.dimensions[place] for flow in whole.flows))
    free = tuple(name for name in features if name not in critical)
    if not free:
        return {}
    return {by: (value,)} if len(free) == len(features) else {by: (value,), FEATURE: free}


def _part(month: Baseline, where: Where) -> Baseline:
    """Return only the usage that ``where`` names, with the escalation seen in it."""
    places = [(month.dimension_names.index(name), values) for name, values in where.items()]

    def holds(flow: Flow) -> bool:
        return all(flow.dimensions[place] in values for place, values in places)

    flows = tuple(flow for flow in month.flows if holds(flow))
    return replace(
        month,
        flows=flows,
        unpriced=tuple(flow for flow in month.unpriced if holds(flow)),
        escalation_seen=escalation_seen(flows),
    )


def _saving(
    group: Group, move: Move, now: Outcome, book: PriceBook, today: date
) -> Fraction | None:
    """Return what a move saves in a month, None where it cannot be made or saves next to nothing.

    A move that leaves more usage without a price than today only looks cheap.
    """
    then = evaluate(group.usage, move.levers, book, as_of=today)
    if then.refused or not then.can_be_compared_with(now):
        return None
    saving = now.cost - then.cost
    return saving if saving > 0 and saving >= now.cost * LEAST_SAVING else None
