"""A value of a kind that no export has, at each place of each sample: a format is named, or none.

Formats look at the first objects to tell their own files; whatever stands there, they say yes
or no.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingest.claiming import format_of
from ingest.errors import NoFormatError
from ingest.projection import ImportOptions, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SAMPLES = Path(__file__).parents[2] / "sample_logs"
OUT_OF_PLACE: tuple[object, ...] = ([], [{}], {}, None, True, 7, -0.5, "")
DEPTH = 3


def first_document(path: Path) -> object:
    """Return the first JSON document of a sample, or None if it holds no JSON."""
    text = path.read_text(encoding="utf-8-sig", errors="replace").lstrip()
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except ValueError:
        return None


def is_json(path: Path) -> bool:
    return isinstance(first_document(path), (dict, list))


def changed(value: object, depth: int = DEPTH) -> Iterator[object]:
    """Return copies of a document, each with one value of another kind."""
    if not isinstance(value, (dict, list)) or not value or not depth:
        return
    places: Mapping[Any, object] = value if isinstance(value, dict) else dict(enumerate(value[:2]))
    for place, standing in places.items():
        for inner in (*OUT_OF_PLACE, *changed(standing, depth - 1)):
            copied = value.copy()
            copied[place] = inner
            yield copied


FILES = [
    path
    for path in sorted(SAMPLES.glob("*/*.json*"))
    if not path.name.endswith(".expected.json") and path.suffix in {".json", ".jsonl"}
    if is_json(path)
]


def test_there_are_samples_of_json() -> None:
    assert len(FILES) > 20


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_value_out_of_place_is_no_crash(path: Path) -> None:
    for document in changed(first_document(path)):
        sample = Sample(path, json.dumps(document) + "\n", complete=True)
        with suppress(NoFormatError):
            format_of(sample, ImportOptions())
