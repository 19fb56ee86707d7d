"""Every sample of somebody's own file imports as the file beside it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.files import sample_of
from ingest.formats import FORMATS
from ingest.imports import ImportOptions, import_file
from ingest.store import Store
from tests.ingest.chats import accounting, by_dimension, totals

SAMPLES = Path(__file__).parents[2] / "sample_logs" / "mapped"
EXPECTED = sorted(SAMPLES.glob("*.mapped.json"))


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.name)
def test_a_mapped_sample_imports_as_it_must_and_only_once(expected: Path, tmp_path: Path) -> None:
    name = expected.name.removesuffix(".mapped.json")
    wanted = json.loads(expected.read_text(encoding="utf-8"))
    mapping = SAMPLES / f"{name}.mapping.yaml"
    (sample,) = (path for path in SAMPLES.glob(f"{name}.*") if path not in {expected, mapping})
    assert [each.name for each in FORMATS if each.claims(sample_of(sample))] == []
    store = Store(tmp_path / "s.duckdb")
    result = import_file(store, sample, options=ImportOptions(mapping=mapping))
    extent = store.extent()
    assert extent is not None
    assert {
        **{f"rows_{name}": count for name, count in accounting(result).items()},
        "set_aside": [{"line": each.line, "reason": each.reason} for each in result.set_aside],
        "notices": list(result.notices),
        "totals": totals(store),
        "teams": by_dimension(store, "team"),
        "first_at": extent[0].isoformat(),
    } == wanted
    again = import_file(store, sample, options=ImportOptions(mapping=mapping))
    assert again.rows_added == 0
    assert totals(store) == wanted["totals"]
