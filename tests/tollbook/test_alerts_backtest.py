from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.rehearsal import rehearsed
from ingest.configuration import Configuration, read_configuration
from ingest.imports import import_file
from ingest.store import Store
from pricing import load_book
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


def test_checks_day_by_day_record_what_the_preview_of_the_past_says(
    home: Path, tollbook: Tollbook
) -> None:
    # ten cents an hour until 8 October at six, then eighteen: the month heads beyond $100
    store = Store(home / "tollbook.duckdb")
    shift, until = FIRST + timedelta(days=49, hours=6), FIRST + timedelta(days=60)
    import_file(store, written(home / "calls.jsonl", FIRST, until, spike=False))
    import_file(store, written(home / "more.jsonl", shift, until, spike=False, tokens=200_000))
    (home / "tollbook.yaml").write_text(
        "budgets: [{name: All, amount: 100, levels: [{chance: 80%}]}]\n", encoding="utf-8"
    )
    [budget] = read_configuration(home / "tollbook.yaml").budgets
    past = rehearsed(budget, store, load_book(), Configuration(), until)
    assert past is not None
    [rise] = [each.at for each in past.rises if each.rule == "forecast"]
    assert shift + timedelta(hours=1) < rise < until - timedelta(days=2)
    midnight = rise.replace(hour=0)
    first_seen = midnight if rise == midnight else midnight + timedelta(days=1)
    for days in range(-2, 2):
        at = first_seen + timedelta(days=days)
        assert tollbook("--now", f"{at:%Y-%m-%d %H:%M} UTC", "alerts", "check").code in {0, 3}
    recorded = tollbook("alerts", "log", "--json").answer["transitions"]
    told = [(each["move"], each["at"]) for each in recorded if each["key"] == "All/forecast/80%"]
    assert told == [("fired", first_seen.isoformat())]


def test_rules_about_calls_have_a_row_and_a_sentence(even: Tollbook, home: Path) -> None:
    levels = "[{error_rate: 5%, least_requests: 1}, {p95_seconds: 8}, {chance: 80%}]"
    (home / "tollbook.yaml").write_text(
        f"budgets: [{{name: All, amount: 90, levels: {levels}}}]\n", encoding="utf-8"
    )
    (trial,) = even(*HISTORY, "--json").answer["budgets"]
    by_rule = {each["rule"]: each for each in trial["by_rule"]}
    assert by_rule["error rate 1h"]["incidents"] == {}
    assert by_rule["forecast"]["incidents"]["loop 10x"]["found"] == 1
    why = "no call says how long it took"
    assert trial["left_out"] == [{"rule": "p95 latency 1h", "why": why}]
    table = even(*HISTORY).out
    assert f"The rule 'p95 latency 1h' is left out: {why}." in table
    assert "'error rate 1h' met only what really happened." in table


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
