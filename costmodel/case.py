"""Cases: a scenario ready to be priced, at its own settings and at any other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.flows import ZERO
from costmodel.inputs import VOLUME, bounds_of, value_of, with_value
from costmodel.knots import cache_knots
from costmodel.levers import Cache, Grow, Lever, LeverError
from costmodel.scenario import evaluate, kept_for, total_cost

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from costmodel.book import PriceBook
    from costmodel.inputs import Input
    from costmodel.scenario import Outcome
    from costmodel.workload import Baseline

ALMOST = Fraction(1, 10**6)
"""How far below everything a share stays that cannot be everything, such as failed calls."""


@dataclass(frozen=True)
class Case:
    """A baseline, the levers on it, and what prices them; ``months_ahead`` as in ``evaluate``."""

    baseline: Baseline
    levers: tuple[Lever, ...]
    book: PriceBook
    months_ahead: int = 1

    def cost(self) -> Fraction:
        """Return what the scenario costs, in the currency of the contract."""
        return total_cost(self.baseline, self.levers, self.book, months_ahead=self.months_ahead)

    def outcome(self) -> Outcome:
        """Return the scenario's cost with all its parts."""
        return evaluate(self.baseline, self.levers, self.book, months_ahead=self.months_ahead)

    def having(self, levers: Iterable[Lever]) -> Case:
        """Return the same usage under other levers."""
        return replace(self, levers=tuple(levers))

    def with_settings(self, settings: Mapping[Input, Fraction]) -> Case:
        """Return the case with some inputs set; raises ``LeverError`` for an impossible value."""
        levers, baseline = self.levers, self.baseline
        for asked, value in settings.items():
            levers = with_value(levers, asked, value)
        if settings.get(VOLUME, 1) != 1:
            baseline = kept_for(baseline, levers).scaled(settings[VOLUME])
        return replace(self, levers=levers, baseline=baseline)

    def cost_at(self, settings: Mapping[Input, Fraction]) -> Fraction:
        """Return what the scenario costs with some inputs set."""
        return self.with_settings(settings).cost()

    def value(self, asked: Input) -> Fraction:
        """Return what an input is set to."""
        return value_of(self.levers, asked)

    def bounds(self, asked: Input) -> tuple[Fraction, Fraction | None]:
        """Return between which values an input may lie; None: there is no highest one.

        Beside other shares of the same requests only so much is left as they leave;
        where all of it is impossible, almost all of it is the highest.
        """
        low, high = bounds_of(self.levers, asked)
        if high is None:
            return low, None
        nearly = (high - self._taken_beside(asked), high - ALMOST)
        settings = (each for each in (high, *nearly) if self._is_possible({asked: each}))
        return low, next(settings, self.value(asked))

    def _is_possible(self, settings: Mapping[Input, Fraction]) -> bool:
        try:
            self.cost_at(settings)
        except LeverError:
            return False
        return True

    def _taken_beside(self, asked: Input) -> Fraction:
        kind = type(self.levers[asked.place])
        beside = (
            replace(asked, place=n) for n, each in enumerate(self.levers) if type(each) is kind
        )
        return sum((self.value(other) for other in beside if other != asked), ZERO)

    def knots(self, asked: Input) -> tuple[Fraction, ...]:
        """Return the values of an input at which the cost bends.

        Only a cached share has any: where some usage can be cached no more.
        """
        lever = None if asked == VOLUME else self.levers[asked.place]
        if not isinstance(lever, Cache):
            return ()
        names = [name for each in self.levers for name in each.model_names()]
        return cache_knots(kept_for(self.baseline, self.levers), lever.where, names, self.book)

    def powers(self, asked: Input) -> tuple[int, ...]:
        """Return in which powers of 1 + the input the cost may be a straight line."""
        is_growth = asked != VOLUME and isinstance(self.levers[asked.place], Grow)
        return (1, self.months_ahead) if is_growth and self.months_ahead > 1 else (1,)
