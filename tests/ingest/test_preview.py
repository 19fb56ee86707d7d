"""A look at a file says what its import will say, and leaves nothing behind."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from ingest.errors import NoFormatError
from ingest.imports import import_file, preview_file
from ingest.preview import StagedUsage
from ingest.store import Store
from tests.demo import DEMO

if TYPE_CHECKING:
    from pathlib import Path

BATCH = DEMO / "batch-2026-11.jsonl.gz"


def answer(number: int, model: str, tokens: tuple[int, int], created: int = 1_793_000_000) -> str:
    usage = {
        "prompt_tokens": tokens[0],
        "completion_tokens": tokens[1],
        "total_tokens": sum(tokens),
    }
    found = {"object": "chat.completion", "id": f"chatcmpl-{number}", "created": created}
    return json.dumps({**found, "model": model, "usage": usage})


def test_a_look_agrees_with_the_import(tmp_path: Path) -> None:
    seen = preview_file(BATCH)
    done = import_file(Store(tmp_path / "own.duckdb"), BATCH)
    assert (seen.format, seen.rows_read) == (done.format, done.rows_read)
    assert seen.rows_good == done.rows_added == seen.requests
    assert (seen.rows_set_aside, seen.rows_without_usage) == (0, 0)
    assert seen.notices == done.notices
    record = Store(tmp_path / "own.duckdb").imports()[0]
    assert (seen.first_at, seen.last_at) == (record.first_at, record.last_at)


def test_a_look_counts_tokens_by_model_and_names_what_is_set_aside(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    lines = [
        answer(1, "gpt-4.1", (5, 1)),
        answer(2, "gpt-4.1", (10, 2)),
        answer(3, "acme-7b", (100, 30)),
        "not json",
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    seen = preview_file(file)
    on = date(2026, 10, 26)
    assert seen.usage == (
        StagedUsage("openai", "acme-7b", "global", "standard", on, 1, 130),
        StagedUsage("openai", "gpt-4.1", "global", "standard", on, 2, 18),
    )
    assert (seen.rows_read, seen.rows_good, seen.rows_set_aside) == (4, 3, 1)
    assert (seen.tokens, seen.requests) == (148, 3)
    assert [each.line for each in seen.set_aside] == [4]
    assert seen.first_at == datetime.fromtimestamp(1_793_000_000, UTC)
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_no_usage_is_refused_as_by_an_import(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("hello", encoding="utf-8")
    with pytest.raises(NoFormatError, match="no format knows this file"):
        preview_file(file)


def test_a_bill_is_told_by_its_charges(tmp_path: Path) -> None:
    bill = DEMO.parent / "openai_costs" / "page.json"
    seen = preview_file(bill)
    done = import_file(Store(tmp_path / "own.duckdb"), bill)
    assert seen.charges == seen.rows_good == done.rows_added > 0
    assert (seen.usage, seen.tokens) == ((), 0)
