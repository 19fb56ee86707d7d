from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from alerts import budgets
from alerts.evaluation import rules_of
from alerts.rule_sets import load_rule_sets
from costmodel.budget import RULE_SET_NAMES, Budget
from costmodel.burn.rules import ActualRule, HourlyLimit
from ingest.configuration import Configuration
from ingest.errors import BudgetNameError
from ingest.store import Store

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FILE = Budget("File", Fraction(10))
CONFIGURATION = Configuration(budgets=(FILE,))
SEARCH = Budget("Search", Fraction(1, 3) + Fraction(2, 3), owners=("ana",))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


def test_budgets_of_the_file_stand_beside_those_made_on_screen(store: Store) -> None:
    budgets.add(store, CONFIGURATION, SEARCH, NOON, "ana")
    later = replace(SEARCH, amount=Fraction(25, 2))
    budgets.change(store, CONFIGURATION, later, NOON + timedelta(hours=1), "ben")
    assert budgets.known_budgets(store, CONFIGURATION) == (
        budgets.KnownBudget(FILE, "file"),
        budgets.KnownBudget(later, "screen", 2, "ben", NOON + timedelta(hours=1)),
    )
    budgets.remove(store, CONFIGURATION, "Search", NOON, "ana")
    assert budgets.known_budgets(store, CONFIGURATION) == (budgets.KnownBudget(FILE, "file"),)


def test_a_name_of_the_file_is_refused(store: Store) -> None:
    with pytest.raises(BudgetNameError, match=r"'File' is a budget of tollbook\.yaml"):
        budgets.add(store, CONFIGURATION, FILE, NOON, "ana")
    with pytest.raises(BudgetNameError, match=r"tollbook\.yaml"):
        budgets.change(store, CONFIGURATION, FILE, NOON, "ana")
    with pytest.raises(BudgetNameError, match=r"tollbook\.yaml"):
        budgets.remove(store, CONFIGURATION, "File", NOON, "ana")
    assert store.budget_versions() == []


def test_the_file_wins_when_it_takes_a_name_later(store: Store) -> None:
    budgets.add(store, Configuration(), replace(FILE, amount=Fraction(99)), NOON, "ana")
    assert budgets.known_budgets(store, CONFIGURATION) == (budgets.KnownBudget(FILE, "file"),)


def test_every_name_of_a_rule_set_has_a_rule_set() -> None:
    assert set(load_rule_sets()) >= set(RULE_SET_NAMES)


def test_own_levels_take_the_place_of_those_of_their_kind() -> None:
    usual = rules_of(SEARCH)
    level, limit = ActualRule("actual", "notice", 0.5), HourlyLimit("hourly limit", "critical", 5)
    own = rules_of(replace(SEARCH, levels=(level, limit)))
    kept = [rule for rule in usual.rules if not isinstance(rule, ActualRule)]
    assert own.rules == (*kept, level, limit)
    assert len(kept) < len(usual.rules)
