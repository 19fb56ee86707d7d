"""The likely range of a month's cost: past days drawn again, and ranges that people type.

All draws are seeded: the same history gives the same range. These are estimates in
float64; no exact amount is made of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from costmodel.level_walk import step_variance, steps_to

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from fractions import Fraction

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DRAWS = 2_000
SEED = 20_261_123
BLOCK_DAYS = 7
"""Days are drawn in runs of a week, because a busy day is seldom alone."""

LOW, HIGH = 0.1, 0.9
NOISE = 1e-9
"""A draw this little above a limit is on it: floats differ by as much."""


@dataclass(frozen=True)
class SessionCosts:
    """What sessions of ``days`` days cost, and for how many of them each one stands.

    The dearest stand for themselves, so that a heavy tail stays one.
    """

    costs: Sequence[float]
    weights: Sequence[float]
    days: int


def volume_factors(
    day_costs: Mapping[date, float],
    target_days: Sequence[date],
    seed: int = SEED,
    sessions: SessionCosts | None = None,
) -> Floats | None:
    """Return by which factors the cost of the target days may come out, around 1.

    ``day_costs`` holds every day of the window, days without usage as 0. What is drawn
    is how far a day lay off its weekday's mean; the mean itself, known only from as
    many days, is drawn too, and so is how far usage may have moved on until then, see
    ``step_variance``. With ``sessions`` the part of it that comes from which
    sessions fell on a day is drawn from them instead. None with less than two weeks of
    history.
    """
    days = sorted(day_costs)
    if len(days) < 2 * BLOCK_DAYS:
        return None
    costs = np.array([day_costs[day] for day in days], dtype=np.float64)
    means = _weekday_means(days, costs)
    past = np.array([means[day.weekday()] for day in days])
    ratios = np.divide(costs, past, out=np.ones_like(costs), where=past > 0)
    weights = np.array([means[day.weekday()] for day in target_days])
    if not weights.sum():
        return None
    generator = np.random.Generator(np.random.PCG64(seed))
    if sessions is not None:
        ratios = _between_days(ratios, sessions)
    drawn: Floats = _blocks(ratios, len(target_days), generator) @ weights / weights.sum()
    known: Floats = _blocks(ratios, len(days), generator) @ past / past.sum()
    factors: Floats = np.multiply(drawn, known)
    if sessions is not None:
        for count in (len(target_days), len(days)):
            factors = factors * _sessions_drawn(sessions, count, generator)
    return factors * _levels_drawn(costs, days[-1], target_days, generator)


def _levels_drawn(
    costs: Floats, last_day: date, target_days: Sequence[date], generator: np.random.Generator
) -> Floats:
    """Return factors round 1 from how far the level may have moved on by the target days."""
    between = max(0, (target_days[0] - last_day).days - 1)
    steps = steps_to(len(costs), between, len(target_days))
    spread = math.sqrt(step_variance(costs) * steps)
    drawn: Floats = np.exp(spread * generator.standard_normal(DRAWS))
    return drawn


def _between_days(ratios: Floats, sessions: SessionCosts) -> Floats:
    """Return how far days lay off with what single sessions explain of it taken out."""
    total = float(np.mean((ratios - 1) ** 2))
    costs, weights = np.asarray(sessions.costs), np.asarray(sessions.weights)
    sum_of_costs = float(weights @ costs)
    if total <= 0 or sum_of_costs <= 0:
        return ratios
    within = sessions.days * float(weights @ costs**2) / sum_of_costs**2
    shrunk: Floats = 1 + (ratios - 1) * np.sqrt(max(0.0, 1 - within / total))
    return shrunk


def _sessions_drawn(sessions: SessionCosts, days: int, generator: np.random.Generator) -> Floats:
    """Return factors round 1 from drawing the sessions of so many days anew."""
    costs = np.asarray(sessions.costs, dtype=np.float64)
    expected = np.asarray(sessions.weights, dtype=np.float64) * (days / sessions.days)
    mean = float(expected @ costs)
    if mean <= 0:
        return np.ones(DRAWS)
    drawn: Floats = generator.poisson(expected, size=(DRAWS, len(costs))) @ costs / mean
    return drawn


def _weekday_means(days: Sequence[date], costs: Floats) -> dict[int, float]:
    weekdays = np.array([day.weekday() for day in days])
    seen = {int(weekday): float(costs[weekdays == weekday].mean()) for weekday in set(weekdays)}
    overall = float(costs.mean())
    return {weekday: seen.get(weekday, overall) for weekday in range(7)}


def _blocks(ratios: Floats, length: int, generator: np.random.Generator) -> Floats:
    """Return draws of so many days each, in runs of a week that wrap round the window."""
    runs = -(-length // BLOCK_DAYS)
    starts = generator.integers(0, len(ratios), size=(DRAWS, runs))
    places = (starts[:, :, None] + np.arange(BLOCK_DAYS)) % len(ratios)
    drawn: Floats = ratios[places.reshape(DRAWS, -1)[:, :length]]
    return drawn


def cost_draws(
    cost_at: Callable[[Sequence[Fraction]], Fraction],
    nodes: Sequence[Sequence[Fraction]],
    seed: int = SEED,
) -> Floats:
    """Return costs for triangular draws of inputs between their first and last nodes.

    ``nodes`` holds for each input the values between which the cost is linear; the
    cost is computed exactly at all combinations of them and interpolated.
    """
    generator = np.random.Generator(np.random.PCG64(seed + 1))
    weights = [_node_weights(values, generator) for values in nodes]
    costs = np.zeros(DRAWS)
    for corner in product(*(range(len(values)) for values in nodes)):
        values = [axis[place] for axis, place in zip(nodes, corner, strict=True)]
        weight = np.ones(DRAWS)
        for along, place in zip(weights, corner, strict=True):
            weight = weight * along[place]
        costs += weight * float(cost_at(values))
    return costs


def _node_weights(values: Sequence[Fraction], generator: np.random.Generator) -> list[Floats]:
    """Return for each node how much it counts in each draw."""
    places = np.array([float(value) for value in values])
    low, high = places[0], places[-1]
    drawn = generator.triangular(low, (low + high) / 2, high, size=DRAWS)
    peaks = np.eye(len(places))
    return [np.interp(drawn, places, peak) for peak in peaks]


def likely_range(draws: Floats) -> tuple[float, float]:
    """Return the range that holds 8 of 10 draws."""
    low, high = np.quantile(draws, [LOW, HIGH])
    return float(low), float(high)


def chance_above(draws: Floats, amount: Fraction) -> float:
    """Return the share of draws above an amount, between 0 and 1."""
    return float(np.mean(draws > float(amount) * (1 + NOISE)))
