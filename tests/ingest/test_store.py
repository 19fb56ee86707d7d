"""The store as a file: shared between processes, grown by migrations, never misread."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest

from ingest.errors import (
    StoreBusyError,
    StoreMissingError,
    StoreTooNewError,
    StoreUnreadableError,
)
from ingest.store import CellQuery, Store, door
from ingest.store.schema import MIGRATIONS
from tests.ingest.chats import OCTOBER_17, chat, imported, totals

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOLDER = """
import duckdb, sys, time
with duckdb.connect(sys.argv[1]) as session:
    session.execute("SELECT 1")
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


class Held:
    """Another process that keeps a store open, as an import of another program does."""

    def __init__(self, path: Path, seconds: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(path), str(seconds)], stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"held\n"

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def hold() -> Iterator[list[Held]]:
    held: list[Held] = []
    yield held
    for each in held:
        each.end()


def test_a_store_that_is_not_there_is_empty_and_is_not_made_by_reading(store: Store) -> None:
    assert store.is_empty()
    assert store.version() == 0
    assert store.extent() is None
    assert store.watermark() is None
    assert store.cells(CellQuery()) == []
    assert store.imports() == []
    assert store.set_aside() == []
    assert store.coverage() == []
    assert store.served_models() == []
    assert store.dimension_values(CellQuery())["feature"] == {}
    assert not store.path.exists()
    with pytest.raises(StoreMissingError, match="import a file first, or check --db"):
        Store(store.path, read_only=True)


def test_the_version_rises_with_each_commit_and_is_seen_by_other_readers(store: Store) -> None:
    other = Store(store.path)
    versions = [other.version()]
    imported(store, "a.jsonl", [chat(1)])
    versions.append(other.version())
    imported(store, "b.jsonl", [chat(1)])
    versions.append(other.version())
    store.undo(1)
    versions.append(other.version())
    assert versions == sorted(set(versions))
    assert other.version() == store.version()


def test_a_reader_waits_for_another_program_that_writes(store: Store, hold: list[Held]) -> None:
    imported(store, "a.jsonl", [chat(1)])
    hold.append(Held(store.path, 1.0))
    started = time.monotonic()
    assert totals(store)["requests"] == 1
    assert 0.3 < time.monotonic() - started < 20


