"""What formats look at to know their files: read once, and the same for each of them."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest

from ingest.claiming import format_of
from ingest.files import first_objects, sample_of
from ingest.formats import FORMATS
from ingest.imports import ImportOptions
from ingest.projection import Sample

SAMPLES = Path(__file__).parents[2] / "sample_logs"
FILES = [
    path
    for each in FORMATS
    for path in sorted((SAMPLES / each.name).iterdir())
    if path.suffix in {".json", ".jsonl"} and not path.name.endswith(".expected.json")
]


def test_objects_are_read_once_for_all_formats() -> None:
    sample = Sample(Path("a.jsonl"), '{"a": 1}\n{"b": 2}\n', complete=True)
    first, again = first_objects(sample), first_objects(sample)
    assert first == [{"a": 1}, {"b": 2}]
    assert first[0] is again[0]
    first.clear()
    assert again == first_objects(sample)
    assert first_objects(sample, 1) == [{"a": 1}]
    other = Sample(Path("a.jsonl"), '{"a": 2}\n', complete=True)
    assert first_objects(other) == [{"a": 2}]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_format_changes_what_the_next_one_looks_at(path: Path, tmp_path: Path) -> None:
    sample = sample_of(path)
    before = {count: deepcopy(first_objects(sample, count)) for count in (1, 20, 100)}
    for each in FORMATS:
        each.claims(sample)
        each.nearness(sample)
    format_of(sample, ImportOptions()).open(sample, ImportOptions(), tmp_path)
    assert {count: first_objects(sample, count) for count in before} == before
