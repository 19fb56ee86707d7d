"""The state of a page: what its address says, and nothing else.

Defaults are not written, so an address says only what a person chose. Reading an
address never fails: what is not understood becomes the default and a notice.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from dashboard.period import is_range, is_zone

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

DIMENSIONS: tuple[str, ...] = (
    "team",
    "feature",
    "model",
    "environment",
    "endpoint",
    "project",
    "api_key",
    "variant",
    "provider",
    "tier",
)
"""Dimensions that an address may filter by; ``model`` is the canonical name."""

COMPARISONS: Mapping[str, str] = MappingProxyType(
    {
        "last month": "the same days last month",
        "period before": "the period before",
        "none": "nothing",
    }
)
DEFAULT_RANGE = "this month"
DEFAULT_COMPARE = "last month"

_SHARED_KEYS = ("range", "zone", "compare", *DIMENSIONS)
_LONGEST_VALUE = 300
_MOST_VALUES = 100
_SHOWN_LENGTH = 40

Value = str | None
"""A dimension's value; None is usage whose export did not give the dimension."""


@dataclass(frozen=True)
class State:
    """What an address says; None means that it says nothing and the default holds.

    ``own`` holds the keys that belong to one page. ``notices`` are sentences about
    what could not be understood; they never travel on.
    """

    range_text: str | None = None
    zone: str | None = None
    compare: str | None = None
    filters: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()

    def search(self) -> str:
        """Return the address's query, ``?range=last+30d&feature=search``, or nothing."""
        pairs = [
            ("range", self.range_text),
            ("zone", self.zone),
            ("compare", self.compare),
        ]
        written = [(key, value) for key, value in pairs if value is not None]
        for name in DIMENSIONS:
            written += [(name, value or "") for value in self.filters.get(name, ())]
        written += sorted(self.own.items())
        return f"?{urlencode(written)}" if written else ""

    def href(self, path: str) -> str:
        """Return a link to a page that keeps period and filters, not this page's own keys."""
        return path + replace(self, own={}).search()

    def with_own(self, **values: str | None) -> State:
        """Return this state with some of the page's own keys set, or removed by None."""
        merged = {**self.own, **values}
        own = {key: value for key, value in merged.items() if value is not None}
        return replace(self, own=own, notices=())

    def with_filter(self, dimension: str, values: Sequence[Value]) -> State:
        """Return this state with one dimension limited to these values, or not at all."""
        rest = {name: kept for name, kept in self.filters.items() if name != dimension}
        if values:
            rest[dimension] = tuple(dict.fromkeys(values))
        return replace(self, filters=rest, notices=())


def parse(
    search: str | None, page_keys: Collection[str] = (), default_range: str = DEFAULT_RANGE
) -> State:
    """Return the state that an address's query describes.

    ``default_range`` is what the page shows when the address names no range.
    """
    own: dict[str, str] = {}
    filters: dict[str, list[Value]] = {}
    shared: dict[str, str] = {}
    notices: list[str] = []
    for key, value in _pairs(search):
        if len(value) > _LONGEST_VALUE and key not in page_keys:
            notices.append(f"The value of {_quoted(key)} is too long and was left out.")
        elif key in DIMENSIONS:
            _add_value(filters.setdefault(key, []), value, key, notices)
        elif key in _SHARED_KEYS:
            shared[key] = value
        elif key in page_keys:
            own[key] = value
        else:
            notices.append(f"This page does not know {_quoted(key)}, which was left out.")
    return State(
        range_text=_range(shared.get("range"), default_range, notices),
        zone=_zone(shared.get("zone"), notices),
        compare=_compare(shared.get("compare"), notices),
        filters={name: tuple(values) for name, values in filters.items()},
        own=own,
        notices=tuple(dict.fromkeys(notices)),
    )


def _pairs(search: str | None) -> list[tuple[str, str]]:
    query = (search or "").removeprefix("?")
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=500)
    except ValueError:
        return []


def _add_value(values: list[Value], value: str, key: str, notices: list[str]) -> None:
    if len(values) >= _MOST_VALUES:
        notices.append(f"Only the first {_MOST_VALUES} values of {_quoted(key)} count.")
    elif (value or None) not in values:
        values.append(value or None)


def _range(text: str | None, default: str, notices: list[str]) -> str | None:
    if text is None or text == default:
        return None
    if is_range(text):
        return text
    notices.append(
        f"The range {_quoted(text)} is not understood: write 'last 30d', 'this month', "
        f"'2026-10', '2026-10-03' or '2026-10-01..2026-10-20'. {default.capitalize()} is shown."
    )
    return None


def _zone(name: str | None, notices: list[str]) -> str | None:
    if name is None or is_zone(name):
        return name
    notices.append(f"The time zone {_quoted(name)} is not known: write 'Europe/Berlin' or 'UTC'.")
    return None


def _compare(word: str | None, notices: list[str]) -> str | None:
    if word is None or word == DEFAULT_COMPARE:
        return None
    if word in COMPARISONS:
        return word
    choices = ", ".join(f"'{known}'" for known in COMPARISONS)
    notices.append(f"The comparison {_quoted(word)} is not known: choose {choices}.")
    return None


def _quoted(text: str) -> str:
    shown = text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}…"
    return f"'{shown}'"