def test_whoever_waits_too_long_is_told_so_without_the_words_of_duckdb(
    store: Store, hold: list[Held], monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(store, "a.jsonl", [chat(1)])
    hold.append(Held(store.path, 60))
    monkeypatch.setattr(door, "PATIENCE_SECONDS", 0.2)
    with pytest.raises(StoreBusyError) as error:
        store.cells(CellQuery())
    assert "try again when its import is done" in str(error.value)
    assert "PID" not in str(error.value)
    with pytest.raises(StoreBusyError):
        imported(store, "b.jsonl", [chat(2)])


def test_readers_and_importers_of_one_process_never_meet_an_error(store: Store) -> None:
    imported(store, "a.jsonl", [chat(0)])
    failures: list[BaseException] = []
    seen: list[int] = []
    done = threading.Event()

    def read() -> None:
        reader = Store(store.path)
        while not done.is_set():
            try:
                seen.append(sum(cell.requests for cell in reader.cells(CellQuery())))
                reader.version()
                reader.imports()
            except BaseException as error:  # noqa: BLE001 - whatever it is, the test must say so
                failures.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(1, 6):
        imported(store, f"{number}.jsonl", [chat(number)])
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert set(seen) <= set(range(1, 7))
    assert totals(store)["requests"] == 6


def test_another_database_and_no_database_are_told_from_a_store(store: Store) -> None:
    store.path.write_text("no database", encoding="utf-8")
    with pytest.raises(StoreUnreadableError, match="cannot be read as a store of Tollbook"):
        store.cells(CellQuery())
    store.path.unlink()
    with duckdb.connect(str(store.path)) as session:
        session.execute("CREATE TABLE other (x INTEGER)")
    with pytest.raises(StoreUnreadableError, match="holds other tables"):
        store.cells(CellQuery())
    with pytest.raises(StoreUnreadableError, match="holds other tables"):
        imported(store, "a.jsonl", [chat(1)])


def test_a_store_of_a_later_version_is_left_alone(store: Store) -> None:
    imported(store, "a.jsonl", [chat(1)])
    with duckdb.connect(str(store.path)) as session:
        session.execute("UPDATE state SET schema_version = 99")
    with pytest.raises(StoreTooNewError, match="a later version of Tollbook wrote this store"):
        store.cells(CellQuery())
    with pytest.raises(StoreTooNewError):
        imported(store, "b.jsonl", [chat(2)])


def test_an_empty_file_becomes_a_store(store: Store) -> None:
    with duckdb.connect(str(store.path)):
        pass
    assert store.is_empty()
    imported(store, "a.jsonl", [chat(1)])
    with duckdb.connect(str(store.path), read_only=True) as session:
        assert session.execute("SELECT schema_version FROM state").fetchall() == [
            (len(MIGRATIONS),)
        ]


def test_the_watermark_is_what_every_source_that_goes_on_has_reached(store: Store) -> None:
    hour, week = 3_600, 7 * 86_400
    imported(store, "a.jsonl", [chat(1, created=OCTOBER_17)])
    later = chat(2, created=OCTOBER_17 + 2 * hour)
    usage = {"input_tokens": 5, "output_tokens": 1}
    message = chat(3, created=OCTOBER_17 + 3 * hour, id="msg_1", object=None, usage=usage)
    imported(store, "b.jsonl", [message])
    eight = datetime(2026, 10, 17, 8, tzinfo=UTC)
    assert store.watermark() == eight + timedelta(minutes=15)
    imported(store, "c.jsonl", [later])
    assert store.watermark() == eight + timedelta(hours=2, minutes=15)
    imported(store, "d.jsonl", [chat(4, created=OCTOBER_17 + 2 * week)])
    assert store.watermark() == eight + timedelta(days=14, minutes=15)
    assert store.extent() == (eight, eight + timedelta(days=14, minutes=15))


def test_what_a_store_keeps_holds_no_text_no_address_and_no_key(store: Store) -> None:
    line = chat(
        1,
        choices=[{"message": {"role": "assistant", "content": "the secret answer"}}],
        metadata={
            "user": "someone@example.com",
            "team": "ask someone@example.com",
            "api_key": "sk-proj-abcdefghij1234",
            "customer": "0123456789abcdef0123456789abcdef",
            "feedback": "x" * 500,
        },
    )
    imported(store, "a.jsonl", [line])
    content = store.path.read_bytes()
    for hidden in (b"secret answer", b"someone@", b"abcdefghij", b"x" * 41):
        assert hidden not in content
    assert list(store.dimension_values(CellQuery())["api_key"]) == ["...1234"]


def test_imports_are_listed_with_what_became_of_them(store: Store) -> None:
    imported(store, "a.jsonl", [chat(1), chat(2), "{broken"])
    imported(store, "b.jsonl", [chat(1)])
    later, earlier = store.imports()
    assert (later.import_id, earlier.import_id) == (2, 1)
    assert earlier.path.endswith("a.jsonl")
    assert earlier.format == "api_objects"
    assert (earlier.counts.rows_read, earlier.counts.rows_added) == (3, 2)
    assert earlier.first_at == earlier.last_at == datetime(2026, 10, 17, 8, tzinfo=UTC)
    assert [each.line for each in store.set_aside()] == [3]
    store.undo(1)
    assert store.set_aside() == []
    assert [each.line for each in store.set_aside(1)] == [3]


def test_a_store_in_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    store = Store(tmp_path / "absent" / "store.duckdb")
    path = tmp_path / "absent"
    with pytest.raises(StoreUnreadableError):
        imported(Store(path / "x" / "s.duckdb"), os.fspath(tmp_path / "a.jsonl"), [chat(1)])
    assert store.is_empty()
