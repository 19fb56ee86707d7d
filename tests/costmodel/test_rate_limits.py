"""Rate limits: the facts' guide load, gaps between limits, headroom, retries."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.rate_limits import (
    Load,
    Range,
    billed_multiplier,
    expected_attempts,
    in_flight,
    limits_of,
    months_of_headroom,
    never_passing,
    retry_tax,
    standing,
    standings,
    steady_load,
    step_of,
    success_share,
    usage_tiers_of,
)
from costmodel.rates import Model, RateLimit

TIER_1 = RateLimit("1", 500, 30_000, None, 90_000)
LONG_1 = RateLimit("1", 100, 200_000, None, 2_000_000, above_input_tokens=128_000)
MINI_1 = RateLimit("1", 500, 200_000, 10_000, 2_000_000)
FULL = Model("openai", "gpt-4.1", "gpt-4.1", "GPT-4.1", rate_limits=(TIER_1, LONG_1))
MINI = Model("openai", "gpt-4.1-mini", "gpt-4.1", "Mini", rate_limits=(MINI_1,))


def guide_load(model: Model, tokens: int = 1_500) -> Load:
    return steady_load(model, 10_000, tokens, Fraction(4), latency_seconds=8)


def test_the_guide_load_meets_the_limits_as_the_facts_say() -> None:
    full = standing(guide_load(FULL), TIER_1)
    # 10,000 / 1,440 x 4 = 27.78 requests, x 1,500 = 41,667 tokens a minute
    assert float(full.load.peak_requests) == pytest.approx(27.8, abs=0.03)
    assert float(full.load.peak_tokens) == pytest.approx(41_667, abs=0.5)
    assert full.token_share is not None
    assert float(full.token_share) == pytest.approx(1.39, abs=0.01)
    assert not full.passes
    mini = standing(guide_load(MINI), MINI_1)
    assert mini.token_share is not None
    assert float(mini.token_share) == pytest.approx(0.21, abs=0.01)
    # 10,000 requests are all of a day's 10,000: one retry breaks it
    assert (mini.day_share, mini.passes, mini.months_left) == (1, True, 0.0)


@pytest.mark.parametrize(("model", "share"), [(MINI, 0.57), (FULL, 3.79)])
def test_max_tokens_count_whether_they_are_written_or_not(model: Model, share: float) -> None:
    found = standing(guide_load(model, 4_096), model.rate_limits[0]).token_share
    assert found is not None
    assert float(found) == pytest.approx(share, abs=0.005)


def test_one_request_more_than_the_day_allows_does_not_pass() -> None:
    load = steady_load(MINI, 10_001, 10, Fraction(1))
    assert not standing(load, MINI_1).passes


def test_littles_law() -> None:
    assert in_flight(0.463, 8) == pytest.approx(3.7, abs=0.005)
    found = standing(guide_load(MINI), MINI_1)
    assert found.in_flight == pytest.approx(27.78 / 60 * 8, abs=0.01)
    # 200,000 / 1,500 = 133.3 a minute is less than 500: 133.3 / 60 x 8
    assert found.in_flight_allowed == pytest.approx(17.78, abs=0.01)
    untimed = standing(steady_load(MINI, 100, 10, Fraction(1)), MINI_1)
    assert (untimed.in_flight, untimed.in_flight_allowed) == (None, None)


def test_between_the_limits_of_two_sizes_lies_a_gap() -> None:
    assert never_passing(limits_of(FULL, "1")) == (Range(30_000, 128_000), Range(200_000, None))
    assert never_passing(limits_of(MINI, "1")) == (Range(200_000, None),)
    wide = {0: RateLimit("5", 1, 128_000), 128_000: RateLimit("5", 1, 500_000)}
    assert never_passing(wide) == (Range(500_000, None),)
    assert never_passing({0: RateLimit("5", 1)}) == ()


@pytest.mark.parametrize(("tokens", "refused"), [(30_000, 0), (30_001, 10), (128_000, 10)])
def test_a_request_larger_than_a_minute_never_passes(tokens: int, refused: int) -> None:
    load = steady_load(FULL, 10, tokens, Fraction(1))
    found = standing(load, limits_of(FULL, "1")[load.above_input_tokens])
    assert (load.above_input_tokens, found.never_pass) == (0, refused)
    assert found.passes is (refused == 0)


def test_a_long_request_meets_the_limits_of_its_own() -> None:
    load = steady_load(FULL, 10, 128_001, Fraction(1))
    [found] = standings([load], {("openai", "gpt-4.1"): FULL}, "1", Fraction(0))
    assert (found.limit, found.never_pass) == (LONG_1, 0)
    assert standings([load], {("openai", "gpt-4.1"): FULL}, "9", Fraction(0)) == []
    assert standings([load], {}, "1", Fraction(0)) == []


def test_what_the_tables_offer() -> None:
    assert (step_of(FULL), step_of(MINI)) == (128_000, None)
    assert usage_tiers_of([FULL, MINI]) == ("1",)


def test_months_of_headroom() -> None:
    # 1.1^7 = 1.949, 1.1^8 = 2.144: half of a limit is met after 7.27 months
    assert months_of_headroom(Fraction(1, 2), Fraction(1, 10)) == pytest.approx(7.27, abs=0.005)
    assert months_of_headroom(Fraction(1), Fraction(1, 10)) == 0
    assert months_of_headroom(Fraction(2), Fraction(0)) == 0
    assert months_of_headroom(Fraction(1, 2), Fraction(0)) is None
    assert months_of_headroom(Fraction(0), Fraction(1, 10)) is None


@pytest.mark.parametrize(("rate", "multiplier"), [("0.05", 1.053), ("0.1", 1.111), ("0.2", 1.25)])
def test_what_failures_add(rate: str, multiplier: float) -> None:
    assert float(billed_multiplier(Fraction(rate))) == pytest.approx(multiplier, abs=0.001)
    assert billed_multiplier(Fraction(rate), Fraction(0)) == 1


def test_the_retry_tax_in_money() -> None:
    # at 20% a success costs 1.25 times: of $100 the failures are $20
    assert retry_tax(Fraction(100), Fraction(1, 5), Fraction(1)) == 20
    with pytest.raises(ValueError, match="below 100%"):
        billed_multiplier(Fraction(1))


@given(st.fractions(0, Fraction(99, 100)), st.integers(0, 6))
def test_attempts_are_the_sum_of_the_chances_to_make_them(rate: Fraction, retries: int) -> None:
    assert expected_attempts(rate, retries) == sum(rate**n for n in range(retries + 1))
    assert success_share(rate, retries) == 1 - rate ** (retries + 1)


def test_of_calls_that_always_fail_every_attempt_is_made() -> None:
    assert expected_attempts(Fraction(1), 2) == 3
