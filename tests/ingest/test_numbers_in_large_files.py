"""A large file is read with its counts as numbers: each line comes out as in a small file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import imports
from ingest.imports import ImportOptions, import_file
from ingest.some_lines import SomeLines
from ingest.store import Store
from ingest.store.loading import MOST_DOUBTFUL
from tests.ingest.chats import accounting, adds_up, chat, counts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PLAIN = 1_700
VALUES = (
    "null", "true", "false", "0", "1", "2", "-0", "-1", "0.5", "563.7", "1e3", "1e400", "NaN",
    "1000000000000", "1000000000001", "99999999999999999999", "-0.0", "1.0", "2.0",
    '"7"', '"1"', '" 12 "', '"1_000"', '"0x10"', '"1e3"', '""', '"12a"', '"true"', '"nan"',
    "[]", "{}", "[3]", '{"a": 1}',
)  # fmt: skip
PLACES = (
    "created", "prompt_tokens", "completion_tokens", "cached_tokens", "prompt_tokens_details",
    "usage",
)  # fmt: skip


def line_of(number: int, changed: str = "", value: str = "") -> str:
    """Return a line of the Chat API; the value of one key is replaced by a JSON text."""
    mark = "@here@"
    usage = counts(2_000 + number, 20, cached=1_000)
    line = chat(number, created=1_792_224_000 + number, usage=usage, metadata={"team": "a"})
    for holder in (line, usage, usage["prompt_tokens_details"]):
        if changed in holder:
            holder[changed] = mark
    return json.dumps(line).replace(f'"{mark}"', value)


def rows_of(folder: Path, lines: Sequence[str], *, large: bool) -> tuple[object, ...]:
    """Return everything that an import makes of lines, read as a large or as a small file."""
    path, store = folder / "usage.jsonl", Store(folder / f"{large}.duckdb")
    path.write_bytes("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imports, "SAMPLED_FROM_BYTES", 0 if large else 1 << 40)
        result = import_file(store, path, options=ImportOptions(format="api_objects"))
    assert adds_up(result)
    with duckdb.connect(str(store.path), read_only=True) as session:
        rows = session.execute(
            """SELECT row_id, request_id, occurred_at, model, tier, team, estimated, unmetered,
                requests, input, cached_input, cache_write, output, extra
            FROM usage JOIN series USING (series) ORDER BY row_id"""
        ).fetchall()
    store.path.unlink()
    return accounting(result), result.set_aside, rows


def spread(strange: Sequence[str]) -> list[str]:
    """Return plain lines with the strange ones among them, none of them in the sample's start."""
    lines = [line_of(number) for number in range(PLAIN)]
    step = PLAIN // (len(strange) + 1)
    for place, line in enumerate(strange, start=1):
        lines.insert(place * step + place, line)
    return lines


@pytest.fixture
def looked_at_again(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[int]]:
    """Return the places of the rows that are read a second time, filled as they are."""
    asked: list[Sequence[int]] = []
    at = SomeLines.at

    def told(self: SomeLines, places: Sequence[int]) -> object:
        asked.append(places)
        return at(self, places)

    monkeypatch.setattr(SomeLines, "at", told)
    monkeypatch.setattr(SomeLines, "sample", sample_of_plain_lines)
    return asked


def sample_of_plain_lines(self: SomeLines) -> object:
    """Take the first lines for the sample, as in a file too large to see the others."""
    return self._of("sample.jsonl", [f"{line_of(number)}\n".encode() for number in range(100)])


@pytest.mark.parametrize("place", PLACES)
def test_strange_values_come_out_as_in_a_small_file(
    place: str, tmp_path: Path, looked_at_again: list[Sequence[int]]
) -> None:
    lines = spread([line_of(5_000 + at, place, value) for at, value in enumerate(VALUES)])
    assert rows_of(tmp_path, lines, large=True) == rows_of(tmp_path, lines, large=False)
    assert len(looked_at_again) == 1


def test_a_plain_number_is_not_looked_at_again_and_true_is(
    tmp_path: Path, looked_at_again: list[Sequence[int]]
) -> None:
    plain = [line_of(5_001, "cached_tokens", "0"), line_of(5_002, "prompt_tokens", "2000")]
    rows_of(tmp_path, spread(plain), large=True)
    assert looked_at_again == []
    lines = spread([*plain, line_of(5_003, "prompt_tokens", "true")])
    accounted, aside, _ = rows_of(tmp_path, lines, large=True)
    assert looked_at_again == [[lines.index(line_of(5_003, "prompt_tokens", "true"))]]
    assert accounted == {"read": PLAIN + 3, "added": PLAIN + 2, "set_aside": 1}
    assert isinstance(aside, tuple)
    assert "prompt_tokens" in aside[0].reason


def test_a_file_of_many_strange_lines_is_read_as_text(
    tmp_path: Path, looked_at_again: list[Sequence[int]]
) -> None:
    few = PLAIN // (MOST_DOUBTFUL - 1)
    for count, asked in ((few, 1), (few + 1, 0)):
        looked_at_again.clear()
        lines = spread([line_of(5_000 + n, "completion_tokens", "1") for n in range(count)])
        assert rows_of(tmp_path, lines, large=True) == rows_of(tmp_path, lines, large=False)
        assert len(looked_at_again) == asked


def test_a_late_series_of_a_row_looked_at_again_keeps_its_name(
    tmp_path: Path, looked_at_again: list[Sequence[int]]
) -> None:
    late = line_of(5_000, "completion_tokens", "1").replace('"a"', '"late"')
    _, _, rows = rows_of(tmp_path, spread([late]), large=True)
    assert len(looked_at_again) == 1
    assert isinstance(rows, list)
    assert [row[5] for row in rows if row[5] != "a"] == ["late"]


def test_broken_lines_keep_their_places(
    tmp_path: Path, looked_at_again: list[Sequence[int]]
) -> None:
    broken = ["{", "\udcff\udcfe", "[]", '"x"', line_of(6_000)[:-9], f"{line_of(6_001)} {{}}"]
    lines = spread(broken)
    large, small = (rows_of(tmp_path, lines, large=large) for large in (True, False))
    assert large == small
    assert len(looked_at_again) == 1


@pytest.mark.usefixtures("looked_at_again")
def test_whatever_stands_there_the_size_of_the_file_makes_no_difference(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    numbers = st.one_of(
        st.integers(-5, 3_000),
        st.floats(allow_nan=False),
        st.text(max_size=4),
        st.decimals(0, 3_000, allow_nan=False).map(str),
    )
    strange = st.tuples(st.sampled_from(PLACES), numbers.map(json.dumps))

    @settings(max_examples=5, deadline=None)
    @given(st.lists(strange, max_size=30))
    def holds(found: list[tuple[str, str]]) -> None:
        folder = tmp_path_factory.mktemp("numbers")
        lines = spread([line_of(5_000 + n, *each) for n, each in enumerate(found)])
        assert rows_of(folder, lines, large=True) == rows_of(folder, lines, large=False)

    holds()
