"""Tries and their second calls: who belongs to whom, what they cost, what is known of them."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from costmodel.threshold import TwoByTwo
from ingest.escalation import Escalation, usage_escalation
from ingest.imports import ImportOptions
from ingest.periods import parse_period
from ingest.store import Store
from pricing import load_book
from tests.ingest.chats import OCTOBER_17, chat, counts, imported

if TYPE_CHECKING:
    from pathlib import Path

MINI, FULL = "gpt-4.1-mini-2025-04-14", "gpt-4.1-2025-04-14"
BOOK = load_book()
TRY, AGAIN = Fraction("0.0012"), Fraction("0.006")
"""1,000 tokens in and 500 out: $0.40 and $1.60 a million on Mini, $2 and $8 on full."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "t.duckdb")


def call(number: int, model: str = MINI, second: int = 0, **labels: Any) -> dict[str, Any]:  # noqa: ANN401
    texts = {name: str(value) for name, value in labels.items()}
    return chat(
        number,
        model=model,
        created=OCTOBER_17 + second,
        usage=counts(1_000, 500),
        metadata={"feature": "search", **texts},
    )


def found_in(store: Store, *calls: dict[str, Any]) -> Escalation:
    imported(store, "calls.jsonl", calls)
    period = parse_period("all", datetime(2026, 11, 20, tzinfo=UTC), "UTC")
    return usage_escalation(store, BOOK, period, {})


def test_a_second_call_belongs_to_the_try_before_it_in_its_session(store: Store) -> None:
    found = found_in(
        store,
        call(1, second=0, session="a", confidence=0.3),
        call(2, second=50, session="a", confidence=0.9),
        call(3, second=60, session="b", confidence=0.2),
        call(4, FULL, second=55, session="a", escalated_from="gpt-4.1-mini"),
        call(5, FULL, second=10, session="b", escalated_from=MINI),  # before any try
        call(6, FULL, second=70, escalated_from=MINI),  # without a session
    )
    [pair] = found.pairs
    assert (pair.first, pair.full, pair.unmatched) == ("gpt-4.1-mini", "gpt-4.1", 2)
    assert [(step.above, step.tries, step.asked_again) for step in pair.steps] == [
        (Fraction("0.2"), 1, 0),
        (Fraction("0.3"), 1, 0),
        (Fraction("0.9"), 1, 1),
    ]


def test_a_second_call_with_the_confidence_of_its_try_belongs_to_that_one(store: Store) -> None:
    found = found_in(
        store,
        call(1, second=0, session="a", confidence=0.3),
        call(2, second=50, session="a", confidence=0.9),
        call(3, FULL, second=55, session="a", escalated_from=MINI, confidence=0.3),
    )
    [pair] = found.pairs
    assert [step.asked_again for step in pair.steps] == [1, 0]
    assert found.found.with_confidence == 2


def test_marks_that_cells_do_not_keep_are_read_off_the_rows(store: Store) -> None:
    calls = [
        call(1, session="a", confidence=0.3),
        call(2, FULL, second=5, session="a", escalated_from=MINI, confidence=0.3),
    ]
    imported(store, "calls.jsonl", calls, ImportOptions(cells=("feature",)))
    period = parse_period("all", datetime(2026, 11, 20, tzinfo=UTC), "UTC")
    found = usage_escalation(store, BOOK, period, {})
    [pair] = found.pairs
    assert [(step.tries, step.asked_again) for step in pair.steps] == [(1, 1)]
    assert found.found.second_calls == 1


def test_costs_are_those_that_came_and_else_the_same_tokens(store: Store) -> None:
    longer = call(3, FULL, second=5, session="a", escalated_from=MINI) | {
        "usage": counts(2_000, 500)
    }
    found = found_in(
        store,
        call(1, session="a", confidence=0.3),
        call(2, session="b", confidence=0.9),
        longer,
    )
    [pair] = found.pairs
    low, high = pair.steps
    assert (low.first_cost, low.full_cost) == (TRY, AGAIN + Fraction("0.002"))
    assert (high.first_cost, high.full_cost) == (TRY, AGAIN)
    assert pair.thresholds is not None
    assert pair.thresholds.seen.cost == 2 * TRY + AGAIN + Fraction("0.002")
    assert found.scale == 30  # an hour of usage is a day, and a month has thirty


