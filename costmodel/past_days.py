"""The days that a plan starts from, under its levers: how its month may vary."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from costmodel.flows import ZERO
from costmodel.levers import Commit
from costmodel.likely import SessionCosts, volume_factors
from costmodel.scenario import evaluate
from costmodel.scene import KEY_WORDS
from costmodel.weekdays import DAY, days_of
from costmodel.workload import ledger_baseline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.levers import Lever
    from costmodel.likely import Floats
    from costmodel.usage import Cell
    from costmodel.workload import Baseline

SESSION = "session"
"""The dimension of a sample of sessions that numbers them."""


@dataclass(frozen=True)
class UsageSeen:
    """Cells of past usage with the names of their dimensions."""

    cells: Sequence[Cell]
    dimension_names: tuple[str, ...]


@dataclass(frozen=True)
class SessionSample(UsageSeen):
    """Usage of some sessions; the first of ``dimension_names`` is ``session``.

    ``weights`` says for how many sessions each one stands.
    """

    weights: Mapping[str, float]


@dataclass(frozen=True)
class PastDays:
    """Usage by day, at the rates of the plan's month; ``sessions`` is a sample of it.

    ``weights`` says for how many sessions each one of the sample stands.
    """

    usage: Baseline
    days: tuple[date, ...]
    sessions: Baseline | None = None
    weights: Mapping[str, float] = field(default_factory=dict)

    def factors(self, levers: Iterable[Lever], book: PriceBook, month: date) -> Floats | None:
        """Return how the cost of a month may vary under these levers, see ``volume_factors``."""
        asked = tuple(levers)
        by_day = evaluate(self.usage, asked, book, by=(DAY,)).cost_by(DAY)
        costs: dict[str | None, Fraction] = defaultdict(lambda: ZERO, by_day)
        return volume_factors(
            {day: float(costs[day.isoformat()]) for day in self.days},
            days_of(month),
            sessions=self._session_costs(asked, book),
        )

    def _session_costs(self, levers: Iterable[Lever], book: PriceBook) -> SessionCosts | None:
        """Return what single sessions cost, None where the usage or a lever cannot tell."""
        counted = [lever for lever in levers if not isinstance(lever, Commit)]
        asked = {name for lever in counted for name in lever.dimensions} - set(KEY_WORDS)
        if self.sessions is None or not asked <= set(self.sessions.dimension_names):
            return None
        found = evaluate(self.sessions, counted, book, by=(SESSION,)).cost_by(SESSION)
        costs = [float(found.get(name, ZERO)) for name in self.weights]
        return SessionCosts(costs, list(self.weights.values()), len(self.days))


def past_days(
    usage: UsageSeen,
    sample: SessionSample | None,
    days: tuple[date, ...],
    book: PriceBook,
    month: date,
) -> PastDays:
    """Return usage of these days at the rates of a month, with a sample of its sessions."""

    def seen(part: UsageSeen) -> Baseline:
        names = part.dimension_names
        found = ledger_baseline(part.cells, book, days=len(days), dimension_names=names)
        return found.priced_on(month)

    if sample is None:
        return PastDays(seen(usage), days)
    return PastDays(seen(usage), days, seen(sample), sample.weights)
