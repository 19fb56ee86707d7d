"""Levels of a budget's own as people type them: "80% warning", "20 3x plan", "5% over 6h"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from costmodel.burn.finding import SEVERITIES
from ingest.budget_text import level_item, read_level
from ingest.configuration import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from costmodel.burn.rules import Rule

_NUMBER: Final = re.compile(r"\d{1,15}(\.\d{1,6})?")
_THOUSANDS: Final = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?%?")
_FACTOR: Final = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)x plan")
_WINDOW: Final = re.compile(r"over ([1-9]\d{0,3}[mhdw])")
_CALLS: Final = re.compile(r"from ([1-9]\d{0,8}) calls?")


class LevelError(Exception):
    """What was typed is no level; the text says why."""


@dataclass(frozen=True)
class LevelField:
    """One kind of level: its key in ``tollbook.yaml``, its label, and how one is written."""

    name: str
    label: str
    example: str

    @property
    def further(self) -> tuple[tuple[str, re.Pattern[str], str], ...]:
        """Return what may follow the number: key, how it is read, how it is written."""
        if self.name == "per_hour":
            return (("factor", _FACTOR, "{:g}x plan"),)
        if self.name in {"actual", "chance"}:
            return ()
        return (("window", _WINDOW, "over {}"), ("least_requests", _CALLS, "from {} calls"))


LEVEL_FIELDS: Final = (
    LevelField("actual", "Tell at this share spent", "80% warning"),
    LevelField("chance", "Tell at this chance to exceed", "50% warning"),
    LevelField("per_hour", "Most in one hour", "20 critical"),
    LevelField("error_rate", "Most calls that fail", "5% over 1h"),
    LevelField("p95_seconds", "Seconds that 1 call in 20 may take", "8 over 1h"),
    LevelField("quality", "Least quality", "90% over 1d"),
)


def levels_of(field: LevelField, texts: Iterable[str]) -> tuple[Rule, ...]:
    """Return the levels that were typed into a field.

    Raises:
        LevelError: One of them is none.
    """
    return tuple(_level(field, text) for text in texts)


def level_texts(field: LevelField, levels: Sequence[Rule]) -> list[str]:
    """Return the levels of a field's kind as they are typed, each as short as it can be."""
    items = [(rule, level_item(rule)) for rule in levels]
    return [_text(field, rule, item) for rule, item in items if field.name in item]


def _level(field: LevelField, text: str) -> Rule:
    number, _, rest = " ".join(text.split()).partition(" ")
    bare = number.replace(",", "") if _THOUSANDS.fullmatch(number) else number
    if not _NUMBER.fullmatch(bare.removesuffix("%")):
        raise _unclear(field, text)
    item: dict[str, Any] = {field.name: bare if bare.endswith("%") else float(bare)}
    while rest:
        key, value, rest = _next(field, text, rest)
        if key in item:
            raise _unclear(field, text)
        item[key] = value
    try:
        return read_level(item)
    except ConfigurationError as error:
        said = error.problems[0].message
        raise LevelError(f"{field.label}: {text!r} {_joined(said)}.") from error


def _next(field: LevelField, text: str, rest: str) -> tuple[str, Any, str]:
    """Return key and value of the words that come next, and what is left after them."""
    word, _, after = rest.partition(" ")
    if word in SEVERITIES:
        return "severity", word, after
    for key, pattern, _ in field.further:
        found = pattern.match(rest)
        if found is not None and rest[found.end() :][:1] in {"", " "}:
            value = found[1] if key == "window" else float(found[1])
            return key, int(value) if key == "least_requests" else value, rest[found.end() + 1 :]
    raise _unclear(field, text)


def _unclear(field: LevelField, text: str) -> LevelError:
    return LevelError(f"{field.label}: {text!r} is not clear; write it as {field.example}.")


def _joined(said: str) -> str:
    """Return a mistake so that it goes on after what was typed."""
    return said if said.startswith(("must", "is ")) else f"is no level: {said}"


def _text(field: LevelField, rule: Rule, item: dict[str, Any]) -> str:
    """Return a level without the words that say what holds anyway."""
    for key in [key for key in item if key != field.name]:
        without = {name: value for name, value in item.items() if name != key}
        if read_level(without) == rule:
            item = without
    value = item[field.name]
    words = [value if isinstance(value, str) else f"{value:.15g}"]
    words += [item["severity"]] if "severity" in item else []
    words += [form.format(item[key]) for key, _, form in field.further if key in item]
    return " ".join(words)
