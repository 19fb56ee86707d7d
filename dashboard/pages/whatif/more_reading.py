"""Levers of a plan file as fields under "More"."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.levers import Compress, Lever, Retire, Retry, Review, Route, Tier, Verify
from costmodel.workload import model_named
from dashboard.pages.whatif.address_values import amount_text, percent_text
from dashboard.pages.whatif.more import TIERS

if TYPE_CHECKING:
    from costmodel.book import PriceBook

_TENTHS = 1_000
_CENTS = 100


@dataclass(frozen=True)
class MoreFields:
    """Fields by name as a lever sets them, and what of it they cannot say."""

    values: dict[str, object]
    missing: tuple[str, ...] = ()


def fields_of(lever: Lever, book: PriceBook) -> MoreFields | None:
    """Return the fields that say what a lever does, None where there are none."""
    rounding = _Rounding(lever.step)
    values = _values(lever, book, rounding)
    return None if values is None else MoreFields(values, tuple(rounding.missing))


class _Rounding:
    """Rounds as the fields do, and remembers what that changed."""

    def __init__(self, step: str) -> None:
        self._step = step
        self.missing: list[str] = []

    def share(self, name: str, value: Fraction) -> Fraction:
        """Return a share in tenths of a percent."""
        rounded = Fraction(round(value * _TENTHS), _TENTHS)
        if rounded != value:
            self._note(name, f"{percent_text(rounded)}%")
        return rounded

    def number(self, name: str, value: Fraction) -> Fraction:
        """Return a number with two decimals."""
        rounded = Fraction(round(value * _CENTS), _CENTS)
        if rounded != value:
            self._note(name, amount_text(rounded))
        return rounded

    def _note(self, name: str, text: str) -> None:
        self.missing.append(f"{self._step}: {name} is rounded to {text}")


def _values(lever: Lever, book: PriceBook, rounding: _Rounding) -> dict[str, object] | None:
    values: dict[str, object] | None = None
    match lever:
        case Compress():
            values = {
                "prompts": rounding.share("input", lever.input),
                "answers": rounding.share("output", lever.output),
                "keeps_beginning": lever.keeps_prefix,
            }
        case Retry():
            rate = min(rounding.share("rate", lever.rate), Fraction(_TENTHS - 1, _TENTHS))
            values = {"retries": rate, "billed": rounding.share("billed", lever.billed)}
        case Verify():
            values = {"checker": lever.model, "check_tokens": lever.output_tokens}
        case Review():
            values = {
                "review": rounding.share("share", lever.share),
                "minutes": rounding.number("minutes", lever.minutes),
                "hourly": rounding.number("usd_per_hour", lever.usd_per_hour),
            }
        case Tier(to=to) if to in TIERS:
            values = {"tier": to, "tier_share": rounding.share("share", lever.share)}
        case Route(when=None, source=(source,)):
            share = rounding.share("share", lever.share)
            values = {"moved_from": source, "moved_to": lever.to, "moved_share": share}
        case Retire():
            values = _ending(lever, book)
    return values


def _ending(lever: Retire, book: PriceBook) -> dict[str, object]:
    """Return a model's end; what the provider says itself is left to it."""
    life = model_named(lever.model, book).life
    return {
        "ending": lever.model,
        "successor": None if lever.to == life.successor else lever.to,
        "ends_on": None if lever.on == life.shutdown_on else lever.on,
    }
