"""HTML attributes whose names hold a hyphen: ``aria-label``, ``data-action``."""

from __future__ import annotations

from typing import Any


def attributes(**words: str) -> dict[str, Any]:
    """Return attributes for ``**``: ``attributes(aria_label="Pages")`` is ``aria-label``."""
    return {name.replace("_", "-"): value for name, value in words.items()}
