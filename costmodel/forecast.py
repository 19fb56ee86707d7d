"""Where a period's spending heads: a weekday profile, a level, and a range that was earned.

The point is the recent level laid on the weekdays that are left. The range comes
from what the same method got wrong in the past over as many days (rolling-origin
conformal log ratios of horizon sums), so it widens after jumps and needs no model
of the noise. What is already spent stays exact and has no range.

Constants were tuned on simulated daily series with weekday profiles, drift, level
jumps and spikes: the 8-in-10 range held .80, absolute error 11% of the sum.
"""

from __future__ import annotations

import math
from bisect import insort
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    import numpy.typing as npt

    Days = npt.NDArray[np.float64]

Method = Literal["weekday profile", "last 7 days"]

HALF_LIFE_DAYS = 5.0
DRIFT_DAMPING = 0.5
CENTRE_SHRINK = 0.5
LOW, HIGH = 0.1, 0.9
FEWEST_DAYS = 14
"""Fewer complete days than this say nothing about weekdays."""
FEWEST_ORIGINS = 5
MOST_DAYS = 120
_WEEK = 7
_SPIKE = 4.0
LEAST_MONEY = 1e-9
"""Less on a day than this is nothing: no meter is so cheap."""
_CHANCE = 1.1
LEAST_ERROR = 0.01
"""A forecast that misses by less than this share is good, whatever else would have been."""
LARGEST_LOG_ERROR = 9.0
"""A forecast 8,000 times off says that nothing is known, however far off it was."""
_LARGEST_WEEKLY_DRIFT = 0.25
_FAR_DAYS = 28
_PROFILE_DAYS = 8 * _WEEK


@dataclass(frozen=True)
class Forecast:
    """Where the period ends: money spent so far, and what is expected with its range.

    ``low`` to ``high`` holds the end 8 times in 10. ``log_errors`` are the ratios
    that the range comes from, already centred and widened.
    """

    spent: float
    expected: float
    low: float
    high: float
    days_left: float
    method: Method
    log_errors: tuple[float, ...]

    def chance_above(self, amount: float) -> float:
        """Return how likely the period ends above an amount, between 0 and 1."""
        ends = self.spent + (self.expected - self.spent) * np.exp(np.asarray(self.log_errors))
        return (int(np.count_nonzero(ends > amount)) + 0.5) / (len(ends) + 1)


@dataclass(frozen=True)
class NotForecastable:
    """Why no forecast is given, as a sentence."""

    reason: str


@dataclass(frozen=True)
class Backtest:
    """How the method did lately over as many days as are left now.

    ``mean_error`` is the mean absolute share by which the sum was missed, ``held``
    the share of replays whose range held it (None: too few to say). ``last_week_error``
    is what the plain mean of the last 7 days would have missed by (None: not replayed).
    """

    replays: int
    horizon_days: int
    mean_error: float
    held: float | None
    last_week_error: float | None = None

    @property
    def is_forecastable(self) -> bool:
        """Tell whether the method was worth more than the plain mean of the last 7 days.

        Up to a tenth worse is chance: replays are few and overlap.
        """
        plain = self.last_week_error
        return plain is None or self.mean_error <= max(_CHANCE * plain, LEAST_ERROR)


@dataclass(frozen=True)
class Remainder:
    """What is left of the period: whole days, and the share of today still to come.

    ``price_factors`` says for each of these days, today first where part of it is left, by
    what coming prices multiply its money; none where prices stay.
    """

    days: int
    share_of_today: float = 0.0
    price_factors: tuple[float, ...] = ()

    @property
    def horizon_days(self) -> int:
        """Return how many days the forecast reaches, today included when part is left."""
        return self.days + (1 if self.share_of_today > 0 else 0)

    def money(self, by_day: Days) -> float:
        """Return what is still to come, from what each of these days would cost as a whole."""
        rest = by_day * self.price_factors if self.price_factors else by_day.copy()
        if self.share_of_today > 0:
            rest[0] *= self.share_of_today
        return float(rest.sum())


