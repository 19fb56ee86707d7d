"""YAML whose every value knows its file and line, so that a mistake can be pointed at.

Two rules differ from plain YAML, because people write these files by hand. A key
is always the text that stands there (``on`` is a word, not true), and only
``true`` and ``false`` are booleans. Numbers are exact: ``0.1`` is a decimal.
"""

from __future__ import annotations

import difflib
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

Scalar = str | int | Decimal | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file: where it is, what is wrong and what to do."""

    path: Path
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        """Return the mistake in one line: file, line, key, message."""
        place = f"{self.path}:{self.line}"
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class YamlError(Exception):
    """A file that is no YAML; ``problems`` says where."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Located:
    """A value, the line it is written on, and the path of keys that leads to it.

    ``value`` is a scalar, a dict of text to ``Located``, or a tuple of ``Located``.
    """

    path: Path
    line: int
    key: str
    value: Scalar | Mapping[str, Located] | tuple[Located, ...]

    def problem(self, message: str) -> Problem:
        """Return a mistake that lies here."""
        return Problem(self.path, self.line, self.key, message)

    def plain(self) -> Any:  # noqa: ANN401 - any YAML value
        """Return the value without its places: dicts, lists and scalars."""
        if isinstance(self.value, tuple):
            return [item.plain() for item in self.value]
        if isinstance(self.value, dict):
            return {key: item.plain() for key, item in self.value.items()}
        return self.value

    def find(self, keys: Iterable[str | int]) -> Located:
        """Return the value at a path of keys, or the deepest one on the way that exists."""
        here = self
        for key in keys:
            below = here.child(key)
            if below is None:
                break
            here = below
        return here

    def child(self, key: str | int) -> Located | None:
        """Return the value under one key or index, None where there is none."""
        if isinstance(self.value, dict):
            return self.value.get(str(key))
        if isinstance(self.value, tuple) and isinstance(key, int) and key < len(self.value):
            return self.value[key]
        return None

    def walk(self) -> Iterator[Located]:
        """Return this value and every one below it, in the order of the file."""
        yield self
        if isinstance(self.value, tuple):
            below: Iterable[Located] = self.value
        else:
            below = self.value.values() if isinstance(self.value, dict) else ()
        for item in below:
            yield from item.walk()


def read(path: Path) -> Located:
    """Return a file as located values. YamlError where it is no YAML, OSError where unreadable."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise YamlError([Problem(path, 1, "", "not UTF-8 text; save the file as UTF-8")]) from error
    return parse(text, path)


def parse(text: str, path: Path) -> Located:
    """Return text as located values; ``path`` names it in problems."""
    problems: list[Problem] = []
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise YamlError([_syntax_problem(error, path)]) from error
    if node is None:
        return Located(path, 1, "", None)
    located = _Builder(path, problems).build(node, 1, "")
    if problems:
        raise YamlError(problems)
    return located


def nearest(word: str, known: Iterable[str]) -> str:
    """Return " Did you mean ...?" for a mistyped word, or the list of what there is."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(words)}"


