"""Attributes of HTML that Dash components take by wildcard: ``aria-*`` and ``data-*``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def attributes(names: Mapping[str, str]) -> dict[str, Any]:
    """Return attributes in the form that components accept after ``**``."""
    return dict(names)


def labelled(label: str) -> dict[str, Any]:
    """Return the name that a screen reader says."""
    return {"aria-label": label}
