"""How far usage may have moved on by the days that are predicted: its level, taken as a walk.

Days drawn again say how days scatter round one level; they do not say that the level itself
goes on moving. Here the level is taken to take a random step of its log each day. Weeks
that lie k apart then differ by a variance that grows with k; what the days' own scatter
explains of it is taken off. Usage that keeps its level so stays as certain as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WEEK = 7


def step_variance(costs: Floats) -> float:
    """Return the variance of the level's daily step, in logs, from the cost of each day.

    It is the slope of a variogram by least squares: the squared change between two weeks, as a
    share of their mean, less twice a week's own noise, over the steps that lie between them;
    every pair of weeks counts once. 0 with less than two whole weeks, and where weeks change
    no more than their days scatter. The last days are the end of ``costs``.
    """
    weeks = _weeks(costs)
    if len(weeks) < 2 or not weeks.sum() > 0:  # noqa: PLR2004 - one week has no change
        return 0.0
    sums, noise = weeks.sum(axis=1), _noise_of_a_week(weeks)
    apart = range(1, len(sums))
    beyond = np.array([_mean_square_change(sums, each) for each in apart]) - 2 * noise
    steps = np.array([steps_to(WEEK, WEEK * (each - 1), WEEK) for each in apart])
    weights = steps * (len(sums) - np.array(apart))
    return max(0.0, float(weights @ beyond / (weights @ steps)))


def steps_to(past_days: int, days_between: int, days_ahead: int) -> float:
    """Return how many steps of variance lie between the mean of past days and of days ahead.

    The mean of past days stands for a level in the midst of them, that of days ahead for one
    in the midst of those; both are sums of steps, so their variances add up.
    """
    behind = (past_days - 1) * (2 * past_days - 1) / (6 * past_days)
    ahead = (days_ahead + 1) * (2 * days_ahead + 1) / (6 * days_ahead)
    return behind + days_between + ahead


def _weeks(costs: Floats) -> Floats:
    """Return the whole weeks up to the last day, a row each."""
    count = len(costs) // WEEK
    weeks: Floats = costs[len(costs) - count * WEEK :].reshape(count, WEEK)
    return weeks


def _noise_of_a_week(weeks: Floats) -> float:
    """Return the variance of a week's sum that its days' scatter explains, as a share of it.

    Days scatter round their week's sum laid on the weekdays of all weeks, which takes one
    degree of freedom of each week and one week of all.
    """
    sums = weeks.sum(axis=1)
    expected = np.outer(sums, weeks.sum(axis=0) / weeks.sum())
    free = (WEEK - 1) / WEEK * (len(weeks) - 1) / len(weeks)
    scatter = ((weeks - expected) ** 2).sum() / free
    return float(scatter / (sums**2).sum())


def _mean_square_change(sums: Floats, apart: int) -> float:
    """Return the mean squared change between weeks so far apart, as a share of their mean."""
    later, earlier = sums[apart:], sums[:-apart]
    both = later + earlier
    change = np.divide(2 * (later - earlier), both, out=np.zeros_like(both), where=both > 0)
    return float((change**2).mean())