@pytest.mark.parametrize(
    ("confidences", "steps"),
    [
        ((0.55, 0.6, 0.649), ("0.55", "0.6")),
        ((0.15, 0.35, 1), ("0.15", "0.35", "1")),
        ((55, 60, 64.9), ("55", "60")),
        ((-3, -1), ("-3", "-1")),
        ((-2,), ("-2",)),
    ],
)
def test_steps_on_any_scale(
    store: Store, confidences: tuple[float, ...], steps: tuple[str, ...]
) -> None:
    calls = [call(n, confidence=confidence) for n, confidence in enumerate(confidences)]
    [pair] = found_in(store, *calls).pairs
    assert [step.above for step in pair.steps] == [Fraction(each) for each in steps]
    assert pair.full == "gpt-4.1"  # the family's, where no second call says so


def test_the_same_questions_answered_by_both_tell_quality(store: Store) -> None:
    ratings = [(0.2, 0, 1), (0.3, 0, 1), (0.7, 1, 1), (0.8, 1, 0), (0.9, 1, 1)]
    calls = []
    for task, (confidence, mini, full) in enumerate(ratings):
        calls.append(call(2 * task, task=f"q{task}", confidence=confidence, quality=mini))
        calls.append(call(2 * task + 1, FULL, task=f"q{task}", quality=full))
    found = found_in(store, *calls)
    [pair] = found.pairs
    whole = pair.thresholds
    assert whole is not None
    assert whole.answers == TwoByTwo(both=2, only_first=1, only_full=2, neither=0)
    quality = {o.threshold and float(o.threshold): o.quality for o in whole.options[:-1]}
    assert quality[None] == Fraction(3, 5)
    assert quality[0.7] == 1
    assert quality[0.9] == Fraction(4, 5)
    assert whole.options[-1].quality == Fraction(4, 5)
    # nothing was asked again: these are two answers to one question
    assert (whole.seen.share, pair.steps[0].full_cost) == (0, AGAIN)
    assert whole.options[-1].is_never_best
    assert found.missing == ("escalated_from",)


def test_a_task_that_is_no_single_question_pairs_nothing(store: Store) -> None:
    found = found_in(
        store,
        call(1, task="chat", confidence=0.2, quality=0),
        call(2, task="chat", confidence=0.3, quality=1),
        call(3, FULL, task="chat", quality=1),
    )
    [pair] = found.pairs
    assert pair.thresholds is not None
    assert pair.thresholds.answers is None
    assert pair.thresholds.options[-1].quality is None


def test_ratings_beyond_their_scale_are_no_quality(store: Store) -> None:
    found = found_in(store, call(1, confidence=0.5, quality=4))
    [pair] = found.pairs
    assert pair.steps[0].first_rated.count == 0
    assert found.found.with_quality == 0


def test_what_is_missing_is_named(store: Store) -> None:
    found = found_in(store, call(1), call(2, FULL, session="a", escalated_from=MINI))
    assert (found.pairs, found.missing) == ((), ("confidence", "quality"))
    [marked] = found.marked
    assert (marked.share, marked.pays) == (1, False)


def test_without_a_price_there_are_no_options(store: Store) -> None:
    found = found_in(
        store,
        call(1, "acme-7b", session="a", confidence=0.5),
        call(2, "acme-70b", second=1, session="a", escalated_from="acme-7b"),
    )
    [pair] = found.pairs
    assert (pair.first, pair.full, pair.thresholds) == ("acme-7b", "acme-70b", None)


def test_an_empty_store_tells_nothing(store: Store) -> None:
    period = parse_period("all", datetime(2026, 11, 20, tzinfo=UTC), "UTC")
    found = usage_escalation(store, BOOK, period, {})
    assert (found.pairs, found.marked) == ((), ())
