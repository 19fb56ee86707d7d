"""What stands under "More" on What-if: the levers beside the five controls, as set.

Each is off until somebody sets it. The address carries a key for each field that differs
from its default; reading never fails.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from dashboard.pages.whatif.address_values import (
    amount_text,
    number_of,
    percent_text,
    share_of,
    whole_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dashboard.pages.whatif.address_values import Reader

NOTHING = Fraction(0)
ALL = Fraction(1)
TIERS: tuple[str, ...] = ("flex", "priority")
"""The tiers to choose from: batch is a control of its own."""


@dataclass(frozen=True)
class More:
    """Fields of the further levers; a lever whose first field is empty or 0 is off.

    Shares lie between 0 and 1. ``keeps_beginning``: prompts are shortened behind what is
    cached. ``hourly`` is in dollars. ``ends_on`` and ``successor`` None: as the provider
    says.
    """

    prompts: Fraction = NOTHING
    answers: Fraction = NOTHING
    keeps_beginning: bool = False
    retries: Fraction = NOTHING
    billed: Fraction = ALL
    checker: str | None = None
    check_tokens: int = 50
    review: Fraction = NOTHING
    minutes: Fraction = Fraction(2)
    hourly: Fraction = Fraction(40)
    tier: str | None = None
    tier_share: Fraction = ALL
    moved_from: str | None = None
    moved_to: str | None = None
    moved_share: Fraction = ALL
    ending: str | None = None
    successor: str | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class Field:
    """One field: its ``key`` in the address, its ``name`` in ``More``, how it is written."""

    key: str
    name: str
    parse: Callable[[str], Any]
    text: Callable[[Any], str]
    expected: str


def _retried(text: str) -> Fraction:
    rate = share_of(text)
    if rate == 1:
        raise ValueError(text)
    return rate


def _tier(text: str) -> str:
    if text not in TIERS:
        raise ValueError(text)
    return text


def _name(text: str) -> str:
    if not text:
        raise ValueError(text)
    return text


def _beginning(text: str) -> bool:
    if text != KEPT:
        raise ValueError(text)
    return True


KEPT, LOST = "kept", "lost"
_PERCENTAGE = "a percentage such as 20"
_MODEL = "the name of a model"
_NUMBER = "a number from 0 on"
FIELDS: tuple[Field, ...] = (
    Field("prompts", "prompts", share_of, percent_text, _PERCENTAGE),
    Field("answers", "answers", share_of, percent_text, _PERCENTAGE),
    Field("beginning", "keeps_beginning", _beginning, lambda _: KEPT, KEPT),
    Field("retries", "retries", _retried, percent_text, "a percentage below 100"),
    Field("billed", "billed", share_of, percent_text, _PERCENTAGE),
    Field("checker", "checker", _name, str, _MODEL),
    Field("checked", "check_tokens", whole_of, str, "a whole number"),
    Field("review", "review", share_of, percent_text, _PERCENTAGE),
    Field("minutes", "minutes", number_of, amount_text, _NUMBER),
    Field("hourly", "hourly", number_of, amount_text, _NUMBER),
    Field("served-in", "tier", _tier, str, " or ".join(TIERS)),
    Field("served-share", "tier_share", share_of, percent_text, _PERCENTAGE),
    Field("moved-from", "moved_from", _name, str, _MODEL),
    Field("moved-to", "moved_to", _name, str, _MODEL),
    Field("moved-share", "moved_share", share_of, percent_text, _PERCENTAGE),
    Field("ending", "ending", _name, str, _MODEL),
    Field("successor", "successor", _name, str, _MODEL),
    Field("ends-on", "ends_on", date.fromisoformat, date.isoformat, "a day such as 2027-01-14"),
)
MORE_KEYS: tuple[str, ...] = tuple(field.key for field in FIELDS)
DEFAULTS = More()


def read_more(reader: Reader) -> More:
    """Return what an address says of the further levers."""
    found: Mapping[str, Any] = {
        field.name: reader.read(
            field.key, field.parse, getattr(DEFAULTS, field.name), field.expected
        )
        for field in FIELDS
    }
    return replace(DEFAULTS, **found)


def more_written(more: More) -> dict[str, str | None]:
    """Return every key with its value, None where the default holds."""
    return {
        field.key: None
        if getattr(more, field.name) == getattr(DEFAULTS, field.name)
        else field.text(getattr(more, field.name))
        for field in FIELDS
    }


def shown_values(more: More = DEFAULTS) -> dict[str, str | float | None]:
    """Return what the fields show, by key; shares in percent, an empty field None."""
    return {field.key: _shown(field, getattr(more, field.name)) for field in FIELDS}


def _shown(field: Field, value: object) -> str | float | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return KEPT if value else LOST
    text = field.text(value)
    return float(text) if isinstance(value, int | Fraction) else text
