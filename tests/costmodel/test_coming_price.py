"""Coming prices: the mean factor of each day to come, and how a forecast says what it counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from operator import mul
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.burn.series import local_midnights
from costmodel.coming_price import NO_CHANGE, ComingPrice, PricePath, coming_price_sentences
from costmodel.meters import Meter

HALVED = PricePath(((datetime(2026, 10, 25, tzinfo=UTC), 0.5),))
"""Half price from 25 October on, in UTC, as price books mean it."""


@pytest.mark.parametrize(
    ("zone", "factors"),
    [
        ("UTC", (1, 0.5, 0.5)),
        # 25 October begins in Berlin 2 hours before it does in UTC, and has 25 hours
        ("Europe/Berlin", (1, (2 + 23 * 0.5) / 25, 0.5)),
        # and in New York 4 hours after it does
        ("America/New_York", ((20 + 4 * 0.5) / 24, 0.5, 0.5)),
    ],
)
def test_a_local_day_with_two_prices_counts_the_hours_of_each(
    zone: str, factors: tuple[float, ...]
) -> None:
    edges = local_midnights(date(2026, 10, 24), date(2026, 10, 27), ZoneInfo(zone))
    assert HALVED.factors(edges) == pytest.approx(factors, rel=1e-12)


def test_a_part_of_today_counts_what_is_left_of_it() -> None:
    path = PricePath(
        ((datetime(2026, 11, 10, 18, tzinfo=UTC), 2.0), (datetime(2026, 11, 11, tzinfo=UTC), 3.0))
    )
    noon = datetime(2026, 11, 10, 12, tzinfo=UTC)
    edges = [noon, datetime(2026, 11, 11, tzinfo=UTC), datetime(2026, 11, 12, tzinfo=UTC)]
    assert path.factors(edges) == (1.5, 3.0)
    assert NO_CHANGE.factors(edges) == ()


@given(
    st.lists(st.tuples(st.integers(0, 400), st.floats(0.1, 10)), min_size=1, max_size=5),
    st.lists(st.integers(0, 400), min_size=2, max_size=6, unique=True),
)
def test_a_mean_lies_between_the_prices_and_adds_up_over_parts(
    steps: list[tuple[int, float]], hours: list[int]
) -> None:
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    by_hour = dict(sorted(steps))
    path = PricePath(tuple((begin + timedelta(hours=n), each) for n, each in by_hour.items()))
    edges = [begin + timedelta(hours=n) for n in sorted(hours)]
    parts = path.factors(edges)
    [whole] = path.factors([edges[0], edges[-1]])
    lengths = [(after - at) / (edges[-1] - edges[0]) for at, after in pairwise(edges)]
    assert whole == pytest.approx(sum(map(mul, parts, lengths)), rel=1e-9)
    known = [1.0, *by_hour.values()]
    assert all(min(known) * (1 - 1e-9) <= each <= max(known) * (1 + 1e-9) for each in parts)


def priced(model: str, after: str, day: int = 20, successor: str | None = None) -> ComingPrice:
    before = {Meter.INPUT: Fraction("0.4"), Meter.OUTPUT: Fraction("1.6")}
    then = {Meter.INPUT: Fraction(after), Meter.OUTPUT: Fraction("1.6")}
    return ComingPrice(date(2026, 11, day), model, successor, before, then)


def test_a_forecast_says_which_prices_it_counts_from_when_on() -> None:
    found = [
        priced("gpt-4.1-mini", "0.2"),
        priced("b", "0.8", 25, "c"),
        priced("a", "0.8", 25, "c"),
        priced("z", "0.4", 24),
    ]
    halved, *others = coming_price_sentences(found)
    assert halved == (
        "The forecast counts gpt-4.1-mini from 20 Nov 2026 on at the new price "
        "(input $0.40 → $0.20 per million tokens)."
    )
    assert others == [
        "The forecast counts z from 24 Nov 2026 on at the new price.",
        "The forecast counts a and b from 25 Nov 2026 on at the price of c, which follows.",
    ]
    assert "€0.40 → €0.20" in coming_price_sentences(found, "EUR")[0]
    assert coming_price_sentences([]) == []


@pytest.mark.parametrize(
    ("count", "said"), [(4, "m0, m1, m2 and m3"), (5, "m0, m1, m2, m3 and m4"),
                        (6, "m0, m1, m2, m3 and 2 more models")],
)  # fmt: skip
def test_many_models_are_counted(count: int, said: str) -> None:
    [sentence] = coming_price_sentences(priced(f"m{n}", "0.2") for n in range(count))
    assert f"counts {said} from" in sentence