def outlook(
    daily: Sequence[float], spent: Fraction | float, remainder: Remainder
) -> tuple[Forecast | NotForecastable, Backtest | None]:
    """Return where the period ends, and how the method did lately.

    Nothing is forecast where it did worse than the mean of the last seven days. ``daily``,
    ``spent`` and ``remainder`` are those of ``forecast``.
    """
    ahead, replayed = forecast(daily, spent, remainder), backtest(daily, remainder.horizon_days)
    if replayed is not None and not replayed.is_forecastable:
        ahead = NotForecastable("forecasts did worse lately than the last 7 days' mean")
    return ahead, replayed


def forecast(
    daily: Sequence[float], spent: Fraction | float, remainder: Remainder
) -> Forecast | NotForecastable:
    """Return where the period ends.

    ``daily`` holds the money of complete days, oldest first, up to yesterday; the days of
    the period are the end of it. ``spent`` is the money of the period
    so far, today included. Where a price changed, ``daily`` is what those days would have
    cost at today's prices, and the remainder says what prices to come make of the rest.
    """
    refused = _refusal(daily, remainder)
    if refused:
        return refused
    days = _recent(daily)
    seen = _foreseen(days.tobytes(), remainder.horizon_days)
    if seen is None:
        return NotForecastable(f"{len(days)} days are too few to look {remainder.days} ahead")
    rest, so_far = remainder.money(seen.by_day), float(spent)
    return Forecast(
        spent=so_far,
        expected=so_far + rest * seen.centre,
        low=so_far + rest * seen.low,
        high=so_far + rest * seen.high,
        days_left=remainder.days + remainder.share_of_today,
        method=seen.method,
        log_errors=seen.log_errors,
    )


@dataclass(frozen=True, eq=False)
class _Foreseen:
    """What complete days say of those to come: ``by_day``, times ``low``, ``centre`` or ``high``.

    It is the same at every hour of the day after them.
    """

    by_day: Days
    method: Method
    low: float
    centre: float
    high: float
    log_errors: tuple[float, ...]


@lru_cache(maxsize=512)
def _foreseen(days: bytes, horizon: int) -> _Foreseen | None:
    known = np.frombuffer(days, dtype=np.float64)
    method, errors = _compared(days, horizon)
    if len(errors) < FEWEST_ORIGINS:
        return None
    by_day = _ahead(known, np.array([len(known)]), horizon, method)[0]
    by_day.flags.writeable = False
    adjusted = _widened(errors, horizon, len(known))
    cuts = np.quantile(adjusted, [LOW, 0.5, HIGH], method="weibull")
    low, centre, high = (float(np.exp(cut)) for cut in cuts)
    return _Foreseen(by_day, method, low, centre, high, tuple((adjusted - cuts[1]).tolist()))


def backtest(daily: Sequence[float], horizon_days: int) -> Backtest | None:
    """Return how forecasts over so many days did, replayed on these days; None: too few."""
    if len(daily) < FEWEST_DAYS or horizon_days < 1 or sum(daily[-_FAR_DAYS:]) <= 0:
        return None
    return _replayed(_recent(daily).tobytes(), horizon_days)


@lru_cache(maxsize=512)
def _replayed(days: bytes, horizon_days: int) -> Backtest | None:
    known = np.frombuffer(days, dtype=np.float64)
    horizon = _replayable(len(known), horizon_days)
    _, errors = _compared(days, horizon_days)
    if len(errors) < FEWEST_ORIGINS:
        return None
    return Backtest(
        replays=len(errors),
        horizon_days=horizon,
        mean_error=float(np.mean(np.abs(1 - np.exp(-errors)))),
        held=_held(errors, horizon, len(known)),
        last_week_error=_last_week_error(known, horizon),
    )


