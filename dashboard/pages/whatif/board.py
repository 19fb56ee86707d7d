"""The board: everything on What-if that no slider changes.

Baseline, corners, alternatives and defaults belong to a period, its filters and the
few settings that are no slider. Boards are kept by the store's version, so a release
of a slider never reads the store again.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from costmodel.comparison import Comparison, compare
from costmodel.controls import Controls
from costmodel.corners import CornerTable, corner_table, interpolate
from costmodel.flows import ZERO, total_of
from costmodel.meters import CACHED_METERS
from costmodel.regimes import month_after
from dashboard.money_budgets import money_budgets
from dashboard.pages.whatif.baseline import Usage, typed_usage, usage_seen
from dashboard.pages.whatif.more_levers import levers_of_more
from dashboard.pages.whatif.names import start_choices
from dashboard.pages.whatif.settings import AS_TODAY, TypedNumbers, shares_of

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.workload import Baseline
    from dashboard.context import Source
    from dashboard.pages.whatif.settings import Settings
    from dashboard.view import View

_MOST_BOARDS = 16
_TENTHS = 1_000
_LEAST_SAVING = Fraction(1, 100)


@dataclass(frozen=True)
class Board:
    """What the sliders move over.

    ``choices`` are models to start with, ``base`` the controls without their sliders;
    ``notices`` say which of the further levers are left out.
    ``features`` are those that the usage names, ``locked`` those that no plan touches.
    ``limit`` is a budget of a month. ``first_month`` is the next one.
    """

    key: str
    usage: Usage
    book: PriceBook
    today: date
    comparison: Comparison
    choices: tuple[str, ...]
    base: Controls
    table: CornerTable
    features: tuple[str | None, ...]
    locked: frozenset[str]
    chosen: tuple[str | None, ...]
    limit: Fraction | None
    limit_source: str
    first_month: date
    notices: tuple[str, ...] = ()

    @property
    def baseline(self) -> Baseline:
        """Return the usage of a month."""
        return self.usage.month

    @property
    def currency(self) -> str:
        """Return the currency of every amount."""
        return self.table.currency

    @property
    def is_typed(self) -> bool:
        """Tell whether the baseline was typed by hand."""
        return self.baseline.kind == "typed"

    @property
    def at_least(self) -> bool:
        """Tell whether every total misses something."""
        return bool(self.baseline.unpriced) or self.baseline.unmetered_requests > 0

    @cached_property
    def default_start(self) -> str:
        """Return the model that the plan starts with until somebody chooses another.

        The small one; where that saves next to nothing, because it is what happens
        already, the first successor that saves something. Levers under "More" change
        nothing about it.
        """
        family = self.comparison.family
        if family is None:
            return AS_TODAY
        first = family.small or family.full
        alive = [model for model in family.successors if not model.life.is_gone(self.today)]
        worthwhile = (model for model in (first, *alive) if self._saves(model.name))
        return next(worthwhile, first).name

    def _saves(self, model: str) -> bool:
        now = replace(self.base, more=())
        then = replace(now, start_with=((model, Fraction(1)),), escalate=self.default_escalation)
        enough = Fraction(1) - _LEAST_SAVING
        return interpolate(self.table, then) < interpolate(self.table, now) * enough

    @property
    def default_escalation(self) -> Fraction:
        """Return the escalated share to begin with, in tenths of a percent.

        Typed numbers escalate nothing until somebody says so.
        """
        if self.is_typed:
            return ZERO
        return Fraction(round(self.comparison.escalate * _TENTHS), _TENTHS)

    @cached_property
    def cached_share(self) -> Fraction:
        """Return which share of input is billed at the cached price today."""
        total = self.baseline.input_tokens
        flows = self.baseline.flows
        cached = sum((total_of(flow.quantities, CACHED_METERS) for flow in flows), ZERO)
        return cached / total if total else ZERO

    def controls(self, settings: Settings) -> Controls:
        """Return the controls that settings mean on this board."""
        start = settings.start
        if start is None or any(name not in self.choices for name, _ in start):
            start = shares_of(self.default_start)
        escalate = settings.escalate
        return Controls(
            start_with=start,
            full=self.base.full,
            escalate=self.default_escalation if escalate is None else escalate,
            escalation=self.base.escalation,
            cache=settings.cache,
            batch=settings.batch,
            growth=settings.growth,
            more=self.base.more,
            family=self.base.family,
            where=self.base.where,
        )


def board_of(view: View | None, settings: Settings, source: Source, today: date) -> Board:
    """Return the board of a view, or of typed numbers where there is no view.

    Boards are kept by everything they depend on, the store's version among it.
    """
    key = _key(view, settings, source, today)
    board = _KEPT.get(key)
    if board is None:
        board = _KEPT.put(key, _fresh(view, settings, source, today, str(abs(hash(key)))))
    return board


def _key(view: View | None, settings: Settings, source: Source, today: date) -> Hashable:
    asked: Hashable = settings.typed
    if view is not None:
        filters = tuple(sorted((name, tuple(values)) for name, values in view.filters.items()))
        asked = (source.store_path, view.store.version(), view.period, filters)
    return (
        id(source.book),
        id(source.configuration),
        today,
        asked,
        settings.directly,
        settings.more,
        settings.features,
    )


def _fresh(view: View | None, settings: Settings, source: Source, today: date, key: str) -> Board:
    book = source.book
    usage = usage_seen(view) if view else typed_usage(settings.typed or TypedNumbers(), book, today)
    comparison = compare(usage.month, book, today=today)
    family = comparison.family
    locked = source.configuration.critical_features & set(usage.features)
    chosen = _chosen(usage.features, locked, settings)
    more = levers_of_more(settings.more, book)
    base = Controls(
        full=family.full.name if family else "",
        escalation="sent_directly" if settings.directly else "tried_first",
        more=more.levers,
        family=family.name if family else None,
        where={} if len(chosen) == len(usage.features) else {"feature": chosen},
    )
    choices = tuple(model.name for model in start_choices(family))
    first_month = month_after(today.replace(day=1))
    limit, limit_source = _limit(view, source)
    return Board(
        key=key,
        usage=usage,
        book=book,
        today=today,
        comparison=comparison,
        choices=choices,
        base=base,
        table=corner_table(usage.month, choices, base, book, first_month=first_month),
        features=usage.features,
        locked=locked,
        chosen=chosen,
        limit=limit,
        limit_source=limit_source,
        first_month=first_month,
        notices=more.notices,
    )


def _chosen(
    features: tuple[str | None, ...], locked: Collection[str], settings: Settings
) -> tuple[str | None, ...]:
    """Return the features that the plan touches: the chosen ones, never the locked."""
    free = tuple(name for name in features if name not in locked)
    if settings.features is None:
        return free
    return tuple(name for name in free if name in settings.features)


def _limit(view: View | None, source: Source) -> tuple[Fraction | None, str]:
    """Return the budget of a month that holds for exactly this usage."""
    if view is None:
        return None, ""
    for budget in money_budgets(view.store, source, view.filters):
        if budget.period == "month":
            return budget.amount, f"from your budget \u201c{budget.name}\u201d"
    return None, ""


class _Kept:
    """The latest boards; each holds its book, so that an identity is never used twice."""

    def __init__(self) -> None:
        self._boards: OrderedDict[Hashable, Board] = OrderedDict()
        self._guard = Lock()

    def get(self, key: Hashable) -> Board | None:
        with self._guard:
            if key in self._boards:
                self._boards.move_to_end(key)
            return self._boards.get(key)

    def put(self, key: Hashable, board: Board) -> Board:
        with self._guard:
            self._boards[key] = board
            while len(self._boards) > _MOST_BOARDS:
                self._boards.popitem(last=False)
        return board


_KEPT = _Kept()
