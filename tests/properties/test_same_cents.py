"""One filter, one amount: on Overview, What-if's "today", report, CSV, XLSX and JSON.

Each surface is asked in its own way (an address, words of the command line, a
workbook opened by another library); what they say must be the same money.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import duckdb
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.money import dollars
from dashboard.app import create_app
from dashboard.context import DashboardContext, Source
from dashboard.pages.overview.numbers import numbers_of
from dashboard.pages.whatif.baseline import baseline_view, usage_seen
from dashboard.state import State
from dashboard.view import view_of
from ingest.configuration import Configuration
from ingest.periods import parse_period
from ingest.report import ReportQuery, report
from pricing import load_book
from tests.demo import DEMO_NOW, demo_clock, demo_store_in
from tollbook.failures import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


FILTERS = {
    "feature": ("search", "legal-check", "support-chat", None),
    "team": ("legal", "platform", "discovery"),
    "model": ("gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "acme-7b"),
    "environment": ("production", "staging"),
    "tier": ("standard", "batch"),
}
RANGES = ("last 30d", "last 7d", "2026-10", "this month", "all", "2026-10-19..2026-10-25")


@dataclass(frozen=True)
class Question:
    """One filter over one range, cut in one zone."""

    range: str
    zone: str
    filters: dict[str, tuple[str | None, ...]]

    @property
    def state(self) -> State:
        return State(range_text=self.range, zone=self.zone, compare="none", filters=self.filters)

    @property
    def words(self) -> list[str]:
        pairs = [f"{name}={value or ''}" for name, some in self.filters.items() for value in some]
        return [
            "--last",
            self.range,
            "--tz",
            self.zone,
            *(w for p in pairs for w in ("--filter", p)),
        ]


filters = st.fixed_dictionaries(
    {},
    optional={
        name: st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)
        for name, values in FILTERS.items()
    },
)
questions = st.builds(
    Question,
    range=st.sampled_from(RANGES),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]),
    filters=filters,
)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DashboardContext]:
    path = demo_store_in(tmp_path_factory.mktemp("same-cents"))
    with duckdb.connect(str(path), read_only=True):  # opening it takes longer than an answer
        yield DashboardContext(Source(path, load_book(), Configuration(), demo_clock))


def said(context: DashboardContext, *words: str) -> str:
    """Return what the program prints for these words."""
    out = io.StringIO()
    command = ["--db", str(context.store_path), "--now", DEMO_NOW.isoformat(), *words]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        assert run(command) == 0
    return out.getvalue()


def money(text: str | None) -> Fraction | None:
    return Fraction(text) if text else None


def by_csv(text: str) -> list[Fraction]:
    return [Fraction(row["cost"]) for row in csv.DictReader(io.StringIO(text)) if row["cost"]]


def asked_of_json(context: DashboardContext, question: Question) -> dict[str, Any]:
    answer = json.loads(said(context, "--json", "report", "--by", "feature", *question.words))
    assert isinstance(answer, dict)
    return answer


@settings(max_examples=settings().max_examples // 4)  # each asks four programs
@given(questions)
def test_the_same_question_gets_the_same_money_everywhere(
    context: DashboardContext, question: Question
) -> None:
    period = parse_period(question.range, DEMO_NOW, question.zone)
    exact = report(
        context.store(), context.book, ReportQuery(period, ("feature",), question.filters)
    ).total.cost
    answer = asked_of_json(context, question)
    assert money(answer["total"]["cost"]) == exact
    assert sum(map(Fraction, (r["cost"] for r in answer["rows"] if r["cost"]))) == (exact or 0)
    exported = by_csv(said(context, "export", "csv", "--by", "feature", *question.words))
    assert sum(exported) == 2 * (exact or 0)  # the rows, and the total under them
    assert usage_seen(baseline_view(context, question.state)).spent == exact or exact is None
    shown = {n.name: n.value for n in numbers_of(view_of(context, question.state))}
    assert exact is None or shown[
        "Month to date" if question.range == "this month" else "Cost"
    ] == (dollars(exact))


@settings(max_examples=settings().max_examples // 3)  # each asks for five reports
@given(questions)
def test_days_hours_and_models_add_up_to_the_range(
    context: DashboardContext, question: Question
) -> None:
    period = parse_period(question.range, DEMO_NOW, question.zone)
    whole, days, *others = (
        report(context.store(), context.book, ReportQuery(period, by, question.filters))
        for by in ((), ("day",), ("week",), ("month",), ("model", "tier"))
    )
    assert {each.total.cost for each in (days, *others)} == {whole.total.cost}
    assert sum((row.cost or Fraction(0)) for row in days.rows) == (whole.total.cost or 0)


@pytest.mark.parametrize(
    "question", [Question("last 30d", "UTC", {}), Question("2026-10", "UTC", {})]
)
def test_downloads_of_the_page_and_the_workbook_hold_the_same_money(
    context: DashboardContext, question: Question, tmp_path: Path
) -> None:
    exact = Fraction(asked_of_json(context, question)["total"]["cost"])
    browser = create_app(context).server.test_client()
    address = question.state.search()
    table = browser.get(f"/download/overview.csv{address}").get_data(as_text=True)
    assert sum(by_csv(table)) == exact
    workbook = browser.get(f"/download/overview.xlsx{address}").get_data()
    assert column_sum(io.BytesIO(workbook), "cost") == pytest.approx(float(exact), abs=1e-9)
    out = tmp_path / "report.xlsx"
    said(context, "export", "xlsx", "--by", "feature", "--out", str(out), *question.words)
    assert column_sum(out, "cost") == pytest.approx(2 * float(exact), abs=1e-9)


def column_sum(workbook: Path | io.BytesIO, name: str) -> float:
    """Return the sum of a column that is headed like this, by another library's reading."""
    rows = list(openpyxl.load_workbook(workbook, data_only=True).worksheets[0].values)
    place = [str(cell).split(" (")[0] for cell in rows[0]].index(name)
    cells = [row[place] for row in rows[1:]]
    return float(sum(cell for cell in cells if isinstance(cell, int | float)))


def test_overview_and_whatif_look_at_the_same_last_thirty_days(context: DashboardContext) -> None:
    view = baseline_view(context, State())
    assert (view.period.end - view.period.start, view.period.end) == (timedelta(30), DEMO_NOW)
    overview = view_of(context, State(range_text="last 30d"))
    assert usage_seen(view).spent == overview.report().total.cost
