"""How plans did: the last weeks held back, and predicted from the days before them.

The scenario that changes nothing is laid on days that have come since, by the code that
lays a plan on a month to come; so its error is that of every plan's volume.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from costmodel.flows import ZERO
from costmodel.forecast import Backtest
from costmodel.likely import BLOCK_DAYS, NOISE, likely_range, volume_factors
from costmodel.scenario import evaluate, total_cost
from costmodel.weekdays import DAY, days_between, on_days
from costmodel.workload import ledger_baseline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.plan import History
    from costmodel.usage import Cell

HORIZONS = (28, 14, 7)
"""Days predicted at once: the most for which history allows enough replays."""
FEWEST_REPLAYS, MOST_REPLAYS = 4, 8
FEWEST_DAYS = 2 * BLOCK_DAYS
"""Fewer days give no range, see ``volume_factors``."""


@dataclass(frozen=True)
class _Replay:
    """One prediction and what came, in money."""

    predicted: float
    low: float
    high: float
    last_week: float
    actual: float

    @property
    def held(self) -> bool:
        """Tell whether the range held what came."""
        return self.low * (1 - NOISE) <= self.actual <= self.high * (1 + NOISE)


def backtest_plan(history: History, book: PriceBook, *, window_days: int) -> Backtest | None:
    """Return how plans over this usage did, replayed a week apart; None: too few days.

    Each replay predicts from at most ``window_days`` before it, as the plan does from
    its own window. What came is priced on its own days.
    """
    days = (history.last_day - history.first_day).days + 1
    for horizon in HORIZONS:
        origins = _origins(history.last_day, days, horizon)
        if len(origins) >= FEWEST_REPLAYS:
            past = _Past(history, book, window_days)
            replays = [past.replay(origin, horizon) for origin in origins]
            return _summary([each for each in replays if each.actual > 0], horizon)
    return None


def _origins(last_day: date, days: int, horizon: int) -> list[date]:
    """Return the last day before each prediction, the latest first."""
    behind = range(horizon, days - FEWEST_DAYS + 1, BLOCK_DAYS)
    return [last_day - timedelta(days=n) for n in behind[:MOST_REPLAYS]]


def _summary(replays: Sequence[_Replay], horizon: int) -> Backtest | None:
    if len(replays) < FEWEST_REPLAYS:
        return None
    count = len(replays)
    return Backtest(
        replays=count,
        horizon_days=horizon,
        mean_error=sum(abs(each.predicted / each.actual - 1) for each in replays) / count,
        held=sum(each.held for each in replays) / count,
        last_week_error=sum(abs(each.last_week / each.actual - 1) for each in replays) / count,
    )


class _Past:
    """The days of a history with their money, from which predictions are replayed."""

    def __init__(self, history: History, book: PriceBook, window_days: int) -> None:
        self._history = history
        self._book = book
        self._window_days = window_days
        self._place = history.dimension_names.index(DAY)
        self._cells: dict[str | None, list[Cell]] = defaultdict(list)
        for cell in history.cells:
            self._cells[cell.dimensions[self._place]].append(cell)
        self._costs = self._day_costs()

    def replay(self, origin: date, horizon: int) -> _Replay:
        """Return what the days up to ``origin`` said of those after it, and what came."""
        first = max(self._history.first_day, origin - timedelta(days=self._window_days - 1))
        target = origin + timedelta(days=1), origin + timedelta(days=horizon)
        expected = float(self._laid(days_between(first, origin), target))
        past = {day: self._costs[day] for day in days_between(first, origin)}
        factors = volume_factors(past, days_between(*target))
        low, high = (1.0, 1.0) if factors is None else likely_range(factors)
        week = days_between(origin - timedelta(days=BLOCK_DAYS - 1), origin)
        return _Replay(
            predicted=expected,
            low=expected * low,
            high=expected * high,
            last_week=sum(self._costs[day] for day in week) / BLOCK_DAYS * horizon,
            actual=sum(self._costs[day] for day in days_between(*target)),
        )

    def _laid(self, past: Sequence[date], target: tuple[date, date]) -> Fraction:
        baseline = on_days(
            [cell for day in past for cell in self._cells[day.isoformat()]],
            self._book,
            dimension_names=self._history.dimension_names,
            window=(past[0], past[-1]),
            target=target,
            boundaries=self._book.change_dates(),
        )
        return total_cost(baseline, (), self._book)

    def _day_costs(self) -> Mapping[date, float]:
        """Return the money of each day as it came, 0 for those without usage."""
        history = self._history
        days = days_between(history.first_day, history.last_day)
        seen = ledger_baseline(
            history.cells, self._book, days=len(days), dimension_names=history.dimension_names
        )
        costs = evaluate(seen, (), self._book, by=(DAY,)).cost_by(DAY)
        return {day: float(costs.get(day.isoformat(), ZERO)) for day in days}
