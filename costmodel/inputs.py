"""Inputs: the single numbers of a scenario, which can be moved, sought and tabulated.

An input is a number in a field of a lever (or in an entry of a field that holds several,
such as the shares to start with), or the volume of all usage as a multiple of today's.
Levers are looked at as dataclasses, so a new lever brings its inputs with it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from costmodel.levers import Grow, Lever

if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_NUMBERS = frozenset({"where", "from_"})
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
_KNOWN_FIRST = 4
"""So many names are offered where a name is unknown and none is near."""


class InputError(ValueError):
    """A name that is no input of a scenario, or is one of several."""


@dataclass(frozen=True, order=True)
class Input:
    """One number: of the lever at ``place``, in ``field`` (in its ``entry``).

    ``place`` -1 is the volume of all usage, 1 being today's.
    """

    place: int
    field: str
    entry: str = ""


VOLUME = Input(-1, "volume")


def inputs_of(levers: Sequence[Lever]) -> tuple[Input, ...]:
    """Return every number in the fields of the levers, in their order."""
    return tuple(
        Input(place, name, entry)
        for place, lever in enumerate(levers)
        for name in number_fields(type(lever))
        for entry in entries_of(getattr(lever, name))
    )


def number_fields(kind: type[Lever]) -> tuple[str, ...]:
    """Return the fields of a kind of lever in which numbers may stand."""
    return tuple(each.name for each in fields(kind) if each.name not in NOT_NUMBERS)


def is_number(value: object) -> bool:
    """Tell whether a field's value is a number: yes and no are none."""
    return type(value) in {Fraction, int}


def entries_of(value: object) -> tuple[str, ...]:
    """Return the entries of a field that hold a number; one without a name where it is one."""
    if is_number(value):
        return ("",)
    return tuple(str(name) for name, number in _pairs(value) if is_number(number))


def _pairs(value: object) -> list[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, tuple):
        return [pair for pair in value if isinstance(pair, tuple) and len(pair) == 2]  # noqa: PLR2004  a name and its number
    return []


def value_of(levers: Sequence[Lever], asked: Input) -> Fraction:
    """Return what an input is set to."""
    if asked == VOLUME:
        return Fraction(1)
    value = getattr(levers[asked.place], asked.field)
    if not asked.entry:
        return Fraction(value)
    return Fraction(next(number for name, number in _pairs(value) if str(name) == asked.entry))


def with_value(levers: Sequence[Lever], asked: Input, value: Fraction) -> tuple[Lever, ...]:
    """Return the levers with one input set to another value.

    Raises ``LeverError`` where the lever refuses it.
    """
    if asked == VOLUME:
        return tuple(levers)
    lever = levers[asked.place]
    before = getattr(lever, asked.field)
    changed: dict[str, Any] = {asked.field: _set(before, asked.entry, value)}
    return (*levers[: asked.place], replace(lever, **changed), *levers[asked.place + 1 :])


def _set(before: object, entry: str, value: Fraction) -> object:
    if not entry:
        is_whole = isinstance(before, int) and value.denominator == 1
        return int(value) if is_whole else value
    pairs = [(name, value if str(name) == entry else number) for name, number in _pairs(before)]
    return dict(pairs) if isinstance(before, Mapping) else tuple(pairs)


def is_share(levers: Sequence[Lever], asked: Input) -> bool:
    """Tell whether an input is a share, which people write in percent."""
    if asked == VOLUME:
        return False
    lever = levers[asked.place]
    is_mix = bool(asked.entry) and isinstance(getattr(lever, asked.field), tuple)
    return asked.field in lever.shares or is_mix or isinstance(lever, Grow)


def is_whole(levers: Sequence[Lever], asked: Input) -> bool:
    """Tell whether an input counts whole things, such as tokens."""
    if asked == VOLUME or asked.entry:
        return False
    return isinstance(getattr(levers[asked.place], asked.field), int)


def bounds_of(levers: Sequence[Lever], asked: Input) -> tuple[Fraction, Fraction | None]:
    """Return the lowest and the highest value of an input, None where there is no highest."""
    zero, one = Fraction(0), Fraction(1)
    if asked == VOLUME:
        return zero, None
    lever = levers[asked.place]
    if isinstance(lever, Grow):
        return -one, None
    if not is_share(levers, asked):
        return zero, None
    return zero, one - _taken_by_others(levers, asked)


def _taken_by_others(levers: Sequence[Lever], asked: Input) -> Fraction:
    """Return the share that the other entries of a mix hold already."""
    if not asked.entry:
        return Fraction(0)
    others = _pairs(getattr(levers[asked.place], asked.field))
    return sum((n for name, n in others if str(name) != asked.entry), Fraction(0))


def kind_of(lever: Lever) -> str:
    """Return a lever's name as plan files write it: ``cascade``, ``start_with``."""
    return _CAPITAL.sub("_", type(lever).__name__).lower()


def name_of(levers: Sequence[Lever], asked: Input) -> str:
    """Return an input's name: ``cascade.escalate``; with its place among levers of a kind."""
    if asked == VOLUME:
        return "volume"
    kind = kind_of(levers[asked.place])
    places = [place for place, each in enumerate(levers) if kind_of(each) == kind]
    number = (str(places.index(asked.place) + 1),) if len(places) > 1 else ()
    entry = (asked.entry,) if asked.entry else ()
    return ".".join((kind, *number, asked.field, *entry))


def named(levers: Sequence[Lever], name: str) -> Input:
    """Return the input of this name; the last part is enough where only one ends so.

    Raises ``InputError`` naming the inputs that there are.
    """
    names = {name_of(levers, each): each for each in (*inputs_of(levers), VOLUME)}
    if name in names:
        return names[name]
    ending = [full for full in names if full.endswith(f".{name}")]
    if len(ending) == 1:
        return names[ending[0]]
    if ending:
        raise InputError(f"{name!r} is one of several: write {' or '.join(ending)}")
    near = get_close_matches(name, [*names, *_short(names)], n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"it has {_some(list(names))}"
    raise InputError(f"no input is named {name!r}; {hint}")


def _short(names: Mapping[str, Input]) -> list[str]:
    counted = Counter(name.rpartition(".")[2] for name in names)
    return [name for name, count in counted.items() if count == 1]


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _KNOWN_FIRST} more" if len(names) > _KNOWN_FIRST else ""
    return f"{', '.join(names[:_KNOWN_FIRST])}{more}"
