"""What-if over the demo and over typed numbers: the same cents by every way."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.controls import levers_of
from costmodel.money import dollars
from costmodel.plan import TypedBaseline, run_plan
from costmodel.scenario import evaluate
from dashboard.context import DashboardContext, Source
from dashboard.pages.whatif import assumptions, breakdown, charts
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.downloads import workbook
from dashboard.pages.whatif.names import short_name, start_choices
from dashboard.pages.whatif.payload import payload
from dashboard.pages.whatif.plan_yaml import plan_yaml
from dashboard.pages.whatif.screen import Screen, screen_of
from dashboard.pages.whatif.settings import STATE_KEYS
from dashboard.state import parse
from ingest.baseline import usage_history
from ingest.configuration import Configuration
from ingest.imports import import_file
from ingest.periods import parse_period
from ingest.plan_file import read_plan
from ingest.report import ReportQuery, report
from ingest.store import Store
from pricing import load_book
from tests.dashboard.spreadsheet import cell_beside
from tests.demo import DEMO

SAMPLES = DEMO.parent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Open = Callable[[str], Screen]


@pytest.fixture(scope="session")
def screen(demo: DashboardContext) -> Open:
    """The page of an address over the demo."""
    return lambda search: screen_of(demo, parse(search, STATE_KEYS, DEFAULT_RANGE))


@pytest.mark.parametrize(
    "search",
    [
        "",
        "?range=2026-10",
        "?feature=search&feature=code-review",
        "?model=gpt-4.1",
        "?range=last+30d&feature=summaries",
    ],
)
def test_today_is_what_the_report_says(search: str, screen: Open, demo: DashboardContext) -> None:
    shown = screen(search)
    words = shown.state.range_text or "last 30d"
    period = parse_period(words, demo.now(), "UTC")
    query = ReportQuery(period, (), shown.state.filters)
    reported = report(demo.store(), demo.book, query).total.cost
    assert shown.board.usage.spent == reported
    seen = evaluate(shown.board.usage.seen, (), demo.book).cost
    assert seen == reported
    days = shown.board.usage.seen.days
    assert shown.view.today == (reported or 0) * 30 / days
    if words == "last 30d":
        assert shown.view.today == reported


def test_a_month_has_30_days_whatever_the_period(screen: Open) -> None:
    october = screen("?range=2026-10")
    assert october.board.usage.seen.days == 31
    assert october.view.today == (october.board.usage.spent or 0) * 30 / 31


@pytest.mark.parametrize(
    "search",
    [
        "",
        "?start=gpt-4.1-mini",
        "?start=gpt-4.1-mini:70,gpt-4.1:30&escalate=8",
        "?start=today&cached=20&batch=35",
        "?start=gpt-4.1-nano&escalate=40&sent=directly&growth=5",
        "?cached=90&apply=search,legal-check",
    ],
)
def test_the_corners_hold_what_the_levers_cost(search: str, screen: Open) -> None:
    shown = screen(search)
    assert shown.view.plan == shown.outcome.cost
    assert shown.view.today + sum(shown.view.steps) == shown.view.plan
    parts = breakdown.parts_of(shown.outcome, shown.board)
    assert sum(part.cost for part in parts) == shown.outcome.cost


def test_the_plan_opens_filled_with_what_the_logs_say(screen: Open) -> None:
    shown = screen("")
    assert shown.board.comparison.escalation_source == "seen in your logs"
    assert shown.controls.escalate == Fraction(12, 100)
    assert shown.outcome.cost < shown.view.today
    assert "saves" in shown.sentence
    assert shown.second_line.startswith("Likely $")


def test_critical_features_are_touched_by_no_plan(screen: Open) -> None:
    shown = screen("?start=gpt-6-luna&escalate=0&apply=legal-check,search")
    assert shown.board.locked == {"legal-check"}
    assert shown.board.chosen == ("search",)
    before = evaluate(shown.board.baseline, (), shown.board.book, by=("feature",))
    after = evaluate(
        shown.board.baseline, levers_of(shown.controls), shown.board.book, by=("feature",)
    )
    assert after.cost_by("feature")["legal-check"] == before.cost_by("feature")["legal-check"]
    assert after.cost_by("feature")["summaries"] == before.cost_by("feature")["summaries"]
    assert after.cost_by("feature")["search"] < before.cost_by("feature")["search"]


def test_what_has_no_price_is_said(screen: Open) -> None:
    shown = screen("")
    assert shown.board.at_least
    lines = [
        line.text
        for line in assumptions.lines(shown.board, shown.settings, shown.controls, shown.outcome)
        if line.source == "missing"
    ]
    assert any("acme-7b" in text for text in lines)


def test_every_assumption_has_a_source(screen: Open) -> None:
    shown = screen("?batch=20&cached=60&escalate=5")
    lines = assumptions.lines(shown.board, shown.settings, shown.controls, shown.outcome)
    assert {line.source for line in lines} >= {"set by you", "assumed", "published"}
    assert {line.control for line in lines if line.control} == {"escalate", "cache", "batch"}


def test_the_budget_is_the_limit_only_for_what_it_covers(screen: Open) -> None:
    assert screen("").limit == 1200
    assert screen("?feature=search").limit is None
    assert screen("?limit=600").limit == 600


def test_typed_numbers_cost_what_the_guide_says(screen: Open) -> None:
    shown = screen("?workload=typed")
    assert dollars(shown.view.today) == "$396.00"
    assert shown.second_line == "No range: typed numbers."
    rows = {row.name: dollars(row.monthly_cost) for row in shown.board.comparison.rows}
    assert rows["all GPT-4.1"] == "$1,980.00"
    assert rows["all GPT-4.1 Nano"] == "$99.00"
    assert rows["all GPT-6 Luna"] == "$117.00"


def test_typed_full_is_mini_first_with_a_saving(screen: Open) -> None:
    shown = screen("?workload=typed&served=gpt-4.1&escalate=12&limit=600")
    assert shown.board.default_start == "gpt-4.1-mini"
    assert shown.sentence == "Today $1,980 a month. This plan $633.60: saves $1,346.40 (68%)."
    assert shown.limit_line.meets == Fraction(103, 1000)


def test_an_unknown_typed_model_is_a_notice(screen: Open) -> None:
    shown = screen("?workload=typed&served=gpt-9")
    assert dollars(shown.view.today) == "$396.00"
    assert any("gpt-9" in notice for notice in shown.notices)


def test_a_start_that_is_not_offered_is_a_notice(screen: Open) -> None:
    shown = screen("?start=claude-opus-4")
    assert any("claude-opus-4" in notice for notice in shown.notices)


def test_charts_say_their_sentence_and_hold_their_table(screen: Open) -> None:
    shown = screen("?start=gpt-4.1-mini&escalate=5&cached=70")
    bars = charts.bars_chart(shown.board, shown.view, shown.limit, shown.hues)
    assert [row[0] for row in bars.rows] == [
        "Today",
        "This plan",
        "All full",
        "All Mini",
        "All Nano",
        "All gpt-6-luna",
    ]
    assert bars.rows[4][3] == "gone since 23 Oct 2026"
    waterfall = charts.waterfall_chart(shown.board, shown.view, shown.controls)
    assert "escalation (5% to full, after a try)" in waterfall.sentence
    months = charts.months_chart(shown.board, shown.view, shown.limit)
    assert len(months.rows) == 12
    assert [row[3] for row in months.rows[:2]] == ["today's", "the successor's"]
    assert "On 14 Jan 2027 Mini and full end, dashed at the price of gpt-6-luna." in months.sentence


def test_a_setting_does_not_read_the_store_again(
    screen: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = screen("?escalate=3").board
    monkeypatch.setattr("ingest.store.Store.cells", None)  # reading would now fail
    assert screen("?escalate=4").board is first


def test_the_browser_is_sent_corners_and_no_rate(screen: Open) -> None:
    sent = payload(screen("").board)
    assert sent["key"] == screen("?escalate=77").board.key
    assert len(str(sent)) < 120_000
    assert "usd_per_million" not in str(sent)


def test_a_typed_plan_file_runs_to_the_same_cents(
    screen: Open, demo: DashboardContext, tmp_path: Path
) -> None:
    for number, search in enumerate(
        (
            "?workload=typed&served=gpt-4.1&escalate=12",
            "?workload=typed&start=gpt-4.1-mini:70,gpt-4.1:30&escalate=8&cached=50&growth=4.5",
            "?workload=typed&escalate=20&sent=directly&batch=35&sessions=500",
        )
    ):
        shown = screen(search)
        path = tmp_path / f"{number}.yaml"
        path.write_text(plan_yaml(shown), encoding="utf-8")
        plan = read_plan(path, demo.book)
        assert isinstance(plan.baseline, TypedBaseline)
        result = run_plan(plan, demo.book, today=shown.board.today)
        assert result.baseline.monthly_cost == shown.view.today
        assert result.scenarios[0].monthly_cost == shown.outcome.cost


def test_a_plan_file_of_usage_has_the_levers_of_the_page(
    screen: Open, demo: DashboardContext, tmp_path: Path
) -> None:
    shown = screen("?feature=search&feature=code-review&start=gpt-4.1-mini&escalate=5&cached=70")
    path = tmp_path / "plan.yaml"
    path.write_text(plan_yaml(shown), encoding="utf-8")
    plan = read_plan(path, demo.book)
    assert plan.scenarios[0].levers == levers_of(shown.controls)
    period = parse_period("2026-10-21..2026-11-19", demo.now(), "UTC")
    history = usage_history(
        demo.store(), demo.book, period, shown.state.filters, dimensions=("feature",)
    )
    result = run_plan(plan, demo.book, today=date(2026, 11, 20), history=history)
    assert 0 < result.scenarios[0].monthly_cost < result.baseline.monthly_cost


def test_a_plan_file_keeps_odd_names(screen: Open, demo: DashboardContext, tmp_path: Path) -> None:
    names = ('a: "b"', None, "# c", "d\u0085e", "f\u2028g", "h\x7fi")
    shown = screen("?workload=typed&served=gpt-4.1")
    base = replace(shown.board.base, where={"model": names})
    shown = replace(shown, board=replace(shown.board, base=base))
    path = tmp_path / "odd.yaml"
    path.write_text(plan_yaml(shown), encoding="utf-8")
    [lever] = read_plan(path, demo.book).scenarios[0].levers
    assert lever.where == {"model": names}


def test_the_workbook_has_the_cents_of_the_page(screen: Open) -> None:
    shown = screen("?escalate=5")
    book = openpyxl.load_workbook(io.BytesIO(workbook(shown)))
    assert book.sheetnames == [
        *("Plan", "Today", "This plan", "Usage", "Rates", "Today detail", "This plan detail"),
        *("Assumptions", "As computed", "Months"),
    ]
    assert cell_beside(book, "Plan", "Today")[0].value == "='Today'!$G$18"
    static = {row[0]: row[1] for row in book["As computed"].iter_rows(min_row=5, values_only=True)}
    assert static["This plan"] == pytest.approx(float(shown.outcome.cost), abs=1e-9)
    values = openpyxl.load_workbook(io.BytesIO(workbook(shown)), data_only=True)
    today, plan = (cell_beside(values, "Plan", name)[0].value for name in ("Today", "This plan"))
    assert today == pytest.approx(float(shown.view.today), abs=1e-9)
    assert plan == pytest.approx(float(shown.outcome.cost), abs=1e-9)


ODD = st.text(max_size=12) | st.sampled_from(["0", "100", "directly", "typed", "today", "5.5"])


@given(own=st.dictionaries(st.sampled_from(STATE_KEYS), ODD, max_size=5))
def test_any_address_opens(own: dict[str, str], demo: DashboardContext) -> None:
    shown = screen_of(demo, parse(f"?{urlencode(own)}", STATE_KEYS, DEFAULT_RANGE))
    assert shown.sentence.startswith("Today ")
    assert shown.view.plan == shown.outcome.cost


def test_names_within_a_family_are_short(screen: Open) -> None:
    family = screen("").board.comparison.family
    assert family is not None
    names = [short_name(model.name, family) for model in start_choices(family)]
    assert names == ["Mini", "full", "Nano", "gpt-6-luna"]
    assert short_name("gpt-4.1-mini", None) == "gpt-4.1-mini"


def december() -> datetime:
    return datetime(2026, 12, 3, tzinfo=UTC)


@pytest.fixture(scope="session")
def csv_only(tmp_path_factory: pytest.TempPathFactory) -> DashboardContext:
    """A store that knows nothing but one dashboard export of OpenAI."""
    path = tmp_path_factory.mktemp("csv") / "own.duckdb"
    import_file(Store(path), SAMPLES / "openai_activity" / "by_model_and_key.csv")
    return DashboardContext(Source(path, load_book(), Configuration(), december))


def test_an_export_without_features_works(csv_only: DashboardContext) -> None:
    shown = screen_of(csv_only, parse("", STATE_KEYS, DEFAULT_RANGE))
    assert shown.board.features == ()
    assert shown.board.limit is None
    assert shown.view.today > 0
    period = parse_period(shown.board.usage.range_words, csv_only.now(), "UTC")
    reported = report(csv_only.store(), csv_only.book, ReportQuery(period)).total.cost
    assert shown.board.usage.spent == reported


def test_no_usage_at_all_in_the_filter_still_draws(screen: Open) -> None:
    shown = screen("?feature=nothing-like-this")
    assert shown.view.today == 0
    assert shown.sentence == "Today $0 a month. This plan $0 costs the same."
    assert charts.bars_chart(shown.board, shown.view, None, {}).rows
    assert breakdown.sentence(shown.outcome, shown.board) == "Nothing in this plan has a price."
