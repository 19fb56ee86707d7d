"""Cells, names and formulas of a workbook that computes a plan again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from costmodel.live_dials import Dial

LONGEST_SHEET_NAME = 31
_RESERVED = ("plan", "usage", "rates", "assumptions", "history", "as computed", "months")
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


def quoted(sheet: str) -> str:
    """Return the name of a sheet as a formula writes it."""
    return "'" + sheet.replace("'", "''") + "'"


@dataclass(frozen=True)
class Cell:
    """A cell; rows and columns count from 0."""

    sheet: str
    row: int
    column: int

    @property
    def near(self) -> str:
        """Return the cell as formulas of its own sheet name it."""
        letters, rest = "", self.column + 1
        while rest:
            rest, place = divmod(rest - 1, 26)
            letters = chr(ord("A") + place) + letters
        return f"${letters}${self.row + 1}"

    @property
    def far(self) -> str:
        """Return the cell as formulas of any sheet name it."""
        return f"{quoted(self.sheet)}!{self.near}"

    def to(self, end: Cell) -> str:
        """Return the range from this cell to another of its sheet."""
        return f"{self.near}:{end.near}"


def sheet_names(names: Sequence[str], suffix: str = "") -> list[str]:
    """Return a name of a sheet for each scenario that Excel takes, no two of them the same.

    ``suffix`` is what a second sheet of the scenario has at its end.
    """
    room = LONGEST_SHEET_NAME - len(suffix)
    found: list[str] = []
    taken = set(_RESERVED)
    for place, name in enumerate(names):
        seen = "".join(letter if letter.isprintable() else " " for letter in name)
        plain = _FORBIDDEN.sub(" ", seen).strip(" '")
        short = plain[:room].strip(" '")
        if not short or taken & {short.lower(), (short + suffix).lower()}:
            short = f"{place} {plain}"[:room].strip(" '")
        taken |= {short.lower(), (short + suffix).lower()}
        found.append(short)
    return found


def weight_formulas(dial: Dial, cell: str) -> list[str]:
    """Return how much each corner of a dial counts, from the cell that holds its setting."""
    bare = [_weight(dial, place, cell) for place in range(len(dial.knots))]
    if not dial.can_be_empty:
        return [f"={text}" for text in bare]
    empty = f'{cell}=""'
    return [f"=IF({empty},1,0)", *(f"=IF({empty},0,{text})" for text in bare)]


def _weight(dial: Dial, place: int, cell: str) -> str:
    if dial.compounds:
        high = f"((1+{cell})^{dial.compounds}-1)/{2**dial.compounds - 1}"
        return high if place else f"1-{high}"
    knots, last = dial.knots, len(dial.knots) - 1
    sides = []
    if place > 0:
        sides.append(_line(f"{cell}-{_number(knots[place - 1])}", knots[place] - knots[place - 1]))
    if place < last:
        sides.append(_line(f"{_number(knots[place + 1])}-{cell}", knots[place + 1] - knots[place]))
    if last == 1:
        return sides[0]
    return f"MAX(0,MIN({','.join(sides)}))"


def _line(distance: str, length: Fraction) -> str:
    return f"({distance})/{_number(length)}"


def _number(value: Fraction) -> str:
    return repr(float(value))


def corner_formula(dial_cells: Sequence[Sequence[Cell]], corner: int) -> str:
    """Return how much a corner counts: the product of its entries, the last dial fastest."""
    factors: list[str] = []
    for cells in reversed(dial_cells):
        corner, place = divmod(corner, len(cells))
        factors.append(cells[place].near)
    return f"={'*'.join(reversed(factors)) or '1'}"
