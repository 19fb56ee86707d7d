"""How far a level moves: by hand, by brute force, and what must hold for all usage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.level_walk import step_variance, steps_to

WEEKDAYS = (10.0, 10.0, 10.0, 10.0, 10.0, 4.0, 2.0)


def weeks(*levels: float) -> np.ndarray:
    return np.array([level * day for level in levels for day in WEEKDAYS])


@pytest.mark.parametrize(
    ("levels", "variance"),
    [
        ((1,), 0.0),
        ((1, 1, 1, 1), 0.0),
        # two weeks 80 and 120: a change of 40% of their mean over 99/21 steps
        ((0.8, 1.2), 0.16 * 21 / 99),
        # a step that stays: changes 0, 0.4 and 0 a week apart, 0.4 and 0.4 two, 0.4 three apart,
        # over 99/21, 246/21 and 393/21 steps; each pair of weeks counts once
        (
            (0.8, 0.8, 1.2, 1.2),
            0.16 * (99 + 2 * 246 + 393) / 21 / ((3 * 99**2 + 2 * 246**2 + 393**2) / 21**2),
        ),
        # a week that was an exception moves less: only its two changes and one of two apart count
        (
            (0.8, 1.2, 0.8, 0.8),
            0.16 * (2 * 99 + 246) / 21 / ((3 * 99**2 + 2 * 246**2 + 393**2) / 21**2),
        ),
    ],
)
def test_the_variance_of_a_step_by_hand(levels: tuple[float, ...], variance: float) -> None:
    assert step_variance(weeks(*levels)) == pytest.approx(variance, abs=1e-12)


def test_days_before_the_first_whole_week_do_not_count() -> None:
    assert step_variance(np.append([9e9] * 6, weeks(0.8, 1.2))) == step_variance(weeks(0.8, 1.2))
    assert step_variance(np.append([9e9] * 6, weeks(1))) == 0.0
    assert step_variance(np.zeros(28)) == 0.0


def test_days_that_scatter_round_one_level_hardly_move() -> None:
    found = [
        step_variance(weeks(1, 1, 1, 1) * np.random.default_rng(seed).uniform(0.5, 1.5, 28))
        for seed in range(200)
    ]
    # half of all histories find no step at all; a walk of 5% a day has a variance of 0.0025
    assert np.median(found) < 1e-4
    assert np.mean(found) < 0.0012


def test_a_walk_is_found_as_it_was_made() -> None:
    found = []
    for seed in range(200):
        levels = np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.03, 56)))
        found.append(step_variance(weeks(*[1] * 8) * levels))
    assert np.mean(found) == pytest.approx(0.03**2, rel=0.2)


@given(st.integers(1, 40), st.integers(0, 60), st.integers(1, 40))
def test_steps_are_those_of_a_walk_summed_one_by_one(past: int, between: int, ahead: int) -> None:
    # the level of a day is the sum of all steps up to it: how much of each step is in the
    # mean of the days ahead, less how much is in that of the past
    days = past + between + ahead
    level = np.tril(np.ones((days, days)))
    share = level[past + between :].mean(axis=0) - level[:past].mean(axis=0)
    assert steps_to(past, between, ahead) == pytest.approx(float((share**2).sum()), rel=1e-9)


@given(
    st.lists(st.floats(0, 1e9, allow_subnormal=False), min_size=0, max_size=70),
    st.floats(1e-6, 1e6),
)
def test_a_variance_is_bounded_and_has_no_unit(days: list[float], scale: float) -> None:
    costs = np.array([day if day > 1e-3 else 0.0 for day in days])
    found = step_variance(costs)
    assert 0 <= found <= 4 * 21 / 99  # one week without any usage between two with it
    assert step_variance(costs * scale) == pytest.approx(found, rel=1e-6, abs=1e-9)
