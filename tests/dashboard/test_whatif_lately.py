"""What-if says how forecasts from the usage that it starts from did lately."""

from __future__ import annotations

from typing import TYPE_CHECKING

from costmodel.backtest_words import backtest_sentence, badge
from dashboard.pages.whatif import assumptions, charts
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.screen import screen_of
from dashboard.pages.whatif.settings import STATE_KEYS
from dashboard.state import parse

if TYPE_CHECKING:
    from dashboard.context import DashboardContext


def said(demo: DashboardContext, search: str) -> list[str]:
    shown = screen_of(demo, parse(search, STATE_KEYS, DEFAULT_RANGE))
    lines = assumptions.lines(shown.board, shown.settings, shown.controls, shown.outcome)
    return [line.text for line in lines if line.text.startswith("Forecasts over")]


def test_how_forecasts_did_lately_stands_among_the_assumptions(demo: DashboardContext) -> None:
    shown = screen_of(demo, parse("", STATE_KEYS, DEFAULT_RANGE))
    replayed = shown.board.usage.replayed
    assert replayed is not None
    # 61 days of demo allow five replays of two weeks
    assert (replayed.replays, replayed.horizon_days) == (5, 14)
    assert said(demo, "") == [backtest_sentence(replayed).removesuffix(".")]
    months = charts.months_chart(shown.board, shown.view, None)
    assert months.sentence.endswith(f" {badge(replayed)}")


def test_typed_numbers_and_a_short_past_say_nothing(demo: DashboardContext) -> None:
    assert said(demo, "?workload=typed") == []
    typed = screen_of(demo, parse("?workload=typed", STATE_KEYS, DEFAULT_RANGE))
    assert "lately" not in charts.months_chart(typed.board, typed.view, None).sentence
    assert said(demo, "?range=2026-09") == []
