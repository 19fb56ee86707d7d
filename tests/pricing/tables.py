"""Small price tables written to disk, for tests that break one thing in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pricing.check import checked_tables

if TYPE_CHECKING:
    from pathlib import Path

TABLE = """\
provider: openai
sources:
  page: {text: the price page, checked_on: 2026-08-21}
assumptions:
  cached-in-batch: cached input is charged at the full batch price
fees:
  tools: {web_search_calls: 10.00, source: page}
models:
  big:
    display: Big
    family: big
    snapshots: [big-2025-04-14]
    life: {shutdown_on: 2027-01-14, successor: small, source: page}
    fees: tools
    rates:
      - {tier: standard, from: 2025-04-14, source: page, input: 2.00, cached_input: 0.50,
         output: 8.00}
      - {tier: batch, from: null, input: 1.00, cached_input: 1.00, output: 4.00,
         assumed: {cached_input: cached-in-batch}, source: page}
  small:
    display: Small
    family: big
    rates:
      - {tier: standard, from: null, to: 2026-12-01, input: 0.40, output: 1.60, source: page}
      - {tier: standard, from: 2026-12-01, status: announced, announced_on: null, input: 0.80,
         output: 3.20, source: page}
"""


def written(folder: Path, text: str = TABLE, name: str = "openai.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(folder: Path, before: str, after: str) -> list[str]:
    """The mistakes of the table above with one piece of text replaced."""
    assert before in TABLE, f"{before!r} is not in the table"
    _, problems = checked_tables([written(folder, TABLE.replace(before, after, 1))])
    return [f"{problem.line}: {problem.key}: {problem.message}" for problem in problems]
