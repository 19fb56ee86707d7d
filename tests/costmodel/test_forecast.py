"""The forecast: its point, its range, its own backtest, and when it refuses."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.forecast import (
    FEWEST_DAYS,
    Forecast,
    NotForecastable,
    Remainder,
    backtest,
    forecast,
)

WEEK = [10.0, 10.0, 10.0, 10.0, 10.0, 4.0, 2.0]


def certain(days: list[float], spent: float | Fraction, remainder: Remainder) -> Forecast:
    found = forecast(days, spent, remainder)
    assert isinstance(found, Forecast)
    return found


def test_a_repeating_week_goes_on_as_it_is() -> None:
    days = WEEK * 8
    found = certain(days, 56.0, Remainder(days=7))
    assert found.expected == pytest.approx(56 + 56, rel=1e-6)
    assert found.low == pytest.approx(found.high, rel=1e-6)
    assert found.spent == 56.0


def test_weekdays_that_are_left_count_as_weekdays() -> None:
    days = [*WEEK * 8, *WEEK[:5]]
    weekend = certain(days, 0.0, Remainder(days=2))
    assert weekend.expected == pytest.approx(4 + 2, rel=0.02)


def test_the_rest_of_today_counts_by_its_share() -> None:
    days = WEEK * 8
    found = certain(days, 5.0, Remainder(days=0, share_of_today=0.25))
    assert found.expected == pytest.approx(5.0 + 10 * 0.25, rel=1e-6)
    assert found.days_left == 0.25


def test_coming_prices_count_from_their_day() -> None:
    # of a week of $56 the last four days ($26) come at half price: $30 + $13
    halved = Remainder(days=7, price_factors=(1, 1, 1, 0.5, 0.5, 0.5, 0.5))
    assert certain(WEEK * 8, 56.0, halved).expected == pytest.approx(56 + 43, rel=1e-6)
    # a quarter of today's $10 at the old price, tomorrow's $10 at three times the old
    dearer = Remainder(days=1, share_of_today=0.25, price_factors=(1, 3))
    assert certain(WEEK * 8, 5.0, dearer).expected == pytest.approx(5 + 2.5 + 30, rel=1e-6)


@given(st.floats(0.1, 10), st.integers(0, 9), st.integers(1, 20), st.floats(0, 0.99))
def test_one_factor_for_all_days_scales_what_is_to_come_and_its_range(
    factor: float, seed: int, ahead: int, today: float
) -> None:
    days = noisy(70, seed)
    usual = certain(days, 100.0, Remainder(ahead, today))
    factors = (factor,) * Remainder(ahead, today).horizon_days
    found = certain(days, 100.0, Remainder(ahead, today, factors))
    for name in ("low", "expected", "high"):
        rest = getattr(usual, name) - 100
        assert getattr(found, name) - 100 == pytest.approx(rest * factor, rel=1e-9)
    assert found.log_errors == usual.log_errors


def test_what_is_spent_has_no_range() -> None:
    days = noisy(70)
    found = certain(days, Fraction(1000), Remainder(days=5))
    more = certain(days, Fraction(2000), Remainder(days=5))
    assert more.low - found.low == pytest.approx(1000)
    assert more.high - found.high == pytest.approx(1000)


def test_one_runaway_day_does_not_become_the_level() -> None:
    days = WEEK * 8
    days[-3] *= 30
    found = certain(days, 0.0, Remainder(days=7))
    assert found.expected < 2 * 56


@pytest.mark.parametrize(
    ("days", "remainder", "reason"),
    [
        ([1.0] * (FEWEST_DAYS - 1), Remainder(days=3), "13 complete days of usage are too few"),
        ([0.0] * 60, Remainder(days=3), "nothing was spent in the last four weeks"),
        ([1.0] * 60, Remainder(days=0), "the period is over"),
        ([1.0] * 16, Remainder(days=3), "16 days are too few to look 3 ahead"),
    ],
)
def test_it_refuses_in_a_sentence(days: list[float], remainder: Remainder, reason: str) -> None:
    found = forecast(days, 0, remainder)
    assert isinstance(found, NotForecastable)
    assert found.reason.startswith(reason)
    assert backtest(days[:13], 3) is None


def test_the_chance_above_an_amount_falls_with_the_amount() -> None:
    found = certain(noisy(80), 100.0, Remainder(days=10))
    assert found.chance_above(found.low - 50) > 0.9
    assert found.chance_above(found.high + 50) < 0.1
    assert 0.3 < found.chance_above(found.expected) < 0.7


def noisy(count: int, seed: int = 3) -> list[float]:
    """A made-up series: weekdays, slow drift, noise that remembers, one jump, few spikes."""
    rng = np.random.default_rng(seed)
    weekdays = np.r_[rng.uniform(0.9, 1.2, 5), rng.uniform(0.25, 0.7, 2)]
    level = 4 + np.cumsum(rng.normal(rng.normal(0, 0.002), 0.005, count))
    level[rng.integers(10, count) :] += rng.normal(0, 0.3)
    noise = np.zeros(count)
    for day in range(1, count):
        noise[day] = 0.6 * noise[day - 1] + rng.normal(0, 0.1)
    money = np.exp(level + noise) * weekdays[np.arange(count) % 7]
    money[rng.random(count) < 0.01] *= 3
    return [float(each) for each in money]


def test_eight_in_ten_ranges_hold_and_beat_a_straight_line() -> None:
    held, error, straight = [], [], []
    for seed in range(30):
        days = noisy(120, seed)
        for day in (8, 16, 22):
            known, spent = days[: 90 + day], sum(days[90 : 90 + day])
            actual = sum(days[90:120])
            found = certain(known, spent, Remainder(days=30 - day))
            held.append(found.low <= actual <= found.high)
            error.append(abs(found.expected - actual) / actual)
            straight.append(abs(spent / day * 30 - actual) / actual)
    assert 0.70 <= np.mean(held) <= 0.92
    assert np.mean(error) < np.mean(straight)


def test_the_backtest_of_a_perfect_week_is_perfect() -> None:
    days = WEEK * 9
    found = backtest(days, 10)
    assert found is not None
    assert found.horizon_days == 10
    assert found.mean_error == pytest.approx(0, abs=1e-9)


def test_a_backtest_says_the_horizon_that_history_allows() -> None:
    days = noisy(24)
    found = backtest(days, 20)
    assert found is not None
    assert found.horizon_days == 24 - FEWEST_DAYS - 5 + 1
    assert found.held is None


@given(
    st.lists(st.floats(0, 1e6, allow_nan=False), min_size=25, max_size=60),
    st.integers(1, 31),
    st.floats(0, 1),
)
def test_a_forecast_is_ordered_and_never_below_what_is_spent(
    days: list[float], ahead: int, today: float
) -> None:
    found = forecast(days, 7, Remainder(ahead, today))
    if isinstance(found, Forecast):
        assert 7 <= found.low <= found.expected <= found.high
        assert np.isfinite(found.high)
