"""The door to DuckDB files: what is kept between sessions holds no file and breaks nothing."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import duckdb
import pytest

from ingest.errors import StoreMissingError
from ingest.store import door

if TYPE_CHECKING:
    from pathlib import Path

WRITER = """
import duckdb, sys
duckdb.connect(sys.argv[1]).execute("INSERT INTO numbers VALUES (2)")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return numbers(tmp_path / "it's.duckdb", 1)


def numbers(path: Path, number: int) -> Path:
    """Make a file with one table of one number."""
    with door.writing(path) as session:
        session.execute("CREATE TABLE s.numbers AS SELECT ? AS number", [number])
    return path


def found(session: duckdb.DuckDBPyConnection) -> list[int]:
    return [row[0] for row in session.execute("FROM numbers ORDER BY number").fetchall()]


def other_program_writes(path: Path) -> str:
    """Let another process write at once; returns what it complained of."""
    run = subprocess.run(
        [sys.executable, "-c", WRITER, str(path)], capture_output=True, text=True, check=False
    )
    return run.stderr


def test_a_file_is_free_for_other_programs_between_sessions_only(path: Path) -> None:
    with door.reading(path) as first:
        with door.reading(path) as second:
            assert found(first) == found(second) == [1]
        assert "Could not set lock" in other_program_writes(path)
        assert found(first) == [1]
    assert other_program_writes(path) == ""
    with door.reading(path) as session:
        assert found(session) == [1, 2]


def test_two_files_are_read_at_once_each_by_its_own_names(path: Path, tmp_path: Path) -> None:
    other = numbers(tmp_path / "other.duckdb", 7)
    with door.reading(path) as one, door.reading(other) as another:
        one.execute("CREATE TEMP TABLE mine AS FROM numbers")
        assert (found(one), found(another)) == ([1], [7])
        with pytest.raises(duckdb.CatalogException):
            another.execute("FROM mine")
    with door.reading(path) as one, pytest.raises(duckdb.CatalogException):
        one.execute("FROM mine")


@pytest.mark.parametrize("left_open", ["BEGIN", "SET search_path='memory'"])
def test_a_reader_that_fails_lets_the_file_go(path: Path, left_open: str) -> None:
    with pytest.raises(duckdb.InvalidInputException), door.reading(path) as session:
        session.execute(f"{left_open}; SELECT error('no')")
    assert other_program_writes(path) == ""
    with door.reading(path) as session:
        assert found(session) == [1, 2]


def test_a_writer_that_fails_lets_the_file_go(path: Path) -> None:
    with pytest.raises(duckdb.CatalogException), door.writing(path) as session:
        session.execute("INSERT INTO s.nothing VALUES (1)")
    assert other_program_writes(path) == ""
    with door.writing(path) as session:
        assert session.execute("FROM s.numbers ORDER BY number").fetchall() == [(1,), (2,)]


def test_a_file_that_is_taken_away_is_missed_and_a_new_one_is_read(path: Path) -> None:
    with door.reading(path) as session:
        path.unlink()
        assert found(session) == [1]
    with pytest.raises(StoreMissingError), door.reading(path):
        pass
    numbers(path, 3)
    with door.reading(path) as session:
        assert found(session) == [3]


@pytest.mark.parametrize("failure", [duckdb.FatalException, duckdb.InternalException])
def test_a_database_that_gave_itself_up_is_kept_no_longer(
    path: Path, tmp_path: Path, failure: type[duckdb.Error]
) -> None:
    with pytest.raises(failure), door.reading(path):
        raise failure("the database gave itself up")
    other = numbers(tmp_path / "other.duckdb", 7)
    with door.reading(other) as after:
        assert found(after) == [7]
        now = after.execute("SELECT current_database()").fetchall()
    assert now == [("store_0",)]
