"""Ranges in words and the edges of days and months, over changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from ingest.errors import PeriodError
from ingest.periods import day_edges, hour_edges, month_edges, parse_period, week_edges

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def span(text: str, zone: str = "UTC", now: datetime = NOW) -> tuple[str, str]:
    period = parse_period(text, now, zone)
    return (
        period.start.astimezone(UTC).strftime("%Y-%m-%d %H:%M"),
        period.end.astimezone(UTC).strftime("%Y-%m-%d %H:%M"),
    )


@pytest.mark.parametrize(
    ("text", "zone", "start", "end"),
    [
        ("this month", "UTC", "2026-11-01 00:00", "2026-12-01 00:00"),
        ("last month", "UTC", "2026-10-01 00:00", "2026-11-01 00:00"),
        ("next month", "UTC", "2026-12-01 00:00", "2027-01-01 00:00"),
        ("last month", BERLIN, "2026-09-30 22:00", "2026-10-31 23:00"),
        ("2026-10", BERLIN, "2026-09-30 22:00", "2026-10-31 23:00"),
        ("2026-12", "UTC", "2026-12-01 00:00", "2027-01-01 00:00"),
        ("2026-10-25", BERLIN, "2026-10-24 22:00", "2026-10-25 23:00"),
        ("2026-10-01..2026-10-20", "UTC", "2026-10-01 00:00", "2026-10-21 00:00"),
        ("today", "Asia/Tokyo", "2026-11-19 15:00", "2026-11-20 15:00"),
        ("yesterday", "UTC", "2026-11-19 00:00", "2026-11-20 00:00"),
        ("2026", "UTC", "2026-01-01 00:00", "2027-01-01 00:00"),
        ("last 30d", BERLIN, "2026-10-21 12:00", "2026-11-20 12:00"),
        ("Last  30 Days", BERLIN, "2026-10-21 12:00", "2026-11-20 12:00"),
        ("last 24h", "UTC", "2026-11-19 12:00", "2026-11-20 12:00"),
        ("last 2w", "UTC", "2026-11-06 12:00", "2026-11-20 12:00"),
    ],
)
def test_words_mean_a_range(text: str, zone: str, start: str, end: str) -> None:
    assert span(text, zone) == (start, end)


def test_all_holds_everything_that_there_may_be() -> None:
    start, end = span("all")
    assert start < "2015"
    assert end > "2099"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-13",
        "2026-02-30",
        "2026-10-20..2026-10-01",
        "last 0d",
        "last d",
        "30d",
        "0",
    ],
)
def test_other_words_are_refused_with_examples(text: str) -> None:
    with pytest.raises(PeriodError, match=r"write .*(last 30d|earlier day)"):
        parse_period(text, NOW, "UTC")


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(PeriodError, match="there is no time zone 'Mars/Base': write one as"):
        parse_period("all", NOW, "Mars/Base")


def test_a_naive_now_is_utc() -> None:
    assert span("last 24h", now=NOW.replace(tzinfo=None)) == span("last 24h")


@pytest.mark.parametrize(
    ("text", "hours"), [("2026-10-25", 25), ("2026-03-29", 23), ("2026-10-24", 24)]
)
def test_a_day_has_as_many_hours_as_its_clock(text: str, hours: int) -> None:
    period = parse_period(text, NOW, BERLIN)
    edges = hour_edges(period)
    assert len(edges) == hours
    assert edges[0] == period.start
    assert {later - edge for edge, later in pairwise(edges)} == {timedelta(hours=1)}
    assert day_edges(period) == (period.start,)


def test_days_begin_at_local_midnight_on_both_sides_of_the_change() -> None:
    edges = day_edges(parse_period("2026-10", NOW, BERLIN))
    assert len(edges) == 31
    assert [f"{edge:%d %H}" for edge in edges[23:26]] == ["23 22", "24 22", "25 23"]


def test_weeks_begin_on_monday_and_months_on_their_first() -> None:
    period = parse_period("2026-10-01..2026-11-03", NOW, "UTC")
    assert [f"{edge:%m-%d %a}" for edge in week_edges(period)] == [
        "09-28 Mon", "10-05 Mon", "10-12 Mon", "10-19 Mon", "10-26 Mon", "11-02 Mon",
    ]  # fmt: skip
    assert [f"{edge:%m-%d}" for edge in month_edges(period)] == ["10-01", "11-01"]


def test_a_range_that_begins_at_noon_still_begins_in_its_first_day_and_hour() -> None:
    period = parse_period("last 24h", datetime(2026, 11, 20, 12, 30, tzinfo=UTC), "UTC")
    assert [f"{edge:%d %H:%M}" for edge in day_edges(period)] == ["19 00:00", "20 00:00"]
    edges = hour_edges(period)
    assert (f"{edges[0]:%d %H:%M}", len(edges)) == ("19 12:00", 25)
