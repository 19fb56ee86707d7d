"""Levers as a plan file writes them: what ``ingest.plan_levers`` reads back unchanged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from costmodel.levers import (
    Batch,
    Cache,
    Compress,
    Retire,
    Retry,
    Review,
    Route,
    StartWith,
    Tier,
    Verify,
)
from costmodel.money import decimal_string

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from fractions import Fraction

    from costmodel.levers import Lever

HUNDRED = 100


def lever_text(lever: Lever) -> str:
    """Return one lever as a line of YAML; shares must end within a few decimals.

    Raises ``TypeError`` for a lever that neither a move nor What-if makes.
    """
    parts = _parts(lever)
    if lever.where:
        parts.append(f"where: {where_text(lever.where)}")
    name = "start_with" if isinstance(lever, StartWith) else lever.step
    return f"{name}: {{{', '.join(parts)}}}"


def _parts(lever: Lever) -> list[str]:
    match lever:
        case StartWith():
            parts = _start_with(lever)
        case Cache():
            parts = [f"hit_rate: {_share(lever.hit_rate)}"]
        case Batch():
            parts = [f"share: {_share(lever.share)}"]
        case Compress():
            parts = _compress(lever)
        case Retry():
            parts = [f"rate: {_share(lever.rate)}", f"billed: {_share(lever.billed)}"]
        case Tier():
            parts = [f"to: {quoted(lever.to)}", f"share: {_share(lever.share)}"]
        case _:
            parts = _further_parts(lever)
    return parts


def _further_parts(lever: Lever) -> list[str]:
    match lever:
        case Verify():
            return [f"model: {quoted(lever.model)}", f"output_tokens: {lever.output_tokens}"]
        case Review():
            time, price = map(decimal_string, (lever.minutes, lever.usd_per_hour))
            return [f"share: {_share(lever.share)}", f"minutes: {time}", f"usd_per_hour: {price}"]
        case Route(when=None):
            source = ", ".join(map(quoted, lever.source))
            given = [f"from: [{source}]"] if source else []
            return [*given, f"to: {quoted(lever.to)}", f"share: {_share(lever.share)}"]
        case Retire():
            to = [f"to: {quoted(lever.to)}"] if lever.to else []
            on = [f"on: {lever.on.isoformat()}"] if lever.on else []
            return [f"model: {quoted(lever.model)}", *to, *on]
    raise TypeError(lever)


def _compress(lever: Compress) -> list[str]:
    parts = [f"input: {_share(lever.input)}"] if lever.input or not lever.output else []
    parts += [f"output: {_share(lever.output)}"] if lever.output else []
    return [*parts, "keeps_prefix: true"] if lever.keeps_prefix else parts


def _start_with(lever: StartWith) -> list[str]:
    shares = ", ".join(f"{quoted(name)}: {_share(share)}" for name, share in lever.starts)
    parts = [f"shares: {{{shares}}}", f"full: {quoted(lever.full)}"]
    parts += [f"escalate: {_share(lever.escalate)}"] if lever.escalate else []
    return parts + ([f"family: {quoted(lever.family)}"] if lever.family else [])


def scenario_text(name: str, levers: Iterable[Lever]) -> str:
    """Return one scenario of a plan file, with two spaces in front of each line."""
    lines = [f"  - name: {quoted(name)}", "    levers:"]
    return "\n".join([*lines, *(f"      - {lever_text(lever)}" for lever in levers)]) + "\n"


def plan_text(last: str, filters: Mapping[str, tuple[str | None, ...]], scenarios: str) -> str:
    """Return a plan file over stored usage: the range in words, its filters, the scenarios."""
    parts = [f"last: {quoted(last)}"]
    parts += [f"filter: {where_text(filters)}"] if filters else []
    return f"baseline:\n  ledger: {{{', '.join(parts)}}}\nscenarios:\n{scenarios}"


def where_text(values: Mapping[str, tuple[str | None, ...]]) -> str:
    """Return the values of dimensions as a flow mapping."""
    parts = (
        f"{name}: [{', '.join('null' if value is None else quoted(value) for value in found)}]"
        for name, found in values.items()
    )
    return f"{{{', '.join(parts)}}}"


def _share(share: Fraction) -> str:
    return decimal_string(share * HUNDRED).rstrip("0").rstrip(".") + "%"


def quoted(text: str) -> str:
    """Return text as YAML reads it back, whatever it holds.

    JSON strings are YAML, but for characters that YAML takes for line breaks or refuses.
    """
    written = json.dumps(text, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\U{ord(each):08X}" for each in written)
