from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest.baseline import days_with_usage, whole_days
from ingest.periods import parse_period

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "first", "end", "days"),
    [
        ("all", "2026-10-01T00:00", "2026-10-31T00:00", 30),
        ("all", "2026-10-01T08:00", "2026-10-30T18:00", 30),
        ("all", "2026-09-30T23:45", "2026-11-01T00:15", 31),
        ("all", "2026-10-01T08:00", "2026-10-01T08:15", 1),
        ("last 30d", "2026-09-21T00:00", "2026-11-20T12:00", 30),
        ("last 30d", "2026-11-10T12:00", "2026-11-20T12:00", 10),
        ("2026-10", "2026-09-21T00:00", "2026-11-20T12:00", 31),
        ("2026-10", "2026-11-01T00:00", "2026-11-20T12:00", 1),
    ],
)
def test_over_how_many_days_usage_is_spread(words: str, first: str, end: str, days: int) -> None:
    period = parse_period(words, NOW, "UTC")
    assert days_with_usage(period, (moment(first), moment(end))) == days


def test_no_usage_is_spread_over_one_day() -> None:
    assert days_with_usage(parse_period("all", NOW, "UTC"), None) == 1


@pytest.mark.parametrize(
    ("words", "zone", "first", "end", "expected"),
    [
        ("last 3d", "UTC", "2026-09-21T00:00", "2026-11-20T12:00", ("2026-11-18", "2026-11-20")),
        ("all", "UTC", "2026-10-01T08:00", "2026-10-03T18:00", ("2026-10-01", "2026-10-04")),
        # the night in which clocks go back is a day of 25 hours
        ("2026-10-25", "Europe/Paris", "2026-10-01T00:00", "2026-11-01T00:00",
         ("2026-10-25", "2026-10-26")),
    ],
)  # fmt: skip
def test_whole_days_are_those_of_the_zone(
    words: str, zone: str, first: str, end: str, expected: tuple[str, str]
) -> None:
    found = whole_days(parse_period(words, NOW, zone), (moment(first), moment(end)))
    assert found is not None
    assert (found.start.isoformat()[:16], found.end.isoformat()[:16]) == tuple(
        f"{day}T00:00" for day in expected
    )


def test_a_period_without_a_whole_day_of_usage_has_none() -> None:
    extent = moment("2026-09-21T00:00"), moment("2026-11-20T12:00")
    assert whole_days(parse_period("last 5h", NOW, "UTC"), extent) is None
    assert whole_days(parse_period("2024", NOW, "UTC"), extent) is None
