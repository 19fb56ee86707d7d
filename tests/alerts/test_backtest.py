from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from alerts.backtest import DOUBLING, SWEEP, TrialOptions, backtested, notes
from costmodel.budget import Budget
from costmodel.burn.rules import ActualRule, ForecastRule, SloRule
from costmodel.contract import Contract
from ingest.configuration import Configuration
from ingest.imports import import_file
from ingest.store import Store
from pricing import load_book

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.backtest import BudgetTrial, RuleTrial
    from costmodel.burn.rules import Rule

BOOK = load_book().with_contract(Contract())
HOUR = timedelta(hours=1)
FIRST, NOW = datetime(2026, 8, 20, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
TEN_TIMES_AT = datetime(2026, 10, 13, 14, tzinfo=UTC)
A_MONTH = Fraction(31 * 24, 10)
"""What October costs: 250,000 tokens of gpt-4.1-mini an hour are ten cents."""


def written(
    path: Path, first: datetime, until: datetime, spike: bool, tokens: int = 250_000
) -> Path:
    hours = int((until - first) / HOUR)
    with path.open("w", encoding="utf-8") as out:
        for number in range(hours):
            at = first + number * HOUR
            factor = 10 if spike and TEN_TIMES_AT <= at < TEN_TIMES_AT + 12 * HOUR else 1
            sent = tokens * factor
            usage = {"prompt_tokens": sent, "completion_tokens": 0, "total_tokens": sent}
            name = f"{path.stem}{number}"
            call = {"object": "chat.completion", "id": name, "model": "gpt-4.1-mini"}
            out.write(json.dumps({**call, "created": int(at.timestamp()), "usage": usage}) + "\n")
    return path


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("calm")
    store = Store(folder / "store.duckdb")
    import_file(store, written(folder / "calls.jsonl", FIRST, NOW, spike=False))
    return store


def tried(
    store: Store,
    now: datetime = NOW,
    levels: tuple[Rule, ...] = (),
    share: Fraction = Fraction(12, 10),
    **options: object,
) -> BudgetTrial:
    budget = Budget("All", A_MONTH * share, levels=levels)
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


def of_rule(trial: BudgetTrial, name: str) -> RuleTrial:
    [found] = [each for each in trial.rules if each.rule == name]
    return found


def chance(line: float) -> tuple[Rule, ...]:
    return (ForecastRule("forecast", "warning", line),)


def test_a_forecast_is_tried_and_finds_a_doubling(calm: Store) -> None:
    # of $89.28 October's 743 hours cost $74.30. Doubled from its 219th hour on it ends at $126.70,
    # from its 659th on at $82.70; September doubled from its 428th of 720 hours on at $101.20
    trial = tried(calm, levels=chance(0.8))
    forecast = of_rule(trial, "forecast")
    assert forecast.alarms_a_month == 0
    doubling, loop = forecast.incidents[DOUBLING], forecast.incidents["loop 10x"]
    assert (doubling.months, doubling.found, doubling.already) == (3, 2 / 3, 0.0)
    assert doubling.median_hours is not None
    assert loop.median_hours is not None
    assert loop.median_hours < doubling.median_hours
    assert trial.left_out == {}


@pytest.mark.parametrize(("share", "alarms"), [(Fraction(999, 1000), 1), (Fraction(1001, 1000), 0)])
def test_what_a_forecast_said_of_even_spending_is_counted(
    calm: Store, share: Fraction, alarms: int
) -> None:
    # a budget just below what October costs is told once, one just above it never; September
    # has a day less, so costs less than both
    trial = tried(calm, levels=chance(0.8), share=share, incidents=1)
    count = of_rule(trial, "forecast").alarms_a_month * trial.months
    assert count == pytest.approx(alarms)


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Ten cents an hour; calls fail on 30 September and 1, 11, 21 and from 25 October on."""
    folder = tmp_path_factory.mktemp("failing")
    path = written(folder / "calls.jsonl", FIRST, NOW, spike=False)
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        call = json.loads(line)
        at = datetime.fromtimestamp(call["created"], UTC)
        fails = at.month == 10 and (at.day in {1, 11, 21} or at.day >= 25)
        fails |= (at.month, at.day) == (9, 30)
        call["metadata"] = {"status": "failed" if fails else "completed"}
        lines.append(json.dumps(call) + "\n")
    path.write_text("".join(lines), encoding="utf-8")
    store = Store(folder / "store.duckdb")
    import_file(store, path)
    return store


def test_calls_that_fail_are_told_of_what_really_happened_only(failing: Store) -> None:
    errors = SloRule("error rate 1h", "warning", "error_rate", 0.05, HOUR, 1)
    slow = SloRule("p95 latency 1h", "warning", "p95_seconds", 8.0, HOUR, 1)
    trial = tried(failing, levels=(errors, slow))
    told = of_rule(trial, errors.name)
    assert told.alarms_a_month * trial.months == pytest.approx(4), "two months share the first"
    assert told.incidents == {}
    whole = trial.whole
    assert whole is not None
    assert whole.alarms_a_month == told.alarms_a_month, "nothing else fires"
    without = tried(failing).whole
    assert without is not None
    assert whole.incidents == without.incidents, "a doubling is not found by calls that fail"
    assert trial.left_out == {"p95 latency 1h": "no call says how long it took"}
    said, *rest = notes(trial)
    assert said.endswith("'error rate 1h' met only what really happened.")
    assert rest == ["The rule 'p95 latency 1h' is left out: no call says how long it took."]


def test_each_share_of_the_amount_is_tried(calm: Store) -> None:
    levels = tuple(ActualRule("actual", "notice", share) for share in (0.5, 0.9))
    trial = tried(calm, levels=levels)
    counts = {
        each.rule: round(each.alarms_a_month * trial.months) for each in trial.rules if each.rule
    }
    # September costs 81% of the amount and October 83%
    assert (counts["actual 50%"], counts["actual 90%"]) == (2, 0)
