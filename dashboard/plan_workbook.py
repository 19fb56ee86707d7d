"""A plan as a workbook with live formulas: change a blue cell and every total follows.

Sheets: the plan with its totals; the usage of today; the rates; for each scenario its
shares and its cost by token type, and how the usage of today becomes that of the scenario.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dashboard.cell_text import without_controls
from dashboard.token_types import token_type
from dashboard.workbook_formulas import Cell, corner_formula, quoted, sheet_names, weight_formulas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from costmodel.live import Live, Part, Volume
    from costmodel.live_dials import Dial

OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
"""What the writer is made with: text from usage files stays text."""

HOW = (
    "Blue cells may be changed: volumes on the sheet Usage, rates on Rates, shares on the sheet of "
    "a scenario, and the limit. Every total follows."
)
_DETAIL = " detail"
_FIRST_CORNER = 6


@dataclass(frozen=True)
class LiveScenario:
    """A scenario under its name."""

    name: str
    live: Live


@dataclass(frozen=True)
class LivePlan:
    """What the workbook holds; the first scenario is today, without any lever.

    ``assumptions`` are pairs of a sentence and where it comes from.
    """

    title: str
    currency: str
    scenarios: Sequence[LiveScenario]
    limit: Fraction | None = None
    remarks: Sequence[str] = ()
    assumptions: Sequence[tuple[str, str]] = field(default_factory=tuple)


def write_plan(book: Workbook, plan: LivePlan) -> None:
    """Write all sheets of a plan into an open workbook."""
    _Writer(book, plan).write()


class _Writer:
    """Knows where every volume, rate and total stands."""

    def __init__(self, book: Workbook, plan: LivePlan) -> None:
        self._book = book
        self._plan = plan
        blue = {"font_color": "#0000FF", "bg_color": "#DCE9F9", "locked": False}
        self._bold = book.add_format({"bold": True})
        self._cents = book.add_format({"num_format": "#,##0.00"})
        self._rate = book.add_format({"num_format": "#,##0.00####"})
        self._total = book.add_format({"num_format": "#,##0.00", "bold": True, "top": 1})
        self._count = book.add_format({"num_format": "#,##0"})
        self._share = book.add_format({"num_format": "0.0%"})
        self._blue_money = book.add_format({"num_format": "#,##0.00####", **blue})
        self._blue_count = book.add_format({"num_format": "#,##0", **blue})
        self._blue_share = book.add_format({"num_format": "0.0###%", **blue})
        self._volumes: dict[Volume, Cell] = {}
        self._rates: dict[Part, tuple[int, Cell]] = {}

    def write(self) -> None:
        """Write the sheets in the order in which a person reads them."""
        names = sheet_names([each.name for each in self._plan.scenarios], suffix=_DETAIL)
        front = self._book.add_worksheet("Plan")
        tables = [self._book.add_worksheet(name) for name in names]
        self._usage(self._book.add_worksheet("Usage"))
        self._write_rates(self._book.add_worksheet("Rates"))
        totals = [
            self._scenario(table, name, each)
            for table, name, each in zip(tables, names, self._plan.scenarios, strict=True)
        ]
        self._front(front, totals)
        if self._plan.assumptions:
            self._assumptions(self._book.add_worksheet("Assumptions"))

    def _text(
        self, sheet: Worksheet, row: int, column: int, text: str, style: Format | None = None
    ) -> None:
        sheet.write_string(row, column, without_controls(text), style)

    def _texts(
        self, sheet: Worksheet, row: int, texts: Sequence[str], style: Format | None = None
    ) -> None:
        for column, text in enumerate(texts):
            self._text(sheet, row, column, text, style)

    def _front(self, sheet: Worksheet, totals: Sequence[Cell]) -> None:
        plan = self._plan
        self._text(sheet, 0, 0, plan.title, self._bold)
        for row, text in enumerate((*plan.remarks, HOW), start=1):
            self._text(sheet, row, 0, text)
        top = len(plan.remarks) + 3
        limit = Cell("Plan", top, 1)
        self._text(sheet, top, 0, "Limit a month")
        if plan.limit is None:
            sheet.write_blank(top, 1, None, self._blue_money)
        else:
            sheet.write_number(top, 1, float(plan.limit), self._blue_money)
        head = ("Scenario", f"A month ({plan.currency})", "Against today", "Share", "Limit")
        self._texts(sheet, top + 2, head, self._bold)
        today = plan.scenarios[0].live.cost()
        pairs = zip(plan.scenarios, totals, strict=True)
        for row, (each, total) in enumerate(pairs, start=top + 3):
            self._text(sheet, row, 0, each.name)
            cost = each.live.cost()
            sheet.write_formula(row, 1, f"={total.far}", self._cents, float(cost))
            if row > top + 3:
                here, first = Cell("Plan", row, 1), Cell("Plan", top + 3, 1)
                change = f"={here.near}-{first.near}"
                sheet.write_formula(row, 2, change, self._cents, float(cost - today))
                share = f'=IF({first.near}=0,"",{Cell("Plan", row, 2).near}/{first.near})'
                value = float((cost - today) / today) if today else ""
                sheet.write_formula(row, 3, share, self._share, value)
                self._kept(sheet, here, limit, cost)
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 4, 18)

    def _kept(self, sheet: Worksheet, cell: Cell, limit: Cell, cost: Fraction) -> None:
        """Write whether a scenario keeps to the limit, and go on doing so."""
        is_over = f'IF(ROUND({cell.near},2)>{limit.near},"over the limit","within")'
        allowed = self._plan.limit
        now = "" if allowed is None else "over the limit" if cost > allowed else "within"
        formula = f'=IF({limit.near}="","",{is_over})'
        sheet.write_formula(cell.row, cell.column + 3, formula, None, now)

    def _usage(self, sheet: Worksheet) -> None:
        head = ("Provider", "Model", "Tier", "What", "A month")
        self._texts(sheet, 0, head, self._bold)
        every = dict.fromkeys(v for each in self._plan.scenarios for v in each.live.volumes)
        for row, volume in enumerate(every, start=1):
            self._texts(sheet, row, (volume.provider, volume.model, volume.tier, volume.kind))
            sheet.write_number(row, 4, float(volume.amount), self._blue_count)
            self._volumes[volume] = Cell("Usage", row, 4)
        sheet.set_column(0, 4, 18)
        sheet.freeze_panes(1, 0)

    def _write_rates(self, sheet: Worksheet) -> None:
        head = ("Provider", "Model", "Tier", "Token type", "Requests over", "Per million", "Source")
        self._texts(sheet, 0, head, self._bold)
        every = dict.fromkeys(part for each in self._plan.scenarios for part in each.live.parts)
        for row, part in enumerate(every, start=1):
            self._part(sheet, row, part)
            sheet.write_number(row, 4, part.above_input_tokens, self._count)
            sheet.write_number(row, 5, float(part.rate_per_million), self._blue_money)
            self._text(sheet, row, 6, part.source)
            self._rates[part] = (row, Cell("Rates", row, 5))
        sheet.set_column(0, 5, 18)
        sheet.set_column(6, 6, 60)
        sheet.freeze_panes(1, 0)

    def _part(self, sheet: Worksheet, row: int, part: Part) -> None:
        self._texts(sheet, row, (part.provider, part.model, part.tier, token_type(part.meter)))

    def _scenario(self, sheet: Worksheet, name: str, scenario: LiveScenario) -> Cell:
        """Write a scenario's two sheets; return the cell of its total."""
        self._text(sheet, 0, 0, scenario.name, self._bold)
        live = scenario.live
        dials = self._dials(sheet, name, live.dials)
        detail = self._book.add_worksheet(name + _DETAIL)
        ranges = self._detail(detail, name + _DETAIL, live, dials)
        top = len(dials) + 4
        head = ("Provider", "Model", "Tier", "Token type", "Quantity", "Per million", "Cost")
        self._texts(sheet, top, head, self._bold)
        quantities = live.quantities()
        for row, part in enumerate(live.parts, start=top + 1):
            number, rate = self._rates[part]
            amount = quantities.get(part)
            self._part(sheet, row, part)
            sum_up = f"=SUMIF({ranges['part']},{number},{ranges['quantity']})"
            sheet.write_formula(row, 4, sum_up, self._count, float(amount or 0))
            rate_now = part.rate_per_million
            sheet.write_formula(row, 5, f"={rate.far}", self._rate, float(rate_now))
            cost = (amount or 0) * rate_now / 1_000_000
            product = f"={Cell(name, row, 4).near}*{Cell(name, row, 5).near}/1000000"
            sheet.write_formula(row, 6, product, self._cents, float(cost))
        last = top + 1 + len(live.parts)
        self._text(sheet, last, 0, "Without token types")
        other = f"=SUMPRODUCT({ranges['other']},{ranges['weights']})"
        rest = live.cost() - sum(
            n * part.rate_per_million / 1_000_000 for part, n in quantities.items()
        )
        sheet.write_formula(last, 6, other, self._cents, float(rest))
        self._text(sheet, last + 1, 0, "Total", self._bold)
        sum_all = f"=SUM({Cell(name, top + 1, 6).near}:{Cell(name, last, 6).near})"
        sheet.write_formula(last + 1, 6, sum_all, self._total, float(live.cost()))
        sheet.set_column(0, 6, 18)
        return Cell(name, last + 1, 6)

    def _dials(self, sheet: Worksheet, name: str, dials: Sequence[Dial]) -> dict[str, Cell]:
        """Write the shares that may be changed; return the cell of each."""
        if dials:
            self._text(sheet, 1, 0, "Shares", self._bold)
        cells = {}
        for row, dial in enumerate(dials, start=2):
            self._text(sheet, row, 0, dial.name)
            if dial.setting is None:
                sheet.write_blank(row, 1, None, self._blue_share)
                self._text(sheet, row, 2, "empty: as today")
            else:
                sheet.write_number(row, 1, float(dial.setting), self._blue_share)
            rule = {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1}
            if dial.compounds:
                rule |= {"minimum": -1, "maximum": 10}
            sheet.data_validation(row, 1, row, 1, rule)
            cells[dial.name] = Cell(name, row, 1)
        return cells

    def _detail(
        self,
        sheet: Worksheet,
        name: str,
        live: Live,
        dials: Mapping[str, Cell],
    ) -> dict[str, str]:
        """Write how usage becomes that of the scenario; return its ranges as others name them."""
        self._text(sheet, 0, 0, "How the usage of today becomes that of the scenario", self._bold)
        weights: list[list[Cell]] = []
        row = 2
        for dial in live.dials:
            formulas = weight_formulas(dial, dials[dial.name].far)
            cells = []
            for corner, text, value in zip(dial.corners, formulas, dial.weights(), strict=True):
                self._text(sheet, row, 0, dial.name)
                self._text(sheet, row, 1, "as today" if corner is None else f"{float(corner):.4%}")
                sheet.write_formula(row, 2, text, None, float(value))
                cells.append(Cell(name, row, 2))
                row += 1
            weights.append(cells)
        return self._ways(sheet, name, live, weights, row + 1)

    def _ways(
        self,
        sheet: Worksheet,
        name: str,
        live: Live,
        dial_cells: list[list[Cell]],
        top: int,
    ) -> dict[str, str]:
        head = ("Served today by", "What", "Becomes", "Rate no.", "Volume", "Quantity")
        self._texts(sheet, top, head, self._bold)
        values = live.corner_weights()
        last_column = _FIRST_CORNER + len(values) - 1
        for column, value in enumerate(values, start=_FIRST_CORNER):
            text = corner_formula(dial_cells, column - _FIRST_CORNER)
            sheet.write_formula(top, column, text, None, float(value))
        counted = Cell(name, top, _FIRST_CORNER).to(Cell(name, top, last_column))
        self._text(sheet, top + 1, 0, "Without token types")
        sheet.write_row(top + 1, _FIRST_CORNER, [float(n) for n in live.other_at_corners])
        for row, way in enumerate(live.ways, start=top + 2):
            volume, part = way.volume, way.part
            becomes = f"{part.model}, {part.tier}, {token_type(part.meter)}"
            self._texts(sheet, row, (f"{volume.model}, {volume.tier}", volume.kind, becomes))
            sheet.write_number(row, 3, self._rates[part][0])
            source = self._volumes[volume].far
            sheet.write_formula(row, 4, f"={source}", self._count, float(volume.amount))
            sheet.write_row(row, _FIRST_CORNER, [float(n) for n in way.at_corners])
            own = Cell(name, row, _FIRST_CORNER).to(Cell(name, row, last_column))
            text = f"={Cell(name, row, 4).near}*SUMPRODUCT({own},{counted})"
            pairs = zip(way.at_corners, values, strict=True)
            amount = volume.amount * sum(share * weight for share, weight in pairs)
            sheet.write_formula(row, 5, text, self._count, float(amount))
        bottom = max(top + 2, top + 1 + len(live.ways))
        sheet.set_column(0, 2, 28)
        sheet.set_column(3, 5, 16)
        there = quoted(name)
        return {
            "part": f"{there}!{Cell(name, top + 2, 3).to(Cell(name, bottom, 3))}",
            "quantity": f"{there}!{Cell(name, top + 2, 5).to(Cell(name, bottom, 5))}",
            "weights": f"{there}!{counted}",
            "other": f"{there}!"
            + Cell(name, top + 1, _FIRST_CORNER).to(Cell(name, top + 1, last_column)),
        }

    def _assumptions(self, sheet: Worksheet) -> None:
        self._texts(sheet, 0, ("Assumption", "Source"), self._bold)
        for row, (text, source) in enumerate(self._plan.assumptions, start=1):
            self._texts(sheet, row, (text, source))
        sheet.set_column(0, 0, 100)
        sheet.set_column(1, 1, 18)
