"""Where the open period ends when prices change: before the data's end, in the rest, behind it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from alerts.evaluation import end_of, situations
from costmodel.budget import Budget
from costmodel.coming_price import coming_price_sentences
from costmodel.contract import Contract, ContractTerm
from costmodel.forecast import Forecast, NotForecastable
from ingest.configuration import Configuration
from ingest.store import Store
from pricing import load_book
from tests.alerts.test_daily_usage import days_until
from tests.alerts.test_evaluation import BOOK, DAY, FIRST, MINI, NOON, hourly, looked, store_with

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.period_end import PeriodEnd
    from costmodel.book import PriceBook

LEFT_OF_TODAY = 0.5 + 1 / 32
"""The data ends at 11:15: 12 hours and three quarters of 24 are left."""
TODAY = date(2026, 11, 10)


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A million tokens an hour from September on: $9.60 a day."""
    return store_with(tmp_path_factory.mktemp("steady"), hourly(FIRST, NOON))


def halved_from(day: date) -> PriceBook:
    term = ContractTerm(
        provider="openai", model=MINI, discount=Fraction(1, 2), in_force_from=day,
        source="agreement",
    )  # fmt: skip
    return load_book().with_contract(Contract(terms=(term,)))


def end(store: Store, book: PriceBook, now: datetime = NOON, **rest: Any) -> PeriodEnd:  # noqa: ANN401
    found = end_of(Budget("", Fraction(1), **rest), store, book, Configuration(), now)
    assert found is not None
    return found


def rest_of(found: PeriodEnd) -> float:
    assert isinstance(found.ahead, Forecast)
    return found.ahead.expected - found.ahead.spent


@pytest.mark.parametrize(
    ("begins", "rest"),
    [
        # in force for a month, since yesterday, and since this midnight: half of $9.60 a day,
        # although the days that are known cost twice that
        (date(2026, 10, 10), 4.8 * (LEFT_OF_TODAY + 20)),
        (date(2026, 11, 9), 4.8 * (LEFT_OF_TODAY + 20)),
        (date(2026, 11, 10), 4.8 * (LEFT_OF_TODAY + 20)),
        # from tomorrow, in ten days, on the last day, and when the month is over
        (date(2026, 11, 11), 9.6 * LEFT_OF_TODAY + 4.8 * 20),
        (date(2026, 11, 20), 9.6 * (LEFT_OF_TODAY + 9) + 4.8 * 11),
        (date(2026, 11, 30), 9.6 * (LEFT_OF_TODAY + 19) + 4.8),
        (date(2026, 12, 1), 9.6 * (LEFT_OF_TODAY + 20)),
    ],
)
def test_each_day_to_come_costs_what_it_will(steady: Store, begins: date, rest: float) -> None:
    found = end(steady, halved_from(begins))
    assert rest_of(found) == pytest.approx(rest, rel=1e-6)
    told = [begins] if TODAY < begins < date(2026, 12, 1) else []
    assert [each.on for each in found.coming] == told


def test_the_page_can_say_which_price_is_counted(steady: Store) -> None:
    found = end(steady, halved_from(date(2026, 11, 20)))
    [said] = coming_price_sentences(found.coming)
    assert said == (
        "The forecast counts gpt-4.1-mini from 20 Nov 2026 on at the new price "
        "(input $0.40 → $0.20, output $1.60 → $0.80 per million tokens)."
    )


def test_tokens_cost_no_price(steady: Store) -> None:
    found = end(steady, halved_from(date(2026, 11, 20)), measure="tokens")
    assert rest_of(found) == pytest.approx(24_000_000 * (LEFT_OF_TODAY + 20), rel=1e-6)
    assert found.coming == ()


@pytest.mark.parametrize(
    ("zone", "hours_before", "hours_after"),
    [
        # 10 November is over at 23:00 UTC in Berlin, where the 20th has an hour of the 19th
        ("Europe/Berlin", 11.75 + 9 * 24 + 1, 10 * 24 + 23),
        # and at 05:00 UTC in New York, where the 19th has five hours of the 20th
        ("America/New_York", 17.75 + 8 * 24 + 19, 11 * 24 + 5),
    ],
)
def test_a_price_begins_in_utc_wherever_the_month_ends(
    steady: Store, zone: str, hours_before: float, hours_after: float
) -> None:
    usual = rest_of(end(steady, BOOK, timezone=zone))
    found = rest_of(end(steady, halved_from(date(2026, 11, 20)), timezone=zone))
    share = (hours_before + hours_after / 2) / (hours_before + hours_after)
    assert found / usual == pytest.approx(share, abs=1e-4)  # an hour at half price is 0.001


