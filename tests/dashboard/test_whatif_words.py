"""The sentences of What-if against the guide's workload, written by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from costmodel.controls import Controls
from costmodel.corners import CornerTable, corner_table
from costmodel.workload import typed_workload
from dashboard.pages.whatif.outlook import outlook
from dashboard.pages.whatif.words import (
    limit_line,
    sentence,
    sentence_money,
    share_text,
    verdict,
)
from tests.books import BOOK

CHOICES = ("gpt-4.1-mini", "gpt-4.1", "gpt-4.1-nano", "gpt-6-luna")


def half_and_half() -> CornerTable:
    """The guide's workload, half on full and half on Mini: $1,188.00 a month."""
    halves = [
        typed_workload(
            sessions_per_day=5_000,
            days=30,
            tokens_per_session=1_500,
            output_share=Fraction(2, 5),
            model=model,
            on=date(2026, 11, 20),
            book=BOOK,
        )
        for model in ("gpt-4.1", "gpt-4.1-mini")
    ]
    both = halves[0].__class__(
        kind="typed", flows=(*halves[0].flows, *halves[1].flows), days=Fraction(30)
    )
    return corner_table(both, CHOICES, Controls(), BOOK, first_month=date(2026, 12, 1))


TABLE = half_and_half()
MINI_FIRST = Controls(start_with=(("gpt-4.1-mini", Fraction(1)),), escalate=Fraction(12, 100))


def test_the_sentence_of_the_guide() -> None:
    view = outlook(TABLE, MINI_FIRST)
    assert sentence(view.today, view.plan) == (
        "Today $1,188 a month. This plan $633.60: saves $554.40 (47%)."
    )


def test_the_steps_lead_from_today_to_the_plan() -> None:
    view = outlook(TABLE, MINI_FIRST)
    assert view.steps == (Fraction(-792), Fraction("237.60"), 0, 0, 0)
    assert view.today + sum(view.steps) == view.plan


def test_no_step_gains_by_standing_first() -> None:
    """All on Mini takes 792 off, or 396 in batches; batches take 594 off, or 198 on Mini."""
    batched = Controls(start_with=(("gpt-4.1-mini", Fraction(1)),), batch=Fraction(1))
    assert outlook(TABLE, batched).steps == (-594, 0, 0, -396, 0)


def test_an_escalation_adds_what_it_costs_after_the_model_to_start_with() -> None:
    """In batches all of it is half: 198 on Mini and 118.80 for the second calls."""
    plan = Controls(start_with=MINI_FIRST.start_with, escalate=Fraction(12, 100), batch=Fraction(1))
    view = outlook(TABLE, plan)
    start, escalate = Fraction(-792 - 396, 2), (Fraction("237.60") + Fraction("118.80")) / 2
    assert view.steps == (start, escalate, 0, Fraction("-455.40"), 0)
    assert sum(view.steps) == view.plan - view.today == Fraction("316.80") - 1188


def test_the_limit_names_the_escalation_that_meets_it() -> None:
    line = limit_line(Fraction("633.60"), Fraction(600), TABLE, MINI_FIRST)
    assert line.text == "Over your $600 limit; 10.3% escalation would meet it."
    assert line.meets == Fraction(103, 1000)
    met = Controls(start_with=MINI_FIRST.start_with, escalate=line.meets)
    assert outlook(TABLE, met).plan == Fraction("599.94")


def test_a_plan_within_its_limit_says_what_is_left() -> None:
    line = limit_line(Fraction("633.60"), Fraction(700), TABLE, MINI_FIRST)
    assert line.text == "Within your $700 limit, $66.40 to spare."
    assert line.meets is None


def test_a_limit_that_no_escalation_meets_says_so() -> None:
    line = limit_line(Fraction("633.60"), Fraction(300), TABLE, MINI_FIRST)
    assert line.text == "Over your $300 limit by $333.60; no share of escalation meets it."
    assert line.meets is None


def test_where_escalation_changes_nothing_none_is_offered() -> None:
    as_today = Controls()
    line = limit_line(Fraction(1188), Fraction(600), TABLE, as_today)
    assert line.text == "Over your $600 limit by $588; no share of escalation meets it."


def test_no_limit_says_nothing() -> None:
    assert limit_line(Fraction(1), None, TABLE, MINI_FIRST).text == ""


@pytest.mark.parametrize(
    ("today", "plan", "said"),
    [
        ("1188", "1188", "costs the same."),
        ("1188", "1188.001", "costs the same."),
        ("100", "150", "costs $50 more (50%)."),
        ("0", "12.50", "costs $12.50 more."),
        ("12.50", "0", "saves $12.50 (100%)."),
    ],
)
def test_every_verdict(today: str, plan: str, said: str) -> None:
    assert verdict(Fraction(today), Fraction(plan)) == said


def test_amounts_on_screen_add_up() -> None:
    # 10.004 and 4.996 are shown as $10 and $5: the difference on screen is $5, not $5.01
    assert sentence(Fraction("10.004"), Fraction("4.996")) == (
        "Today $10 a month. This plan $5: saves $5 (50%)."
    )


def test_a_lower_bound_is_called_one() -> None:
    said = sentence(Fraction(10), Fraction(10), at_least=True)
    assert said == "Today at least $10 a month. This plan at least $10 costs the same."


def test_money_in_sentences_has_cents_only_where_there_are_some() -> None:
    assert sentence_money(118_800) == "$1,188"
    assert sentence_money(63_360) == "$633.60"
    assert sentence_money(5, "CHF") == "CHF 0.05"


def test_shares_have_one_decimal_at_most() -> None:
    assert share_text(Fraction(12, 100)) == "12%"
    assert share_text(Fraction(509, 1000)) == "50.9%"
