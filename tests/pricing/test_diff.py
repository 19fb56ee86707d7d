from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pricing import load_book
from pricing.diff import changes
from tests.pricing.tables import TABLE, written

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("input: 0.40", "input: 0.40", []),
        (
            "input: 0.40",
            "input: 0.30",
            ["openai small standard: input 0.40 -> 0.30"],
        ),
        (
            "assumed: {cached_input: cached-in-batch}, ",
            "",
            ["openai big batch: cached_input 1.00 (assumed: cached-in-batch) -> 1.00"],
        ),
        (
            "shutdown_on: 2027-01-14",
            "shutdown_on: 2027-02-14",
            ["openai big: shutdown_on 2027-01-14 -> 2027-02-14"],
        ),
        (
            "snapshots: [big-2025-04-14]",
            "snapshots: [big-2025-04-14, big-2026-04-14]",
            ["openai big: snapshots big-2025-04-14 -> big-2025-04-14, big-2026-04-14"],
        ),
        (
            "tier: batch",
            "tier: flex",
            [
                "openai big batch: cached_input 1.00 (assumed: cached-in-batch) -> not there",
                "openai big batch: input 1.00 -> not there",
                "openai big batch: output 4.00 -> not there",
                "openai big batch: web_search_calls 10000.00 -> not there",
                "openai big flex: cached_input not there -> 1.00 (assumed: cached-in-batch)",
                "openai big flex: input not there -> 1.00",
                "openai big flex: output not there -> 4.00",
                "openai big flex: web_search_calls not there -> 10000.00",
            ],
        ),
        (
            "input: 0.80",
            "input: 0.90",
            ["openai small standard from 2026-12-01 (announced): input 0.80 -> 0.90"],
        ),
    ],
)
def test_a_change_is_one_line(tmp_path: Path, before: str, after: str, lines: list[str]) -> None:
    old = load_book(tables=[written(tmp_path)])
    new = load_book(tables=[written(tmp_path, TABLE.replace(before, after, 1), "new.yaml")])
    assert [str(change) for change in changes(old, new)] == lines


def test_a_model_that_came_and_its_rates_are_told(tmp_path: Path) -> None:
    text = TABLE + (
        "  tiny:\n    display: Tiny\n    family: big\n    rates:\n"
        "      - {zone: data_zone, tier: batch, above_input_tokens: 272000, from: null,\n"
        "         input: 0.10, source: page}\n"
    )
    old = load_book(tables=[written(tmp_path)])
    new = load_book(tables=[written(tmp_path, text, "new.yaml")])
    assert [str(change) for change in changes(old, new)] == [
        "openai tiny: model not there -> there",
        "openai tiny batch in data_zone above 272,000 input tokens: input not there -> 0.10",
    ]
    assert next(str(change) for change in changes(new, old)).endswith("model there -> not there")
