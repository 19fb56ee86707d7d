"""The head of somebody's own table, and what the names of its columns suggest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.mapping import TARGETS
from ingest.table_head import guessed_columns, table_head

if TYPE_CHECKING:
    from pathlib import Path


def test_the_head_holds_columns_and_first_values(tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text('a;"b c"\n1;\n2;x\n' + "3;y\n" * 9, encoding="utf-8")
    head = table_head(file)
    assert head.columns == ("a", "b c")
    assert len(head.rows) == 5
    assert head.examples("b c") == ["x", "y", "y", "y"]


def test_an_empty_file_has_no_columns(tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text("\n", encoding="utf-8")
    assert table_head(file).columns == ()


@pytest.mark.parametrize(
    ("column", "target"),
    [
        ("input", "input"),
        ("Prompt Tokens", "input"),
        ("promptTokens", "input"),
        ("completion_token", "output"),
        ("cached tokens", "cached_input"),
        ("Created At", "time"),
        ("request_id", "id"),
        ("cost", "reported_cost"),
        ("ContextTokens", "input"),
        ("GeneratedTokens", "output"),
    ],
)
def test_a_name_that_is_known_or_nearly_so_is_guessed(column: str, target: str) -> None:
    assert guessed_columns([column]) == {target: column}


@pytest.mark.parametrize("column", ["count", "cost_center", "comment", "prompt", ""])
def test_a_name_that_only_looks_a_little_alike_is_not(column: str) -> None:
    assert guessed_columns([column]) == {}


def test_the_better_name_wins() -> None:
    assert guessed_columns(["inputs", "input"])["input"] == "input"


@given(st.lists(st.sampled_from([*TARGETS, "Input Tokens", "x", "é"]), max_size=12))
def test_no_column_is_used_twice(columns: list[str]) -> None:
    found = guessed_columns(columns)
    assert set(found) <= set(TARGETS)
    assert len(set(found.values())) == len(found)
