"""Which keys of somebody's metadata mean which dimension, looked up once for all rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.rows import DIMENSION_KEYS, ROW_DIMENSIONS
from ingest.values import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class DimensionKeys:
    """The dimensions that a key may mean, each with the rank of the key among its keys."""

    ranks: Mapping[str, tuple[tuple[str, int], ...]]

    def values(self, *sources: Mapping[str, Any]) -> dict[str, str]:
        """Return the dimensions that the sources give; the better key counts, then the source."""
        best: dict[str, tuple[int, int, str]] = {}
        for place, source in enumerate(sources):
            for key in self.ranks.keys() & source.keys():
                text = text_of(source[key]) if isinstance(source[key], str | int) else None
                if text is None:
                    continue
                for name, rank in self.ranks[key]:
                    if name not in best or (rank, place) < best[name][:2]:
                        best[name] = (rank, place, text)
        return {name: text for name, (_, _, text) in best.items()}


def keys_of_configuration(meanings: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the keys that a configuration names for each dimension."""
    return {
        name: tuple(key for key, meaning in meanings.items() if meaning == name)
        for name in ROW_DIMENSIONS
    }


def usual_keys() -> dict[str, tuple[str, ...]]:
    """Return the keys that mean a dimension everywhere."""
    return {name: DIMENSION_KEYS.get(name, (name,)) for name in ROW_DIMENSIONS}


def dimension_keys(*keys: Mapping[str, tuple[str, ...]]) -> DimensionKeys:
    """Return the keys by dimension put together, the first ones counting first."""
    ranks: dict[str, list[tuple[str, int]]] = {}
    for name in ROW_DIMENSIONS:
        for rank, key in enumerate(key for each in keys for key in each.get(name, ())):
            ranks.setdefault(key, []).append((name, rank))
    return DimensionKeys({key: tuple(found) for key, found in ranks.items()})
