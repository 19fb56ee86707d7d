"""Workbooks of plans: names and formulas here, and a real spreadsheet that computes them again."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import openpyxl
import pytest

from costmodel.live import live
from costmodel.live_dials import Dial, dials_of_levers
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.downloads import live_plan, workbook
from dashboard.pages.whatif.screen import screen_of
from dashboard.pages.whatif.settings import STATE_KEYS
from dashboard.plan_workbook import OPTIONS, LivePlan, LiveScenario, write_plan
from dashboard.state import parse
from dashboard.workbook_formulas import Cell, corner_formula, sheet_names, weight_formulas
from tests.costmodel.test_live import BOOK, LEVERS, turned, workload
from tests.dashboard.spreadsheet import SOFFICE, cell_beside, recomputed, with_changes

if TYPE_CHECKING:
    from pathlib import Path

    from costmodel.live import Live
    from dashboard.context import DashboardContext

CENT = 0.005


def guide_plan(name: str = "mini first") -> LivePlan:
    dials, levers_at = dials_of_levers(LEVERS, workload(), BOOK, 2)
    planned = live(workload(), dials, levers_at, BOOK, months_ahead=2)
    today = live(workload(), (), lambda _: (), BOOK)
    scenarios = (LiveScenario("baseline", today), LiveScenario(name, planned))
    return LivePlan("Plan", "USD", scenarios, limit=Fraction(500))


def written(plan: LivePlan, path: Path) -> Path:
    import xlsxwriter

    with xlsxwriter.Workbook(path, OPTIONS) as book:
        write_plan(book, plan)
    return path


def test_cells_are_named_as_spreadsheets_name_them() -> None:
    assert Cell("a", 0, 0).near == "$A$1"
    assert Cell("it's", 9, 26).far == "'it''s'!$AA$10"
    assert Cell("a", 0, 701).near == "$ZZ$1"
    assert Cell("a", 0, 702).near == "$AAA$1"


def test_sheets_get_names_that_excel_takes() -> None:
    names = ["a/b: [c]*?", "plan", "'", "x" * 40, "x" * 40, "Usage", "History", "a\x00b", "'q'"]
    found = sheet_names(names, suffix=" detail")
    assert found[0] == "a b   c"
    assert len({name.lower() for name in found}) == len(names)
    for name in found:
        assert 0 < len(name + " detail") <= 31
        assert not set(name) & set("[]:*?/\\\x00")
        assert not name.startswith("'")
        assert name.lower() not in {"plan", "usage", "history"}


def test_two_sheets_of_two_scenarios_never_share_a_name() -> None:
    found = sheet_names(["a", "a detail", "A"], suffix=" detail")
    every = [name.lower() for name in (*found, *(f"{name} detail" for name in found))]
    assert len(set(every)) == 6


def test_weights_are_written_as_formulas() -> None:
    half = Fraction(1, 2)
    assert weight_formulas(Dial("a", half), "B1") == ["=(1.0-B1)/1.0", "=(B1-0.0)/1.0"]
    grown = Dial("a", half, compounds=2)
    assert weight_formulas(grown, "B1") == ["=1-((1+B1)^2-1)/3", "=((1+B1)^2-1)/3"]
    bent = Dial("a", None, (Fraction(0), half, Fraction(1)), can_be_empty=True)
    assert weight_formulas(bent, "B1")[:3] == [
        '=IF(B1="",1,0)',
        '=IF(B1="",0,MAX(0,MIN((0.5-B1)/0.5)))',
        '=IF(B1="",0,MAX(0,MIN((B1-0.0)/0.5,(1.0-B1)/0.5)))',
    ]
    cells = [[Cell("a", 0, 2), Cell("a", 1, 2)], [Cell("a", 2, 2), Cell("a", 3, 2)]]
    assert corner_formula(cells, 1) == "=$C$1*$C$4"
    assert corner_formula([], 0) == "=1"


def test_a_name_that_is_a_formula_stays_text(tmp_path: Path) -> None:
    path = written(guide_plan('=HYPERLINK("http://x")'), tmp_path / "plan.xlsx")
    book = openpyxl.load_workbook(path)
    cell = book["Plan"]["A8"]
    assert (cell.value, cell.data_type) == ('=HYPERLINK("http://x")', "s")


def test_blue_cells_are_the_only_numbers_typed_in(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(written(guide_plan(), tmp_path / "plan.xlsx"))
    blue = {
        (sheet.title, cell.coordinate)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.font.color is not None and cell.font.color.rgb == "FF0000FF"
    }
    assert {sheet for sheet, _ in blue} == {"Plan", "Usage", "Rates", "mini first"}
    typed = {
        (name, cell.coordinate)
        for name in ("Plan", "baseline", "mini first", "Usage")
        for row in book[name].iter_rows()
        for cell in row
        if isinstance(cell.value, int | float)
    }
    assert typed <= blue
    assert len([sheet for sheet, _ in blue if sheet == "mini first"]) == 4


soak = pytest.mark.soak
spreadsheet = pytest.mark.skipif(
    SOFFICE is None, reason="needs LibreOffice (Debian: apt-get install libreoffice-calc)"
)


def with_rate(found: Live, change: Fraction) -> Live:
    """The scenario with the first rate of its parts changed."""
    old = found.parts[0]
    new = replace(old, rate_per_million=old.rate_per_million + change)
    ways = tuple(replace(w, part=new) if w.part == old else w for w in found.ways)
    return replace(found, parts=(new, *found.parts[1:]), ways=ways)


def with_volume(found: Live, factor: int) -> Live:
    """The scenario with more of the first volume."""
    old = found.volumes[0]
    new = replace(old, amount=old.amount * factor)
    ways = tuple(replace(w, volume=new) if w.volume == old else w for w in found.ways)
    return replace(found, volumes=(new, *found.volumes[1:]), ways=ways)


@soak
@spreadsheet
def test_a_spreadsheet_computes_the_same_cents(tmp_path: Path) -> None:
    plan = guide_plan()
    path = written(plan, tmp_path / "plan.xlsx")
    book = recomputed(with_changes(path, tmp_path / "same.xlsx", {}), tmp_path / "one")
    live_one = plan.scenarios[1].live
    assert cell_beside(book, "Plan", "baseline")[0].value == pytest.approx(396, abs=CENT)
    amount, _, _, limit = cell_beside(book, "Plan", "mini first")[:4]
    assert amount.value == pytest.approx(float(live_one.cost()), abs=CENT)
    assert limit.value == "over the limit"


@soak
@spreadsheet
def test_a_changed_blue_cell_moves_the_total_to_the_cent(tmp_path: Path) -> None:
    plan = guide_plan()
    path = written(plan, tmp_path / "plan.xlsx")
    part = plan.scenarios[1].live.parts[0]
    changes: dict[tuple[str, str], float] = {
        ("mini first", "B3"): 0.25,
        ("mini first", "B4"): 0.3,
        ("mini first", "B5"): 0.5,
        ("mini first", "B6"): 0.1,
        ("Usage", "E2"): float(plan.scenarios[1].live.volumes[0].amount * 3),
        ("Plan", "B4"): 5_000,
    }
    rates = openpyxl.load_workbook(path)["Rates"]
    [place] = [
        row[5].coordinate
        for row in rates.iter_rows(min_row=2)
        if (row[1].value, row[2].value, row[3].value) == (part.model, part.tier, "uncached input")
    ]
    changes["Rates", place] = float(part.rate_per_million + 1)
    book = recomputed(with_changes(path, tmp_path / "other.xlsx", changes), tmp_path / "two")
    values = (Fraction(1, 4), Fraction(3, 10), Fraction(1, 2), Fraction(1, 10))
    expected = with_volume(with_rate(turned(plan.scenarios[1].live, *values), Fraction(1)), 3)
    amount, _, _, limit = cell_beside(book, "Plan", "mini first")[:4]
    assert amount.value == pytest.approx(float(expected.cost()), abs=CENT)
    assert amount.value != pytest.approx(float(plan.scenarios[1].live.cost()), abs=1)
    assert limit.value == "within"


@soak
@spreadsheet
@pytest.mark.parametrize("search", ["", "?cached=60&batch=20&growth=5&escalate=15&apply=search"])
def test_what_if_over_real_usage(search: str, demo: DashboardContext, tmp_path: Path) -> None:
    screen = screen_of(demo, parse(search, STATE_KEYS, DEFAULT_RANGE))
    path = tmp_path / "whatif.xlsx"
    path.write_bytes(workbook(screen))
    same = recomputed(with_changes(path, tmp_path / "same.xlsx", {}), tmp_path / "one")
    assert cell_beside(same, "Plan", "Today")[0].value == pytest.approx(
        float(screen.view.today), abs=CENT
    )
    assert cell_beside(same, "Plan", "This plan")[0].value == pytest.approx(
        float(screen.outcome.cost), abs=CENT
    )
    changed = {("This plan", "B4"): 0.4, ("This plan", "B5"): 0.35, ("This plan", "B7"): -0.05}
    again = recomputed(with_changes(path, tmp_path / "other.xlsx", changed), tmp_path / "two")
    starts, _, _, batch, _ = live_plan(screen).scenarios[1].live.dials
    values = (starts.setting, Fraction(2, 5), Fraction(35, 100), batch.setting, Fraction(-1, 20))
    expected = turned(live_plan(screen).scenarios[1].live, *values).cost()
    assert cell_beside(again, "Plan", "This plan")[0].value == pytest.approx(
        float(expected), abs=CENT
    )
