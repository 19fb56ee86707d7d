"""Every sample imports as the file beside it says.

``x.csv`` has its ``x.expected.json``: the format that must claim it, the rows of the
import, requests, the meters that are not zero, usage by model and tier (all input,
all output), what is set aside, notices and assumptions; ``charges`` of a bill where it names
them: their sums by kind, model and meter. The numbers are worked out by hand.
"""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest

from costmodel.meters import INDEX, INPUT_METERS, METERS, OUTPUT_METERS
from ingest.files import sample_of
from ingest.formats import FORMATS, MAPPED
from ingest.imports import ImportResult, import_file
from ingest.store import CellQuery, Store

SAMPLES = Path(__file__).parents[2] / "sample_logs"
EXPECTED = sorted(SAMPLES.glob("*/*.expected.json"))


def sample_beside(expected: Path) -> Path:
    name = expected.name.removesuffix(".expected.json")
    (found,) = (p for p in expected.parent.glob(f"{name}.*") if p != expected)
    return found


def what_became_of(result: ImportResult) -> dict[str, Any]:
    counts = {
        name: getattr(result, name)
        for name in ("format", "rows_read", "rows_added", "rows_replaced", "rows_duplicate",
                     "rows_set_aside", "rows_without_usage")
    }  # fmt: skip
    aside = [{"line": each.line, "reason": each.reason} for each in result.set_aside]
    remarks = {"notices": list(result.notices), "assumptions": list(result.assumptions)}
    return {**counts, "set_aside": aside, **remarks}


def what_is_stored(store: Store) -> dict[str, Any]:
    cells = store.cells(CellQuery())
    meters = {str(m): sum(cell.quantities[INDEX[m]] for cell in cells) for m in METERS}
    groups: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for cell in cells:
        sums = groups[cell.key.model, cell.key.tier]
        sums[0] += cell.requests
        sums[1] += sum(cell.quantities[INDEX[m]] for m in INPUT_METERS)
        sums[2] += sum(cell.quantities[INDEX[m]] for m in OUTPUT_METERS)
    names = ("requests", "input_tokens", "output_tokens")
    return {
        "requests": sum(cell.requests for cell in cells),
        "meters": {name: count for name, count in meters.items() if count},
        "groups": [
            {"model": model, "tier": tier, **dict(zip(names, sums, strict=True))}
            for (model, tier), sums in sorted(groups.items())
        ],
    }


def what_is_billed(store: Store) -> list[dict[str, Any]]:
    groups: dict[tuple[str, ...], list[Decimal]] = defaultdict(list)
    for each in store.charges():
        line = each.charge
        key = (line.kind, line.model or "", str(line.meter or ""), line.currency)
        groups[key].append(line.amount)
    with localcontext(prec=60):
        return [
            {"kind": kind, "model": model or None, "meter": meter or None,
             "charges": len(amounts), "currency": currency, "amount": format(sum(amounts), "f")}
            for (kind, model, meter, currency), amounts in sorted(groups.items())
        ]  # fmt: skip


def test_the_samples_of_provider_exports_are_here() -> None:
    folders = {each.parent.name for each in EXPECTED}
    assert {"openai_usage", "openai_activity"} <= folders
    for folder in ("openai_usage", "openai_activity"):
        samples = {p for p in (SAMPLES / folder).iterdir() if p not in EXPECTED}
        assert samples == {sample_beside(e) for e in EXPECTED if e.parent.name == folder}


def test_the_list_of_samples_names_every_format_and_file() -> None:
    told = {
        line.split("`")[1].rstrip("/"): line
        for line in (SAMPLES / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| `")
    }
    assert told.keys() == {each.name for each in (*FORMATS, MAPPED)} | {"demo"}
    for expected in EXPECTED:
        assert f"`{sample_beside(expected).name}`" in told[expected.parent.name]


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_sample_imports_as_it_must_and_only_once(expected: Path, tmp_path: Path) -> None:
    sample, wanted = sample_beside(expected), json.loads(expected.read_text(encoding="utf-8"))
    assert [each.name for each in FORMATS if each.claims(sample_of(sample))] == [wanted["format"]]
    billed = wanted.pop("charges", None)
    store = Store(tmp_path / "s.duckdb")
    first = import_file(store, sample)
    assert {**what_became_of(first), **what_is_stored(store)} == wanted
    assert billed is None or what_is_billed(store) == billed
    rest = (first.rows_added, first.rows_replaced, first.rows_duplicate)
    assert sum(rest) + first.rows_set_aside + first.rows_without_usage == first.rows_read
    again = import_file(store, sample)
    assert (again.rows_added, again.rows_replaced) == (0, 0)
    assert again.rows_duplicate == sum(rest)
    assert {**what_became_of(first), **what_is_stored(store)} == wanted
    assert billed is None or what_is_billed(store) == billed
