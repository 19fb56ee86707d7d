"""The cheapest way to serve every segment, whole or mixed, and what each condition costs.

Whole: each segment is served one way; a few thousand combinations are tried one by one,
exactly, more of them by HiGHS. Mixed: a segment may be split; the linear programme's
duals are the prices of its conditions. scipy is an extra, asked for only here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from costmodel.flows import ZERO
from costmodel.mixes import (
    ConditionPrice,
    Optimum,
    Part,
    Solution,
    cheapest_by_trying,
    combinations,
)
from costmodel.ways import TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from costmodel.mixes import Kind, Problem
    from costmodel.ways import Segment, Way

MOST_TRIED = 5_000
"""More combinations than this are left to the solver."""
SMALLEST_SHARE = 1e-7
POINT = Fraction(1, 100)
THOUSAND = 1_000
TOLERANCE = 1e-9


class OptimiseError(ValueError):
    """Conditions that no mix meets, or a solver that is not there."""


def optimum(problem: Problem) -> Optimum:
    """Return the cheapest ways to serve all segments.

    Raises ``OptimiseError`` where nothing meets the conditions, or without scipy.
    """
    _check(problem)
    mixed, prices = _mixed(problem)
    if combinations(problem) <= MOST_TRIED:
        whole = cheapest_by_trying(problem)
    else:
        whole = cheapest_by_solver(problem)
    return Optimum(whole, mixed, (*prices, *_prices_of_time(problem, mixed.cost)))


def _check(problem: Problem) -> None:
    """Say of a segment alone why nothing can serve it."""
    for segment in problem.segments:
        name = segment.name
        if not segment.ways:
            why = (
                "every way to serve it is too slow: allow more time"
                if segment.too_slow
                else ("no way to serve it has a price: add options")
            )
            raise OptimiseError(f"segment {name!r}: {why}")
        floor = segment.quality_floor
        rated = [way.quality for way in segment.ways if way.quality is not None]
        if floor is not None and not rated:
            raise OptimiseError(f"segment {name!r}: no option says its quality there; add it")
        if floor is not None and max(rated) < floor:
            best = f"{float(max(rated)):.1%}"
            raise OptimiseError(
                f"segment {name!r}: the quality floor is {float(floor):.1%}, "
                f"and the best way that is fast enough reaches {best}"
            )


@dataclass(frozen=True)
class _Row:
    """One condition as a row ``coefficients @ shares <= most``."""

    kind: Kind
    subject: str
    coefficients: tuple[float, ...]
    most: float


@dataclass(frozen=True)
class _Matrix:
    """A problem in floats: a variable for each way of each segment."""

    places: tuple[tuple[Segment, Way], ...]
    costs: tuple[float, ...]
    sums: tuple[tuple[float, ...], ...]
    rows: tuple[_Row, ...]


def _matrix(problem: Problem) -> _Matrix:
    places = tuple(
        (segment, way)
        for segment in problem.segments
        for way in segment.ways
        if way.quality is not None or not _needs_quality(problem, segment)
    )
    return _Matrix(
        places,
        tuple(float(way.cost) for _, way in places),
        tuple(tuple(float(own is segment) for own, _ in places) for segment in problem.segments),
        tuple(_rows(problem, places)),
    )


def _needs_quality(problem: Problem, segment: Segment) -> bool:
    return problem.quality_floor is not None or segment.quality_floor is not None


def _rows(problem: Problem, places: Sequence[tuple[Segment, Way]]) -> Iterator[_Row]:
    for segment in problem.segments:
        if segment.quality_floor is not None:
            own = (-float(w.quality or 0) * (s is segment) for s, w in places)
            yield _Row("quality", segment.name, tuple(own), -float(segment.quality_floor))
    if problem.quality_floor is not None:
        total = sum((segment.requests for segment in problem.segments), ZERO)
        shares = (-float((w.quality or 0) * s.requests / total) for s, w in places)
        yield _Row("quality of all", "", tuple(shares), -float(problem.quality_floor))
    for name, limit in problem.limits.items():
        loads = (float(way.loads.get(name, ZERO) / limit) for _, way in places)
        yield _Row("limit", " ".join(name), tuple(loads), 1.0)


def _scipy() -> Any:  # noqa: ANN401 - scipy has no types
    try:
        from scipy import optimize
    except ImportError:
        raise OptimiseError(
            "the cheapest mix needs scipy, which is not installed: pip install 'tollbook[solver]'"
        ) from None
    return optimize


def cheapest_by_solver(problem: Problem) -> Solution | None:
    """Return the cheapest whole choice as HiGHS finds it, None where none will do."""
    optimize, matrix = _scipy(), _matrix(problem)
    conditions = [optimize.LinearConstraint(np.array(matrix.sums), 1, 1)]
    if matrix.rows:
        rows = np.array([row.coefficients for row in matrix.rows])
        most = np.array([row.most + TOLERANCE for row in matrix.rows])
        conditions.append(optimize.LinearConstraint(rows, -np.inf, most))
    answer = optimize.milp(
        np.array(matrix.costs), constraints=conditions, integrality=1, bounds=optimize.Bounds(0, 1)
    )
    return _solution(matrix, answer.x.round()) if answer.success else None


def _mixed(problem: Problem) -> tuple[Solution, list[ConditionPrice]]:
    matrix = _matrix(problem)
    answer = _solved(matrix)
    if not answer.success:
        raise OptimiseError(_why_impossible(problem))
    marginals = answer.ineqlin.marginals if matrix.rows else ()
    prices = [
        price
        for row, marginal in zip(matrix.rows, marginals, strict=True)
        if (price := _price(row, -float(marginal), problem)) is not None
    ]
    return _solution(matrix, answer.x), prices


def _solved(matrix: _Matrix) -> Any:  # noqa: ANN401 - scipy has no types
    rows = matrix.rows
    return _scipy().linprog(
        np.array(matrix.costs),
        A_ub=np.array([row.coefficients for row in rows]) if rows else None,
        b_ub=np.array([row.most for row in rows]) if rows else None,
        A_eq=np.array(matrix.sums),
        b_eq=np.ones(len(matrix.sums)),
        bounds=(0, 1),
        method="highs",
    )


def _price(row: _Row, marginal: float, problem: Problem) -> ConditionPrice | None:
    """Return the price of a condition in its own unit, None where it costs less than a cent."""
    amount = Fraction(marginal) * POINT
    if row.kind == "limit":
        [limit] = (n for name, n in problem.limits.items() if " ".join(name) == row.subject)
        unit = THOUSAND if row.subject.endswith(TOKENS) else 1
        amount = Fraction(marginal) * unit / limit
    return ConditionPrice(row.kind, row.subject, amount) if round(amount, 2) > 0 else None


def _solution(matrix: _Matrix, shares: Sequence[float]) -> Solution:
    """Return shares as fractions that sum to 1 in each segment."""
    parts: list[Part] = []
    for segment in dict.fromkeys(segment for segment, _ in matrix.places):
        own = [
            Part(segment, way, Fraction(float(share)).limit_denominator(10**7))
            for (other, way), share in zip(matrix.places, shares, strict=True)
            if other is segment and share > SMALLEST_SHARE
        ]
        total = sum((part.share for part in own), ZERO)
        parts += [replace(part, share=part.share / total) for part in own]
    return Solution(tuple(parts))


def _prices_of_time(problem: Problem, cost: Fraction) -> Iterator[ConditionPrice]:
    """Return what each segment would save if its answers might come later."""
    for segment in problem.segments:
        if segment.too_slow:
            patient = replace(segment, ways=(*segment.ways, *segment.too_slow), too_slow=())
            others = tuple(patient if each is segment else each for each in problem.segments)
            matrix = _matrix(replace(problem, segments=others))
            saved = cost - _solution(matrix, _solved(matrix).x).cost
            if round(saved, 2) > 0:
                yield ConditionPrice("time", segment.name, saved)


def _why_impossible(problem: Problem) -> str:
    """Return the condition without which a mix would be possible."""
    for name in problem.limits:
        limits = {other: n for other, n in problem.limits.items() if other != name}
        if _solved(_matrix(replace(problem, limits=limits))).success:
            model, unit = name
            return f"no mix meets all conditions; without the limit of {unit} on {model} one does"
    if _solved(_matrix(replace(problem, quality_floor=None))).success:
        return "no mix meets all conditions; without the quality floor of all requests one does"
    return "no mix meets all conditions; raise the limits or lower the quality floors"
