"""The tokens of one observation.

Two conventions meet in one column, and only the total of a row tells them apart: if all
counts add up to it, the parts stand beside input and output; if input and output alone do,
the parts are inside of them. A row for which neither holds is set aside, unless exactly one
side of it keeps its parts inside.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import Meter
from ingest.values import Fault, count_of, split_input, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EXACT: Final = json.JSONDecoder(parse_float=Decimal)
"""Reads JSON with every digit of an amount."""

SIDES: Final[Mapping[str, Meter]] = {
    **dict.fromkeys(("input", "prompt"), Meter.INPUT),
    **dict.fromkeys(("output", "completion"), Meter.OUTPUT),
}
TOTALS: Final = frozenset(("total", "total_usage"))
INPUT_PARTS: Final[Mapping[str, Meter]] = {
    "text": Meter.INPUT,
    **dict.fromkeys(("cached", "cache_read", "cached_text"), Meter.CACHED_INPUT),
    **dict.fromkeys(
        (
            "cache_creation",
            "cache_write",
            "cache_creation_5m",
            "cache_write_5m",
            "cache_creation_ephemeral_5m",
        ),
        Meter.CACHE_WRITE,
    ),
    **dict.fromkeys(
        ("cache_creation_1h", "cache_write_1h", "cache_creation_ephemeral_1h"),
        Meter.CACHE_WRITE_1H,
    ),
    "audio": Meter.INPUT_AUDIO,
    "cached_audio": Meter.CACHED_INPUT_AUDIO,
    "image": Meter.INPUT_IMAGE,
    "cached_image": Meter.CACHED_INPUT_IMAGE,
}
OUTPUT_PARTS: Final[Mapping[str, Meter]] = {
    **dict.fromkeys(
        ("reasoning", "text", "accepted_prediction", "rejected_prediction"), Meter.OUTPUT
    ),
    "audio": Meter.OUTPUT_AUDIO,
    "image": Meter.OUTPUT_IMAGE,
}
_PREFIX: Final = re.compile(
    r"(?P<side>input|prompt|output|completion)(_tokens?)?(_details)?_(?P<part>\w+)"
)
_SUFFIX: Final = re.compile(r"(?P<part>\w+)_(?P<side>input|prompt|output|completion)")
BARE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("cached", "cache_read", "cache_creation", "cache_write"), "input"),
    "reasoning": "output",
}
"""Parts that some write without their side."""
DEEPEST: Final = 2
"""How many dots a key of a count may have."""


@dataclass
class _Side:
    """Input or output: what stands for all or the rest of it, and its parts by meter."""

    base: int = 0
    parts: Counter[Meter] = field(default_factory=Counter)
    reasoning: int = 0


@dataclass(frozen=True)
class Counted:
    """The disjoint meters of an observation; ``mixed`` if only one side has its parts inside."""

    meters: Mapping[Meter, int]
    reasoning_tokens: int = 0
    mixed: bool = False


def object_in(name: str, value: object) -> Mapping[str, Any]:
    """Return an object, also one written as text; nothing gives an empty one.

    Raises:
        Fault: It is no object.
    """
    if isinstance(value, str):
        value = _unpacked(name, value.strip())
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Fault(f"{name} is {str(value)[:40]!r}, not an object")
    return value


def _unpacked(name: str, text: str) -> object:
    try:
        return EXACT.decode(text) if text else None
    except (ValueError, RecursionError) as error:
        raise Fault(f"{name} is {text[:40]!r}, not a JSON object") from error


def counted(details: Mapping[str, Any], total: object = None) -> Counted | None:
    """Return the meters of ``usage_details``, None where nothing was counted.

    ``total`` counts where the details have none of their own.

    Raises:
        Fault: A count cannot be right, or the total fits no convention.
    """
    sides = {Meter.INPUT: _Side(), Meter.OUTPUT: _Side()}
    whole = None if text_of(total) is None else count_of("total", total)
    for key, value in _flat("", details):
        count = count_of(f"usage_details.{key}", value)
        name = _snake(key)
        if name in TOTALS:
            whole = count if text_of(value) is not None else whole
        elif count:
            _add(sides, key, name, count)
    into, out = sides[Meter.INPUT], sides[Meter.OUTPUT]
    if not any((into.base, out.base, into.parts, out.parts, whole)):
        return None
    return _settled(into, out, whole)


def _flat(prefix: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Return counts by dotted key; none is deeper than three objects."""
    for key, below in value.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(below, dict) and name.count(".") < DEEPEST:
            yield from _flat(name, below)
        else:
            yield name, below


def _snake(key: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key.strip()).replace(".", "_").lower()
    return spaced.removesuffix("_tokens")


def _add(sides: Mapping[Meter, _Side], key: str, name: str, count: int) -> None:
    if name in SIDES:
        sides[SIDES[name]].base += count
        return
    matched = _PREFIX.fullmatch(name) or _SUFFIX.fullmatch(name)
    word = matched["side"] if matched else BARE.get(name, "")
    part = matched["part"] if matched else name
    side = SIDES.get(word)
    meter = (INPUT_PARTS if side is Meter.INPUT else OUTPUT_PARTS).get(part)
    if side is None or meter is None:
        raise Fault(f"usage_details.{key} counts {count} of something that is not known here")
    sides[side].parts[meter] += count
    if part == "reasoning":
        sides[side].reasoning += count


def _settled(into: _Side, out: _Side, total: int | None) -> Counted:
    """Decide by the total which parts are inside."""
    bases = into.base + out.base
    ins, outs = into.parts.total(), out.parts.total()
    if total is None and (ins or outs):
        raise Fault("usage_details has parts and no total: are they inside of input and output?")
    if total is None or total == bases + ins + outs:
        return _with(into, out, inside_input=False, inside_output=False)
    if total == bases:
        return _with(into, out, inside_input=True, inside_output=True)
    if (total == bases + ins) != (total == bases + outs):
        inside = total == bases + outs
        return _with(into, out, inside_input=inside, inside_output=not inside)
    raise Fault(
        f"usage_details has a total of {total} tokens: input and output are {bases}, "
        f"with their parts {bases + ins + outs}"
    )


def _with(into: _Side, out: _Side, *, inside_input: bool, inside_output: bool) -> Counted:
    meters = {**into.parts, **out.parts}
    if inside_input:
        parts: dict[Meter, int] = {
            meter: n for meter, n in into.parts.items() if meter is not Meter.INPUT
        }
        meters[Meter.INPUT] = split_input(into.base, parts)
    else:
        meters[Meter.INPUT] = into.base + into.parts[Meter.INPUT]
    if inside_output:
        meters[Meter.OUTPUT] = _rest_of_output(out)
    else:
        meters[Meter.OUTPUT] = out.base + out.parts[Meter.OUTPUT]
    return Counted(meters, out.reasoning, mixed=inside_input is not inside_output)


def _rest_of_output(out: _Side) -> int:
    """Return the output that is text, where the parts are inside of it."""
    parts = sum(n for meter, n in out.parts.items() if meter is not Meter.OUTPUT)
    if max(parts, out.reasoning) > out.base:
        raise Fault(
            f"{max(parts, out.reasoning)} reasoning, audio or image tokens are more than the "
            f"{out.base} output tokens"
        )
    return out.base - parts
