"""How old something may be, in words: ``90m``, ``6h``, ``2d``."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])", re.IGNORECASE)


def parse_age(text: str) -> timedelta:
    """Return the time that a number and a unit mean; ValueError says how to write one."""
    found = _AGE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no age; write a number and s, m, h, d or w, such as 36h")
    number, unit = found.groups()
    return timedelta(**{_UNITS[unit.lower()]: float(number)})


def age_text(age: timedelta) -> str:
    """Return an age as people say it, in its largest fitting unit: ``3 days``, ``5 hours``."""
    seconds = max(age.total_seconds(), 0)
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return "less than a minute"


def short_age(age: timedelta) -> str:
    """Return an age as it is written in a file, in the largest unit that it is whole in: ``6h``."""
    seconds = int(age.total_seconds())
    for letter, length in (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{letter}"
    return f"{seconds}s"
