"""Answers beside the store: the same as asked anew, and gone with what they came from."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.caching import Basis
from ingest import answer_text, kept_answers
from ingest.caching import usage_caching
from ingest.configuration import Configuration
from ingest.escalation import usage_escalation
from ingest.kept_answers import as_kept, folder_of, kept
from ingest.opportunities import inventory
from ingest.periods import parse_period
from ingest.store import CellQuery, ServedModel, Standing, Store
from ingest.traffic import loads
from pricing import load_book
from pricing.prompt_caching import load_cache_policy
from tests.copied_store import copied
from tests.ingest.chats import OCTOBER_17, chat, counts, imported

if TYPE_CHECKING:
    from pathlib import Path

BOOK = load_book()
MINI = "gpt-4.1-mini-2025-04-14"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
PERIOD = parse_period("2026-10", NOW, "UTC")


@pytest.fixture(autouse=True)
def everything_is_worth_keeping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_answers, "WORTH_KEEPING_SECONDS", 0.0)


with_calls = copied(lambda store: imported(store, "first.jsonl", [call(n) for n in range(6)]))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return with_calls(tmp_path / "t.duckdb")


def call(number: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    labels = {
        "feature": "search",
        "session": f"s{number % 2}",
        "prefix_hashes": ["a", "b"],
        "confidence": number / 10,
        "quality": 1,
        "latency_seconds": 1.5 + number,
    }
    second = OCTOBER_17 + 60 * number
    return chat(number, created=second, usage=counts(2_000, 10), metadata={**labels, **more})


def asked(store: Store) -> list[Any]:
    """Return everything that is kept, by the functions that keep it."""
    return [
        usage_caching(store, BOOK, load_cache_policy(), PERIOD, {}),
        usage_escalation(store, BOOK, PERIOD, {}),
        inventory(store, BOOK, Configuration(), PERIOD, {}),
        loads(store, BOOK, PERIOD),
    ]


def files_of(store: Store) -> list[Path]:
    return sorted(folder_of(store.path).rglob("*.json"))


def once(store: Store, question: object, answer: object) -> object:
    return kept(store, question, lambda: answer)


def test_what_is_kept_is_what_was_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = asked(store)
    assert len(files_of(store)) == 4
    for name in ("reuses", "tries", "call_facts", "peaks"):
        monkeypatch.delattr(Store, name)  # nothing is asked of rows any more
    again = asked(Store(store.path))
    assert again == fresh
    assert again[0][0].basis is Basis.PREFIXES


def test_sessions_come_back_the_same(store: Store) -> None:
    found = store.sessions(CellQuery(by=("feature",)), date(2026, 10, 17))
    assert found is not None
    assert answer_text.parsed(answer_text.written(found)) == found


def test_nothing_is_an_answer_too(store: Store) -> None:
    assert once(store, "any session", None) is None
    assert once(store, "any session", 1) is None


def test_an_import_and_an_undo_leave_answers_behind(store: Store) -> None:
    assert once(store, "how many", 1) == 1
    assert once(store, "how many", 2) == 1
    imported(store, "second.jsonl", [call(10)])
    assert once(store, "how many", 3) == 3
    assert len(files_of(store)) == 1  # those of the state before are gone
    store.undo(2)
    assert once(store, "how many", 4) == 4
    assert once(store, "how many", 5) == 4
    assert once(store, "how long", 6) == 6


def test_another_store_in_its_place_has_its_own_answers(store: Store) -> None:
    before = store.standing()
    assert before is not None
    assert once(store, "how many", 1) == 1
    store.path.unlink()
    imported(store, "first.jsonl", [call(n) for n in range(6)])
    after = store.standing()
    assert after is not None
    assert after.version == before.version
    assert after.identity != before.identity
    assert once(store, "how many", 2) == 2


def test_reading_changes_no_standing_and_every_commit_does(store: Store) -> None:
    seen = {store.standing()}
    store.cells(CellQuery())
    seen.add(Store(store.path).standing())
    assert len(seen) == 1
    store.prefer("openai", "default", "requests")
    seen.add(store.standing())
    imported(store, "second.jsonl", [call(10)])
    seen.add(store.standing())
    assert len(seen) == 3


def test_other_filters_and_prices_are_other_questions(store: Store) -> None:
    usage_escalation(store, BOOK, PERIOD, {})
    usage_escalation(store, BOOK, PERIOD, {"feature": ("search",)})
    usage_escalation(store, replace(BOOK, models=BOOK.models[1:]), PERIOD, {})
    usage_escalation(store, load_book(), PERIOD, {})  # the same prices, read once more
    assert len(files_of(store)) == 3


@pytest.mark.parametrize("text", ["", "{", '{"is": "Path", "of": ["/"]}', '{"is": "Cell"}'])
def test_a_broken_answer_is_asked_again(store: Store, text: str) -> None:
    once(store, "how many", 1)
    [path] = files_of(store)
    path.write_text(text, encoding="utf-8")
    assert once(store, "how many", 2) == 2


def test_a_folder_that_cannot_be_written_costs_only_time(store: Store) -> None:
    folder_of(store.path).write_text("in the way", encoding="utf-8")
    assert once(store, "how many", 1) == 1
    assert once(store, "how many", 2) == 2


def test_quick_answers_and_missing_stores_leave_no_folder(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_answers, "WORTH_KEEPING_SECONDS", 60.0)
    asked(store)
    assert not folder_of(store.path).exists()
    missing = Store(store.path.with_name("missing.duckdb"))
    assert once(missing, "how many", 1) == 1
    assert not folder_of(missing.path).exists()


def test_the_oldest_of_too_many_answers_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_answers, "MOST_ANSWERS", 3)
    for number in range(5):
        once(store, number, number)
        time.sleep(0.01)  # their age is the file's
    assert len(files_of(store)) == 3
    assert once(store, 4, "new") == 4


def test_two_who_ask_at_once_are_answered_by_one_search(store: Store) -> None:
    searches = []

    def slowly() -> int:
        searches.append(1)
        time.sleep(0.2)
        return 7

    answers: list[int] = []
    askers = [
        threading.Thread(target=lambda: answers.append(kept(store, "slow", slowly)))
        for _ in range(2)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert (answers, len(searches)) == ([7, 7], 1)


def test_an_answer_found_while_the_store_changed_is_not_kept(store: Store) -> None:
    def meanwhile() -> int:
        imported(store, "second.jsonl", [call(10)])
        return 1

    assert kept(store, "how many", meanwhile) == 1
    assert once(store, "how many", 2) == 2


@pytest.mark.parametrize(
    ("minute", "quarter"),
    [(0, 0), (1, 15), (15, 15), (16, 30)],
)
def test_a_range_begins_with_its_first_quarter_of_an_hour(minute: int, quarter: int) -> None:
    hour = datetime(2026, 10, 17, 8, tzinfo=UTC)
    query = CellQuery(since=hour + timedelta(minutes=minute))
    assert as_kept(query, None).since == hour + timedelta(minutes=quarter)


@pytest.mark.parametrize(("seconds", "is_rounded"), [(86_399, False), (86_400, True)])
def test_less_than_a_day_is_read_to_the_moment(seconds: int, is_rounded: bool) -> None:
    since = datetime(2026, 10, 17, 8, 14, tzinfo=UTC)
    found = as_kept(CellQuery(since, since + timedelta(seconds=seconds)), None)
    assert found.since == since + timedelta(minutes=1 if is_rounded else 0)


def test_a_range_beyond_all_usage_is_no_range() -> None:
    first, last = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)
    standing = Standing("", 1, "", (first, last))
    outside = as_kept(CellQuery(since=first - timedelta(1), until=last), standing)
    assert (outside.since, outside.until) == (None, None)
    inside = CellQuery(since=first + timedelta(1), until=last - timedelta(1))
    assert as_kept(inside, standing) == inside


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.fractions()
    | st.dates()
    | st.datetimes(timezones=st.just(UTC)).map(lambda each: each.replace(fold=0)),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.floats(allow_nan=False), inner)
    ),
    max_leaves=10,
)


@given(plain)
def test_every_value_comes_back_the_same(value: object) -> None:
    found = answer_text.parsed(answer_text.written(value))
    assert found == value
    assert repr(found) == repr(value)


def test_what_is_not_an_answer_is_refused() -> None:
    with pytest.raises(TypeError):
        answer_text.written(ServedModel("gpt-4.1-mini"))
