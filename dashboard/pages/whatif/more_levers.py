"""The levers under "More": what their fields mean to the cost, and how a sentence says them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from costmodel.levers import Compress, Lever, Retire, Retry, Review, Route, Tier, Verify
from costmodel.money import dollars
from costmodel.workload import WorkloadError, model_named
from dashboard.moments import day_text
from dashboard.pages.whatif.address_values import amount_text
from dashboard.pages.whatif.names import listed
from dashboard.pages.whatif.words import capital, share_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from costmodel.book import PriceBook
    from costmodel.switches import Switch
    from dashboard.pages.whatif.more import More

Notes = list[str]

STEP_NAMES: Mapping[str, str] = {
    "compress": "Shorter texts",
    "retry": "Retries",
    "verify": "Second model",
    "review": "People review",
    "tier": "Processing tier",
    "route": "Sent elsewhere",
    "retire": "Model ends",
    "more": "More levers",
}
"""How the waterfall calls each lever, and all of them where they are many."""

FIRST_FIELD: Mapping[str, str] = {
    "compress": "prompts",
    "retry": "retries",
    "verify": "checker",
    "review": "review",
    "tier": "served-in",
    "route": "moved-from",
    "retire": "ending",
}
"""The field that an assumption leads to, by lever."""


@dataclass(frozen=True)
class MoreLevers:
    """Levers in the order in which the page shows them, and why some are left out."""

    levers: tuple[Lever, ...]
    notices: tuple[str, ...] = ()


def levers_of_more(more: More, book: PriceBook) -> MoreLevers:
    """Return the levers that are on; one that names no known model is left out and told."""
    notes: Notes = []
    makers: tuple[Callable[[More, PriceBook, Notes], Lever | None], ...] = (
        _compress, _retry, _verify, _review, _tier, _route, _retire,
    )  # fmt: skip
    made = (make(more, book, notes) for make in makers)
    return MoreLevers(tuple(lever for lever in made if lever is not None), tuple(notes))


def _compress(more: More, _: PriceBook, __: Notes) -> Lever | None:
    if not more.prompts and not more.answers:
        return None
    return Compress(input=more.prompts, output=more.answers, keeps_prefix=more.keeps_beginning)


def _retry(more: More, _: PriceBook, __: Notes) -> Lever | None:
    return Retry(rate=more.retries, billed=more.billed) if more.retries else None


def _verify(more: More, book: PriceBook, notes: Notes) -> Lever | None:
    if more.checker is None or not _is_known(more.checker, book, notes):
        return None
    return Verify(model=more.checker, output_tokens=more.check_tokens)


def _review(more: More, _: PriceBook, __: Notes) -> Lever | None:
    if not more.review:
        return None
    return Review(share=more.review, minutes=more.minutes, usd_per_hour=more.hourly)


def _tier(more: More, _: PriceBook, __: Notes) -> Lever | None:
    return Tier(to=more.tier, share=more.tier_share) if more.tier and more.tier_share else None


def _route(more: More, book: PriceBook, notes: Notes) -> Lever | None:
    source, to, share = more.moved_from, more.moved_to, more.moved_share
    if source is None or to is None or not share:
        return None
    known = [_is_known(name, book, notes) for name in (source, to)]
    return Route(to=to, share=share, source=(source,)) if all(known) else None


def _retire(more: More, book: PriceBook, notes: Notes) -> Lever | None:
    if more.ending is None or not _is_known(more.ending, book, notes):
        return None
    life = model_named(more.ending, book).life
    to, on = more.successor or life.successor, more.ends_on or life.shutdown_on
    if to is None or on is None:
        lacking = "day" if to else "successor"
        notes.append(f"No {lacking} of {more.ending} is published: set one under More.")
        return None
    return Retire(model=more.ending, to=to, on=on) if _is_known(to, book, notes) else None


def _is_known(name: str, book: PriceBook, notes: Notes) -> bool:
    try:
        model_named(name, book)
    except WorkloadError as error:
        notes.append(f"{capital(str(error))}. What names it under More is left out.")
        return False
    return True


def step_name(switch: Switch) -> str:
    """Return how the waterfall calls a switch."""
    return STEP_NAMES[switch.name]


def switch_text(switch: Switch) -> str:
    """Return what a switch does, in words."""
    return "; ".join(map(lever_text, switch.levers))


def lever_text(lever: Lever) -> str:
    """Return what a lever does, in words; raises ``TypeError`` for one that is not under More."""
    match lever:
        case Compress():
            text = _shorter(lever)
        case Retry():
            billed = "all" if lever.billed == 1 else share_text(lever.billed)
            text = f"{share_text(lever.rate)} of calls fail and are made again, {billed} billed"
        case Verify():
            text = f"{lever.model} checks each answer and writes {lever.output_tokens:,} tokens"
        case Review():
            text = _read_by_people(lever)
        case Tier():
            text = f"{share_text(lever.share)} is served in {lever.to}"
        case Route():
            text = f"{share_text(lever.share)} of {lever.source[0]} is sent to {lever.to}"
        case Retire(on=on) if on is not None:
            text = f"{lever.model} ends on {day_text(on)}, then {lever.to} answers"
        case _:
            raise TypeError(lever)
    return text


def _read_by_people(lever: Review) -> str:
    pay = dollars(lever.usd_per_hour).removesuffix(".00")
    minutes = "1 minute" if lever.minutes == 1 else f"{amount_text(lever.minutes)} minutes"
    return f"people read {share_text(lever.share)} of answers, {minutes} each at {pay} an hour"


def _shorter(lever: Compress) -> str:
    behind = " behind what is cached" if lever.keeps_prefix else ""
    parts = (
        (f"prompts are {share_text(lever.input)} shorter{behind}", lever.input),
        (f"answers are {share_text(lever.output)} shorter", lever.output),
    )
    return listed([text for text, share in parts if share])
