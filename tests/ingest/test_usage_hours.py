"""Hours and weekdays of stored usage, as rules and caps of a plan need them."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from costmodel.levers import Batch, Cap, Route, When
from costmodel.plan import LedgerBaseline, Plan, PlanError, Scenario, run_plan
from ingest.baseline import usage_history
from ingest.periods import parse_period
from ingest.store import Store
from tests.books import BOOK
from tests.ingest.chats import chat, imported
from tests.ingest.usage_pages import bucket, page, result
from tests.ingest.usage_pages import imported as imported_page

if TYPE_CHECKING:
    from pathlib import Path

    from costmodel.levers import Lever
    from costmodel.plan import History
    from costmodel.plan_result import ScenarioResult

HOUR = 3_600
MONDAY = int(datetime(2026, 10, 19, tzinfo=UTC).timestamp())
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A week: at 09:00 three calls, at 23:00 one, on each day; and one on Sunday at 01:30."""
    found = Store(tmp_path / "store.duckdb")
    times = [MONDAY + day * 24 * HOUR + at * HOUR for day in range(7) for at in (9, 9, 9, 23)]
    times.append(MONDAY + 6 * 24 * HOUR + HOUR + HOUR // 2)
    imported(
        found, "a.jsonl", [chat(n, created=at, model="gpt-4.1-mini") for n, at in enumerate(times)]
    )
    return found


def history(store: Store, *names: str, zone: str = "UTC") -> History:
    period = parse_period("2026-10-19..2026-10-25", NOW, zone)
    found = usage_history(store, BOOK, period, {}, names)
    assert found is not None
    return found


def requests_by(past: History, name: str) -> dict[str | None, int]:
    place = past.dimension_names.index(name)
    counts: dict[str | None, int] = {}
    for cell in past.cells:
        value = cell.dimensions[place]
        counts[value] = counts.get(value, 0) + cell.requests
    return counts


def planned(past: History, *levers: Lever) -> ScenarioResult:
    plan = Plan(LedgerBaseline(), (Scenario("one", levers),))
    (found,) = run_plan(plan, BOOK, today=NOW.date(), history=past).scenarios
    return found


def test_usage_by_the_hour_of_the_day_and_the_weekday(store: Store) -> None:
    past = history(store, "hour", "weekday")
    assert requests_by(past, "hour") == {"09": 21, "23": 7, "01": 1}
    assert requests_by(past, "weekday")["sun"] == 5
    assert requests_by(past, "day")["2026-10-19"] == 4
    assert past.knows_hours
    # clocks in Paris stand two hours ahead until the morning of the 25th, then one; there
    # the last call is one of the next day
    paris = requests_by(history(store, "hour", zone="Europe/Paris"), "hour")
    assert paris == {"11": 18, "10": 3, "01": 6, "02": 1}


def test_a_cap_refuses_by_the_single_hours_of_a_week(store: Store) -> None:
    capped = planned(history(store, "hour_at"), Cap(measure="requests", per_hour=Fraction(2)))
    (refusal,) = capped.terms.refusals
    # one of three calls at 09:00, on each of December's 31 days
    assert (refusal.requests, refusal.hours_cut) == (31, 31)
    # two hours with usage a day, and four Sundays with a third one
    assert refusal.hours == 31 * 2 + 4
    assert capped.delta is not None
    # 100 in at $0.40 and 10 out at $1.60 per million
    assert -capped.delta * 1_000_000 == 31 * 56


def test_rules_by_hour_and_weekday_move_just_those_requests(store: Store) -> None:
    past = history(store, "hour", "weekday")
    night = planned(past, Route(to="gpt-4.1", when=When(values={"hour": ("23", "00")})))
    sunday = planned(past, Batch(share=Fraction(1), where={"weekday": ("sun",), "hour": ("09",)}))
    assert night.delta is not None
    assert sunday.delta is not None
    # December 2026: 31 nights of one call of 100 in and 10 out, at five times the price
    assert night.delta * 1_000_000 == 31 * 4 * 56
    # four Sundays of three calls at half the price
    assert -sunday.delta * 1_000_000 == 4 * 3 * 28


def test_sums_of_days_have_no_hours(tmp_path: Path) -> None:
    days = (bucket(result(model="gpt-4.1-mini"), start=MONDAY + n * 24 * HOUR) for n in range(7))
    _, store = imported_page(tmp_path, page(*days))
    past = history(store, "hour_at")
    assert not past.knows_hours
    with pytest.raises(PlanError, match="the hours of this usage are not known"):
        planned(past, Cap(measure="requests", per_hour=Fraction(2)))
    by_day = history(store, "weekday")
    moved = planned(by_day, Route(to="gpt-4.1", when=When(values={"weekday": ("mon",)})))
    # four Mondays in December 2026
    assert moved.delta is not None
    assert moved.delta * 1_000_000 == 4 * 4 * 56


def test_sums_of_hours_have_hours(tmp_path: Path) -> None:
    hours = (
        bucket(result(model="gpt-4.1-mini"), start=MONDAY + n * HOUR, width=HOUR)
        for n in range(7 * 24)
    )
    _, store = imported_page(tmp_path, page(*hours))
    past = history(store, "hour")
    assert past.knows_hours
    assert requests_by(past, "hour")["09"] == 7


def test_hours_are_only_asked_for_where_a_plan_needs_them(store: Store) -> None:
    assert history(store, "feature").dimension_names == ("day", "escalated_from", "feature")
