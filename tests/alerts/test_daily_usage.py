"""Usage that comes by the day: which rules are left out, and whole days on any calendar."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from alerts.backtest import DOUBLING, TrialOptions, backtested
from alerts.rehearsal import rehearsed
from costmodel.budget import Budget
from costmodel.forecast import Forecast
from ingest.configuration import Configuration
from ingest.imports import import_file
from ingest.store import Store
from tests.alerts.test_evaluation import BOOK, DAY, FIRST, HOUR, hourly, looked, store_with

if TYPE_CHECKING:
    from pathlib import Path

DAILY = Fraction(48, 5)
"""24 million tokens of input on gpt-4.1-mini: $9.60."""


def row(day: date, million: int) -> dict[str, Any]:
    return {
        "date": day.isoformat(),
        "api_key": "key-hash",
        "model": "gpt-4.1-mini",
        "custom_llm_provider": "openai",
        "prompt_tokens": million * 1_000_000,
        "completion_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "spend": 0,
        "api_requests": 24,
    }


def days_until(folder: Path, last: date, **million: int) -> Store:
    """Return a store with 24 million tokens on each day from September on, others by name."""
    count = (last - FIRST.date()).days + 1
    days = [FIRST.date() + timedelta(days=number) for number in range(count)]
    rows = [row(day, million.get(f"on_{day:%m_%d}", 24)) for day in days]
    (folder / "daily.json").write_text(json.dumps(rows), encoding="utf-8")
    store = Store(folder / "store.duckdb")
    import_file(store, folder / "daily.json")
    return store


def test_rules_of_hours_are_left_out_and_named(tmp_path: Path) -> None:
    now = datetime(2026, 11, 11, 12, tzinfo=UTC)
    [found] = looked(days_until(tmp_path, date(2026, 11, 9)), Budget("All", Fraction(288)), now=now)
    assert found.watermark == datetime(2026, 11, 10, tzinfo=UTC)
    assert found.spent == 9 * DAILY
    left_out = [said.split("'")[1] for said in found.dropped_rules]
    assert left_out == ["fast", "two hours", "change"]
    assert all("comes by the day" in said for said in found.dropped_rules)
    applied = {each.rule for each in found.findings}
    assert "drift" in applied
    assert not applied & set(left_out)
    assert found.state == "ok"


@pytest.mark.parametrize("hour", [0, 1, 12, 23])
def test_of_the_day_that_an_export_breaks_off_in_nothing_counts(tmp_path: Path, hour: int) -> None:
    # the export holds the 11th as far as it has come, and is looked at on the same day
    store = days_until(tmp_path, date(2026, 11, 11))
    now = datetime(2026, 11, 11, hour, tzinfo=UTC)
    [found] = looked(store, Budget("All", Fraction(288)), now=now)
    assert found.watermark == datetime(2026, 11, 11, tzinfo=UTC)
    assert found.spent == 10 * DAILY
    assert found.state == "ok"


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_rules_are_tried_on_usage_by_the_day_in_every_zone(tmp_path: Path, zone: str) -> None:
    # $9.60 a day come to $297.60 in October, so $120.00 are spent on the 13th
    store = days_until(tmp_path, date(2026, 11, 11))
    budget = Budget("All", Fraction(120), timezone=zone)
    now = datetime(2026, 11, 11, 12, tzinfo=UTC)
    found = rehearsed(budget, store, BOOK, Configuration(), now)
    assert found is not None
    assert "amount" in {each.rule for each in found.rises}


@pytest.mark.parametrize(
    ("zone", "first", "count"),
    [
        ("UTC", 9.6, 9),
        ("America/New_York", 9.6, 9),  # of 31 October in UTC no hour is November
        ("Europe/Berlin", 9.6, 9),  # its last hour is, and the day stays October's
        ("Pacific/Kiritimati", 400.0, 10),  # its last 14 hours are, so that the day is November's
    ],
)
def test_a_day_is_never_split(tmp_path: Path, zone: str, first: float, count: int) -> None:
    # a billion tokens on 31 October, $400, show wherever a part of that day is counted
    store = days_until(tmp_path, date(2026, 11, 9), on_10_31=1000)
    budget = Budget("All", Fraction(288), timezone=zone)
    [found] = looked(store, budget, now=datetime(2026, 11, 11, 12, tzinfo=UTC))
    spent = [each.spent for each in found.days if each.spent is not None]
    assert spent == pytest.approx([first + 9.6 * n for n in range(count)])
    assert float(found.spent) == pytest.approx(spent[-1])


def test_a_day_of_25_hours_is_one_day(tmp_path: Path) -> None:
    # the clocks go back on Sunday 25 October; the Sundays at both ends cost $400
    store = days_until(tmp_path, date(2026, 10, 27), on_10_18=1000, on_10_25=1000)
    budget = Budget("Week", Fraction(70), period="week", timezone="Europe/Berlin")
    [before] = looked(store, budget, now=datetime(2026, 10, 25, 22, tzinfo=UTC))
    hours = (before.end.astimezone(UTC) - before.start.astimezone(UTC)) / HOUR
    assert hours == 7 * 24 + 1
    [after] = looked(store, budget, now=datetime(2026, 10, 28, 12, tzinfo=UTC))
    assert after.start == before.end
    assert after.spent == 2 * DAILY
    assert [each.spent for each in after.days[:2]] == pytest.approx([9.6, 19.2])


def test_a_model_that_ends_in_the_period_is_forecast_at_its_successors_price(
    tmp_path: Path,
) -> None:
    # gpt-4.1-mini ($0.40) ends on 14 January; gpt-6-luna answers then, for $0.20 in a call
    # of more than 272,000 tokens
    now = datetime(2027, 1, 10, tzinfo=UTC)
    store = store_with(tmp_path, hourly(now - 60 * DAY, now))
    [found] = looked(store, Budget("All", Fraction(288)), now=now)
    assert isinstance(found.ahead, Forecast)
    assert found.spent == 9 * DAILY
    rest = 4 * 9.6 + 18 * 4.8
    assert found.ahead.expected - found.ahead.spent == pytest.approx(rest, rel=0.02)


def test_an_incident_in_usage_by_the_day_is_found_when_a_day_is_over(tmp_path: Path) -> None:
    # October's 744 hours leave 672 for its begin, the middle of which is the 15th: $134.40 are
    # spent then, and with $19.20 a day the tenth day ends beyond $320
    store = days_until(tmp_path, date(2026, 10, 31))
    until, options = datetime(2026, 11, 1, tzinfo=UTC), TrialOptions(incidents=1)
    budget = Budget("All", Fraction(320))
    [trial] = backtested([budget], store, BOOK, Configuration(), until, options)
    [amount] = [each for each in trial.rules if each.rule == "amount"]
    assert amount.incidents[DOUBLING].median_hours == 10 * 24 - 1, "its hours are counted from 0"
    assert set(trial.left_out) == {"fast", "two hours", "change"}
