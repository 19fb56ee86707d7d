"""What a person has set on What-if, as the address carries it.

Shares are written in percent, ``escalate=12.5``; a setting left at its default is not
written. Reading never fails: what is not understood becomes the default and a notice.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from dashboard.pages.whatif.address_values import (
    HUNDRED,
    PERCENT,
    Reader,
    amount_of,
    amount_text,
    days_of,
    growth_of,
    percent_text,
    share_of,
    whole_of,
)
from dashboard.pages.whatif.more import MORE_KEYS, More, more_written, read_more

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STATE_KEYS: tuple[str, ...] = (
    "workload",
    "sessions",
    "days",
    "tokens",
    "output",
    "served",
    "start",
    "escalate",
    "sent",
    "cached",
    "batch",
    "growth",
    *MORE_KEYS,
    "limit",
    "target",
    "apply",
)
"""Keys of the address that say what is set on What-if."""

OPEN_KEY = "open"
PAGE_KEYS = (*STATE_KEYS, OPEN_KEY)
"""Keys of the address that belong to What-if alone: also which sections are open."""

AS_TODAY = "today"
_DIRECTLY = "directly"
_TYPED = "typed"

Shares = tuple[tuple[str, Fraction], ...]


@dataclass(frozen=True)
class TypedNumbers:
    """A workload typed by hand: the guide's until somebody types another."""

    sessions_per_day: int = 10_000
    days: int = 30
    tokens_per_session: int = 1_500
    output_share: Fraction = Fraction(40, HUNDRED)
    model: str = "gpt-4.1-mini"


@dataclass(frozen=True)
class Settings:
    """Everything that can be set; None means the default, which depends on the usage.

    ``typed`` None means that the baseline is one's own usage. ``start`` gives shares
    by model, empty for "as today". ``more`` are the levers under "More". ``features``
    are those that the plan touches.
    ``target`` is the amount that settings are sought for, None where that is the limit.
    """

    typed: TypedNumbers | None = None
    start: Shares | None = None
    escalate: Fraction | None = None
    directly: bool = False
    cache: Fraction | None = None
    batch: Fraction = Fraction(0)
    growth: Fraction = Fraction(0)
    more: More = field(default_factory=More)
    limit: Fraction | None = None
    target: Fraction | None = None
    features: tuple[str | None, ...] | None = None
    notices: tuple[str, ...] = field(default=(), compare=False)


def parse_settings(own: Mapping[str, str]) -> Settings:
    """Return what the page's keys of an address say."""
    reader = Reader(own)
    return Settings(
        typed=_typed(reader) if own.get("workload") == _TYPED else None,
        start=reader.read("start", shares_of, None, "a model, or models with shares"),
        escalate=reader.read("escalate", share_of, None, "a percentage such as 12.5"),
        directly=own.get("sent") == _DIRECTLY,
        cache=reader.read("cached", share_of, None, "a percentage such as 60"),
        batch=reader.read("batch", share_of, Fraction(0), "a percentage such as 20"),
        growth=reader.read("growth", growth_of, Fraction(0), "half percents from -10 to 20"),
        more=read_more(reader),
        limit=reader.read("limit", amount_of, None, "an amount such as 600"),
        target=reader.read("target", amount_of, None, "an amount such as 600"),
        features=reader.read("apply", features_of, None, "names with commas between them"),
        notices=tuple(reader.notices),
    )


def _typed(reader: Reader) -> TypedNumbers:
    start = TypedNumbers()
    number = "a whole number"
    return TypedNumbers(
        sessions_per_day=reader.read("sessions", whole_of, start.sessions_per_day, number),
        days=reader.read("days", days_of, start.days, "days from 1 to 366"),
        tokens_per_session=reader.read("tokens", whole_of, start.tokens_per_session, number),
        output_share=reader.read("output", share_of, start.output_share, "a percentage"),
        model=reader.own.get("served", start.model),
    )


