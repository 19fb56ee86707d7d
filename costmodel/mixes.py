"""Mixes: how segments are served, what that costs, and whether conditions are met.

Everything here is exact; ``costmodel.optimise`` looks for the cheapest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Literal

from costmodel.flows import ZERO
from costmodel.money import dollars
from costmodel.ways import TOKENS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from costmodel.ways import LimitName, Segment, Way


@dataclass(frozen=True)
class Problem:
    """Segments and what holds for all of them together.

    ``quality_floor`` is the least share of right answers over all requests; ``limits``
    is what the busiest minute may use, by model.
    """

    segments: tuple[Segment, ...]
    quality_floor: Fraction | None = None
    limits: Mapping[LimitName, Fraction] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """A share of one segment, served one way."""

    segment: Segment
    way: Way
    share: Fraction

    @property
    def cost(self) -> Fraction:
        """Return what the share costs in a month."""
        return self.way.cost * self.share


@dataclass(frozen=True)
class Solution:
    """How every segment is served."""

    parts: tuple[Part, ...]

    @property
    def cost(self) -> Fraction:
        """Return the cost of a month."""
        return sum((part.cost for part in self.parts), ZERO)

    @property
    def quality(self) -> Fraction | None:
        """Return the share of right answers over all requests, None where some is not known."""
        total = sum((part.segment.requests * part.share for part in self.parts), ZERO)
        right = ZERO
        for part in self.parts:
            if part.way.quality is None:
                return None
            right += part.way.quality * part.segment.requests * part.share
        return right / total if total else None


Kind = Literal["quality", "quality of all", "limit", "time"]


@dataclass(frozen=True)
class ConditionPrice:
    """What a condition costs in a month.

    Of a quality floor: one point more. Of a limit: what a thousand tokens or one request
    a minute more would save. Of time: what waiting for slower answers would save.
    """

    kind: Kind
    subject: str
    amount: Fraction

    def words(self, currency: str) -> str:
        """Return the price as a sentence."""
        money = dollars(self.amount, currency)
        if self.kind == "limit":
            unit = "1,000 more" if self.subject.endswith(TOKENS) else "One more of the"
            return f"{unit} {self.subject} would save {money} a month."
        if self.kind == "time":
            return f"Not waiting longer for answers of {self.subject} costs {money} a month."
        where = "of all answers" if self.kind == "quality of all" else f"of {self.subject}"
        return f"One more point of quality {where} costs {money} a month."


@dataclass(frozen=True)
class Optimum:
    """The cheapest whole choice (None: only a mix meets the conditions), the mix, the prices."""

    whole: Solution | None
    mixed: Solution
    prices: tuple[ConditionPrice, ...]


def combinations(problem: Problem) -> int:
    """Return in how many ways all segments can be served whole."""
    return prod(len(segment.ways) for segment in problem.segments)


def cheapest_by_trying(problem: Problem) -> Solution | None:
    """Return the cheapest whole choice by trying every one, exactly; None where none will do."""
    good = product(*(segment.good_ways for segment in problem.segments))
    choices = (_whole(problem, ways) for ways in good)
    return min((each for each in choices if is_met(problem, each)), key=_cost, default=None)


def _whole(problem: Problem, ways: Sequence[Way]) -> Solution:
    chosen = zip(problem.segments, ways, strict=True)
    return Solution(tuple(Part(segment, way, Fraction(1)) for segment, way in chosen))


def _cost(solution: Solution) -> Fraction:
    return solution.cost


def is_met(problem: Problem, solution: Solution, slack: Fraction = ZERO) -> bool:
    """Tell whether a solution meets every condition, within ``slack`` as a share."""
    for segment in problem.segments:
        own = Solution(tuple(part for part in solution.parts if part.segment is segment))
        floor, quality = segment.quality_floor, own.quality
        if floor is not None and (quality is None or quality < floor * (1 - slack)):
            return False
    floor, quality = problem.quality_floor, solution.quality
    if floor is not None and (quality is None or quality < floor * (1 - slack)):
        return False
    return all(
        sum((part.way.loads.get(name, ZERO) * part.share for part in solution.parts), ZERO)
        <= limit * (1 + slack)
        for name, limit in problem.limits.items()
    )
