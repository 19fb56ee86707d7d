"""Text from usage files as a cell of somebody's spreadsheet may hold it."""

from __future__ import annotations

from typing import Final

LONGEST_CELL: Final = 32_767
"""Excel takes no longer text, and its writer leaves such a cell out."""
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def without_controls(text: str) -> str:
    """Return text without characters that are not seen, or that steer what shows them."""
    seen = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    return seen if len(seen) <= LONGEST_CELL else f"{seen[: LONGEST_CELL - 1]}…"


def safe_text(text: str) -> str:
    """Return text that no spreadsheet takes for a formula when it reads it from a CSV file."""
    found = without_controls(text)
    return f"'{found}"[:LONGEST_CELL] if text.startswith(_FORMULA_STARTS) else found