def written(settings: Settings) -> dict[str, str | None]:
    """Return every key of the page with its value, None where the default holds."""
    values: dict[str, str | None] = dict.fromkeys(STATE_KEYS)
    values.update(more_written(settings.more))
    values.update(
        start=None if settings.start is None else shares_text(settings.start),
        escalate=None if settings.escalate is None else percent_text(settings.escalate),
        sent=_DIRECTLY if settings.directly else None,
        cached=None if settings.cache is None else percent_text(settings.cache),
        batch=percent_text(settings.batch) if settings.batch else None,
        growth=percent_text(settings.growth) if settings.growth else None,
        limit=None if settings.limit is None else amount_text(settings.limit),
        target=None if settings.target is None else amount_text(settings.target),
        apply=None if settings.features is None else features_text(settings.features),
    )
    if settings.typed is not None:
        values.update(_typed_written(settings.typed))
    return values


def _typed_written(typed: TypedNumbers) -> dict[str, str | None]:
    start = TypedNumbers()
    texts: dict[str, tuple[object, object, str]] = {
        "sessions": (typed.sessions_per_day, start.sessions_per_day, str(typed.sessions_per_day)),
        "days": (typed.days, start.days, str(typed.days)),
        "tokens": (
            typed.tokens_per_session,
            start.tokens_per_session,
            str(typed.tokens_per_session),
        ),
        "output": (typed.output_share, start.output_share, percent_text(typed.output_share)),
        "served": (typed.model, start.model, typed.model),
    }
    changed = {key: text for key, (now, default, text) in texts.items() if now != default}
    return {"workload": _TYPED, **changed}


def shares_of(text: str) -> Shares:
    """Return shares by model: one name means all of it, ``today`` nothing moved."""
    if text == AS_TODAY:
        return ()
    parts = text.split(",")
    if len(parts) == 1 and not _has_share(text):
        if not text:
            raise ValueError(text)
        return ((text, Fraction(1)),)
    shares = [part.rpartition(":") for part in parts]
    found = {name: share_of(percent) for name, _, percent in shares}
    if sum(found.values()) != 1 or len(found) != len(parts) or "" in found:
        raise ValueError(text)
    return tuple(found.items())


def _has_share(text: str) -> bool:
    return PERCENT.fullmatch(text.rpartition(":")[2]) is not None and ":" in text


def shares_text(shares: Shares) -> str:
    """Return shares as an address writes them."""
    if not shares:
        return AS_TODAY
    if len(shares) == 1:
        return shares[0][0]
    return ",".join(f"{name}:{percent_text(share)}" for name, share in shares)


def linked_shares(shares: Shares, moved: str, wanted: Fraction) -> Shares:
    """Return a mix as typing one share of it makes it, in whole percents that sum to 100%.

    The others give way in proportion; ``linkedShares`` of ``assets/whatif.js`` does the same.
    """
    left = HUNDRED - round(wanted * HUNDRED)
    others = {name: share for name, share in shares if name != moved}
    before = sum(others.values())
    exact = {
        name: left * share / before if before else Fraction(left, len(others))
        for name, share in others.items()
    }
    whole = {name: floor(part) for name, part in exact.items()}
    by_rest = sorted(exact, key=lambda name: whole[name] - exact[name])
    for name in by_rest[: left - sum(whole.values())]:
        whole[name] += 1
    return tuple((n, Fraction(whole.get(n, HUNDRED - left), HUNDRED)) for n, _ in shares)


def features_of(text: str) -> tuple[str | None, ...]:
    """Return the features of a list with commas; an empty name is usage without a feature."""
    rows = list(csv.reader([text]))
    if len(rows) != 1:
        raise ValueError(text)
    return tuple(dict.fromkeys(name or None for name in rows[0]))


def features_text(features: Sequence[str | None]) -> str:
    """Return features as an address writes them."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow([name or "" for name in features])
    return buffer.getvalue()
