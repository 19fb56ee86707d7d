"""Charges that somebody keeps by hand: periods, kinds, amounts, and what cannot be right."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.charges import Charge, ChargeKind
from ingest.files import sample_of
from ingest.formats import FORMATS
from tests.ingest.chats import adds_up
from tests.ingest.usage_pages import imported

if TYPE_CHECKING:
    from ingest.imports import ImportResult

HEADER = "date,vendor,amount,currency,memo,team"


def listed(
    folder: Path, *lines: str, header: str = HEADER, name: str = "charges.csv"
) -> tuple[ImportResult, list[Charge]]:
    found, store = imported(folder, "\n".join((header, *lines)) + "\n", name)
    return found, [each.charge for each in store.charges()]


def one(folder: Path, line: str, header: str = HEADER) -> Charge:
    _, (charge,) = listed(folder, line, header=header)
    return charge


def test_a_line_is_a_charge_without_grouping(tmp_path: Path) -> None:
    assert one(tmp_path, "2026-10-03,Azure OpenAI,-12.50,eur,seats,Sales") == Charge(
        line=2,
        provider="azure",
        start=datetime(2026, 10, 3, tzinfo=UTC),
        end=datetime(2026, 10, 4, tzinfo=UTC),
        kind=ChargeKind.OTHER,
        amount=Decimal("-12.50"),
        currency="EUR",
        team="Sales",
        memo="seats",
    )


@pytest.mark.parametrize(("month", "end"), [("2026-10", (2026, 11, 1)), ("2026-12", (2027, 1, 1))])
def test_a_month_is_a_period(month: str, end: tuple[int, int, int], tmp_path: Path) -> None:
    charge = one(tmp_path, f"{month},OpenAI,1,USD,,")
    assert charge.start == datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC)
    assert charge.end == datetime(*end, tzinfo=UTC)


MEMOS = [
    ("VAT 19%", "tax"),
    ("sales tax", "tax"),
    ("tax on a refund", "tax"),
    ("Credits from the fair", "credit"),
    ("refunded", "credit"),
    ("discount", "credit"),
    ("credit card fee", "other"),
    ("taxi to the fair", "other"),
    ("private seats", "other"),
    ("", "other"),
]


def test_the_memo_tells_the_kind(tmp_path: Path) -> None:
    _, charges = listed(tmp_path, *(f"2026-10,OpenAI,1,USD,{memo}," for memo, _ in MEMOS))
    assert sorted((each.memo or "", each.kind) for each in charges) == sorted(MEMOS)


def test_a_column_kind_is_above_the_memo(tmp_path: Path) -> None:
    charge = one(tmp_path, "Tool,2026-10,OpenAI,1,USD,VAT", "kind,date,vendor,amount,currency,memo")
    assert charge.kind is ChargeKind.TOOL


def test_addresses_are_not_stored(tmp_path: Path) -> None:
    charge = one(tmp_path, "2026-10,OpenAI,1,USD,for a@example.com (seat),b@example.com")
    assert charge.memo is not None
    assert charge.team is not None
    assert charge.memo.startswith("for mail:")
    assert charge.memo.endswith(" (seat)")
    assert "@" not in charge.memo + charge.team


def test_equal_lines_both_count_and_again_they_are_duplicates(tmp_path: Path) -> None:
    lines = ["2026-10,OpenAI,1,USD,seat,"] * 2
    found, charges = listed(tmp_path, *lines)
    assert (found.rows_added, len(charges)) == (2, 2)
    again, charges = listed(tmp_path, *lines, name="again.csv")
    assert (again.rows_duplicate, len(charges)) == (2, 2)


WRONG = [
    (",OpenAI,1,USD,,", "no date"),
    ("2026-13,OpenAI,1,USD,,", "date is '2026-13': write a day"),
    ("1999-10,OpenAI,1,USD,,", "date is '1999-10', which is no day between 2015 and 2100"),
    ("9999-12,OpenAI,1,USD,,", "date is '9999-12'"),
    ("2026-10,,1,USD,,", "no vendor"),
    ("2026-10,OpenAI,,USD,,", "no amount"),
    ("2026-10,OpenAI,inf,USD,,", "amount is 'inf', not an amount of money"),
    ("2026-10,OpenAI,1,,,", "no currency"),
    ("2026-10,OpenAI,1,euro,,", "currency is 'euro', not the three letters"),
    ("2026-10,OpenAI,1", "holds 3 cells, the header 6"),
]


def test_what_cannot_be_right_is_set_aside(tmp_path: Path) -> None:
    found, charges = listed(tmp_path, "2026-10,OpenAI,1,USD,,", *(line for line, _ in WRONG))
    assert [each.line for each in found.set_aside] == [3 + n for n in range(len(WRONG))]
    for each, (_, reason) in zip(found.set_aside, WRONG, strict=True):
        assert each.reason.startswith(reason)
    assert len(charges) == 1


def test_columns_that_are_not_read_are_named(tmp_path: Path) -> None:
    found, _ = listed(
        tmp_path, "2026-10,OpenAI,1,USD,x", header="date,vendor,amount,currency,colour"
    )
    assert found.notices == ("columns that are not read: colour",)


def test_a_list_without_lines_says_so(tmp_path: Path) -> None:
    found, charges = listed(tmp_path)
    assert (found.format, found.rows_read, charges) == ("charges", 0, [])
    assert found.notices == ("the file holds no charges: nothing was imported",)


@pytest.mark.parametrize("by", [",", "\t", ";"])
def test_what_is_claimed(by: str, tmp_path: Path) -> None:
    path = tmp_path / "list"
    for header, claimed in ((["amount", "Vendor", " date"], ["charges"]), (["amount", "date"], [])):
        path.write_text("\ufeff" + by.join(header) + "\r\n", encoding="utf-8")
        assert [each.name for each in FORMATS if each.claims(sample_of(path))] == claimed


AMOUNTS = st.one_of(
    st.decimals(min_value=-(10**9), max_value=10**9, places=12).map(str),
    st.sampled_from(["", "x", '"1,5"', "1e99"]),
)


@settings(max_examples=settings().max_examples // 4)  # each imports files
@given(st.lists(AMOUNTS, min_size=1, max_size=12))
def test_the_money_of_good_lines_is_all_there_and_bad_ones_are_aside(values: list[str]) -> None:
    lines = [f"2026-10,OpenAI,{value},USD,," for value in values]
    with tempfile.TemporaryDirectory() as folder, localcontext(prec=60):
        found, charges = listed(Path(folder), *lines)
        good = [Decimal(value) for value in values if value not in {"", "x", '"1,5"', "1e99"}]
        assert sum(each.amount for each in charges) == sum(good)
        assert (found.rows_set_aside, adds_up(found)) == (len(values) - len(good), True)
