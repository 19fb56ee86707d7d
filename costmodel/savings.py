"""Saved so far: an adopted plan laid on the traffic that really came, against what it cost.

The plan's usage is scaled, group by group, to the first calls that came; second calls
and tokens follow as they were when it was adopted. That costs so much without the plan's
levers and so much with them. What was saved is the first less what was paid: each lever's
part as planned, and what came out differently.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from costmodel.bridge import MOST_LEVERS, shares_of_change
from costmodel.flows import ZERO, folded
from costmodel.levers import Grow
from costmodel.regimes import Regimes
from costmodel.rules import HOUR_AT
from costmodel.scenario import evaluate, kept_for, total_cost
from costmodel.weekdays import DAY
from costmodel.workload import ESCALATED_FROM, WorkloadError, ledger_baseline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.flows import Flow
    from costmodel.levers import Lever
    from costmodel.plan import History
    from costmodel.workload import Baseline

Group = tuple[str | None, ...]
Came = dict[tuple[Group, "date"], "Fraction"]


@dataclass(frozen=True)
class Saved:
    """Money over the days of an adopted plan that have come, in the currency of the contract.

    ``without`` is this traffic as it was served when the plan was adopted, ``planned`` with
    the plan's ``levers``, ``actual`` what it cost. ``by_lever`` holds the planned saving of
    each lever in their order, empty above ``MOST_LEVERS`` of them. ``left_out`` names steps
    that mean nothing here: growth, because the traffic is the one that came, and caps on
    single hours of the past. Usage without a price is in no amount: see ``misses_unpriced``.
    """

    without: Fraction
    planned: Fraction
    actual: Fraction
    levers: tuple[Lever, ...]
    by_lever: tuple[Fraction, ...]
    misses_unpriced: bool
    new_groups: tuple[Group, ...]
    left_out: tuple[str, ...]

    @property
    def so_far(self) -> Fraction:
        """Return what was saved against going on as before, negative where it cost more."""
        return self.without - self.actual

    @property
    def otherwise(self) -> Fraction:
        """Return which part of the saving came otherwise than planned; negative: less came."""
        return self.planned - self.actual


def group_names(usage: Baseline) -> tuple[str, ...]:
    """Return the dimensions by which traffic that came is held against a plan's usage."""
    return tuple(name for name in usage.dimension_names if name not in {ESCALATED_FROM, HOUR_AT})


def saved_so_far(usage: Baseline, levers: Iterable[Lever], book: PriceBook, came: History) -> Saved:
    """Return what an adopted plan has saved on the days of ``came``.

    ``came`` must have the dimensions of ``group_names``. Groups that the plan's usage did
    not know are taken at its mean. Raises ``WorkloadError`` where the plan started from no
    usage.
    """
    asked = tuple(levers)
    kept = tuple(each for each in asked if _counts(each))
    names = group_names(usage)
    first_calls, new = _laid(usage.keeping(names), _came(kept, book, came, names))
    afterwards = Regimes(
        kept_for(first_calls, kept), kept, book, came.first_day.replace(day=1), 1
    ).successions(came.last_day)

    def cost_of(places: frozenset[int]) -> Fraction:
        chosen = [kept[place] for place in sorted(places)]
        return total_cost(first_calls, chosen, book, afterwards=afterwards)

    parts: tuple[Fraction, ...] = ()
    if len(kept) <= MOST_LEVERS:
        parts = tuple(
            -part for part in shares_of_change(cost_of, [[place] for place in range(len(kept))])
        )
    actual = evaluate(_seen(came, book), (), book)
    return Saved(
        without=cost_of(frozenset()),
        planned=cost_of(frozenset(range(len(kept)))),
        actual=actual.cost,
        levers=kept,
        by_lever=parts,
        misses_unpriced=actual.at_least,
        new_groups=new,
        left_out=tuple(dict.fromkeys(each.step for each in asked if each not in kept)),
    )


def _counts(lever: Lever) -> bool:
    return lever.step != Grow.step and HOUR_AT not in lever.dimensions


def _seen(came: History, book: PriceBook) -> Baseline:
    days = (came.last_day - came.first_day).days + 1
    return ledger_baseline(came.cells, book, days=days, dimension_names=came.dimension_names)


def _came(levers: Sequence[Lever], book: PriceBook, came: History, names: Sequence[str]) -> Came:
    """Return the first calls that came, by group and by the day whose prices and levers count."""
    changes = {*book.change_dates(), *(lever.from_ for lever in levers)}
    changes |= {getattr(lever, "on", None) for lever in levers}
    changes |= {model.life.shutdown_on for model in book.models}
    starts = sorted({came.first_day, *(day for day in changes if day)})
    places = [came.dimension_names.index(name) for name in names]
    day_place = came.dimension_names.index(DAY)
    counted: Came = defaultdict(lambda: ZERO)
    for flow in _seen(came, book).flows:
        if not flow.is_second_call:
            day = flow.dimensions[day_place] or ""
            start = max(each for each in starts if each.isoformat() <= day)
            group = tuple(flow.dimensions[place] for place in places)
            counted[group, start] += flow.requests
    return counted


def _laid(usage: Baseline, came: Came) -> tuple[Baseline, tuple[Group, ...]]:
    """Return the plan's usage as large as what came, and the groups that it did not know."""
    firsts: dict[Group, Fraction] = defaultdict(lambda: ZERO)
    for flow in usage.flows:
        firsts[flow.dimensions] += ZERO if flow.is_second_call else flow.requests
    whole = sum(firsts.values(), ZERO)
    if not whole:
        raise WorkloadError("the plan was adopted on usage without any requests")
    new = tuple(dict.fromkeys(group for group, _ in came if not firsts.get(group)))
    flows: list[Flow] = []
    for (group, day), requests in came.items():
        like = group if group not in new else None
        factor = requests / (firsts[group] if like is not None else whole)
        flows += _scaled(usage, like, factor, day)
    return replace(usage, flows=folded(flows), unpriced=()), new


def _scaled(usage: Baseline, group: Group | None, factor: Fraction, day: date) -> Iterable[Flow]:
    """Return the usage of a group, of all of them for None, as large as asked."""
    for flow in usage.flows:
        if group is None or flow.dimensions == group:
            yield replace(flow.scaled(factor), on=day)