def _last_week_error(days: Days, horizon: int) -> float | None:
    """Return by which share the mean of the last 7 days missed the sum, from every origin."""
    weeks = sliding_window_view(days, _WEEK).mean(axis=1)
    actual = sliding_window_view(days, horizon).sum(axis=1)[FEWEST_DAYS:]
    guesses = weeks[FEWEST_DAYS - _WEEK :][: len(actual)] * horizon
    told = actual > 0
    return float(np.abs(guesses[told] / actual[told] - 1).mean()) if told.any() else None


def _refusal(daily: Sequence[float], remainder: Remainder) -> NotForecastable | None:
    if remainder.horizon_days < 1:
        return NotForecastable("the period is over")
    if len(daily) < FEWEST_DAYS:
        return NotForecastable(
            f"{len(daily)} complete days of usage are too few: {FEWEST_DAYS} are needed"
        )
    if sum(daily[-_FAR_DAYS:]) <= 0:
        return NotForecastable("nothing was spent in the last four weeks")
    return None


def _recent(daily: Sequence[float]) -> Days:
    days = np.array(daily[-MOST_DAYS:], dtype=np.float64)
    days[days < LEAST_MONEY] = 0.0
    return days


def _replayable(days: int, horizon: int) -> int:
    """Return the horizon to replay: the one asked for, or the longest that history allows."""
    return max(1, min(horizon, days - FEWEST_DAYS - FEWEST_ORIGINS + 1))


@lru_cache(maxsize=512)
def _compared(days: bytes, horizon: int) -> tuple[Method, Days]:
    """Return the method that was closer in the past, and its log errors, oldest first."""
    known = np.frombuffer(days, dtype=np.float64)
    replayed = _replayable(len(known), horizon)
    profile = _errors(known, replayed, "weekday profile")
    week = _errors(known, replayed, "last 7 days")
    if len(profile) and len(week) and np.median(np.abs(week)) < 0.9 * np.median(np.abs(profile)):
        return "last 7 days", week
    return "weekday profile", profile


def _errors(days: Days, horizon: int, method: Method) -> Days:
    """Return the log of actual over forecast sum, from every origin with enough behind it."""
    origins = np.arange(FEWEST_DAYS, len(days) - horizon + 1)
    if not len(origins):
        return np.zeros(0)
    guesses = _ahead(days, origins, horizon, method).sum(axis=1)
    actual = sliding_window_view(days, horizon)[origins].sum(axis=1)
    told = (actual > 0) & (guesses > 0)
    errors = np.log(actual[told]) - np.log(guesses[told])
    bounded: Days = np.clip(errors, -LARGEST_LOG_ERROR, LARGEST_LOG_ERROR)
    return bounded


def _ahead(days: Days, origins: npt.NDArray[np.int64], horizon: int, method: Method) -> Days:
    """Return the money expected on each of the coming days, a row for each origin.

    An origin knows the days before it. They are looked at backwards, so that columns seven
    apart are the same weekday whatever the origin.
    """
    past = _looking_back(days, origins)
    steps = np.arange(1, horizon + 1)
    same_weekday = -steps % _WEEK
    if method == "last 7 days":
        expected: Days = _without_spikes(past)[:, same_weekday]
        return expected
    profile = _weekday_profile(past)
    flat = _without_spikes(past / profile[:, np.arange(past.shape[1]) % _WEEK])
    growth = _daily_drift(flat)[:, None] * _damped_steps(steps)
    lifted: Days = _level(flat)[:, None] * np.exp(growth) * profile[:, same_weekday]
    return lifted


def _looking_back(days: Days, origins: npt.NDArray[np.int64]) -> Days:
    """Return the days before each origin, the latest first; nan before the first day."""
    width = max(int(origins.max()), _PROFILE_DAYS)
    places = origins[:, None] - 1 - np.arange(width)
    return np.where(places >= 0, days[np.maximum(places, 0)], np.nan)


