"""Change points: has spending moved to another level, since when and by how much.

Hourly spending over the usual amount of its hour of the week, as a log ratio, is held to be
a first-order autoregression plus an effect that a whole day shares; both are fitted to the
history. A generalised likelihood ratio then weighs, for each hour at which a lasting shift
may have begun, how much better the last days are explained by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from costmodel.burn.series import HOUR, HOURS_OF_DAY

if TYPE_CHECKING:
    from costmodel.burn.facts import Facts
    from costmodel.burn.level import Level
    from costmodel.burn.rules import ChangeRule
    from costmodel.burn.series import Amounts

CLIP = 4.0
"""Innovations further out than so many standard deviations count as this: one odd hour."""
LEAST_SD, LEAST_DAY_SD = 0.03, 0.05
"""No history is steadier than that, however few hours of it say so."""
_FLOOR = 0.02
_LARGEST_SHIFT = 5.0
"""150 times the usual level: further out the figure says no more."""
_PHIS = np.arange(0.0, 0.96, 0.05)
_CONTEXT_HOURS = 24
"""Hours before the earliest shift that help to tell what a day had in common."""


@dataclass(frozen=True, eq=False)
class Shifts:
    """The likeliest lasting shift at each watermark.

    ``likelihood`` is the log likelihood ratio of a shift upwards (0: none), ``level`` how many
    times the usual level it moved to, ``began`` its position in the series; ``exceeds`` tells
    whether the period would end above its amount at that level.
    """

    likelihood: Amounts
    level: Amounts
    began: Amounts
    exceeds: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Noise:
    """How log ratios vary: autocorrelation and innovation of the hours, effect of the day."""

    centre: float
    phi: float
    sd: float
    day_sd: float


def noise_of(ratios: Amounts) -> Noise:
    """Return the noise of hourly log ratios by the moments of lags under a day."""
    centre = float(np.median(ratios))
    calm = np.clip(ratios - centre, -1.5, 1.5)
    lags = range(HOURS_OF_DAY)
    gamma = np.array([calm[lag:] @ calm[: len(calm) - lag] / (len(calm) - lag) for lag in lags])
    phi, day_variance = _fitted(gamma)
    steps = calm[1:] - phi * calm[:-1]
    spread = 1.4826 * float(np.median(np.abs(steps - np.median(steps))))
    return Noise(
        centre, phi, max(spread, LEAST_SD), max(float(np.sqrt(day_variance)), LEAST_DAY_SD)
    )


def _fitted(gamma: Amounts) -> tuple[float, float]:
    """Return the autocorrelation and the day's variance that explain covariances by lag best."""
    columns, inverse = _candidates()
    solved = inverse @ gamma
    alone = np.maximum(columns[:, :, 0] @ gamma / (columns[:, :, 0] ** 2).sum(axis=1), 0)
    solved = np.where(solved[:, 1:] < 0, np.stack([alone, np.zeros(len(alone))], axis=1), solved)
    missed = ((gamma - (columns @ solved[:, :, None])[:, :, 0]) ** 2).sum(axis=1)
    missed[solved[:, 0] < 0] = np.inf
    best = int(np.argmin(missed))
    return (float(_PHIS[best]), float(solved[best, 1])) if np.isfinite(missed[best]) else (0.0, 0.0)


@cache
def _candidates() -> tuple[Amounts, Amounts]:
    """Return for each autocorrelation what it and a day explain at each lag, and the inverse."""
    lags = np.arange(HOURS_OF_DAY)
    same_day = 1 - lags / HOURS_OF_DAY
    columns = np.stack([np.stack([phi**lags, same_day], axis=1) for phi in _PHIS])
    return columns, np.linalg.pinv(columns)


def shifts_of(rule: ChangeRule, facts: Facts, at: Amounts) -> Shifts:
    """Return the likeliest shift at each position; none without a history's level."""
    levels = facts.plan.levels
    nothing = np.zeros(len(at))
    if levels.of(0) is None or facts.series.step > HOUR:
        return Shifts(nothing, nothing + 1, at, np.zeros(len(at), dtype=bool))
    found = Shifts(nothing.copy(), nothing + 1, at.copy(), np.zeros(len(at), dtype=bool))
    a_step = round(HOUR / facts.series.step)
    phases = np.round(at).astype(np.int64) % a_step
    known = levels.places(at)
    for place, phase in sorted(set(zip(known.tolist(), phases.tolist(), strict=True))):
        level = levels.of(place)
        if level is not None:
            _fill(found, np.flatnonzero((phases == phase) & (known == place)), rule, facts, level)
    return found


