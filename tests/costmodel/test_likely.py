from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction

import duckdb
import numpy as np
import pytest

from costmodel.likely import (
    DRAWS,
    SessionCosts,
    chance_above,
    cost_draws,
    likely_range,
    volume_factors,
)
from costmodel.weekdays import days_of
from tests.real import real_file

MONDAY = date(2026, 9, 7)
DECEMBER = days_of(date(2026, 12, 1))


def costs(days: int, noise: float, seed: int = 1) -> dict[date, float]:
    """A weekly rhythm, quiet at weekends, with noise round it."""
    generator = np.random.Generator(np.random.PCG64(seed))
    return {
        (day := MONDAY + timedelta(days=n)): (20 if day.weekday() > 4 else 100)
        * (1 + noise * float(generator.uniform(-1, 1)))
        for n in range(days)
    }


def test_a_rhythm_alone_is_no_uncertainty() -> None:
    factors = volume_factors(costs(56, 0), DECEMBER)
    assert factors is not None
    assert len(factors) == DRAWS
    assert factors == pytest.approx(1)


def test_factors_lie_round_one_and_wider_with_more_noise() -> None:
    widths = []
    for noise in (0.1, 0.4):
        factors = volume_factors(costs(56, noise), DECEMBER)
        assert factors is not None
        assert float(factors.mean()) == pytest.approx(1, abs=0.02)
        low, high = likely_range(factors)
        widths.append(high - low)
    assert 0 < 2 * widths[0] < widths[1]


def test_the_range_holds_about_8_of_10_months_to_come() -> None:
    held = sum(held_of(costs(56 + 31, 0.5, seed), 56) for seed in range(40))
    assert 26 <= held <= 39


def jumping(days: int, seed: int) -> dict[date, float]:
    """A weekly rhythm with little noise, whose level jumps up or down about once a month."""
    generator = np.random.Generator(np.random.PCG64(seed))
    level, world = 1.0, {}
    for day, amount in costs(days, 0.15, seed).items():
        if generator.random() < 1 / 28:
            level *= float(np.exp(generator.normal(0, 0.4)))
        world[day] = amount * level
    return world


def held_of(world: dict[date, float], past_days: int) -> bool:
    """Tell whether the range from the first days holds what the days after them cost."""
    days = sorted(world)
    past = {day: world[day] for day in days[:past_days]}
    factors = volume_factors(past, days[past_days:])
    assert factors is not None
    means = {n: np.mean([past[day] for day in past if day.weekday() == n]) for n in range(7)}
    expected = sum(means[day.weekday()] for day in days[past_days:])
    low, high = likely_range(factors * expected)
    return bool(low <= sum(world[day] for day in days[past_days:]) <= high)


def test_the_range_holds_most_months_after_the_level_moved() -> None:
    # days drawn alone hold 28 of 80: they know nothing of a level that goes on moving
    held = sum(held_of(jumping(56 + 28, seed), 56) for seed in range(80))
    assert 50 <= held <= 72


def real_worlds() -> list[dict[date, float]]:
    """Real clients of two weeks: a seventh of a day stands for a day, a day for a week."""
    rows = duckdb.execute(
        "SELECT client, hour, input_tokens * 0.4 + output_tokens * 1.6 "
        f"FROM '{real_file('servegen-hourly.parquet')}'"
    ).fetchall()
    hourly: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(14 * 24))
    for client, hour, cost in rows:
        hourly[client][hour] += cost
    worlds = []
    for costs_by_hour in hourly.values():
        cumulated = np.append(0, np.cumsum(costs_by_hour))
        edges = np.linspace(0, 14 * 24, 14 * 7 + 1)
        parts = np.diff(np.interp(edges, np.arange(len(cumulated)), cumulated))
        if (parts > 0).mean() > 0.7:
            worlds.append({MONDAY + timedelta(days=n): float(part) for n, part in enumerate(parts)})
    return worlds


def test_the_range_holds_most_of_what_real_clients_came_to() -> None:
    found = []
    for world in real_worlds():
        days = sorted(world)
        for origin in range(30, len(days) - 14 + 1, 7):
            part = {day: world[day] for day in days[origin - 30 : origin + 14]}
            if sum(part[day] for day in days[origin : origin + 14]) > 0:
                found.append(held_of(part, 30))
    assert len(found) > 200
    # days drawn alone hold 48%
    assert 0.66 < np.mean(found) < 0.85


