"""What an address means: period, comparison, and the report behind every number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from dashboard.context import DashboardContext, Source
from dashboard.state import parse
from dashboard.view import View, a_month_earlier, values_with_counts, view_of
from ingest.configuration import Configuration

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_this_month_is_compared_with_the_same_days_of_last(view: Callable[[str], View]) -> None:
    found = view("")
    assert (found.period.start, found.until) == (utc(2026, 11, 1), utc(2026, 11, 20, 12))
    assert found.comparison is not None
    assert (found.comparison.start, found.comparison.end) == (
        utc(2026, 10, 1),
        utc(2026, 10, 20, 12),
    )


def test_a_whole_month_is_compared_with_a_whole_month(view: Callable[[str], View]) -> None:
    found = view("?range=2026-10").comparison
    assert found is not None
    assert (found.start, found.end) == (utc(2026, 9, 1), utc(2026, 10, 1))


def test_what_is_longer_than_a_month_is_compared_with_the_period_before(
    view: Callable[[str], View],
) -> None:
    found = view("?range=2026-09-25..2026-11-10").comparison
    assert found is not None
    assert (found.text, found.end) == ("the period before", utc(2026, 9, 25))


@pytest.mark.parametrize("search", ["?compare=none", "?range=all"])
def test_nothing_is_compared(search: str, view: Callable[[str], View]) -> None:
    assert view(search).comparison is None


def test_days_are_cut_in_the_zone_of_the_address(view: Callable[[str], View]) -> None:
    found = view("?zone=America/New_York")
    assert found.period.start == utc(2026, 11, 1, 4)
    assert found.period.start.tzinfo == ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("moment", "earlier"),
    [
        (utc(2026, 3, 31, 9), utc(2026, 2, 28, 9)),
        (utc(2026, 1, 1), utc(2025, 12, 1)),
        (utc(2024, 3, 30), utc(2024, 2, 29)),
    ],
)
def test_a_month_earlier_is_a_day_of_that_month(moment: datetime, earlier: datetime) -> None:
    assert a_month_earlier(moment) == earlier


def test_a_month_without_usage_yields_to_the_last_one_that_has_some(demo_source: Source) -> None:
    later = Source(
        demo_source.store_path, demo_source.book, Configuration(), lambda: utc(2027, 6, 3, 8)
    )
    found = view_of(DashboardContext(later), parse(""))
    assert found.period.text == "2026-11"
    assert found.notices == (
        "No usage is dated this month; the last month with usage is shown: November 2026.",
    )


def test_values_count_requests_and_a_dimension_does_not_narrow_itself(
    demo: DashboardContext,
) -> None:
    found = values_with_counts(demo, parse("?feature=search"), ("feature", "team", "model"))
    assert found["feature"]["legal-check"] == 1_697
    assert set(found["team"]) == {"discovery"}
    assert sum(found["model"].values()) == found["feature"]["search"]


def test_one_can_go_to_the_other_source_and_come_back(demo_source: Source, tmp_path: Path) -> None:
    own = Source(tmp_path / "own.duckdb", demo_source.book, Configuration(), demo_source.clock)
    context = DashboardContext(own, open_demo=lambda: demo_source)
    assert (context.can_open_demo, context.can_open_own) == (True, False)
    context.show_demo()
    assert context.store().path == demo_source.store_path
    assert (context.can_open_demo, context.can_open_own) == (False, True)
    context.show_own()
    assert context.store().path == own.store_path
    assert context.facts().is_empty
