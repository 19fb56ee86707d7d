"""Lines of a bill in the store: restated, undone, grouped in several ways, never usage."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from ingest.charges import Charge, ChargeKind
from ingest.store import CellQuery, Store
from ingest.store.commit import Arrival, commit_charges
from ingest.store.schema import MIGRATIONS
from ingest.store.series import Origin

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DAY = datetime(2026, 10, 1, tzinfo=UTC)
LINE = Charge(
    line=2,
    provider="openai",
    start=DAY,
    end=DAY + timedelta(days=1),
    kind=ChargeKind.USAGE,
    amount=Decimal("0.4843741800000000000000000000"),
    currency="USD",
    line_item="gpt-4.1-mini-2025-04-14, input",
    grouping="line_item",
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


def bring(store: Store, charges: Sequence[Charge], organisation: str = "default") -> int:
    origin = Origin(organisation, "requests", 0, None)
    arrival = Arrival("bill.csv", "test", None, origin, (), charges=charges)
    return commit_charges(store.path, arrival, 0, lambda _: None).import_id


def amounts(store: Store) -> list[str]:
    return [str(each.charge.amount) for each in store.charges()]


def test_an_amount_keeps_every_digit(store: Store) -> None:
    bring(store, [LINE])
    (stored,) = store.charges()
    assert stored.charge == LINE
    assert amounts(store) == ["0.4843741800000000000000000000"]
    assert (stored.organisation, stored.import_id) == ("default", 1)
    assert store.cells(CellQuery()) == []


def test_a_later_bill_restates_and_undo_gives_back(store: Store) -> None:
    bring(store, [LINE])
    again = bring(store, [replace(LINE, line=9, amount=Decimal("0.50"))])
    counts = store.imports()[0].counts
    assert (counts.rows_added, counts.rows_replaced, counts.rows_duplicate) == (0, 1, 0)
    assert amounts(store) == ["0.50"]
    store.undo(again)
    assert amounts(store) == ["0.4843741800000000000000000000"]


def test_the_same_bill_again_adds_nothing_and_outlives_the_first(store: Store) -> None:
    first = bring(store, [LINE])
    bring(store, [LINE])
    assert store.imports()[0].counts.rows_duplicate == 1
    assert len(amounts(store)) == 1
    store.undo(first)
    assert len(amounts(store)) == 1


def test_equal_lines_of_one_bill_both_count(store: Store) -> None:
    bring(store, [LINE, replace(LINE, line=3)])
    assert len(amounts(store)) == 2
    bring(store, [LINE, replace(LINE, line=3)])
    assert len(amounts(store)) == 2


def test_a_later_bill_with_fewer_equal_lines_leaves_none_over(store: Store) -> None:
    three = [replace(LINE, line=n, amount=Decimal(n)) for n in (2, 3, 4)]
    bring(store, three)
    fewer = bring(store, [replace(LINE, amount=Decimal(5)), replace(LINE, amount=Decimal(3))])
    counts = store.imports()[0].counts
    assert (counts.rows_added, counts.rows_replaced, counts.rows_duplicate) == (0, 1, 1)
    assert amounts(store) == ["5", "3"]
    store.undo(fewer)
    assert amounts(store) == ["2", "3", "4"]


def test_lines_that_a_later_part_of_a_bill_does_not_mention_stay(store: Store) -> None:
    bring(store, [replace(LINE, project="a"), replace(LINE, project="a")])
    bring(store, [replace(LINE, project="b")])
    assert [each.charge.project for each in store.charges()] == ["a", "a", "b"]


def test_a_line_that_lost_an_equal_one_is_new_when_a_bill_has_it_again(store: Store) -> None:
    bring(store, [LINE, LINE])
    bring(store, [LINE])
    bring(store, [LINE, LINE])
    counts = store.imports()[0].counts
    assert (counts.rows_added, counts.rows_replaced, counts.rows_duplicate) == (1, 0, 1)
    assert len(amounts(store)) == 2


def test_of_two_groupings_of_a_day_the_one_with_line_items_counts(store: Store) -> None:
    by_project = replace(
        LINE, line_item=None, project="p", grouping="project_id", amount=Decimal(7)
    )
    next_day = replace(by_project, start=DAY + timedelta(days=1), end=DAY + timedelta(days=2))
    bring(store, [LINE])
    bring(store, [by_project, next_day])
    assert [(c.charge.start, c.charge.project) for c in store.charges()] == [
        (DAY, None),
        (DAY + timedelta(days=1), "p"),
    ]


def test_other_organisations_and_lists_without_grouping_all_count(store: Store) -> None:
    seat = replace(LINE, kind=ChargeKind.OTHER, line_item=None, memo="seats", grouping="")
    bring(store, [LINE, seat])
    bring(store, [replace(LINE, grouping="project_id")], "other")
    assert len(amounts(store)) == 3


def test_a_store_from_before_there_were_charges_gets_their_table(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS s")
        connection.execute(MIGRATIONS[0])
        connection.execute("UPDATE s.state SET schema_version = 1")
    store = Store(path)
    assert store.charges() == []
    bring(store, [LINE])
    assert len(store.charges()) == 1
