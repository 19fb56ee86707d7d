"""Projections that ask for less: what a file has no key or no value for, and numbers as numbers.

To plan a query over all that a format knows takes longer than to read a small file, and to
look for a value in many places longer than to read a large one.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ingest.projection import NUMBER, TEXT
from ingest.rows import MAIN_METERS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from ingest.projection import Kind, Projection

Keys = tuple[str, ...]
_KEY: Final = re.compile(r'"((?:[^"]|"")*)"|(\w+)')
_WORD: Final = re.compile(r"\w+")


def keys_of(place: str) -> Keys:
    """Return the keys that lead to a place, without their quotes."""
    return tuple(quoted.replace('""', '"') or plain for quoted, plain in _KEY.findall(place))


def within(projection: Projection, has: Callable[[str], bool]) -> Projection:
    """Return a projection without what a file cannot hold that lacks some keys."""
    raw = {
        name: tuple(place for place in places if all(map(has, keys_of(place))))
        for name, places in projection.raw.items()
    }
    found = {name for name, places in raw.items() if places}

    def used(sql: str) -> bool:
        return not found.isdisjoint(_WORD.findall(sql))

    found |= {name for name, sql in projection.derived.items() if used(sql)}
    columns = _kinds_within(projection.columns, has) or dict([*projection.columns.items()][:1])
    return replace(
        projection,
        raw=raw,
        columns=columns,
        meters={m: sql for m, sql in projection.meters.items() if m in MAIN_METERS or used(sql)},
        dimensions={name: sql for name, sql in projection.dimensions.items() if used(sql)},
        measures={name: sql for name, sql in projection.measures.items() if used(sql)},
    )


def _kinds_within(kinds: Mapping[str, Kind], has: Callable[[str], bool]) -> dict[str, Kind]:
    return {
        name: kind if isinstance(kind, str) else _kinds_within(kind, has) or TEXT
        for name, kind in kinds.items()
        if has(name)
    }


def narrowed(projection: Projection, places: Collection[str]) -> Projection:
    """Return a projection that looks in these places only, and takes other structs as text."""
    raw = {
        name: tuple(place for place in among if place in places)
        for name, among in projection.raw.items()
    }
    seen = prefixes_of(places)
    columns = {name: _narrowed(kind, (name,), seen) for name, kind in projection.columns.items()}
    return replace(projection, raw=raw, columns=columns)


def _narrowed(kind: Kind, keys: Keys, seen: Collection[Keys]) -> Kind:
    if isinstance(kind, str):
        return kind
    if keys not in seen:
        return TEXT
    return {name: _narrowed(member, (*keys, name), seen) for name, member in kind.items()}


def numbered(projection: Projection, names: Collection[str]) -> Projection:
    """Return a projection that reads what stands for these names in ``raw`` as numbers."""
    places = frozenset(keys_of(place) for name in names for place in projection.raw[name])
    columns = {n: _numbered(kind, (n,), places) for n, kind in projection.columns.items()}
    return replace(projection, columns=columns)


def _numbered(kind: Kind, keys: Keys, places: Collection[Keys]) -> Kind:
    if isinstance(kind, str):
        return NUMBER if keys in places else kind
    return {name: _numbered(member, (*keys, name), places) for name, member in kind.items()}


def prefixes_of(places: Iterable[str]) -> frozenset[Keys]:
    """Return the places and every struct that one of them is in, as keys."""
    paths = map(keys_of, places)
    return frozenset(keys[: depth + 1] for keys in paths for depth in range(len(keys)))
