from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ingest.imports import import_file
from ingest.store import Store
from tests.alerts.test_backtest import FIRST, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tollbook.calling import Tollbook

HISTORY = ("--now", "2026-11-01 00:00 UTC", "alerts", "backtest", "--incidents", "2")


@pytest.fixture
def even(home: Path, tollbook: Tollbook) -> Tollbook:
    """Ten cents an hour since August, and a budget of $90 a month."""
    until = FIRST + timedelta(days=45)
    store = Store(home / "tollbook.duckdb")
    import_file(store, written(home / "calls.jsonl", FIRST, until, spike=False))
    (home / "tollbook.yaml").write_text("budgets: [{name: All, amount: 90}]\n", encoding="utf-8")
    return tollbook


def test_rules_are_tried_on_what_is_stored(even: Tollbook) -> None:
    ran = even(*HISTORY, "--json")
    assert ran.code == 0
    (trial,) = ran.answer["budgets"]
    assert (trial["budget"], trial["rules"], trial["reason"]) == ("All", "default", None)
    whole = next(each for each in trial["by_rule"] if each["rule"] is None)
    assert whole["alarms_a_month"] == 0
    assert whole["incidents"]["multiplier 2x"]["found"] == 1
    table = even(*HISTORY, "--sweep").out
    assert "0.00 alarms a month on what really happened" in table
    assert "1.25x" in table


def test_a_gate_fails_where_too_little_is_found(even: Tollbook, home: Path) -> None:
    assert even(*HISTORY, "--most-alarms", "0", "--least-found", "100%").code == 0
    roomy = "budgets: [{name: All, amount: 500}]\n"  # twice $74 a month is no trouble
    (home / "tollbook.yaml").write_text(roomy, encoding="utf-8")
    ran = even(*HISTORY, "--least-found", "90%")
    assert ran.code == 3
    assert ran.error == "All finds 0% of doublings"


def test_an_unknown_budget_is_named_beside_those_there_are(even: Tollbook) -> None:
    ran = even(*HISTORY, "--budget", "Al")
    assert ran.code == 2
    assert ran.error == "there is no budget 'Al'; there are: All"
