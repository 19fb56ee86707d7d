from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from costmodel.backtest import backtest_plan
from costmodel.backtest_words import backtest_sentence, badge
from costmodel.forecast import Backtest
from costmodel.plan import History
from tests.books import BOOK, book_with, card, model
from tests.workloads import cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from costmodel.book import PriceBook

MONDAY = date(2026, 9, 7)


def history(days: int, requests: Callable[[int], int], name: str = "gpt-4.1-mini") -> History:
    cells = [
        cell(
            name,
            requests=requests(n),
            on=(day := MONDAY + timedelta(days=n)),
            dimensions=(day.isoformat(), None),
        )
        for n in range(days)
        if requests(n)
    ]
    return History(cells, ("day", "escalated_from"), MONDAY, MONDAY + timedelta(days=days - 1))


def replayed(past: History, window_days: int = 30, book: PriceBook = BOOK) -> Backtest:
    found = backtest_plan(past, book, window_days=window_days)
    assert found is not None
    return found


def weekly(n: int) -> int:
    return 200 if n % 7 > 4 else 1_000


def test_a_rhythm_that_repeats_is_predicted_without_error() -> None:
    found = replayed(history(70, weekly))
    # from day 42 back to day 14, a week apart
    assert (found.replays, found.horizon_days) == (5, 28)
    assert found.mean_error == pytest.approx(0)
    assert found.held == 1
    assert found.is_forecastable


def test_the_error_of_a_step_is_worked_out_by_hand() -> None:
    # 35 days of 100 and 7 of 150: one week was predicted at 100 and came at 150
    found = replayed(history(42, lambda n: 150 if n >= 35 else 100))
    assert (found.replays, found.horizon_days) == (4, 7)
    assert found.mean_error == pytest.approx((1 - 100 / 150) / 4)
    assert found.held == 0.75
    assert found.last_week_error == pytest.approx((1 - 100 / 150) / 4)
    assert found.is_forecastable


def test_the_longest_horizon_with_four_replays_is_taken() -> None:
    for days, horizon in ((63, 28), (62, 14), (49, 14), (48, 7), (42, 7)):
        assert replayed(history(days, weekly)).horizon_days == horizon
    assert backtest_plan(history(41, weekly), BOOK, window_days=30) is None
    assert backtest_plan(history(70, lambda _: 0), BOOK, window_days=30) is None


def test_more_replays_than_eight_are_not_made() -> None:
    assert replayed(history(140, weekly)).replays == 8


def test_growth_makes_a_mean_of_weeks_worse_than_last_week() -> None:
    found = replayed(history(84, lambda n: round(100 * 1.03**n)))
    assert found.last_week_error is not None
    assert found.last_week_error < found.mean_error
    assert not found.is_forecastable
    # a plan that starts from one week only is as good as that week's mean
    assert replayed(history(84, lambda n: round(100 * 1.03**n)), window_days=14).mean_error < (
        found.mean_error
    )


def test_a_known_price_change_is_no_error() -> None:
    rise = date(2026, 10, 19)
    book = book_with(
        card("rising", "standard", "1/1/1", until=rise),
        card("rising", "standard", "2/2/2", since=rise),
        models=(model("rising", "rising"),),
    )
    found = replayed(history(70, weekly, "rising"), book=book)
    assert found.mean_error == pytest.approx(0)
    assert found.last_week_error is not None
    assert found.last_week_error > 0.1


def test_ranges_hold_most_noisy_weeks() -> None:
    held, errors = [], []
    for seed in range(12):
        noise = np.random.Generator(np.random.PCG64(seed)).uniform(0.4, 1.6, size=120)
        found = replayed(history(120, lambda n, noise=noise: round(weekly(n) * noise[n])))  # type: ignore[misc]
        assert found.held is not None
        held.append(found.held)
        errors.append(found.mean_error)
    assert 0.6 < sum(held) / len(held) < 0.97
    assert 0.02 < sum(errors) / len(errors) < 0.12


def test_the_sentence_says_when_not_to_trust_it() -> None:
    good = Backtest(5, 14, 0.061, 0.8, 0.07)
    assert backtest_sentence(good).endswith("held 80% of them (meant to: 80%).")
    bad = Backtest(5, 14, 0.15, 0.4, 0.09)
    assert backtest_sentence(bad).endswith(
        "(meant to: 80%). Not forecastable: the mean of the last 7 days was off by only 9%."
    )


def test_the_badge_says_the_error_and_whether_it_is_worth_anything() -> None:
    assert badge(Backtest(5, 14, 0.061, 0.8, 0.07)) == (
        "Such forecasts were off by 6% on average lately."
    )
    assert badge(Backtest(5, 14, 0.15, 0.4, 0.09)).endswith("this usage is not forecastable.")


def test_a_tenth_worse_than_last_week_is_chance_and_more_is_not() -> None:
    assert Backtest(5, 14, 0.11, None, 0.1).is_forecastable
    assert not Backtest(5, 14, 0.111, None, 0.1).is_forecastable
    assert Backtest(5, 14, 0.01, None, 0.0).is_forecastable
    assert not Backtest(5, 14, 0.011, None, 0.0).is_forecastable
    assert Backtest(5, 14, 0.5, None).is_forecastable
