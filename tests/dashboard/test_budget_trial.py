"""How a budget's rules did: sentence, tables and reasons of a backtest made by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from alerts.backtest import DOUBLING, KINDS, BudgetTrial, RuleTrial, Sweep, TrialOptions, backtested
from costmodel.budget import Budget
from costmodel.burn.incidents import Incident
from costmodel.burn.trial import Tally
from dashboard.context import DashboardContext, Source
from dashboard.pages.budgets import trial_section, trial_words
from ingest.configuration import Configuration
from tests.alerts.seen import NOON, situation
from tests.books import BOOK

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.situation import Situation

NAMES = [Incident(kind, size, 0).name for kind, size in KINDS]
FOUND = Tally(20, 1.0, 0.0, 10.0, 21.6, 0.0213, 1.25)
MISSED = Tally(20, 0.0, 0.0, None, None, None, 0.0)
WHOLE = RuleTrial("", 6 / 1.7, dict.fromkeys(NAMES, FOUND))
BLIND = RuleTrial("drift", 0.0, dict.fromkeys(NAMES, MISSED))
SWEPT = (Sweep(0.6, 4.0, 1.0, 6.0), Sweep(1.0, 3.529, 1.0, 10.0), Sweep(1.5, 0.0, 0.0, None))
TRIAL = BudgetTrial("Search", "", "default", 1.7, (WHOLE, BLIND), SWEPT)
END = (
    "; a doubling is found in 100% of trials, half of them within 10 h, "
    "and 2.1% of the budget is overspent until then."
)


@pytest.mark.parametrize(
    ("alarms", "months", "begin"),
    [
        (6 / 1.7, 1.7, "In 1.7 months these rules would have told you 6 times"),
        (1.0, 1.0, "In 1.0 months these rules would have told you once"),
        (0.0, 2.0, "In 2.0 months these rules would not have told you anything"),
        (4.0, 0.5, "In 15 days these rules would have told you 2 times"),
    ],
)
def test_the_sentence_counts_what_was_told(alarms: float, months: float, begin: str) -> None:
    trial = replace(TRIAL, months=months)
    said = trial_words.trial_sentence(trial, replace(WHOLE, alarms_a_month=alarms))
    assert said == begin + END


def test_a_set_that_finds_no_doubling_says_so() -> None:
    whole = replace(WHOLE, incidents={DOUBLING: MISSED})
    assert trial_words.trial_sentence(TRIAL, whole).endswith(
        "6 times; a doubling is found in none of 20 trials."
    )


def test_what_fired_before_each_doubling_has_no_delay() -> None:
    already = Tally(20, 1.0, 1.0, None, None, None, 0.0)
    whole = replace(WHOLE, incidents={DOUBLING: already})
    assert trial_words.trial_sentence(TRIAL, whole).endswith(
        "6 times; a doubling is found in 100% of trials."
    )


def test_every_incident_has_words_and_a_row() -> None:
    assert list(trial_words.INCIDENT_WORDS) == NAMES
    rows = trial_words.incident_rows(WHOLE)
    assert len(rows) == len(NAMES)
    assert rows[0] == ["Spending doubles", "100%", "10 h", "22 h", "2.1%", "1.2"]
    assert {len(row) for row in rows} == {len(trial_words.INCIDENT_HEADER)}


def test_rules_and_lines_have_a_row_each() -> None:
    assert trial_words.rule_rows(TRIAL) == [
        ["All together", "3.53", "100%", "10 h"],
        ["drift", "0.00", "0%", ""],
    ]
    assert trial_words.sweep_rows(TRIAL) == [
        ["0.6x", "4.00", "100%", "6 h"],
        ["1x, as they are", "3.53", "100%", "10 h"],
        ["1.5x", "0.00", "0%", ""],
    ]


def test_a_reason_stands_where_nothing_was_tried() -> None:
    untried = BudgetTrial("Search", "", "default", 0.0, reason="nothing is imported yet")
    assert trial_words.why_not(untried) == "Nothing could be tried: nothing is imported yet."
    other = replace(TRIAL, rules=(WHOLE,), left_out=dict.fromkeys(("a", "b", "c"), "no use"))
    assert trial_words.why_not(other) == (
        "Nothing could be tried. The rules 'a', 'b' and 'c' are left out: no use."
    )
    assert trial_words.why_not(TRIAL) == ""
    assert [each.children for each in trial_section.shown(untried)] == [
        "Nothing could be tried: nothing is imported yet."
    ]


def test_three_tables_stand_under_the_sentence_and_no_empty_one() -> None:
    def titles(trial: BudgetTrial) -> list[Any]:
        shown = trial_section.shown(trial)
        assert shown[1].children.endswith("20 times for each kind.")
        return [each.children for each in shown if type(each).__name__ == "H3"]

    names = ["When something goes wrong", "Rule by rule", "With its lines lower and higher"]
    assert titles(TRIAL) == names
    assert titles(replace(TRIAL, sweep=())) == names[:2]


def test_a_rule_about_calls_has_alarms_and_no_incidents() -> None:
    service = RuleTrial("error rate 1h", 2.5, {})
    trial = replace(TRIAL, rules=(WHOLE, service), left_out={"quality 1d": "no call rates it"})
    assert trial_words.rule_rows(trial)[1] == ["error rate 1h", "2.50", "", ""]
    assert trial_words.method(trial, WHOLE).endswith(
        "how good they are: 'error rate 1h' met only what really happened. "
        "The rule 'quality 1d' is left out: no call rates it."
    )


def test_the_section_says_why_it_is_empty(tmp_path: Path) -> None:
    def evaluate(*_: object) -> list[Situation]:
        return [situation(name="Search")]

    source = Source(tmp_path / "own.duckdb", BOOK, Configuration(), lambda: NOON)
    context = DashboardContext(source, evaluate=evaluate)

    def said(name: str, value: str = "") -> list[Any]:
        return [each.children for each in trial_section.answer(context, name, value)]

    assert said("Search") == ["Nothing could be tried: nothing is imported yet."]
    assert said("Keys") == said("Search", "k1") == ["This budget is no longer there."]


def test_one_value_is_tried_as_the_whole_budget_is_and_only_once(demo: DashboardContext) -> None:
    options = TrialOptions(incidents=1)
    budget = Budget("Features", Fraction(300), each="feature", filters={"model": ("gpt-4.1-mini",)})
    trials = backtested([budget], demo.store(), demo.book, demo.configuration, demo.now(), options)
    whole = next(each for each in trials if each.whole and each.whole.alarms_a_month)
    filters = {"model": ("gpt-4.1-mini",), "feature": (whole.value,)}
    seen = replace(situation(value=whole.value), budget=budget, filters=filters)
    tried = trial_section.trial_of(demo, seen, options)
    assert replace(tried, value=whole.value) == whole
    assert trial_section.trial_of(demo, seen, options) is tried
    dearer = replace(seen, budget=replace(budget, amount=Fraction(600)))
    assert trial_section.trial_of(demo, dearer, options) is not tried
