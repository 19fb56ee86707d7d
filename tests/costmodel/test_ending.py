"""What ends soon, who calls it, and what the same tokens cost on its successor."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from costmodel.ending import KEY_WORDS, Caller, endings
from costmodel.spend import spend
from tests.books import BOOK, SHUTDOWN
from tests.workloads import cell

if TYPE_CHECKING:
    from costmodel.spend import SpendRow
    from costmodel.usage import Cell


def rows(*cells: Cell) -> tuple[SpendRow, ...]:
    return spend(cells, BOOK, (*KEY_WORDS, "feature"), ("feature",)).rows


def test_two_models_that_end_on_one_day_are_one_ending() -> None:
    found = endings(
        rows(
            cell("gpt-4.1", requests=100, dimensions=("search",)),
            cell("gpt-4.1-mini", requests=1_000, dimensions=("support",)),
            cell("gpt-4.1", requests=50, dimensions=("support",)),
            cell("gpt-6-luna", requests=9, dimensions=("support",)),
        ),
        BOOK,
        date(2026, 11, 20),
    )
    [ending] = found
    # $0.008 and $0.0016 a request; on Luna $0.00045
    assert (ending.models, ending.on, ending.days_left) == (
        ("gpt-4.1-mini", "gpt-4.1"),
        SHUTDOWN,
        55,
    )
    assert ending.cost == Fraction("2.8")
    assert (ending.successor, ending.successor_cost) == ("gpt-6-luna", Fraction("0.5175"))
    assert ending.callers == (
        Caller(("support",), 1_050, Fraction("2")),
        Caller(("search",), 100, Fraction("0.8")),
    )


@pytest.mark.parametrize(("today", "days"), [(date(2027, 1, 13), [1]), (date(2027, 1, 14), [])])
def test_what_has_ended_is_not_ending(today: date, days: list[int]) -> None:
    found = endings(rows(cell(dimensions=(None,))), BOOK, today)
    assert [each.days_left for each in found] == days


def test_a_tier_without_the_successor_is_priced_in_the_standard_one() -> None:
    [ending] = endings(
        rows(cell("gpt-4.1", tier="priority", dimensions=(None,))), BOOK, date(2026, 11, 20)
    )
    # 2,000 x $0.10 + 500 x $0.50 per million
    assert ending.successor_cost == Fraction("0.00045")