@pytest.mark.parametrize(
    ("now", "rest", "successors"),
    [
        # gpt-4.1-mini ends on 14 January; gpt-6-luna takes $0.20 where it took $0.40, for a
        # request so long; the data ends three quarters of an hour before midnight
        (datetime(2027, 1, 4, tzinfo=UTC), 9.6 * (10 + 1 / 32) + 4.8 * 18, ["gpt-6-luna"]),
        (datetime(2027, 1, 13, tzinfo=UTC), 9.6 * (1 + 1 / 32) + 4.8 * 18, ["gpt-6-luna"]),
        (datetime(2026, 12, 31, tzinfo=UTC), 9.6 * (1 + 1 / 32), []),
    ],
)
def test_a_model_that_ends_is_followed(
    tmp_path: Path, now: datetime, rest: float, successors: list[str]
) -> None:
    found = end(store_with(tmp_path, hourly(now - 40 * DAY, now)), BOOK, now)
    assert rest_of(found) == pytest.approx(rest, rel=1e-6)
    assert [each.successor for each in found.coming] == successors
    for each in coming_price_sentences(found.coming):
        assert each == (
            "The forecast counts gpt-4.1-mini from 14 Jan 2027 on at the price of gpt-6-luna, "
            "which follows."
        )


@pytest.mark.parametrize(
    ("begins", "rest"),
    [
        # usage by the day is known to the end of the 9th: 21 days are left
        (date(2026, 11, 9), 4.8 * 21),
        (date(2026, 11, 10), 4.8 * 21),
        (date(2026, 11, 11), 9.6 + 4.8 * 20),
    ],
)
def test_usage_by_the_day_counts_whole_days(tmp_path: Path, begins: date, rest: float) -> None:
    found = end(days_until(tmp_path, date(2026, 11, 9)), halved_from(begins))
    assert found.watermark == datetime(2026, 11, 10, tzinfo=UTC)
    assert rest_of(found) == pytest.approx(rest, rel=1e-6)


def test_a_budget_heads_where_its_usage_does(steady: Store) -> None:
    [situation] = looked(steady, Budget("All", Fraction(288)))
    assert situation.ahead == end(steady, BOOK).ahead


def test_a_budget_is_used_up_along_the_prices_to_come(steady: Store) -> None:
    # $91.20 are spent, $182.70 by the 20th, and from then on $4.80 a day: $200 on the 23rd
    book = halved_from(date(2026, 11, 20))
    budget = Budget("All", Fraction(200))
    [found] = situations(steady, book, Configuration(budgets=(budget,)), NOON)
    ends = [each.expected for each in found.days]
    assert ends[8] is None
    assert ends[18:20] == pytest.approx([182.7, 187.5], rel=1e-4)
    assert ends[-1] == pytest.approx(235.5, rel=1e-4)
    assert found.exhaustion is not None
    assert found.exhaustion.expected is not None
    wanted = datetime(2026, 11, 20, tzinfo=UTC) + (200 - 182.7) / 4.8 * DAY
    assert abs(found.exhaustion.expected - wanted) < timedelta(minutes=5)
    # the plan itself knows no prices
    assert found.days[19].planned == pytest.approx(200 * 20 / 30, rel=1e-4)


def test_what_has_no_price_changes_none(tmp_path: Path) -> None:
    calls = hourly(NOON - 30 * DAY, NOON) + hourly(NOON - 3 * DAY, NOON, model="acme-7b")
    found = end(store_with(tmp_path, calls), halved_from(date(2026, 11, 20)))
    assert [each.model for each in found.coming] == [MINI]


def test_without_usage_there_is_no_end(tmp_path: Path) -> None:
    store = Store(tmp_path / "none.duckdb")
    assert end_of(Budget("", Fraction(1)), store, BOOK, Configuration(), NOON) is None


def test_too_few_days_count_no_price_either(tmp_path: Path) -> None:
    store = store_with(tmp_path, hourly(NOON - timedelta(days=5), NOON))
    found = end(store, halved_from(date(2026, 11, 20)))
    assert isinstance(found.ahead, NotForecastable)
    assert found.coming == ()