@dataclass(frozen=True, eq=False)
class _Hours:
    """Hours that end where the watermarks do: innovations, running day, usual amount to come."""

    noise: Noise
    ratios: Amounts
    steps: Amounts
    days: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    left: Amounts
    spent: Amounts


def _hours_of(facts: Facts, level: Level, ends: npt.NDArray[np.int64]) -> _Hours:
    series = facts.series
    a_step = round(HOUR / series.step)
    first = int(ends[0]) % a_step
    edges = np.arange(first, int(ends.max()) + 1, a_step)
    usual = np.concatenate(([0.0], np.cumsum(level.means[series.calendar] / a_step)))
    floor = _FLOOR * float(level.means.mean())
    spent = np.diff(series.spent_before(edges))
    ratios = np.log(spent + floor) - np.log(np.diff(usual[edges]) + floor)
    stop = int((series.position(level.until) - first) // a_step)
    noise = noise_of(ratios[max(stop - round(HOURS_OF_DAY * level.days), 0) : stop])
    local_days = series.calendar[edges[:-1]] // HOURS_OF_DAY
    period_end = min(round(series.position(facts.end)), len(usual) - 1)
    return _Hours(
        noise=noise,
        ratios=ratios - noise.centre,
        steps=_whitened(ratios - noise.centre, noise),
        days=np.cumsum(np.diff(local_days, prepend=local_days[:1]) != 0),
        places=(ends - first) // a_step,
        left=usual[period_end] - usual[ends],
        spent=series.spent_before(ends) - series.spent_before(series.position(facts.start)),
    )


def _fill(
    found: Shifts, places: npt.NDArray[np.int64], rule: ChangeRule, facts: Facts, level: Level
) -> None:
    """Work out the shifts of watermarks that lie whole hours apart."""
    ends = np.round(found.began[places]).astype(np.int64)
    hours = _hours_of(facts, level, ends)
    earliest, latest = int(rule.earliest / HOUR), int(rule.latest / HOUR)
    length = latest + _CONTEXT_HOURS
    filters: dict[bytes, tuple[Amounts, Amounts]] = {}
    for item, (place, hour) in enumerate(zip(places, hours.places, strict=True)):
        if hour < length:
            continue
        days = hours.days[hour - length : hour] - hours.days[hour - length]
        key = days.tobytes()
        if key not in filters:
            filters[key] = _filters(days, hours.noise, earliest, latest)
        weights, information = filters[key]
        scores = weights @ hours.steps[hour - length : hour]
        gains = np.where(scores > 0, scores**2 / (2 * information), 0.0)
        best = int(np.argmax(gains))
        since = hours.ratios[hour - earliest - best : hour]
        moved = float(np.exp(min(np.median(since), _LARGEST_SHIFT)))
        found.likelihood[place], found.level[place] = gains[best], moved
        found.began[place] -= (earliest + best) * round(HOUR / facts.series.step)
        found.exceeds[place] = hours.spent[item] + hours.left[item] * moved > facts.amount


def _whitened(ratios: Amounts, noise: Noise) -> Amounts:
    steps = np.concatenate(([0.0], ratios[1:] - noise.phi * ratios[:-1]))
    bound = CLIP * float(np.hypot(noise.sd, noise.day_sd * (1 - noise.phi)))
    clipped: Amounts = np.clip(steps, -bound, bound)
    return clipped


def _filters(
    days: npt.NDArray[np.int64], noise: Noise, earliest: int, latest: int
) -> tuple[Amounts, Amounts]:
    """Return, for each begin of a shift, the weights of the innovations and their information.

    A shift by 1 moves its first innovation by 1 and the later ones by 1 - phi; a day's effect
    does so within its day and is taken back in the next day's first hour.
    """
    hours = len(days)
    of_day = np.zeros((hours, int(days.max()) + 1))
    of_day[np.arange(hours), days] = 1.0
    effects = of_day.copy()
    effects[1:] -= noise.phi * of_day[:-1]
    covariance = noise.sd**2 * np.eye(hours) + noise.day_sd**2 * effects @ effects.T
    begins = hours - np.arange(earliest, latest + 1)
    shifts = np.zeros((hours, len(begins)))
    for column, begin in enumerate(begins):
        shifts[begin, column] = 1.0
        shifts[begin + 1 :, column] = 1 - noise.phi
    weights = np.asarray(np.linalg.solve(covariance, shifts).T, dtype=np.float64)
    information: Amounts = (weights * shifts.T).sum(axis=1)
    return weights, information
