from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from costmodel.comparison import Alternative, compare, family_of
from costmodel.workload import WorkloadError, ledger_baseline
from tests.books import BOOK, book_with, card, model
from tests.workloads import cell, guide

TODAY = date(2026, 11, 20)


def by_name(rows: tuple[Alternative, ...]) -> dict[str, Fraction]:
    return {row.name: row.monthly_cost for row in rows}


def test_the_table_of_the_guides_workload() -> None:
    table = compare(guide(), BOOK, today=TODAY)
    assert by_name(table.rows) == {
        "today": 396,
        "all gpt-4.1": 1980,
        "all gpt-4.1-mini": 396,
        "all gpt-4.1-nano": 99,
        "all gpt-6-luna": 117,
        "gpt-4.1-mini first": 792,
    }
    assert (table.escalate, table.escalation_source) == (Fraction(1, 5), "assumed")
    nano = table.rows[3]
    assert nano.gone_since == date(2026, 10, 23)
    assert nano.saving == 297
    assert nano.saving_share == Fraction(3, 4)
    assert nano.warnings == ("gpt-4.1-nano is gone since 2026-10-23, for comparison only",)
    assert [row.gone_since for row in table.rows if row is not nano] == [None] * 5


def test_escalation_seen_in_the_logs_is_used_and_second_calls_are_not_tried_again() -> None:
    cells = (
        cell("gpt-4.1-mini", requests=100, dimensions=(None,)),
        cell("gpt-4.1", requests=12, dimensions=("gpt-4.1-mini",)),
    )
    baseline = ledger_baseline(cells, BOOK, days=30, dimension_names=("escalated_from",))
    table = compare(baseline, BOOK, today=TODAY)
    assert (table.escalate, table.escalation_source) == (Fraction(12, 100), "seen in your logs")
    costs = by_name(table.rows)
    assert costs["gpt-4.1-mini first"] == costs["today"]
    assert costs["all gpt-4.1"] == 5 * costs["all gpt-4.1-mini"]
    assert any("second calls" in each.text for each in table.assumptions)
    assert compare(baseline, BOOK, today=TODAY, escalate=Fraction(1)).escalation_source == "set"


def test_fifteen_days_are_shown_as_a_month() -> None:
    baseline = ledger_baseline([cell(requests=1_000)], BOOK, days=15)
    today = compare(baseline, BOOK, today=TODAY).rows[0]
    # 2 x 1,000 requests of 2,000 tokens at $0.40 and 500 at $1.60 per million
    assert today.monthly_cost == Fraction("3.2")


def test_small_is_the_mini_of_the_family_even_if_another_stands_between() -> None:
    book = book_with(
        card("gpt-4.1-codex", "standard", "1/1/4"), models=(model("gpt-4.1-codex", "gpt-4.1"),)
    )
    family = family_of(guide(book=book), book, TODAY)
    assert family is not None
    assert [each.name for each in family.ladder[:2]] == ["gpt-4.1", "gpt-4.1-codex"]
    assert family.small is not None
    assert family.small.name == "gpt-4.1-mini"


def test_other_models_can_be_asked_for() -> None:
    table = compare(guide(), BOOK, today=TODAY, all_on=("haiku", "gpt-4.1-mini"))
    assert by_name(table.rows)["all haiku"] == 270 + 900
    assert len(table.rows) == 7
    with pytest.raises(WorkloadError, match="no model 'haikuu'; nearest: haiku"):
        compare(guide(), BOOK, today=TODAY, all_on=("haikuu",))


def test_usage_without_a_price_has_only_today_and_says_at_least() -> None:
    table = compare(ledger_baseline([cell("acme-7b")], BOOK, days=30), BOOK, today=TODAY)
    assert [row.name for row in table.rows] == ["today"]
    assert table.rows[0].at_least
    assert table.rows[0].saving_share is None
    assert table.family is None


def test_a_lone_model_is_compared_with_itself() -> None:
    baseline = ledger_baseline([cell("haiku", provider="anthropic")], BOOK, days=30)
    table = compare(baseline, BOOK, today=TODAY)
    assert [row.name for row in table.rows] == ["today", "all haiku"]
    assert table.family is not None
    assert table.family.small is None


def test_no_saving_is_claimed_where_usage_would_have_no_price() -> None:
    # Luna is not offered in priority: the alternative misses what today pays
    cells = [cell(requests=10, tier="priority"), cell(requests=10)]
    table = compare(ledger_baseline(cells, BOOK, days=30), BOOK, today=TODAY)
    luna = next(row for row in table.rows if row.model == "gpt-6-luna")
    assert luna.at_least
    assert luna.saving is None
    assert luna.saving_share is None
