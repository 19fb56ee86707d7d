"""The likely range of What-if is the one that ``tollbook plan`` prints for its plan file."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from costmodel.money import dollars
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.likely import (
    NO_RANGE_SHORT,
    Likely,
    chance_text,
    likely_of,
    likely_text,
)
from dashboard.pages.whatif.plan_yaml import plan_yaml
from dashboard.pages.whatif.screen import screen_of
from dashboard.pages.whatif.settings import STATE_KEYS
from dashboard.state import parse
from tests.demo import DEMO, DEMO_NOW
from tollbook.failures import run

if TYPE_CHECKING:
    from pathlib import Path

    from dashboard.context import DashboardContext
    from dashboard.pages.whatif.screen import Screen

DECEMBER = date(2026, 12, 1)


def screen(demo: DashboardContext, search: str) -> Screen:
    return screen_of(demo, parse(search, STATE_KEYS, DEFAULT_RANGE))


@pytest.mark.parametrize(
    "search", ["?limit=790", "?feature=search&cached=70&growth=5&limit=387&start=gpt-4.1-mini"]
)
def test_range_and_chance_are_those_of_the_command(
    search: str, demo: DashboardContext, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shown = screen(demo, search)
    assert shown.seen is not None
    likely = likely_of(shown.seen, shown.board, shown.controls, shown.limit)
    assert likely is not None
    file = tmp_path / "plan.yaml"
    file.write_text(plan_yaml(shown), encoding="utf-8")
    store, config = demo.source.store_path, DEMO / "tollbook.yaml"
    asked = ["--db", store, "--config", config, "--now", DEMO_NOW.isoformat(), "--json"]
    capfd.readouterr()
    assert run([str(word) for word in (*asked, "plan", file)]) in {0, 3}
    [told] = json.loads(capfd.readouterr().out)["scenarios"]
    amounts = likely.expected, likely.low or 0, likely.high or 0
    assert [dollars(each, "USD") for each in map(Fraction, amounts)] == [
        dollars(Fraction(told[name]), "USD") for name in ("monthly_cost", "p10", "p90")
    ]
    assert likely.above_limit == told["probability_over_limit"]
    assert likely.above_limit is not None
    assert 0 < likely.above_limit < 1
    assert chance_text(likely.above_limit) in shown.likely_line


@pytest.mark.parametrize(
    ("chance", "said"),
    [
        (0, "less than 1 in 10"),
        (0.0499, "less than 1 in 10"),
        (0.051, "1 in 10"),
        (0.32, "3 in 10"),
        (0.949, "9 in 10"),
        (0.951, "more than 9 in 10"),
        (1, "more than 9 in 10"),
    ],
)
def test_a_chance_is_said_in_tenths_and_never_certain(chance: float, said: str) -> None:
    assert chance_text(chance) == said


def test_the_range_names_its_month_and_the_chance_its_limit() -> None:
    likely = Likely(DECEMBER, Fraction(786), Fraction(762), Fraction(813), 0.3)
    said = "Likely $762 to $813 in December (31 days, $786 expected)"
    assert likely_text(likely, None, "USD") == f"{said}."
    assert likely_text(likely, Fraction(600), "USD") == f"{said}; 3 in 10 chance to cross $600."
    small = Likely(DECEMBER, Fraction("1.22"), Fraction("0.4"), Fraction("99.99"), 0.3)
    said = "Likely $0.40 to $99.99 in December (31 days, $1.22 expected)."
    assert likely_text(small, None, "USD") == said
    short = Likely(DECEMBER, Fraction(786), None, None, None)
    assert likely_text(short, Fraction(600), "USD") == NO_RANGE_SHORT
    assert likely_text(None, None, "USD") == NO_RANGE_SHORT


def test_a_fortnight_has_a_range_and_less_has_none(demo: DashboardContext) -> None:
    assert screen(demo, "?range=last+14d").likely_line.startswith("Likely $")
    assert screen(demo, "?range=last+13d").likely_line == NO_RANGE_SHORT
