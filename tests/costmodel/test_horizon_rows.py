from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from costmodel.horizon import month_costs
from costmodel.horizon_rows import horizon_rows, rows_in_cents
from costmodel.levers import Grow, Lever, Route
from costmodel.workload import WorkloadError, ledger_baseline
from tests.books import BOOK
from tests.workloads import cell

DECEMBER = date(2026, 12, 1)
MINI, FULL, LUNA = "gpt-4.1-mini", "gpt-4.1", "gpt-6-luna"
# a million requests of 2,000 in and 500 out: $1,600 on Mini, $8,000 on full
TEAMS = ledger_baseline(
    [
        cell(MINI, requests=1_000_000, dimensions=("search",)),
        cell(FULL, requests=500_000, dimensions=("search",)),
        cell(MINI, requests=250_000, dimensions=(None,)),
        cell("acme-7b", requests=9, dimensions=("lab",)),
    ],
    BOOK,
    days=31,
    dimension_names=("team",),
)


def test_rows_by_team_are_worked_out_by_hand() -> None:
    rows = horizon_rows(TEAMS, (), BOOK, DECEMBER, "team", months=1)
    assert [(row.name, row.costs) for row in rows] == [
        ("search", (1_600 + 4_000,)),
        (None, (400,)),
        ("lab", (0,)),
    ]


def test_rows_by_model_follow_shutdowns_and_levers() -> None:
    half_to_full = Route(source=(MINI,), to=FULL, share=Fraction(1, 2))
    rows = horizon_rows(TEAMS, (half_to_full,), BOOK, DECEMBER, "model", months=3)
    by_name = {row.name: row.costs for row in rows}
    # December: 625,000 requests stay on Mini, as many come to the 500,000 on full
    assert by_name[MINI][0] == 1_000
    assert by_name[FULL][0] == 4_000 + 5_000
    # both are gone by February: all of it is the successor's
    assert (by_name[MINI][2], by_name[FULL][2]) == (0, 0)
    assert by_name[LUNA][2] == month_costs(TEAMS, (half_to_full,), BOOK, DECEMBER, 3)[2]


@pytest.mark.parametrize("by", ["team", "model", "provider", "tier"])
@pytest.mark.parametrize(
    "levers",
    [
        (),
        (Grow(requests=Fraction(7, 100), where={"team": ("search",)}),),
        (
            Route(to=FULL, share=Fraction(1, 3), from_=date(2027, 1, 20)),
            Grow(requests=-Fraction(1, 9)),
        ),
    ],
)
def test_rows_sum_to_the_months_exactly_and_in_cents(by: str, levers: tuple[Lever, ...]) -> None:
    rows = horizon_rows(TEAMS, levers, BOOK, DECEMBER, by, months=4)
    months = month_costs(TEAMS, levers, BOOK, DECEMBER, 4)
    assert tuple(map(sum, zip(*(row.costs for row in rows), strict=True))) == months
    in_whole_cents = rows_in_cents(rows)
    for month, column in zip(
        months, zip(*(r.costs for r in in_whole_cents), strict=True), strict=True
    ):
        assert sum(column) == Fraction(round(month * 100), 100)


def test_a_word_that_the_usage_has_not_is_refused() -> None:
    with pytest.raises(WorkloadError, match="no dimension 'tean' to divide by; it has provider"):
        horizon_rows(TEAMS, (), BOOK, DECEMBER, "tean")


def test_no_rows_are_no_rows_in_cents_too() -> None:
    assert rows_in_cents(()) == ()