def _weekday_profile(past: Days) -> Days:
    """Return each weekday's share of an average day, pulled towards 1 where it is rare."""
    recent = past[:, :_PROFILE_DAYS]
    mean = np.maximum(np.nanmean(recent, axis=1), 1e-12)[:, None]
    weeks = recent.reshape(len(past), -1, _WEEK)
    seen = np.count_nonzero(~np.isnan(weeks), axis=1)
    profile = (_median(weeks) / mean * seen + 1.0) / (seen + 1.0)
    bounded: Days = np.maximum(profile, 0.02)
    return bounded


def _median(values: Days) -> Days:
    """Return the median along the second axis; nan is no value."""
    ordered = np.sort(values, axis=1)  # nan comes last
    count = np.count_nonzero(~np.isnan(values), axis=1)
    low, high = np.expand_dims((count - 1) // 2, 1), np.expand_dims(count // 2, 1)
    below, above = (np.take_along_axis(ordered, place, axis=1) for place in (low, high))
    middle: Days = ((below + above) / 2).squeeze(axis=1)
    return middle


def _without_spikes(flat: Days) -> Days:
    """Return the series with single days cut to four times the median of the last weeks."""
    middle = _median(flat[:, :_FAR_DAYS])
    most = np.where(middle > 0, _SPIKE * middle, np.inf)
    return np.minimum(flat, most[:, None])


def _level(flat: Days) -> Days:
    weights = np.where(np.isnan(flat), 0.0, 0.5 ** (np.arange(flat.shape[1]) / HALF_LIFE_DAYS))
    level: Days = (np.nan_to_num(flat) * weights).sum(axis=1) / weights.sum(axis=1)
    return level


def _daily_drift(flat: Days) -> Days:
    """Return the log growth a day between the last two fortnights, bounded."""
    late = flat[:, : 2 * _WEEK].mean(axis=1)
    before = flat[:, 2 * _WEEK : 4 * _WEEK]
    count = np.count_nonzero(~np.isnan(before), axis=1)
    early = np.nan_to_num(before).sum(axis=1) / np.maximum(count, 1)
    told = (count >= _WEEK) & (late > 0) & (early > 0)
    ratio = np.divide(late, early, out=np.ones_like(late), where=told)
    bounded = np.clip(np.log(ratio) / 2, -_LARGEST_WEEKLY_DRIFT, _LARGEST_WEEKLY_DRIFT)
    drift: Days = bounded / _WEEK * DRIFT_DAMPING
    return drift


def _damped_steps(steps: npt.NDArray[np.int64]) -> Days:
    """Return how far a drift carries: half of it is gone after a week."""
    damping = 0.5 ** (1 / _WEEK)
    carried: Days = (1 - damping**steps) / (1 - damping)
    return carried


def _widened(errors: Days, horizon: int, history_days: int) -> Days:
    """Return log errors centred half-way and widened by what the future adds.

    Few replays overlap, so their spread is inflated by sqrt(1 + 2 H / n).
    """
    centre = float(np.median(errors))
    inflation = _inflation(horizon, history_days)
    widened: Days = centre * (1 - CENTRE_SHRINK) + (errors - centre) * inflation
    return widened


def _inflation(horizon: int, history_days: int) -> float:
    return math.sqrt(1 + 2 * horizon / history_days)


def _held(errors: Days, horizon: int, history_days: int) -> float | None:
    """Return how often a range from the errors known at the time held the next one."""
    held, known = [], list[float]()
    for place in range(horizon - 1, len(errors)):
        if len(known) >= FEWEST_ORIGINS:
            behind = history_days - len(errors) + place - horizon + 1
            low, centre, high = (_quantile(known, share) for share in (LOW, 0.5, HIGH))
            off = (errors[place] - centre * (1 - CENTRE_SHRINK)) / _inflation(horizon, behind)
            held.append(bool(low - centre <= off <= high - centre))
        insort(known, float(errors[place - horizon + 1]))
    return sum(held) / len(held) if len(held) >= FEWEST_ORIGINS else None


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile as numpy's method "weibull" does; the middle one is the median."""
    at = min(max(share * (len(ordered) + 1) - 1, 0.0), len(ordered) - 1.0)
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (at - below) * (ordered[above] - ordered[below])
