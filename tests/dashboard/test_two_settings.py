"""Two settings at once: each cell is the exact cost of its pair."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from costmodel.controls import levers_of
from costmodel.scenario import evaluate
from dashboard.figures.two_settings import Grid, is_within, two_settings
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.screen import Screen, screen_of
from dashboard.pages.whatif.settings import STATE_KEYS
from dashboard.pages.whatif.two_settings import grid_of, two_settings_chart
from dashboard.state import parse

if TYPE_CHECKING:
    from dashboard.context import DashboardContext

GUIDE = "?workload=typed&served=gpt-4.1&escalate=12&limit=600"


def shown(search: str, demo: DashboardContext) -> Screen:
    return screen_of(demo, parse(search, STATE_KEYS, DEFAULT_RANGE))


def test_the_guide_by_escalation_and_batch(demo: DashboardContext) -> None:
    grid = grid_of(shown(GUIDE, demo), "escalate", "batch")
    assert grid.columns == ["0%", "12%", "20%", "40%", "60%", "80%", "100%"]
    assert grid.rows == ["0%", "20%", "40%", "60%", "80%", "100%"]
    assert grid.here == (0, 1)
    # all on Mini $396.00, each percent escalated $19.80 more; batches at half price
    assert grid.costs[0][:3] == [396, Fraction("633.60"), 792]
    assert grid.costs[5][6] == (396 + 1980) / Fraction(2)


@pytest.mark.parametrize(("across", "down"), [("cache", "growth"), ("batch", "cache")])
def test_every_cell_is_what_its_levers_cost(across: str, down: str, demo: DashboardContext) -> None:
    screen = shown("?escalate=8&growth=2.5", demo)
    grid = grid_of(screen, across, down)
    steps: dict[str, list[Any]] = {
        "growth": [Fraction(n, 40) for n in (-4, -2, 0, 1, 2, 4, 6, 8)],
        "batch": [Fraction(n, 5) for n in range(6)],
        "cache": [None, *(Fraction(n, 5) for n in range(6))],
    }
    for row in (0, len(grid.rows) - 2):
        for column in (0, 3):
            changed: dict[str, Any] = {across: steps[across][column], down: steps[down][row]}
            levers = levers_of(replace(screen.controls, **changed))
            cost = evaluate(screen.board.baseline, levers, screen.board.book).cost
            assert grid.costs[row][column] == cost


def test_what_is_not_set_stands_first_as_today(demo: DashboardContext) -> None:
    screen = shown("", demo)
    grid = grid_of(screen, "cache", "batch")
    assert grid.columns[:2] == ["as today", "0%"]
    assert grid.here == (0, 0)
    assert grid.costs[0][0] == screen.outcome.cost


def test_the_sentence_counts_what_keeps_to_the_limit(demo: DashboardContext) -> None:
    chart = two_settings_chart(shown(GUIDE, demo), "escalate", "batch")
    # $396.00: all 6; $633.60: from 20% in batches on, 5; $792.00: from 60%, 3; $1,188.00: at 100%
    assert chart.sentence == (
        "A month costs between $198.00 and $2,376.00; the framed amount is the plan on screen. "
        "15 of 42 keep to your $600 limit: they are bold."
    )
    assert chart.header[0] == "Batch share \\ Escalated to full"
    assert chart.rows[0][:3] == ("0%", "$396.00", "$633.60")


def test_one_setting_twice_says_so(demo: DashboardContext) -> None:
    chart = two_settings_chart(shown(GUIDE, demo), "batch", "batch")
    assert (chart.sentence, chart.figure["data"]) == ("Choose two different settings.", [])


def test_bold_is_within_the_limit_on_both_sides() -> None:
    costs = [[Fraction("600.004"), Fraction("600.01")]]
    grid = Grid("a", "b<", ["0%", "1%"], ["0%"], costs, (0, 1))
    figure = two_settings(grid, Fraction(600))
    assert figure["data"][0]["text"] == [["<b>$600</b>", "$600"]]
    assert figure["layout"]["yaxis"]["title"]["text"] == "b&lt;"
    assert not is_within(Fraction(1), None)
    assert two_settings(replace(grid, costs=[[Fraction(123_456)] * 2]), None)["data"][0][
        "text"
    ] == [["$123k", "$123k"]]
