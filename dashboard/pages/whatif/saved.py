"""Scenarios that somebody keeps under a name, in their own browser and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dashboard.cell_text import without_controls
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.settings import STATE_KEYS
from dashboard.state import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_SAVED = 8
LONGEST_NAME = 40
LONGEST_SEARCH = 4_000
FULL = f"{MOST_SAVED} scenarios are kept, which is all there is room for: delete one first."


@dataclass(frozen=True)
class Saved:
    """A scenario: its name, and the address's query that shows it."""

    name: str
    search: str

    def to_json(self) -> dict[str, str]:
        """Return what the browser keeps."""
        return {"name": self.name, "search": self.search}


def saved_of(data: object) -> tuple[Saved, ...]:
    """Return what a browser kept; what is no scenario is left out."""
    found: list[Saved] = []
    for item in data if isinstance(data, list) else []:
        given = item if isinstance(item, dict) else {}
        name, search = given.get("name"), given.get("search")
        if isinstance(name, str) and isinstance(search, str) and len(search) <= LONGEST_SEARCH:
            found.append(Saved(free_name(name, found), _known(search)))
    return tuple(found[:MOST_SAVED])


def _known(search: str) -> str:
    """Return the query with nothing in it but what the page understands."""
    return parse(search, STATE_KEYS, DEFAULT_RANGE).search()


def free_name(name: str, others: Sequence[Saved]) -> str:
    """Return a name that nothing else has, a number behind it where that is needed."""
    plain = " ".join(without_controls(name).split())[:LONGEST_NAME].strip() or "Scenario"
    taken = {other.name for other in others}
    numbered = (f"{plain[: LONGEST_NAME - 4]} {number}" for number in range(2, MOST_SAVED + 3))
    return next(each for each in (plain, *numbered) if each not in taken)


def added(kept: Sequence[Saved], name: str, search: str) -> tuple[Saved, ...]:
    """Return the scenarios with one more; as they were where there is no room."""
    if len(kept) >= MOST_SAVED:
        return tuple(kept)
    return (*kept, Saved(free_name(name, kept), _known(search)))


def renamed(kept: Sequence[Saved], place: int, name: str) -> tuple[Saved, ...]:
    """Return the scenarios with another name for one of them."""
    others = [each for at, each in enumerate(kept) if at != place]
    return tuple(
        replace(each, name=free_name(name, others)) if at == place else each
        for at, each in enumerate(kept)
    )


def without(kept: Sequence[Saved], place: int) -> tuple[Saved, ...]:
    """Return the scenarios without one of them."""
    return tuple(each for at, each in enumerate(kept) if at != place)


def as_data(kept: Sequence[Saved]) -> list[dict[str, Any]]:
    """Return what the browser keeps of all."""
    return [each.to_json() for each in kept]
