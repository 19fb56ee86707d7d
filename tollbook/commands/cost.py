"""``tollbook cost``: what one call costs, part by part."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tollbook.errors import UsageProblem
from tollbook.invocation import Invocation, with_invocation
from tollbook.numbers import parse_count, parse_day, reading
from tollbook.options import command
from tollbook.output import Column, Table, amount, exact_money, listed, number_column

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.cost import Cost
    from costmodel.usage import PricingKey, Quantities

F = TypeVar("F", bound="Callable[..., Any]")

PREFERRED_PROVIDER = "openai"


def _tokens_option(name: str, said: str) -> Callable[[F], F]:
    return click.option(
        name, default="0", metavar="N", callback=reading(parse_count), help=f"{said}  [default: 0]"
    )


@command("cost")
@click.option("--model", required=True, help="The model's name, as served or canonical.")
@_tokens_option("--input-tokens", "All input, cached and written tokens included.")
@_tokens_option("--cached-input-tokens", "Input read from a cache.")
@_tokens_option("--cache-write-tokens", "Input written to a cache.")
@_tokens_option("--output-tokens", "Output, reasoning included.")
@click.option("--provider", help="Who serves it.  [default: openai if it does, else the only one]")
@click.option("--zone", default="global", show_default=True, help="global, data_zone, regional:...")
@click.option("--tier", default="standard", show_default=True, help="... batch, flex, priority")
@click.option("--on", metavar="DAY", callback=reading(parse_day), help="The day.  [default: today]")
@with_invocation
def cost_command(
    invocation: Invocation,
    model: str,
    input_tokens: int,
    cached_input_tokens: int,
    cache_write_tokens: int,
    output_tokens: int,
    provider: str | None,
    zone: str,
    tier: str,
    on: date | None,
) -> None:
    """Price one call, part by part.

    Example: tollbook cost --model gpt-4.1-mini --input-tokens 1000 --output-tokens 500
    """
    from costmodel.book import Unpriced
    from costmodel.cost import price
    from costmodel.meters import size_band
    from costmodel.usage import PricingKey

    book = invocation.book
    amounts = _quantities(input_tokens, cached_input_tokens, cache_write_tokens, output_tokens)
    server = chosen_provider(book, model, provider)
    day = on or invocation.now.date()
    key = PricingKey(server, model, zone, _tier(tier), size_band(input_tokens), day)
    cost = price(key, amounts, book)
    if isinstance(cost, Unpriced):
        raise UsageProblem(f"{model}: {cost.reason}")
    if invocation.as_json:
        invocation.output.result(_answer(key, cost))
    else:
        _show(invocation, key, amounts, cost)


def chosen_provider(book: PriceBook, model: str, provider: str | None) -> str:
    """Return who serves a model: the one asked for, OpenAI if it does, else the only one.

    Raises UsageProblem naming the nearest models or the providers to choose from.
    """
    serving = book.providers_of(model)
    if not serving:
        near = book.nearest(model)
        hint = f"; nearest: {', '.join(near)}" if near else "; see 'tollbook prices list'"
        raise UsageProblem(f"the price book knows no model {model!r}{hint}")
    if provider is not None:
        if provider not in serving:
            raise UsageProblem(f"{provider!r} does not serve {model}; served by {listed(serving)}")
        return provider
    if len(serving) == 1 or PREFERRED_PROVIDER in serving:
        return serving[0] if len(serving) == 1 else PREFERRED_PROVIDER
    raise UsageProblem(
        f"{model} is served by {listed(serving)}; choose one with --provider, for prices differ"
    )


def _quantities(all_input: int, cached: int, written: int, output: int) -> Quantities:
    from costmodel.meters import Meter
    from costmodel.usage import quantities

    if cached + written > all_input:
        raise UsageProblem(
            f"{cached:,} cached plus {written:,} written tokens exceed {all_input:,} input tokens; "
            "--input-tokens counts all input, cached and written tokens included"
        )
    return quantities(
        {
            Meter.INPUT: all_input - cached - written,
            Meter.CACHED_INPUT: cached,
            Meter.CACHE_WRITE: written,
            Meter.OUTPUT: output,
        }
    )


def _tier(word: str) -> str:
    from costmodel.meters import TIERS
    from ingest.rows import TIER_WORDS, tier_of

    tier = tier_of(word)
    if tier in TIERS:
        return tier
    near = difflib.get_close_matches(word.lower(), TIER_WORDS, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(TIERS)}"
    raise UsageProblem(f"the service tier {word!r} is not known; {hint}")


def _answer(key: PricingKey, cost: Cost) -> dict[str, Any]:
    since = cost.in_force_from
    return {
        "model": cost.quote.model.name,
        "provider": key.provider,
        "zone": key.zone,
        "tier": key.tier,
        "on": key.on.isoformat(),
        "currency": cost.currency,
        "total": amount(cost.total),
        "list_total": amount(cost.list_total),
        "parts": {meter: amount(money) for meter, money in cost.parts.items()},
        "rates": {meter: amount(rate) for meter, rate in cost.rates.items()},
        "assumptions": [each.text for each in cost.assumptions],
        "warnings": [*cost.warnings, *_missing(cost)],
        "at_least": bool(cost.unpriced_quantities),
        "unpriced": dict(cost.unpriced_quantities),
        "source": cost.source,
        "in_force_from": since.isoformat() if since else None,
        "checked_on": cost.quote.card.checked_on.isoformat(),
    }


def _missing(cost: Cost) -> list[str]:
    return [
        f"{quantity:,} {meter} have no price and are not in the total"
        for meter, quantity in cost.unpriced_quantities.items()
    ]


def _show(invocation: Invocation, key: PricingKey, amounts: Quantities, cost: Cost) -> None:
    from costmodel.meters import INDEX

    out, model = invocation.output, cost.quote.model
    title = f"{model.display} at {key.provider}, {key.tier}, {key.zone}, on {key.on}"
    columns = [
        Column("Part"),
        number_column("Tokens"),
        number_column(f"{cost.currency} per million"),
        number_column("Cost"),
    ]
    table = Table(columns, title=title)
    for meter, money in cost.parts.items():
        rate = exact_money(cost.rates[meter], cost.currency)
        quantity = f"{amounts[INDEX[meter]]:,}"
        table.rows.append([part_words(meter), quantity, rate, exact_money(money, cost.currency)])
    total = exact_money(cost.total, cost.currency)
    table.total = ["Total", "", "", f"at least {total}" if cost.unpriced_quantities else total]
    out.table(table)
    if cost.list_total != cost.total:
        out.say(f"At list prices {exact_money(cost.list_total, cost.currency)}.")
    for warning in (*cost.warnings, *_missing(cost)):
        out.say(f"Note: {warning}.")
    for each in cost.assumptions:
        out.say(f"Assumed: {each.text}.")
    since = f"in force from {cost.in_force_from}" if cost.in_force_from else "start not published"
    out.say(f"Price {since}, checked {cost.quote.card.checked_on}: {cost.source}")


def part_words(meter: str) -> str:
    """Return a meter as screens name it."""
    words = {"input": "uncached input", "cache_write": "cache write (5 minutes)"}
    return words.get(meter, meter.replace("_", " ")).capitalize()
