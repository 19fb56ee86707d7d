"""The ledger: which of two views of one day is read, restated buckets, and undoing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.errors import UnknownImportError
from ingest.imports import ImportOptions
from ingest.store import CellQuery, Store
from ingest.store.ledger import choose
from ingest.store.series import SourceKey
from tests.ingest.chats import chat, counts, ledger, totals
from tests.ingest.chats import imported as chats_imported
from tests.ingest.usage_pages import DAY, bucket, imported, page, result

if TYPE_CHECKING:
    from pathlib import Path

START = 1_792_195_200
"""2026-10-17 00:00 UTC: the day of the chats."""

REQUESTS = SourceKey("openai", "default", "requests", 0, "")
BY_MODEL = SourceKey("openai", "default", "buckets", DAY, "completions:model")
BY_MODEL_AND_KEY = SourceKey("openai", "default", "buckets", DAY, "completions:model,api_key_id")
BY_HOUR = SourceKey("openai", "default", "buckets", 3_600, "completions:model")
TOTAL_ONLY = SourceKey("openai", "default", "buckets", DAY, "completions:")
EMBEDDINGS = SourceKey("openai", "default", "buckets", DAY, "embeddings:model")


def chosen(
    tokens: dict[SourceKey, int], preferred: str | None = None
) -> tuple[str, set[SourceKey]]:
    sources = dict(enumerate(tokens))
    choice = choose(dict(enumerate(tokens.values())), sources, preferred)
    return choice.reads, {sources[number] for number in choice.sources}


@pytest.mark.parametrize(
    ("tokens", "reads"),
    [
        ({REQUESTS: 98, BY_MODEL: 100}, {REQUESTS}),
        ({REQUESTS: 97, BY_MODEL: 100}, {BY_MODEL}),
        ({REQUESTS: 150, BY_MODEL: 100}, {REQUESTS}),
        ({REQUESTS: 5}, {REQUESTS}),
        ({BY_MODEL: 5}, {BY_MODEL}),
        ({BY_MODEL: 100, BY_MODEL_AND_KEY: 98}, {BY_MODEL_AND_KEY}),
        ({BY_MODEL: 100, BY_MODEL_AND_KEY: 97}, {BY_MODEL}),
        ({BY_MODEL: 100, BY_HOUR: 100}, {BY_HOUR}),
        ({BY_MODEL: 100, TOTAL_ONLY: 100}, {BY_MODEL}),
        ({BY_MODEL: 100, EMBEDDINGS: 7}, {BY_MODEL, EMBEDDINGS}),
        ({REQUESTS: 104, BY_MODEL: 100, EMBEDDINGS: 7}, {BY_MODEL, EMBEDDINGS}),
        ({REQUESTS: 105, BY_MODEL: 100, EMBEDDINGS: 7}, {REQUESTS}),
    ],
)
def test_one_view_of_a_day_is_read(tokens: dict[SourceKey, int], reads: set[SourceKey]) -> None:
    assert chosen(tokens)[1] == reads


def test_the_configuration_overrides_the_choice() -> None:
    tokens = {REQUESTS: 10, BY_MODEL: 100}
    assert chosen(tokens, "requests") == ("requests", {REQUESTS})
    assert chosen({REQUESTS: 100, BY_MODEL: 100}, "buckets") == ("buckets", {BY_MODEL})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


def some_buckets(tokens_in: int, day: int = START) -> object:
    return page(bucket(result(input_tokens=tokens_in, output_tokens=10), start=day))


def test_requests_and_their_buckets_are_never_added_up(store: Store, tmp_path: Path) -> None:
    chats_imported(store, "a.jsonl", [chat(1)])
    imported(tmp_path, some_buckets(100))
    assert totals(store) == {"requests": 1, "input": 100, "output": 10}
    assert store.cells(CellQuery())[0].key.model == "gpt-4.1-mini-2025-04-14"
    (day,) = store.coverage()
    assert (day.reads, day.request_tokens, day.bucket_tokens) == ("requests", 110, 110)
    assert day.coverage == 1.0


def test_requests_that_miss_too_much_yield_to_the_buckets(store: Store, tmp_path: Path) -> None:
    chats_imported(store, "a.jsonl", [chat(1)])
    imported(tmp_path, some_buckets(103))
    assert totals(store) == {"requests": 1, "input": 103, "output": 10}
    assert store.coverage()[0].reads == "buckets"
    assert store.coverage()[0].coverage == pytest.approx(110 / 113)
    assert store.dimension_values(CellQuery())["model_snapshot"] == {"m": 1}
    chats_imported(store, "b.jsonl", [chat(2, usage=counts(1, 0))])
    assert store.coverage()[0].reads == "requests"
    assert totals(store) == {"requests": 2, "input": 101, "output": 10}


def test_other_days_and_other_organisations_keep_their_own_view(
    store: Store, tmp_path: Path
) -> None:
    chats_imported(store, "a.jsonl", [chat(1)])
    imported(tmp_path, some_buckets(500, START + DAY))
    other = ImportOptions(organisation="other")
    imported(tmp_path, some_buckets(7), options=other)
    assert totals(store)["input"] == 100 + 500 + 7
    assert store.coverage() == []


def test_a_preference_holds_for_what_comes_later_too(store: Store, tmp_path: Path) -> None:
    store.prefer("openai", "default", "buckets")
    chats_imported(store, "a.jsonl", [chat(1)])
    imported(tmp_path, some_buckets(50))
    assert totals(store)["input"] == 50
    store.prefer("openai", "default", None)
    assert totals(store)["input"] == 100


def test_a_later_export_restates_bucket_by_bucket(store: Store, tmp_path: Path) -> None:
    both = page(
        bucket(result(input_tokens=5), start=START),
        bucket(result(input_tokens=7), start=START + DAY),
    )
    imported(tmp_path, both)
    before = ledger(store)
    later = page(
        bucket(result(input_tokens=6, model="m"), result(model="n"), start=START + DAY),
    )
    restated, _ = imported(tmp_path, later)
    assert (restated.rows_replaced, restated.rows_added) == (1, 1)
    assert totals(store) == {"requests": 3, "input": 5 + 6 + 100, "output": 30}
    store.undo(restated.import_id)
    assert ledger(store) == before


def test_a_smaller_restatement_is_believed_too(store: Store, tmp_path: Path) -> None:
    imported(tmp_path, some_buckets(100))
    imported(tmp_path, some_buckets(60))
    assert totals(store)["input"] == 60


def hours_of_a_day(hours: int, tokens_in: int = 10) -> object:
    return page(
        *(
            bucket(result(input_tokens=tokens_in, output_tokens=0), start=START + h * 3_600,
                   width=3_600)
            for h in range(hours)
        )
    )  # fmt: skip


@pytest.mark.parametrize("first", ["hours", "day"])
def test_hours_and_days_of_one_organisation_are_never_added_up(
    store: Store, tmp_path: Path, first: str
) -> None:
    day = page(bucket(result(input_tokens=240, output_tokens=0), start=START))
    exports = [(hours_of_a_day(24), "hours.json"), (day, "day.json")]
    for document, name in exports if first == "hours" else reversed(exports):
        imported(tmp_path, document, name)
    assert totals(store) == {"requests": 24, "input": 240}
    (shown,) = store.coverage()
    assert (shown.reads, shown.bucket_tokens, shown.coverage) == ("buckets", 240, 0.0)


def test_hours_that_miss_a_part_of_the_day_yield_to_the_day(store: Store, tmp_path: Path) -> None:
    imported(tmp_path, hours_of_a_day(23), "hours.json")
    day = page(bucket(result(input_tokens=240, output_tokens=0), start=START))
    result_of_day, _ = imported(tmp_path, day, "day.json")
    assert totals(store) == {"requests": 1, "input": 240}
    store.undo(result_of_day.import_id)
    assert totals(store) == {"requests": 23, "input": 230}


def test_one_day_in_two_groupings_counts_once_in_the_finer_one(
    store: Store, tmp_path: Path
) -> None:
    by_model = page(bucket(result(input_tokens=300), start=START))
    keys = [result(input_tokens=100, api_key_id=f"key_{k}", output_tokens=k) for k in (1, 4, 5)]
    imported(tmp_path, by_model, "models.json")
    by_key, _ = imported(tmp_path, page(bucket(*keys, start=START)), "keys.json")
    assert totals(store) == {"requests": 3, "input": 300, "output": 10}
    assert len(store.dimension_values(CellQuery())["api_key"]) == 3
    store.undo(by_key.import_id)
    assert totals(store) == {"requests": 1, "input": 300, "output": 10}


def test_undo_hands_a_row_to_the_import_that_repeated_it(store: Store) -> None:
    first = chats_imported(store, "a.jsonl", [chat(1), chat(2)])
    second = chats_imported(store, "b.jsonl", [chat(2), chat(3)])
    store.undo(first.import_id)
    assert totals(store) == {"requests": 2, "input": 200, "output": 20}
    store.undo(second.import_id)
    assert totals(store) == {}
    assert store.is_empty()
    assert [record.undone for record in store.imports()] == [True, True]
    assert chats_imported(store, "c.jsonl", [chat(1)]).rows_added == 1


def test_undoing_the_winner_brings_the_loser_back(store: Store) -> None:
    chats_imported(store, "a.jsonl", [chat(1, usage=counts(100, 5))])
    winner = chats_imported(store, "b.jsonl", [chat(1, usage=counts(100, 9))])
    smaller = chats_imported(store, "c.jsonl", [chat(1, usage=counts(100, 7))])
    store.undo(winner.import_id)
    assert totals(store)["output"] == 7
    store.undo(smaller.import_id)
    assert totals(store)["output"] == 5


def test_undo_says_what_it_cannot_do(store: Store) -> None:
    chats_imported(store, "a.jsonl", [chat(1)])
    with pytest.raises(UnknownImportError, match="there is no import 7"):
        store.undo(7)
    store.undo(1)
    version = store.version()
    with pytest.raises(UnknownImportError, match="import 1 was undone before"):
        store.undo(1)
    assert store.version() == version


def test_rare_meters_leave_with_their_row(store: Store) -> None:
    audio = {**counts(100, 10), "completion_tokens_details": {"audio_tokens": 4}}
    chats_imported(store, "a.jsonl", [chat(1, usage=audio)])
    before = ledger(store)
    more = {**counts(100, 20), "completion_tokens_details": {"audio_tokens": 9}}
    later = chats_imported(store, "b.jsonl", [chat(1, usage=more)])
    assert totals(store) == {"requests": 1, "input": 100, "output": 11, "output_audio": 9}
    store.undo(later.import_id)
    assert ledger(store) == before
    assert totals(store)["output_audio"] == 4


def test_a_row_handed_on_does_not_outlive_who_it_was_handed_to(store: Store) -> None:
    first = chats_imported(store, "a.jsonl", [chat(1, usage=counts(100, 9))])
    second = chats_imported(store, "b.jsonl", [chat(1, usage=counts(100, 9))])
    store.undo(first.import_id)
    chats_imported(store, "c.jsonl", [chat(1, usage=counts(100, 5))])
    store.undo(second.import_id)
    assert totals(store) == {"requests": 1, "input": 100, "output": 5}
    later = chats_imported(store, "d.jsonl", [chat(1, usage=counts(100, 7))])
    assert (later.rows_replaced, later.rows_added) == (1, 0)
    assert totals(store) == {"requests": 1, "input": 100, "output": 7}
