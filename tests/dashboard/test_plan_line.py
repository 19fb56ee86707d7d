"""The plan line of spend a day: of an adopted plan, else of the budget."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from alerts.budgets import add
from costmodel.budget import Budget
from costmodel.levers import Batch, Cache
from costmodel.savings import Saved
from costmodel.workload import ledger_baseline
from dashboard.context import DashboardContext
from dashboard.pages.overview.days import days_chart
from dashboard.pages.overview.plan_line import PlanLine, plan_line
from dashboard.pages.overview.saved import saved_text
from dashboard.pages.overview.standing import standing_of
from dashboard.pages.whatif.board import board_of
from dashboard.pages.whatif.settings import Settings
from dashboard.state import parse
from dashboard.view import view_of
from ingest.adopted_plans import AdoptedPlan, frozen
from ingest.baseline import usage_baseline
from ingest.configuration import Configuration
from ingest.periods import parse_period
from ingest.plan_savings import plan_so_far
from ingest.plan_text import plan_text, scenario_text
from ingest.store import Store
from tests.books import BOOK
from tests.demo import demo_source_of

if TYPE_CHECKING:
    from pathlib import Path

    from dashboard.chart_card import Chart
    from dashboard.context import Source

NOVEMBER = date(2026, 11, 1)
PLAN = AdoptedPlan(
    name="Budget 2027",
    version=0,
    adopted_at=datetime(2026, 10, 30, tzinfo=UTC),
    scenario="as it is",
    plan_text="",
    book_digest="",
    currency="USD",
    first_month=NOVEMBER,
    filters={},
    usage=ledger_baseline([], BOOK, days=30),
    costs={NOVEMBER: Fraction(900), date(2026, 12, 1): Fraction(930)},
)


@pytest.fixture
def own(demo_source: Source, tmp_path: Path) -> DashboardContext:
    """The demo in a store that a test may change."""
    path = tmp_path / "demo.duckdb"
    shutil.copy(demo_source.store_path, path)
    return DashboardContext(demo_source_of(path))


def adopt(context: DashboardContext, plan: AdoptedPlan) -> None:
    Store(context.source.store_path).adopt(frozen(plan))


def line(context: DashboardContext, search: str = "") -> PlanLine | None:
    view = view_of(context, parse(search, {"unit", "by"}))
    return plan_line(view, standing_of(view))


def chart(context: DashboardContext, search: str = "") -> Chart:
    view = view_of(context, parse(search, {"unit", "by"}))
    found = days_chart(view, standing_of(view))
    assert found is not None
    return found


def test_without_an_adopted_plan_the_line_is_the_budget(own: DashboardContext) -> None:
    found = line(own)
    assert found is not None
    assert (found.name, found.is_adopted) == ("plan", False)
    assert sum(found.by_day.values()) == pytest.approx(1_200)
    assert chart(own).header[-1] == "Total"


def test_a_budget_made_on_screen_is_the_limit_of_its_month(own: DashboardContext) -> None:
    source = replace(own.source, configuration=Configuration())
    plain = DashboardContext(source)
    view = view_of(plain, parse("", {"unit", "by"}))
    assert standing_of(view).limit is None
    asked = {"month": Fraction(1_100), "each": Fraction(100), "tokens": Fraction(5)}
    for name, amount in asked.items():
        budget = Budget(name, amount)
        budget = replace(budget, each="team") if name == "each" else budget
        budget = replace(budget, measure="tokens") if name == "tokens" else budget
        add(plain.store(), source.configuration, budget, own.now(), "test")
    view = view_of(plain, parse("", {"unit", "by"}))
    assert standing_of(view).limit == 1_100
    assert standing_of(view_of(plain, parse("?team=legal", {"unit", "by"}))).limit is None
    board = board_of(view, Settings(), source, date(2026, 11, 20))
    assert (board.limit, board.limit_source) == (1_100, "from your budget “month”")


def test_the_plan_adopted_last_is_the_line_with_its_name(own: DashboardContext) -> None:
    adopt(own, replace(PLAN, name="Older", adopted_at=datetime(2026, 10, 1, tzinfo=UTC)))
    adopt(own, PLAN)
    found = line(own)
    assert found is not None
    assert (found.name, found.is_adopted) == ("Budget 2027", True)
    assert sum(found.by_day.values()) == pytest.approx(900)
    # a Sunday of the demo costs less than the Monday after it
    assert found.by_day[date(2026, 11, 8)] < found.by_day[date(2026, 11, 9)]
    shown = chart(own)
    assert shown.header[-1] == "Budget 2027"
    assert all(len(row) == len(shown.header) for row in shown.rows)
    assert "The plan \u201cBudget 2027\u201d meant $" in shown.sentence


def test_a_line_over_two_months_holds_the_days_shown(own: DashboardContext) -> None:
    adopt(own, PLAN)
    found = line(own, "?range=2026-11-29..2026-12-02")
    assert found is not None
    assert list(found.by_day) == [date(2026, 11, 29 + n) for n in (0, 1)] + [
        date(2026, 12, n) for n in (1, 2)
    ]
    # without a forecast the days of a month are equal: 900 / 30 and 930 / 31
    assert list(found.by_day.values()) == pytest.approx([30] * 4)


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, filters={"team": ("legal",)}),
        replace(PLAN, currency="EUR"),
        replace(PLAN, costs={date(2026, 12, 1): Fraction(900)}),
    ],
)
def test_a_plan_of_other_usage_months_or_money_is_no_line(
    own: DashboardContext, other: AdoptedPlan
) -> None:
    adopt(own, other)
    found = line(own)
    assert found is not None
    assert not found.is_adopted


def test_days_before_the_plan_are_said_to_be_outside_of_it(own: DashboardContext) -> None:
    adopt(own, PLAN)
    # November up to the 20th, at $30 a day
    said = chart(own, "?range=2026").sentence
    assert said.endswith("meant $600 for the 20 of these days that it covers.")


def test_tokens_have_no_line(own: DashboardContext) -> None:
    adopt(own, PLAN)
    assert chart(own, "?unit=tokens").header[-1] == "Total"


def test_what_the_plan_saved_stands_beside_its_line(own: DashboardContext) -> None:
    store, book = own.store(), own.book
    usage = usage_baseline(store, book, parse_period("2026-10", own.now(), "UTC"), {})
    text = plan_text("30d", {}, scenario_text("as it is", (Batch(share=Fraction(1, 5)),)))
    plan = replace(PLAN, usage=usage, plan_text=text)
    adopt(own, plan)
    found = plan_so_far(own.store(), book, plan, own.now(), "UTC")
    assert found.saved is not None
    assert found.days == (NOVEMBER, date(2026, 11, 19))
    said = saved_text(found.saved, "1 Nov to 19 Nov", "USD")
    assert "saved by batch $" in said
    assert chart(own).sentence.endswith(f" {said}")
    # a plan whose names no book knows, or that started from nothing, has no such sentence
    adopt(own, replace(plan, plan_text="", adopted_at=datetime(2026, 11, 2, tzinfo=UTC)))
    assert "going on as before" not in chart(own).sentence


@pytest.mark.parametrize(
    ("actual", "said"),
    [
        (
            Fraction(80),
            (
                "From May it saved $20.00 against going on as before; saved by batch $10.01, "
                "cached input $4.99, what came otherwise than planned $5.00."
            ),
        ),
        (
            Fraction(110),
            (
                "From May it cost $10.00 more than going on as before; saved by batch $10.01, "
                "cached input $4.99, what came otherwise than planned \u2212$25.00."
            ),
        ),
    ],
)
def test_the_parts_of_the_saving_sum_to_it(actual: Fraction, said: str) -> None:
    levers = Batch(share=Fraction(1, 2)), Cache(hit_rate=Fraction(1, 2))
    parts = Fraction("10.0051"), Fraction("4.9949")
    saved = Saved(Fraction(100), Fraction(85), actual, levers, parts, False, (), ())
    assert saved_text(saved, "May", "USD") == said
