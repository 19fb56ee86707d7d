"""Many budgets in one look: equal to each alone, and one word about a model's end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from alerts.evaluation import situations
from benchmarks.alert_tick import NOW, budgets
from benchmarks.import_speed import write_lines
from costmodel.budget import Budget
from ingest.configuration import Configuration
from ingest.imports import import_file
from ingest.store import Store
from tests.alerts.test_evaluation import BOOK, FIRST, HOUR, call, looked, store_with

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.situation import Situation


def exact(situation: Situation) -> Situation:
    """Return a situation without its causes, whose sums depend on how far back one looks."""
    return replace(situation, causes=())


def test_two_hundred_budgets_at_once_are_each_of_them_alone(tmp_path: Path) -> None:
    write_lines(tmp_path / "calls.jsonl", 20_000)
    store = Store(tmp_path / "store.duckdb")
    import_file(store, tmp_path / "calls.jsonl")
    many = budgets(200)
    together = situations(store, BOOK, Configuration(budgets=many), NOW)
    assert [each.budget for each in together] == list(many)
    assert len({each.spent for each in together}) > 100
    assert {each.state for each in together} > {"ok"}
    for found in together[::7]:
        [alone] = situations(store, BOOK, Configuration(budgets=(found.budget,)), NOW)
        assert exact(found) == exact(alone), found.budget.name
        assert [each.name for each in found.causes] == [each.name for each in alone.causes]
        assert [each.amount for each in found.causes] == pytest.approx(
            [each.amount for each in alone.causes]
        )


def test_the_end_of_a_model_is_told_once_for_all_keys(tmp_path: Path) -> None:
    # gpt-4.1-mini ends on 14 January; mike calls it most and is not the first by name
    now = FIRST.replace(month=12, day=20)
    calls = [call(now - HOUR, feature=name) for name in ("zoe", "mike", "anna", "mike")]
    calls.append(call(now - HOUR, model="gpt-4o", feature="zoe"))
    store = store_with(tmp_path, calls)
    found = looked(store, Budget("Each", Fraction(288), each="feature"), now=now)
    told = {
        (each.value, finding.rule, finding.level): finding.sentence.partition("; called")[2]
        for each in found
        for finding in each.findings
        if finding.kind == "ending" and finding.is_firing
    }
    assert told == {
        ("anna", "end of gpt-4.1-mini", "30 days"): " by feature anna and 2 others",
        ("zoe", "end of gpt-4o", "30 days"): "",
    }


@pytest.mark.parametrize("each", [None, "feature"])
def test_the_end_of_a_model_stays_with_who_calls_it(tmp_path: Path, each: str | None) -> None:
    now = FIRST.replace(month=12, day=20)
    calls = [call(now - HOUR - timedelta(days=8), feature="anna"), call(now - HOUR, feature="zoe")]
    found = looked(store_with(tmp_path, calls), Budget("Each", Fraction(288), each=each), now=now)
    told = [one.value for one in found if any(f.kind == "ending" for f in one.findings)]
    assert told == ([""] if each is None else ["zoe"])