@dataclass
class Checker:
    """Reads located values into Python ones and collects every mistake on the way.

    Each method takes a value or None (an optional key that is not there), and
    returns None where there is none or where it noted a problem.
    """

    problems: list[Problem] = field(default_factory=list)

    def note(self, located: Located, message: str) -> None:
        """Collect a mistake that lies at this value."""
        self.problems.append(located.problem(message))

    def mapping(
        self,
        located: Located | None,
        required: Collection[str] = (),
        optional: Collection[str] | None = (),
    ) -> dict[str, Located]:
        """Return the keys of a mapping; missing and unknown ones are problems.

        ``optional=None`` allows any key.
        """
        if located is None or (located.value is None and not required):
            return {}
        if not isinstance(located.value, dict):
            self.note(located, "must be keys with values, such as 'key: value'")
            return {}
        for key in required:
            if key not in located.value:
                self.note(located, f"the key {key!r} is missing; add it")
        if optional is None:
            return dict(located.value)
        known = {*required, *optional}
        for key, item in located.value.items():
            if key not in known:
                self.note(item, f"unknown key {key!r}; {nearest(key, known)}")
        return {key: item for key, item in located.value.items() if key in known}

    def sequence(self, located: Located | None) -> tuple[Located, ...]:
        """Return the items of a list; a single value counts as a list of one."""
        if located is None or located.value is None:
            return ()
        if isinstance(located.value, dict):
            self.note(located, "must be a list: one '- item' a line, or [a, b]")
            return ()
        return located.value if isinstance(located.value, tuple) else (located,)

    def text(self, located: Located | None) -> str | None:
        """Return text; a bare number or date counts as its text."""
        if located is None or located.value is None:
            return None
        if isinstance(located.value, dict | tuple | bool):
            self.note(located, "must be text")
            return None
        return str(located.value)

    def texts(self, located: Located | None) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(t for item in self.sequence(located) if (t := self.text(item)) is not None)

    def choice(self, located: Located | None, known: Collection[str]) -> str | None:
        """Return one of the known words."""
        word = self.text(located)
        if located is None or word is None or word in known:
            return word
        self.note(located, f"{word!r} is not known here; {nearest(word, known)}")
        return None

    def whole(self, located: Located | None) -> int | None:
        """Return a whole number."""
        if located is None or located.value is None:
            return None
        if isinstance(located.value, int) and not isinstance(located.value, bool):
            return located.value
        self.note(located, f"{located.value!s} must be a whole number, such as 1500")
        return None

    def number(self, located: Located | None) -> Fraction | None:
        """Return an exact number."""
        if located is None or located.value is None:
            return None
        if isinstance(located.value, int | Decimal) and not isinstance(located.value, bool):
            return Fraction(located.value)
        self.note(located, "must be a number, such as 0.40")
        return None

    def flag(self, located: Located | None) -> bool | None:
        """Return true or false."""
        if located is None or located.value is None or isinstance(located.value, bool):
            return None if located is None else located.value  # type: ignore[return-value]
        self.note(located, "must be true or false")
        return None

    def day(self, located: Located | None) -> date | None:
        """Return a calendar day."""
        if located is None or located.value is None:
            return None
        if isinstance(located.value, date) and not isinstance(located.value, datetime):
            return located.value
        self.note(located, "must be a day, such as 2026-11-20")
        return None


@dataclass
class _Builder:
    """Turns composed YAML nodes into located values."""

    path: Path
    problems: list[Problem]
    seen: set[int] = field(default_factory=set)

    def build(self, node: yaml.Node, line: int, key: str) -> Located:
        if id(node) in self.seen:
            message = "anchors (& and *) are not supported; write the value out"
            self.problems.append(Problem(self.path, line, key, message))
            return Located(self.path, line, key, None)
        self.seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return Located(self.path, line, key, self._mapping(node, key))
        if isinstance(node, yaml.SequenceNode):
            items = enumerate(node.value)
            built = (self.build(n, _line(n), f"{key}[{index}]") for index, n in items)
            return Located(self.path, line, key, tuple(built))
        return Located(self.path, line, key, _scalar(node.tag, node.value))

    def _mapping(self, node: yaml.MappingNode, parent: str) -> dict[str, Located]:
        built: dict[str, Located] = {}
        for key_node, value_node in node.value:
            line = _line(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(self.path, line, parent, "a key must be text"))
                continue
            name: str = key_node.value
            key = f"{parent}.{name}" if parent else name
            if name in built:
                message = f"written twice, first on line {built[name].line}; keep one"
                self.problems.append(Problem(self.path, line, key, message))
            built[name] = self.build(value_node, line, key)
        return built


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _syntax_problem(error: yaml.YAMLError, path: Path) -> Problem:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error)
    line = mark.line + 1 if mark else 1
    return Problem(path, line, "", f"not valid YAML here ({what}); check indentation and quotes")


_INT = "tag:yaml.org,2002:int"
_FLOAT = "tag:yaml.org,2002:float"
_BOOL = "tag:yaml.org,2002:bool"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_NULL = "tag:yaml.org,2002:null"


def _scalar(tag: str, text: str) -> Scalar:
    if tag == _NULL:
        return None
    if tag == _BOOL and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if tag == _TIMESTAMP:
        return _timestamp(text)
    return _number(text) if tag in {_INT, _FLOAT} else text


def _number(text: str) -> int | Decimal | str:
    """Return a decimal number; 12:30, 007, 0x1F and .inf stay the text they are."""
    if text.lstrip("+-").startswith("0") and text.lstrip("+-").isdigit() and int(text):
        return text
    with suppress(ValueError):
        return int(text)
    with suppress(InvalidOperation):
        number = Decimal(text)
        return number if number.is_finite() else text
    return text


def _timestamp(text: str) -> date | datetime | str:
    """Return a day or a moment; 2026-02-30 stays text, so that the reader refuses it."""
    with suppress(ValueError):
        return date.fromisoformat(text)
    with suppress(ValueError):
        return datetime.fromisoformat(text)
    return text
