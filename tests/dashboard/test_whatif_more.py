"""The levers under "More" on What-if, over the demo and over the guide's typed numbers."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import TYPE_CHECKING

import openpyxl
import pytest

from costmodel.meters import Meter
from costmodel.plan import run_plan
from dashboard.pages.whatif import assumptions, breakdown, charts
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.downloads import live_plan, workbook
from dashboard.pages.whatif.matters import matters
from dashboard.pages.whatif.more_panel import count_text, more_block
from dashboard.pages.whatif.one_html import document
from dashboard.pages.whatif.panel import panel_key
from dashboard.pages.whatif.plan_yaml import plan_yaml
from dashboard.pages.whatif.screen import Screen, screen_of
from dashboard.pages.whatif.settings import STATE_KEYS
from dashboard.pages.whatif.target_ways import ways
from dashboard.state import parse
from ingest.plan_file import read_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dashboard.context import DashboardContext

    Open = Callable[[str], Screen]

TYPED = "?workload=typed&start=today"


@pytest.fixture(scope="session")
def screen(demo: DashboardContext) -> Open:
    """The page of an address over the demo."""
    return lambda search: screen_of(demo, parse(search, STATE_KEYS, DEFAULT_RANGE))


# 300,000 requests: 270M tokens in at $0.40 and 180M out at $1.60 are $108 and $288
@pytest.mark.parametrize(
    ("search", "plan", "steps"),
    [
        ("&prompts=20", "374.40", ("-21.60",)),  # 0.2 x 108
        ("&answers=25", "324", ("-72",)),
        ("&retries=10&billed=50", "418", ("22",)),  # 396 x 0.5 x 0.1 / 0.9
        ("&checker=gpt-4.1-nano&checked=100", "453", ("57",)),  # 450M at $0.10, 30M at $0.40
        ("&review=1&minutes=2&hourly=30", "3396", ("3000",)),  # 3,000 answers at $1
        ("&served-in=priority&served-share=50", "544.5", ("148.5",)),  # half of it 75% dearer
        ("&moved-from=gpt-4.1-mini&moved-to=gpt-4.1-nano&moved-share=25", "321.75", ("-74.25",)),
        ("&ending=gpt-4.1-mini&successor=gpt-4.1-nano&ends-on=2026-11-20", "99", ("-297",)),
        ("&ending=gpt-4.1-mini&successor=gpt-4.1-nano&ends-on=2026-11-21", "396", ("0",)),
        # alone 21.6 and 22; together 8/9 x 21.6 less: 1.20 is halved between the two
        ("&prompts=20&retries=10&billed=50", "395.20", ("-22.2", "21.4")),
    ],
)
def test_a_lever_costs_what_is_worked_out_by_hand(
    search: str, plan: str, steps: tuple[str, ...], screen: Open
) -> None:
    shown = screen(TYPED + search)
    assert shown.notices == ()
    assert shown.view.today == 396
    assert shown.outcome.cost == shown.view.plan == Fraction(plan)
    assert shown.view.steps == (0, 0, 0, 0, 0, *map(Fraction, steps))
    assert count_text(shown.board) == f" ({len(steps)} set)"
    [*_, last] = charts.waterfall_chart(shown.board, shown.view, shown.controls).rows[:-1]
    assert last[0] in {*charts.step_names(shown.board)[5:]}


EVERYTHING = (
    "?prompts=20&answers=5&retries=5&checker=gpt-4.1-nano&review=0.1&served-in=flex"
    "&moved-from=gpt-4.1&moved-to=gpt-4.1-mini&moved-share=30&ending=gpt-4.1&cached=40&batch=30"
)


@pytest.mark.parametrize(
    "search",
    [
        "?prompts=20&beginning=kept&cached=60",
        "?prompts=20&apply=search,support-chat&retries=5",
        "?start=gpt-4.1-mini:70,gpt-4.1:30&escalate=8&served-in=priority&served-share=30&batch=40",
        "?checker=gpt-4.1-nano&review=0.2&growth=5&feature=search",
        EVERYTHING,
    ],
)
def test_the_page_is_exact_everywhere(search: str, screen: Open) -> None:
    shown = screen(search)
    assert shown.board.base.more
    assert shown.view.plan == shown.outcome.cost
    assert shown.view.today == screen("").view.today or "feature" in search
    assert shown.view.today + sum(shown.view.steps) == shown.view.plan
    parts = breakdown.parts_of(shown.outcome, shown.board)
    charges = sum((each.amount for each in shown.outcome.charges), Fraction(0))
    assert sum((part.cost for part in parts), charges) == shown.outcome.cost
    today, plan = live_plan(shown).scenarios
    assert (today.live.cost(), plan.live.cost()) == (shown.view.today, shown.view.plan)


def test_a_setting_sought_for_a_target_counts_the_further_levers(screen: Open) -> None:
    shown = screen(f"{TYPED}&prompts=20")  # 374.40, of which half goes where all is in batches
    [batch] = [way for way in ways(shown, Fraction(300)) if way.control == "batch"]
    assert (batch.percent, batch.cost) == ("39.8", "$299.89")  # 374.40 x (1 - 0.398 / 2)
    then = screen(f"{TYPED}&prompts=20&batch=39.8")
    assert round(then.outcome.cost, 2) == Fraction("299.89")
    effects = {each.name: each.change for each in matters(shown)}
    assert effects["Batch share"] == Fraction("-1.872")
    assert effects["Price of gpt-4.1-mini"] == Fraction("3.744")


def test_many_levers_are_one_step_that_names_each(screen: Open) -> None:
    shown = screen(EVERYTHING)
    chart = charts.waterfall_chart(shown.board, shown.view, shown.controls)
    name, _, detail = chart.rows[-2]
    assert name == "More levers"
    assert detail.count(";") == len(shown.controls.more) - 1 == 6
    assert count_text(shown.board) == " (7 set)"


def test_files_carry_what_is_set(screen: Open, tmp_path: Path, demo: DashboardContext) -> None:
    shown = screen(f"{TYPED}&prompts=20&review=1&hourly=30&checker=gpt-4.1-nano")
    book = openpyxl.load_workbook(io.BytesIO(workbook(shown)))
    rows = {row[0].value: row[1].value for row in book["As computed"].iter_rows()}
    assert rows["This plan"] == 3420  # 374.40, 45.60 for checks, 3,000 for people
    path = tmp_path / "plan.yaml"
    path.write_text(plan_yaml(shown))
    found = run_plan(read_plan(path, demo.book), demo.book, today=shown.board.today)
    assert found.scenarios[0].monthly_cost == 3420
    [_, tokens] = document(shown, None).listings
    assert [row[-1] for row in tokens.rows if row[0] == "People"] == ["$3,000.00"]
    assert tokens.total is not None
    assert tokens.total[-1] == "$3,420.00"
    assert "people $3,000.00" in breakdown.sentence(shown.outcome, shown.board)


def test_each_lever_is_an_assumption_that_leads_to_its_field(screen: Open) -> None:
    shown = screen(EVERYTHING)
    found = assumptions.lines(shown.board, shown.settings, shown.controls, shown.outcome)
    said = {line.field: line for line in found if line.field}
    assert set(said) == {
        "prompts", "retries", "checker", "review", "served-in", "moved-from", "ending",
    }  # fmt: skip
    assert {line.source for line in said.values()} == {"set by you"}
    assert said["review"].text == "people read 0.1% of answers, 2 minutes each at $40 an hour"
    assert said["prompts"].text == "prompts are 20% shorter and answers are 5% shorter"
    texts = " ".join(line.text for line in found)
    assert texts.count("people read") == 1
    assert "keeps_prefix" not in texts
    assert "shortened prompts begin otherwise" in texts
    kept = screen("?prompts=20&beginning=kept")
    again = assumptions.lines(kept.board, kept.settings, kept.controls, kept.outcome)
    assert not [line for line in again if "begin otherwise" in line.text]
    [cached] = [line.text for line in again if line.control == "cache"]
    assert cached == "what is cached stays as it is: 50.9% of input before prompts get shorter"
    lost = screen("?prompts=20")
    found = assumptions.lines(lost.board, lost.settings, lost.controls, lost.outcome)
    [cached] = [line.text for line in found if line.control == "cache"]
    assert cached == "nothing of shortened prompts is cached; 50.9% of input is today"
    place = lost.outcome.dimension_names.index("feature")
    reading = [flow for flow in lost.outcome.flows if flow.amount(Meter.CACHED_INPUT)]
    assert {flow.dimensions[place] for flow in reading} == lost.board.locked  # no plan touches it


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("&checker=gpt-9", "gpt-9"),
        ("&moved-from=gpt-4.1-mini&moved-to=gpt-9", "gpt-9"),
        ("&ending=gpt-6-luna", "No successor of gpt-6-luna is published"),
        ("&ending=gpt-6-luna&successor=gpt-4.1", "No day of gpt-6-luna is published"),
        ("&retries=x", "retries = 'x' is not understood"),
    ],
)
def test_what_means_nothing_is_left_out_and_told(search: str, said: str, screen: Open) -> None:
    shown = screen(TYPED + search)
    [notice] = shown.notices
    assert said in notice
    assert shown.controls.more == ()
    assert shown.outcome.cost == 396


def test_half_a_lever_is_off(screen: Open) -> None:
    for search in ("&billed=50", "&minutes=5", "&moved-from=gpt-4.1-mini", "&served-share=20"):
        assert screen(TYPED + search).controls.more == ()


def test_nothing_else_moves_when_a_lever_is_set(screen: Open) -> None:
    plain, shown = screen(""), screen("?answers=50")
    assert shown.board.default_start == plain.board.default_start
    assert panel_key(shown.board) == panel_key(plain.board)
    assert shown.board.key != plain.board.key
    blocks = [more_block(each.board, each.settings) for each in (plain, shown)]
    assert [block.to_plotly_json()["props"]["open"] for block in blocks] == [False, True]