def test_the_further_off_a_month_is_the_less_is_known_of_it() -> None:
    past = dict(list(jumping(56, 3).items()))
    widths = []
    for month in (date(2026, 11, 1), date(2026, 12, 1), date(2027, 6, 1)):
        factors = volume_factors(past, days_of(month))
        assert factors is not None
        low, high = likely_range(factors)
        assert low < 1 < high
        widths.append(high / low)
    assert widths == sorted(widths)
    assert widths[0] < widths[1] < widths[2]


def test_no_range_without_two_weeks_or_without_cost() -> None:
    assert volume_factors(costs(13, 0.1), DECEMBER) is None
    assert volume_factors(dict.fromkeys(costs(28, 0), 0.0), DECEMBER) is None


def test_the_same_history_gives_the_same_range() -> None:
    first, second = (volume_factors(costs(28, 0.3), DECEMBER) for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first == second).all()


def test_draws_are_bounded_by_the_ends_and_follow_the_bends() -> None:
    nodes = [[Fraction(0), Fraction(1, 4), Fraction(1)], [Fraction(2), Fraction(4)]]
    draws = cost_draws(lambda at: min(at[0], Fraction(1, 4)) * at[1], nodes)
    assert draws.min() >= 0
    assert draws.max() <= 1
    # past the bend only the second input counts: a triangle from 2 to 4, times a quarter
    assert (draws > 0.5).any()
    assert float(np.median(draws)) == pytest.approx(0.72, abs=0.05)


def test_the_chance_of_a_crossed_limit_counts_draws_above_it() -> None:
    draws = np.array([100.0, 200.0, 300.0, 400.0])
    assert chance_above(draws, Fraction(200)) == 0.5
    assert chance_above(draws, Fraction("199.99")) == 0.75
    assert chance_above(draws, Fraction(400)) == 0
    # a limit that is just met is kept, whatever the last bit of a float says
    assert chance_above(np.array([0.1 + 0.2]), Fraction(3, 10)) == 0


def test_sessions_explain_their_part_of_the_days_and_no_more() -> None:
    # 40 sessions a day: 39 cost 1 and one costs 21, so a day has a variance of 480 / 60²
    sessions = SessionCosts([1.0, 21.0], [39 * 56.0, 56.0], 56)
    within = 480 / 60**2
    generator = np.random.Generator(np.random.PCG64(5))
    noise = generator.normal(0, within**0.5, size=56)
    past = {MONDAY + timedelta(days=n): 60 * (1 + float(noise[n])) for n in range(56)}
    alone, drawn = (volume_factors(past, DECEMBER, sessions=each) for each in (None, sessions))
    assert alone is not None
    assert drawn is not None
    # all that days differ by comes from sessions: the same spread, drawn from them
    assert float(drawn.std()) == pytest.approx((within * (1 / 31 + 1 / 56)) ** 0.5, rel=0.06)
    assert float(drawn.mean()) == pytest.approx(1, abs=0.01)
    assert float(drawn.std()) == pytest.approx(float(alone.std()), rel=0.35)


def test_days_that_differ_more_than_sessions_can_keep_the_rest() -> None:
    few = SessionCosts([1.0], [56 * 10_000.0], 56)
    alone, drawn = (volume_factors(costs(56, 0.4), DECEMBER, sessions=s) for s in (None, few))
    assert alone is not None
    assert drawn is not None
    assert float(drawn.std()) == pytest.approx(float(alone.std()), rel=0.05)


def test_a_heavy_tail_of_sessions_reaches_further_up_than_down() -> None:
    # one session in 560 costs as much as 200 others
    heavy = SessionCosts([1.0, 200.0], [559.0, 1.0], 56)
    factors = volume_factors(dict.fromkeys(costs(56, 0.9), 10.0), DECEMBER, sessions=heavy)
    assert factors is not None
    low, high = likely_range(factors)
    assert high - 1 > 1.2 * (1 - low)


def test_sessions_without_cost_change_nothing() -> None:
    free = SessionCosts([0.0, 0.0], [5.0, 1.0], 28)
    alone, drawn = (volume_factors(costs(28, 0.3), DECEMBER, sessions=s) for s in (None, free))
    assert alone is not None
    assert drawn is not None
    assert (alone == drawn).all()
