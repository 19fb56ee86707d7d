"""One model of the price book in full: rates by period, assumptions, life, sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tollbook.output import Column, Table, amount, number_column

if TYPE_CHECKING:
    from datetime import date

    from costmodel.meters import Meter
    from costmodel.rates import Model, RateCard
    from tollbook.invocation import Invocation


def show_model(invocation: Invocation, model: Model) -> None:
    """Print one model, for people or programs."""
    cards = sorted(invocation.book.cards_of(model.provider, model.name), key=_order)
    if invocation.as_json:
        invocation.output.result(_answer(model, cards))
        return
    out = invocation.output
    out.say(f"{model.display} ({model.provider} {model.name}), family {model.family}")
    for line in _facts(model, invocation.now.date()):
        out.say(line)
    meters = [meter for meter in _token_meters() if any(meter in c.usd_per_million for c in cards)]
    columns = [Column("Tier"), Column("From"), Column("To"), *(_title(m) for m in meters)]
    table = Table([*columns, Column("Checked")])
    for card in cards:
        rates = [_rate(card, meter) for meter in meters]
        first, last = _day(card.in_force_from, "not known"), _day(card.in_force_to, "")
        table.rows.append([_tier(card), first, last, *rates, card.checked_on.isoformat()])
    out.table(table)
    out.say("USD per million tokens; * is assumed, see below.")
    for line in dict.fromkeys([*_fees(cards), *_assumptions(cards), *_sources(cards)]):
        out.say(line)


def _order(card: RateCard) -> tuple[object, ...]:
    from datetime import date

    from costmodel.meters import TIERS

    start = card.in_force_from or date.min
    return card.zone != "global", card.zone, TIERS.index(card.tier), card.above_input_tokens, start


def _token_meters() -> tuple[Meter, ...]:
    from costmodel.meters import TOKEN_METERS

    return TOKEN_METERS


def _title(meter: Meter) -> Column:
    words = {"cached_input": "Cached", "cache_write": "Write", "cache_write_1h": "Write 1h"}
    return number_column(words.get(meter.value, meter.value.replace("_", " ").capitalize()))


def _tier(card: RateCard) -> str:
    words = [card.tier if card.zone == "global" else f"{card.tier}, {card.zone}"]
    if card.above_input_tokens:
        words.append(f"above {card.above_input_tokens:,} input tokens")
    if card.status != "in_force":
        words.append(card.status)
    return ", ".join(words)


def _rate(card: RateCard, meter: Meter) -> str:
    rate = card.usd_per_million.get(meter)
    return "-" if rate is None else f"{amount(rate)}{'*' if meter in card.assumed else ''}"


def _day(day: date | None, otherwise: str) -> str:
    return day.isoformat() if day else otherwise


def _facts(model: Model, today: date) -> list[str]:
    life = model.life
    found = []
    if model.snapshots or model.aliases:
        found.append(f"Also served as {', '.join((*model.snapshots, *model.aliases))}")
    if life.shutdown_on:
        said = "Gone since" if life.is_gone(today) else "Ends on"
        after = f"; its successor is {life.successor}" if life.successor else ""
        since = f", announced on {life.announced_on}" if life.announced_on else ""
        found.append(f"{said} {life.shutdown_on}{since}{after}")
    if model.context_window:
        output = model.max_output_tokens
        found.append(
            f"Context window {model.context_window:,} tokens"
            + (f", at most {output:,} of output" if output else "")
        )
    return found


def _fees(cards: list[RateCard]) -> list[str]:
    """Return what calls cost beside tokens, in dollars per thousand as price pages say it."""
    from costmodel.meters import UNIT_METERS

    return [
        f"{meter.replace('_', ' ').capitalize()}: USD {amount(rate / 1000)} per 1,000."
        for card in cards
        for meter in UNIT_METERS
        if (rate := card.usd_per_million.get(meter)) is not None
    ]


def _assumptions(cards: list[RateCard]) -> list[str]:
    return [f"Assumed: {each.text}." for card in cards for each in card.assumed.values()]


def _sources(cards: list[RateCard]) -> list[str]:
    derived = [f"Derived: {card.derived}" for card in cards if card.derived]
    return [*derived, *(f"Source: {card.source} (checked {card.checked_on})" for card in cards)]


def _answer(model: Model, cards: list[RateCard]) -> dict[str, Any]:
    life = model.life
    days = {
        name: _day(getattr(life, name), "") or None
        for name in ("released_on", "announced_on", "deprecated_on", "shutdown_on")
    }
    return {
        "model": model.name,
        "provider": model.provider,
        "family": model.family,
        "display": model.display,
        "snapshots": list(model.snapshots),
        "aliases": list(model.aliases),
        "life": {**days, "successor": life.successor, "source": life.source},
        "context_window": model.context_window,
        "max_output_tokens": model.max_output_tokens,
        "knowledge_cutoff": model.knowledge_cutoff,
        "minimum_cacheable_tokens": model.minimum_cacheable_tokens,
        "tokenizer": model.tokenizer,
        "source": model.source,
        "history": [_card_answer(card) for card in cards],
    }


def _card_answer(card: RateCard) -> dict[str, Any]:
    return {
        "zone": card.zone,
        "tier": card.tier,
        "above_input_tokens": card.above_input_tokens,
        "in_force_from": _day(card.in_force_from, "") or None,
        "in_force_to": _day(card.in_force_to, "") or None,
        "status": card.status,
        "usd_per_million": {m.value: amount(rate) for m, rate in card.usd_per_million.items()},
        "assumptions": {m.value: f"{a.name}: {a.text}" for m, a in card.assumed.items()},
        "derived": card.derived,
        "source": card.source,
        "checked_on": card.checked_on.isoformat(),
    }
