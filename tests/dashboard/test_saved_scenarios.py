"""Kept scenarios: eight at most, each with a name of its own, worked out anew when shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.pages.whatif.compare import comparison, rows_of
from dashboard.pages.whatif.saved import (
    LONGEST_NAME,
    LONGEST_SEARCH,
    MOST_SAVED,
    Saved,
    added,
    as_data,
    renamed,
    saved_of,
    without,
)

if TYPE_CHECKING:
    from dashboard.context import DashboardContext

TYPED = "?limit=600&served=gpt-4.1&workload=typed"


def kept(*names: str) -> tuple[Saved, ...]:
    return saved_of([{"name": name, "search": "?batch=5"} for name in names])


def test_a_scenario_is_kept_and_comes_back() -> None:
    one = added((), " Mini  first ", TYPED)
    assert one == (Saved("Mini first", TYPED),)
    assert saved_of(as_data(one)) == one


def test_no_two_have_one_name() -> None:
    assert [each.name for each in added(kept("a", "a 2"), "a", "")] == ["a", "a 2", "a 3"]
    assert [each.name for each in renamed(kept("a", "b"), 1, "a")] == ["a", "a 2"]
    assert [each.name for each in renamed(kept("a", "b"), 1, "b")] == ["a", "b"]
    assert added((), "  ", "")[0].name == "Scenario"
    long = added(kept("x" * LONGEST_NAME), "x" * 90, "")
    assert long[1].name == "x" * (LONGEST_NAME - 4) + " 2"


def test_eight_are_kept_and_no_more() -> None:
    full = kept(*map(str, range(MOST_SAVED)))
    assert added(full, "one more", "") == full
    assert len(kept(*map(str, range(20)))) == MOST_SAVED
    assert without(full, 0) == full[1:]


def test_what_a_browser_kept_is_not_trusted() -> None:
    odd: list[object] = [
        None, 5, {}, {"name": 1, "search": ""}, {"name": "a", "search": None},
        {"name": "long", "search": "?batch=" + "5" * LONGEST_SEARCH},
        {"name": "b\x00", "search": "?batch=5&evil=<script>"},
    ]  # fmt: skip
    assert saved_of(odd) == (Saved("b", "?batch=5"),)
    assert saved_of(None) == saved_of("text") == saved_of({"name": "a"}) == ()


def test_side_by_side(demo: DashboardContext) -> None:
    plans = (Saved("Twelve", TYPED + "&escalate=12"), Saved("On screen", TYPED + "&start=today"))
    rows = rows_of(demo, plans, TYPED + "&escalate=20")
    chart = comparison(rows)
    assert chart.rows == [
        ("On screen 2", "$792.00", "saves $1,188 (60%)", "No range: typed numbers"),
        ("Twelve", "$633.60", "saves $1,346.40 (68%)", "No range: typed numbers"),
        ("On screen", "$1,980.00", "costs the same", "No range: typed numbers"),
    ]
    assert chart.sentence == (
        "Of 3 plans “Twelve” costs least: $633.60 a month. Within the limit of $600.00: 0 of 3."
    )
    [trace] = chart.figure["data"]
    assert trace["y"] == ["On screen 2", "Twelve", "On screen"]
    assert trace["x"] == [792.0, 633.6, 1980.0]


def test_a_range_where_the_usage_has_one(demo: DashboardContext) -> None:
    [on_screen] = comparison(rows_of(demo, (), "")).rows
    assert on_screen[3].startswith("$")
    assert " to $" in on_screen[3]
