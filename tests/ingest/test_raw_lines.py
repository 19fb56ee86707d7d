"""Rows of a file as they stand there: lines of JSON, and records of tables with their header."""

from __future__ import annotations

import csv
import gzip
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.files import LONGEST_LINE
from ingest.raw_lines import has_lines, is_table, picked

if TYPE_CHECKING:
    from pathlib import Path

TEXT = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=8)


def file_of(folder: Path, content: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_record_over_two_lines_comes_whole_and_under_its_header(
    tmp_path: Path, pack: type[bytes]
) -> None:
    content = b'\xef\xbb\xbfa,b\r\n1,2\r\n"x\ny",3\r\n5,"6"'
    path = file_of(tmp_path, pack(content))
    assert is_table(path)
    assert b"".join(picked(path, [3])) == b'a,b\r\n"x\ny",3\r\n'
    assert b"".join(picked(path, [5])) == b'a,b\r\n5,"6"\n'


def test_lines_of_json_have_no_header(tmp_path: Path) -> None:
    path = file_of(tmp_path, b'{"a": 1}\n\n{"b": "\n{"c": 3}\n')
    assert has_lines(path)
    assert not is_table(path)
    assert list(picked(path, [3, 4])) == [b'{"b": "\n', b'{"c": 3}\n']


def test_a_line_that_is_too_long_to_import_comes_whole(tmp_path: Path) -> None:
    long = b'{"a": "' + b"x" * LONGEST_LINE + b'"}'
    path = file_of(tmp_path, b'{"b": 1}\n' + long + b'\n{"c": 2}\n' + long)
    assert b"".join(picked(path, [2])) == long + b"\n"
    assert b"".join(picked(path, [3, 4])) == b'{"c": 2}\n' + long + b"\n"


def test_blank_lines_stay_inside_of_a_cell_and_go_between_records(tmp_path: Path) -> None:
    path = file_of(tmp_path, b'a,b\n\n"x\n\ny",1\n \n2,3\n')
    assert b"".join(picked(path, [3])) == b'a,b\n"x\n\ny",1\n'
    assert b"".join(picked(path, [7])) == b"a,b\n2,3\n"


@pytest.mark.parametrize("content", [b"hello", b"", b"PAR1\0,\0", b'[{"a": 1}, {"a": 2}]', b"{\n"])
def test_what_has_no_lines_is_no_table(content: bytes, tmp_path: Path) -> None:
    assert not is_table(file_of(tmp_path, content))


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5))
def test_every_record_comes_back_by_its_first_line(
    tmp_path_factory: pytest.TempPathFactory, records: list[tuple[str, str]]
) -> None:
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b"), *records])
    path = file_of(tmp_path_factory.mktemp("records"), sink.getvalue().encode())
    reader, starts, before = csv.reader(io.StringIO(sink.getvalue(), newline="")), [], 0
    for _ in reader:
        starts.append(before + 1)
        before = reader.line_num
    found = b"".join(picked(path, starts)).decode()
    assert list(csv.reader(io.StringIO(found, newline=""))) == [["a", "b"], *map(list, records)]
