"""DeepSeek's export: counts in long form, days of China, buckets that restate each other."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.meters import Meter
from ingest.files import sample_of
from ingest.formats import FORMATS
from ingest.formats.deepseek import METERS, Deepseek
from ingest.projection import ImportOptions
from ingest.store import CellQuery
from tests.ingest.usage_pages import amounts, imported

HEADER = "user_id,start_time_iso,end_time_iso,model,api_key_name,api_key,type,price,amount\n"
DAY = ("2026-11-02T00:00:00+08:00", "2026-11-03T00:00:00+08:00")


def record(kind: str, amount: object, start: str = DAY[0], end: str = DAY[1]) -> str:
    return f"u-1,{start},{end},deepseek-chat,shop,sk-1,{kind},0.1,{amount}\n"


def test_only_this_format_claims_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\ufeff" + HEADER.replace("\n", "\r\n"), encoding="utf-8")
    assert [f.name for f in FORMATS if f.claims(sample_of(path))] == ["deepseek"]
    path.write_text("start_time_iso,model,amount\n", encoding="utf-8")
    assert not Deepseek().claims(sample_of(path))


def test_hits_and_misses_are_disjoint_and_requests_count(tmp_path: Path) -> None:
    lines = [record(kind, n) for n, kind in enumerate(METERS, start=1)]
    found, store = imported(tmp_path, HEADER + "".join(lines) + record("request_count", 9), "a.csv")
    assert found.rows_added == 4
    assert amounts(store) == {
        "deepseek-chat": {Meter.CACHED_INPUT: 1, Meter.INPUT: 2, Meter.OUTPUT: 3}
    }
    cells = store.cells(CellQuery(by=("api_key",)))
    assert {cell.dimensions for cell in cells} == {("shop",)}
    assert sum(cell.requests for cell in cells) == 9


def test_days_are_those_of_china(tmp_path: Path) -> None:
    for start, end in (DAY, ("2026-11-02 00:00:00", "2026-11-02 23:59:59")):
        _, store = imported(tmp_path, HEADER + record("output_tokens", 1, start, end), "a.csv")
    extent = store.extent()
    assert extent is not None
    assert extent[0] == datetime(2026, 11, 1, 16, tzinfo=UTC)
    assert amounts(store)["deepseek-chat"][Meter.OUTPUT] == 1


def test_a_later_export_restates(tmp_path: Path) -> None:
    imported(tmp_path, HEADER + record("output_tokens", 1), "a.csv")
    found, store = imported(tmp_path, HEADER + record("output_tokens", 5), "b.csv")
    assert found.rows_replaced == 1
    assert amounts(store)["deepseek-chat"][Meter.OUTPUT] == 5


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (record("output_tokens", -1), "amount is '-1'"),
        (record("output_tokens", ""), "no amount"),
        (record("moon", 1), "type is 'moon'"),
        (record("output_tokens", 1, ""), "no start_time_iso"),
        (record("output_tokens", 1, DAY[1], DAY[0]), "end_time_iso is not after"),
        ("u-1,cut\n", "holds 2 cells, the header 9"),
    ],
)
def test_what_cannot_be_right_is_set_aside(line: str, said: str, tmp_path: Path) -> None:
    found, _ = imported(tmp_path, HEADER + record("output_tokens", 1) + line, "a.csv")
    assert (found.rows_added, found.rows_set_aside, found.set_aside[0].line) == (1, 1, 3)
    assert said in found.set_aside[0].reason


def test_an_empty_export_says_so(tmp_path: Path) -> None:
    found, _ = imported(tmp_path, HEADER, "a.csv")
    assert found.notices == ("the export covers a time without usage: 0 rows",)


@given(st.lists(st.tuples(st.sampled_from(list(METERS)), st.integers(0, 10**9)), max_size=8))
@settings(max_examples=settings().max_examples // 4)  # each imports files
def test_parts_are_all_that_was_counted(counts: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text(HEADER + "".join(record(*each) for each in counts), encoding="utf-8")
        opened = Deepseek().open(sample_of(path), ImportOptions(), Path(folder))
        rows = [json.loads(line) for line in opened.path.read_text().splitlines()]
    found = sum(int(row.get(str(meter), 0)) for row in rows for meter in Meter)
    assert found == sum(amount for _, amount in counts)
