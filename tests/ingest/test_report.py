"""Reports: usage folded in SQL and priced once, the same money however it is cut."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from ingest.imports import ImportOptions
from ingest.periods import parse_period
from ingest.report import GROUP_WORDS, ReportQuery, report
from ingest.store import Store
from tests.books import BOOK, book_with
from tests.copied_store import copied
from tests.ingest.chats import OCTOBER_17, chat, counts, imported

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MILLION = counts(1_000_000, 1_000_000, cached=500_000)
DAY = 86_400


def mini(number: int, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return chat(number, usage=MILLION, model="gpt-4.1-mini", **values)


LINES = [
    mini(1, metadata={"feature": "search"}),
    chat(2, usage=MILLION, model="gpt-4.1-2025-04-14", created=OCTOBER_17 + DAY),
    chat(3, usage=MILLION, model="acme-7b", created=OCTOBER_17 + 20 * DAY),
]
with_lines = copied(lambda store: imported(store, "a.jsonl", LINES))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return with_lines(tmp_path / "store.duckdb")


def test_money_by_canonical_model_is_exact_and_names_what_it_misses(store: Store) -> None:
    spend = report(store, BOOK, ReportQuery(by=("model",)))
    # mini: 0.5 M x 0.40 + 0.5 M x 0.10 + 1 M x 1.60; full: the same at 2, 0.50 and 8
    assert {row.dimensions: row.cost for row in spend.rows} == {
        ("gpt-4.1-mini",): Fraction("1.85"),
        ("gpt-4.1",): Fraction("9.25"),
        ("acme-7b",): None,
    }
    assert spend.total.cost == Fraction("11.10")
    assert spend.at_least
    assert [(each.model, each.tokens) for each in spend.unpriced] == [("acme-7b", 2_000_000)]


def test_a_filter_on_the_canonical_name_finds_what_was_served_under_another(store: Store) -> None:
    only = report(store, BOOK, ReportQuery(filters={"model": ("gpt-4.1",)}))
    assert only.total.cost == Fraction("9.25")
    served = report(store, BOOK, ReportQuery(filters={"model_snapshot": ("gpt-4.1",)}))
    assert served.total.requests == 0
    unknown = report(store, BOOK, ReportQuery(filters={"model": ("acme-7b",)}))
    assert unknown.total.requests == 1


@pytest.mark.parametrize(
    ("word", "labels"),
    [
        ("hour", ["2026-10-17T10:00+02:00", "2026-10-18T10:00+02:00", "2026-11-06T09:00+01:00"]),
        ("day", ["2026-10-17", "2026-10-18", "2026-11-06"]),
        ("week", ["2026-10-12", "2026-11-02"]),
        ("month", ["2026-10", "2026-11"]),
    ],
)
def test_time_words_cut_by_the_clock_of_the_zone(
    store: Store, word: str, labels: list[str]
) -> None:
    period = parse_period("all", NOW, "Europe/Berlin")
    spend = report(store, BOOK, ReportQuery(period=period, by=(word,)))
    assert sorted(str(row.dimensions[0]) for row in spend.rows) == labels
    assert spend.total.cost == Fraction("11.10")


def test_a_period_takes_its_days_and_no_others(store: Store) -> None:
    for text, cost in (("2026-10-17", "1.85"), ("2026-10", "11.10"), ("2026-10-18", "9.25")):
        period = parse_period(text, NOW, "UTC")
        spend = report(store, BOOK, ReportQuery(period=period, by=("day", "feature")))
        assert spend.total.cost == Fraction(cost), text


def test_a_new_import_changes_the_answer_and_nothing_else_does(store: Store) -> None:
    query = ReportQuery(by=("model",))
    first = report(store, BOOK, query)
    assert report(Store(store.path), BOOK, query) is first
    assert report(store, book_with(), query) is not first
    imported(store, "b.jsonl", [mini(9)])
    assert report(store, BOOK, query).total.cost == Fraction("12.95")


def test_prices_are_those_of_the_day_that_the_import_names(tmp_path: Path) -> None:
    old = Store(tmp_path / "old.duckdb")
    imported(old, "a.jsonl", [mini(1, created=1_600_000_000)])
    early = report(old, BOOK, ReportQuery())
    assert early.total.cost is None
    priced = Store(tmp_path / "priced.duckdb")
    options = ImportOptions(price_at=NOW.date())
    imported(priced, "a.jsonl", [mini(1, created=1_600_000_000)], options)
    assert report(priced, BOOK, ReportQuery()).total.cost == Fraction("1.85")


def test_every_group_word_works_and_another_is_an_error(store: Store) -> None:
    for word in GROUP_WORDS:
        assert report(store, BOOK, ReportQuery(by=(word,))).total.cost == Fraction("11.10"), word
    with pytest.raises(KeyError):
        report(store, BOOK, ReportQuery(by=("colour",)))
    with pytest.raises(KeyError):
        report(store, BOOK, ReportQuery(filters={"colour": ("red",)}))


def test_an_empty_store_reports_nothing_and_no_cost(tmp_path: Path) -> None:
    spend = report(Store(tmp_path / "none.duckdb"), BOOK, ReportQuery(by=("day", "model")))
    assert spend.rows == ()
    assert spend.total.cost is None
    assert not spend.at_least
