from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import duckdb
import pytest

from costmodel.levers import Cascade
from costmodel.scenario import total_cost
from costmodel.workload import ledger_baseline
from ingest.adopted_plans import AdoptedPlan, frozen, latest_versions, thawed
from ingest.plan_file import PlanFileError
from ingest.store import Store
from ingest.store.schema import MIGRATIONS
from pricing.digest import book_digest
from tests.books import BOOK, book_with, card
from tests.workloads import cell

if TYPE_CHECKING:
    from pathlib import Path

DECEMBER = date(2026, 12, 1)
ADOPTED_AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEXT = """\
baseline: {ledger: {last: 30d}}
scenarios:
  - name: mini first
    levers: [{cascade: {first: gpt-4.1-mini, then: gpt-4.1, escalate: 12%}}]
"""
USAGE = ledger_baseline(
    [
        cell("gpt-4.1", cached=640, audio=7, requests=3, dimensions=(None, "search")),
        cell("gpt-4.1", requests=2, dimensions=("gpt-4.1-mini", None)),
        cell("acme-7b", requests=5, dimensions=(None, "search")),
    ],
    BOOK,
    days=31,
    dimension_names=("escalated_from", "feature"),
).scaled(Fraction(1, 3))
PLAN = AdoptedPlan(
    name="Budget 2027",
    version=1,
    adopted_at=ADOPTED_AT,
    scenario="mini first",
    plan_text=TEXT,
    book_digest=book_digest(BOOK),
    currency="USD",
    first_month=DECEMBER,
    filters={"team": ("legal", None)},
    usage=USAGE,
    costs={DECEMBER: Fraction(100, 3), date(2027, 1, 1): Fraction(50)},
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


def test_an_adopted_plan_comes_back_as_it_was(store: Store) -> None:
    assert store.adopt(frozen(PLAN)) == 1
    (kept,) = map(thawed, store.plans())
    assert (kept.usage.flows, kept.usage.unpriced) == (USAGE.flows, USAGE.unpriced)
    assert replace(kept, usage=PLAN.usage) == PLAN
    assert total_cost(kept.usage, (), BOOK) == total_cost(USAGE, (), BOOK)
    assert kept.levers(BOOK) == (
        Cascade(first="gpt-4.1-mini", then="gpt-4.1", escalate=Fraction(12, 100)),
    )
    assert kept.total == Fraction(250, 3)


def test_a_name_adopted_again_is_its_next_version_and_the_first_stays(store: Store) -> None:
    before = store.version() if store.path.exists() else 0
    later = replace(PLAN, adopted_at=ADOPTED_AT + timedelta(days=1), scenario="baseline")
    other = replace(PLAN, name="Cautious", adopted_at=ADOPTED_AT + timedelta(hours=1))
    numbers = [store.adopt(frozen(each)) for each in (PLAN, other, later)]
    assert numbers == [1, 1, 2]
    assert store.version() == before + 3
    kept = list(map(thawed, store.plans()))
    assert [(each.name, each.version) for each in kept] == [
        ("Budget 2027", 2),
        ("Cautious", 1),
        ("Budget 2027", 1),
    ]
    assert [(p.name, p.version) for p in latest_versions(kept)] == [
        ("Budget 2027", 2),
        ("Cautious", 1),
    ]
    assert kept[0].levers(BOOK) == ()


def test_a_file_that_the_book_no_longer_knows_is_told(store: Store) -> None:
    gone = replace(PLAN, plan_text=TEXT.replace("gpt-4.1-mini", "gpt-0"))
    with pytest.raises(PlanFileError, match="gpt-0"):
        gone.levers(BOOK)
    assert store.plans() == []


def test_a_store_from_before_there_were_plans_gets_their_table(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS s")
        for step in MIGRATIONS[:2]:
            connection.execute(step)
        connection.execute("UPDATE s.state SET schema_version = 2")
    store = Store(path)
    assert store.plans() == []
    assert store.adopt(frozen(PLAN)) == 1


def test_a_book_has_the_same_digest_until_a_price_changes() -> None:
    assert book_digest(BOOK) == book_digest(book_with())
    assert len(book_digest(BOOK)) == 16
    assert book_digest(book_with(card("gpt-4.1", "flex", "1/1/1"))) != book_digest(BOOK)
    reordered = replace(BOOK, cards=tuple(reversed(BOOK.cards)))
    assert book_digest(reordered) == book_digest(BOOK)
