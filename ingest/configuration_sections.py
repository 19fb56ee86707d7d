"""How each section of ``tollbook.yaml`` is checked and read.

Each function takes the located section, None where the file has none, and notes
every mistake with the checker, so that one run shows them all.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any, TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingest import settings
from ingest.ages import parse_age
from ingest.rows import ROW_DIMENSIONS, ROW_MEASURES
from pricing import load_book
from pricing.contract_file import checked_contract

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from costmodel.contract import Contract
    from pricing.located_yaml import Checker, Located

T = TypeVar("T")

CELL_CHOICES = tuple(name for name in ROW_DIMENSIONS if name not in {"customer", "session", "user"})
"""Dimensions that sums can keep; those with a value per person or visit stay on rows."""

METADATA_TARGETS = (*ROW_DIMENSIONS, *ROW_MEASURES)
FILTER_NAMES = (*CELL_CHOICES, "provider", "model", "model_snapshot", "tier", "zone")

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def zone(located: Located | None, checker: Checker) -> str | None:
    """Return the IANA name of a time zone."""
    name = checker.text(located)
    if located is None or name is None:
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        checker.note(located, f"{name!r} is no time zone; write UTC or a name such as Europe/Paris")
        return None
    return name


def names(located: Located | None, checker: Checker) -> dict[str, str]:
    """Return a mapping from one name to another."""
    found = {k: checker.text(v) for k, v in checker.mapping(located, optional=None).items()}
    return {key: value for key, value in found.items() if value is not None}


def dimensions(located: Located | None, checker: Checker) -> dict[str, str]:
    """Return which metadata key fills which dimension or measure."""
    keys = checker.mapping(located, optional=None)
    found = {key: checker.choice(value, METADATA_TARGETS) for key, value in keys.items()}
    return {key: value for key, value in found.items() if value is not None}


def cells(located: Located | None, checker: Checker) -> tuple[str, ...] | None:
    """Return the dimensions that sums keep, None where the file leaves the default."""
    if located is None or located.value is None:
        return None
    words = (checker.choice(item, CELL_CHOICES) for item in checker.sequence(located))
    return tuple(dict.fromkeys(word for word in words if word is not None))


def contract(located: Located | None, checker: Checker) -> Contract | None:
    """Return the negotiated prices, checked against the shipped tables."""
    if located is None or located.value is None:
        return None
    terms, problems = checked_contract(located, load_book())
    checker.problems.extend(problems)
    return terms


def filter_values(located: Located | None, checker: Checker) -> dict[str, tuple[str | None, ...]]:
    """Return the values that each dimension may have; ``null`` lets what has none through."""
    found: dict[str, tuple[str | None, ...]] = {}
    for name, item in checker.mapping(located, optional=FILTER_NAMES).items():
        if item.value is None:
            found[name] = (None,)
            continue
        found[name] = tuple(
            None if each.value is None else checker.text(each) for each in checker.sequence(item)
        )
    return found


def sources(located: Located | None, checker: Checker) -> tuple[settings.UsageSource, ...]:
    """Return the places that usage comes from."""
    return named(located, checker, _source)


def _source(located: Located, checker: Checker) -> settings.UsageSource | None:
    keys = checker.mapping(
        located,
        required=("name", "provider"),
        optional=("organisation", "ledger", "allowed_lag"),
    )
    name, provider = checker.text(keys.get("name")), checker.text(keys.get("provider"))
    organisation = checker.text(keys.get("organisation"))
    ledger = cast("Any", checker.choice(keys.get("ledger"), settings.LEDGER_CHOICES))
    lag = age(keys.get("allowed_lag"), checker)
    if name is None or provider is None:
        return None
    return settings.UsageSource(name, provider, organisation, ledger or "auto", lag)


def age(located: Located | None, checker: Checker) -> timedelta | None:
    """Return a length of time such as 6h."""
    text = checker.text(located)
    if located is None or text is None:
        return None
    try:
        return parse_age(text)
    except ValueError as error:
        checker.note(located, str(error))
        return None


def variable(located: Located | None, checker: Checker) -> str | None:
    """Return the name of an environment variable."""
    name = checker.text(located)
    if located is None or name is None:
        return None
    if not _VARIABLE.fullmatch(name):
        # The text may be the secret itself, so the message does not repeat it.
        checker.note(located, "must name an environment variable; do not write the secret here")
        return None
    return name


def server(located: Located | None, checker: Checker) -> settings.Server:
    """Return who may open the dashboard."""
    keys = checker.mapping(located, optional=("auth", "password_env", "header", "trusted_proxies"))
    given: dict[str, Any] = {
        "auth": checker.choice(keys.get("auth"), settings.AUTHS),
        "password_env": variable(keys.get("password_env"), checker),
        "header": checker.text(keys.get("header")),
        "trusted_proxies": _addresses(keys.get("trusted_proxies"), checker) or None,
    }
    return settings.Server(**{key: value for key, value in given.items() if value is not None})


def _addresses(located: Located | None, checker: Checker) -> tuple[str, ...]:
    found = []
    for item in checker.sequence(located):
        text = checker.text(item) or ""
        try:
            found.append(str(ipaddress.ip_address(text)))
        except ValueError:
            checker.note(item, f"{text!r} is no IP address, such as 127.0.0.1")
    return tuple(found)


def notes(located: Located | None, checker: Checker) -> tuple[settings.Note, ...]:
    """Return the flags of the charts, earliest first."""
    found = []
    for item in checker.sequence(located):
        keys = checker.mapping(item, required=("on", "text"))
        on, text = checker.day(keys.get("on")), checker.text(keys.get("text"))
        if on is not None and text is not None:
            found.append(settings.Note(on, text))
    return tuple(sorted(found, key=lambda note: note.on))


def features(located: Located | None, checker: Checker) -> dict[str, settings.Feature]:
    """Return what is known about each feature."""
    found = {}
    for name, item in checker.mapping(located, optional=None).items():
        keys = checker.mapping(item, optional=("critical", "owner"))
        critical = checker.flag(keys.get("critical")) or False
        found[name] = settings.Feature(critical, checker.text(keys.get("owner")))
    return found


def named(
    located: Located | None, checker: Checker, read: Callable[[Located, Checker], T | None]
) -> tuple[T, ...]:
    """Return the items of a list whose names differ."""
    found: dict[str, T] = {}
    lines: dict[str, int] = {}
    for item in checker.sequence(located):
        value = read(item, checker)
        name = item.child("name")
        if value is None or name is None:
            continue
        text = str(name.value)
        if text in found:
            checker.note(name, f"{text!r} is already the name on line {lines[text]}; rename one")
        found.setdefault(text, value)
        lines.setdefault(text, name.line)
    return tuple(found.values())
