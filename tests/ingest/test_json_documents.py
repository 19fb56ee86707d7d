"""Documents of JSON, whatever lies around them and wherever a piece that is read ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import json_documents
from ingest.errors import UnreadableFileError
from ingest.json_documents import UNREADABLE, documents

if TYPE_CHECKING:
    from pathlib import Path

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_documents, "PIECE", 5)


def found_in(path: Path, text: str) -> list[tuple[int, Any]]:
    path.write_bytes(text.encode())
    return [*documents(path)]


@given(st.lists(st.dictionaries(st.text(max_size=3), VALUES), max_size=4), st.integers(0, 2))
def test_every_document_is_found_with_its_line(
    tmp_path_factory: pytest.TempPathFactory, values: list[dict[str, Any]], indent: int
) -> None:
    path = tmp_path_factory.mktemp("documents") / "a.json"
    texts = [json.dumps(each, indent=indent or None) for each in values]
    lines = [1 + sum(text.count("\n") + 1 for text in texts[:n]) for n in range(len(texts))]
    wanted = list(zip(lines, values, strict=True))
    assert found_in(path, "\n".join(texts)) == wanted
    assert found_in(path, "\ufeff[" + ",\n".join(texts) + "]") == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", []),
        ("  [ , ]\n ", []),
        ("12345678\n1.5e-10 -Infinity", [(1, 12345678), (2, 1.5e-10), (2, float("-inf"))]),
        ('"\\ud83d\\ude00 and more than a piece"', [(1, "😀 and more than a piece")]),
        ('{"a": 1}\nrubbish {"b": 2}\n{"c": 3}', [(1, {"a": 1}), (2, UNREADABLE), (3, {"c": 3})]),
        ('{"a": rubbish that is long}\n{"c": 3}', [(1, UNREADABLE), (2, {"c": 3})]),
        ('{"a": 1', [(1, UNREADABLE)]),
        ('{"a": "open', [(1, UNREADABLE)]),
        ("[" * 5_000 + "\n" + '{"c": 3}', [(2, {"c": 3})]),
        ('{"a":' * 100_000 + "\n" + '{"c": 3}', [(1, UNREADABLE), (2, {"c": 3})]),
    ],
)
def test_what_is_no_document_costs_its_line(
    text: str, wanted: list[tuple[int, Any]], tmp_path: Path
) -> None:
    assert found_in(tmp_path / "a.json", text) == wanted


def test_a_document_beyond_all_measure_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_documents, "LONGEST_DOCUMENT", 1_000)
    path = tmp_path / "a.json"
    assert found_in(path, f'1\n"{"x" * 900}"\n2') == [(1, 1), (2, "x" * 900), (3, 2)]
    with pytest.raises(UnreadableFileError, match=r"a\.json, line 2: here begins a JSON document"):
        found_in(path, f'1\n"{"x" * 3_000}"\n2')


def test_rubbish_beyond_all_measure_costs_only_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_documents, "LONGEST_DOCUMENT", 1_000)
    found = found_in(tmp_path / "a.json", f"1\n!{'x' * 3_000}\n2")
    assert found == [(1, 1), (2, UNREADABLE), (3, 2)]
