"""Levers as a plan file writes them: what ``ingest.plan_levers`` reads back unchanged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from costmodel.levers import Batch, Cache, Compress, StartWith
from costmodel.money import decimal_string

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from fractions import Fraction

    from costmodel.levers import Lever

HUNDRED = 100


def lever_text(lever: Lever) -> str:
    """Return one lever as a line of YAML; shares must end within a few decimals.

    Raises ``TypeError`` for a lever that no move makes.
    """
    if isinstance(lever, StartWith):
        name, parts = "start_with", _start_with(lever)
    elif isinstance(lever, Cache):
        name, parts = "cache", [f"hit_rate: {_share(lever.hit_rate)}"]
    elif isinstance(lever, Batch):
        name, parts = "batch", [f"share: {_share(lever.share)}"]
    elif isinstance(lever, Compress) and not lever.output:
        name, parts = "compress", [f"input: {_share(lever.input)}"]
        parts += ["keeps_prefix: true"] if lever.keeps_prefix else []
    else:
        raise TypeError(lever)
    if lever.where:
        parts.append(f"where: {where_text(lever.where)}")
    return f"{name}: {{{', '.join(parts)}}}"


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
