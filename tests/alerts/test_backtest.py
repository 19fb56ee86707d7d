from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from alerts.backtest import DOUBLING, SWEEP, TrialOptions, backtested
from costmodel.budget import Budget
from costmodel.contract import Contract
from ingest.configuration import Configuration
from ingest.imports import import_file
from ingest.store import Store
from pricing import load_book

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.backtest import BudgetTrial

BOOK = load_book().with_contract(Contract())
HOUR = timedelta(hours=1)
FIRST, NOW = datetime(2026, 8, 20, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
TEN_TIMES_AT = datetime(2026, 10, 13, 14, tzinfo=UTC)
A_MONTH = Fraction(31 * 24, 10)
"""What October costs: 250,000 tokens of gpt-4.1-mini an hour are ten cents."""


def written(path: Path, first: datetime, until: datetime, spike: bool) -> Path:
    hours = int((until - first) / HOUR)
    with path.open("w", encoding="utf-8") as out:
        for number in range(hours):
            at = first + number * HOUR
            factor = 10 if spike and TEN_TIMES_AT <= at < TEN_TIMES_AT + 12 * HOUR else 1
            tokens = 250_000 * factor
            usage = {"prompt_tokens": tokens, "completion_tokens": 0, "total_tokens": tokens}
            call = {"object": "chat.completion", "id": f"c{number}", "model": "gpt-4.1-mini"}
            out.write(json.dumps({**call, "created": int(at.timestamp()), "usage": usage}) + "\n")
    return path


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("calm")
    store = Store(folder / "store.duckdb")
    import_file(store, written(folder / "calls.jsonl", FIRST, NOW, spike=False))
    return store


def tried(store: Store, now: datetime = NOW, **options: object) -> BudgetTrial:
    budget = Budget("All", A_MONTH * Fraction(12, 10))
    chosen = TrialOptions(**({"incidents": 3} | options))  # type: ignore[arg-type]
    (trial,) = backtested([budget], store, BOOK, Configuration(), now, chosen)
    return trial


def test_even_spending_never_alarms_and_a_doubling_is_found(calm: Store) -> None:
    trial = tried(calm)
    assert trial.whole is not None
    assert trial.whole.alarms_a_month == 0
    assert trial.months == pytest.approx((61 * 24 - 1) / 730.5)
    doubling, loop = trial.whole.incidents[DOUBLING], trial.whole.incidents["loop 10x"]
    assert (doubling.months, doubling.found, doubling.already) == (3, 1.0, 0.0)
    assert loop.found == 1.0
    assert loop.median_hours is not None
    assert doubling.median_hours is not None
    assert loop.median_hours <= doubling.median_hours
    assert {each.rule for each in trial.rules} >= {"", "fast", "drift", "change", "amount"}


def test_what_really_happened_is_counted(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.duckdb")
    import_file(store, written(tmp_path / "calls.jsonl", FIRST, NOW, spike=True))
    whole = tried(store).whole
    assert whole is not None
    assert whole.alarms_a_month > 0


def test_a_sweep_never_finds_less_with_lower_lines(calm: Store) -> None:
    assert tried(calm).sweep == ()
    sweep = tried(calm, with_sweep=True).sweep
    assert [each.scale for each in sweep] == list(SWEEP)
    found = [each.found for each in sweep]
    assert found == sorted(found, reverse=True)


def test_too_little_history_says_so(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.duckdb")
    assert tried(store).reason == "nothing is imported yet"
    until = FIRST + timedelta(days=6)
    import_file(store, written(tmp_path / "calls.jsonl", FIRST, until, spike=False))
    trial = tried(store, until)
    assert trial.reason == "no stretch of 72 hours has enough history before it"
    assert trial.whole is None
