"""``tollbook prices``: what is in the price book, since when, and who says so."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tollbook.commands.cost import PREFERRED_PROVIDER, chosen_provider
from tollbook.commands.prices_show import show_model
from tollbook.errors import UsageProblem
from tollbook.invocation import Invocation, with_invocation
from tollbook.numbers import parse_day, reading
from tollbook.options import TollbookCommand, group
from tollbook.output import Column, Table, amount, listed, number_column

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from costmodel.book import PriceBook, Quote
    from costmodel.meters import Meter
    from costmodel.rates import Model
    from pricing.diff import PriceChange

TABLE_FILES = click.Path(path_type=Path, exists=True, dir_okay=False)


@group("prices")
def prices_command() -> None:
    """Look into the price book."""


@prices_command.command("list", cls=TollbookCommand)
@click.option("--family", help="Only this family, such as gpt-4.1.")
@click.option("--provider", help="Only what this provider serves.")
@click.option("--on", metavar="DAY", callback=reading(parse_day), help="The day.  [default: today]")
@with_invocation
def list_command(
    invocation: Invocation, family: str | None, provider: str | None, on: date | None
) -> None:
    """List every model with its standard rates on a day."""
    day = on or invocation.now.date()
    book = invocation.book
    models = _chosen(book, family, provider)
    if invocation.as_json:
        rows = [_model_answer(book, model, day) for model in models]
        invocation.output.result({"on": day.isoformat(), "models": rows})
        return
    columns = [Column("Model"), Column("Provider"), *map(number_column, _RATE_TITLES)]
    table = Table([*columns, Column("Life")])
    for model in models:
        rates = [_rate_text(quoted(book, model, day), meter) for meter in _rate_meters()]
        table.rows.append([model.name, model.provider, *rates, life_words(model, day)])
    invocation.output.table(table)
    currency = book.contract.currency
    invocation.output.say(
        f"{currency} per million tokens on {day}, standard tier; "
        "'tollbook prices show MODEL' has tiers, history and sources."
    )


_RATE_TITLES = ("Input", "Cached", "Output")


def _rate_meters() -> tuple[Meter, ...]:
    from costmodel.meters import Meter

    return Meter.INPUT, Meter.CACHED_INPUT, Meter.OUTPUT


def _chosen(book: PriceBook, family: str | None, provider: str | None) -> list[Model]:
    for name, given, known in (
        ("family", family, {model.family for model in book.models}),
        ("provider", provider, {model.provider for model in book.models}),
    ):
        if given is not None and given not in known:
            raise UsageProblem(f"there is no {name} {given!r}; known: {listed(sorted(known))}")
    chosen = [
        model
        for model in book.models
        if family in {None, model.family} and provider in {None, model.provider}
    ]
    return sorted(chosen, key=lambda model: model.provider != PREFERRED_PROVIDER)


def quoted(book: PriceBook, model: Model, day: date) -> Quote | None:
    """Return a model's standard rates for short requests on a day, in the first zone it has."""
    from costmodel.book import Unpriced
    from costmodel.usage import PricingKey

    zones = book.zones_of(model.provider, model.name)
    zone = "global" if "global" in zones or not zones else zones[0]
    quote = book.quote(PricingKey(model.provider, model.name, zone, "standard", 0, day))
    return None if isinstance(quote, Unpriced) else quote


def _rate_text(quote: Quote | None, meter: Meter) -> str:
    if quote is None or meter not in quote.rates:
        return "-"
    mark = "*" if meter in quote.assumptions else ""
    return f"{amount(quote.rates[meter])}{mark}"


def life_words(model: Model, day: date) -> str:
    """Return what a model's life means on a day, empty where no end is known."""
    life = model.life
    if life.shutdown_on is None:
        return ""
    if life.is_gone(day):
        return f"gone since {life.shutdown_on}"
    left = (life.shutdown_on - day).days
    return f"ends {life.shutdown_on}, in {left} days"


def _model_answer(book: PriceBook, model: Model, day: date) -> dict[str, Any]:
    quote = quoted(book, model, day)
    shutdown = model.life.shutdown_on
    return {
        "model": model.name,
        "provider": model.provider,
        "family": model.family,
        "currency": book.contract.currency,
        "rates": {m.value: amount(rate) for m, rate in quote.rates.items()} if quote else None,
        "tiers": list(book.tiers_of(model.provider, model.name)),
        "shutdown_on": shutdown.isoformat() if shutdown else None,
        "successor": model.life.successor,
    }


@prices_command.command("show", cls=TollbookCommand)
@click.argument("model")
@click.option("--provider", help="Who serves it.  [default: openai if it does, else the only one]")
@with_invocation
def show_command(invocation: Invocation, model: str, provider: str | None) -> None:
    """Show one model in full.

    Every rate with its dates and source, what is assumed, and the model's life.
    """
    book = invocation.book
    found = book.resolve(chosen_provider(book, model, provider), model)
    assert found is not None, "chosen_provider resolves the name"  # noqa: S101 - for the type
    show_model(invocation, found)


@prices_command.command("check", cls=TollbookCommand)
@click.argument("files", nargs=-1, type=TABLE_FILES)
@with_invocation
def check_command(invocation: Invocation, files: Sequence[Path]) -> None:
    """Check price tables: the shipped ones, or FILES.

    Shows every mistake with its file and line; exit code 2 where there is one. The
    configuration's contract is checked too.
    """
    from pricing import PricingError, load_book
    from pricing.reader import shipped_paths

    paths = tuple(files) or shipped_paths()
    try:
        book = load_book(tables=paths)
    except PricingError as error:
        if invocation.as_json:
            invocation.output.result({"problems": [_problem(each) for each in error.problems]})
        raise
    counted = Counter(model.provider for model in book.models)
    terms = len(invocation.book.contract.terms)
    if invocation.as_json:
        answer = {"models": dict(counted), "rates": len(book.cards), "contract_terms": terms}
        invocation.output.result({"problems": [], **answer})
        return
    models = listed(f"{count} of {provider}" for provider, count in counted.items())
    invocation.output.say(
        f"No mistakes in {len(paths)} tables: {len(book.cards)} rates, models: {models}; "
        f"contract terms: {terms}."
    )


def _problem(problem: Any) -> dict[str, Any]:  # noqa: ANN401 - pricing.located_yaml.Problem
    return {
        "path": str(problem.path),
        "line": problem.line,
        "key": problem.key,
        "message": problem.message,
    }


@prices_command.command("diff", cls=TollbookCommand)
@click.argument("before", type=click.Path(path_type=Path, exists=True))
@click.argument("after", type=click.Path(path_type=Path, exists=True), required=False)
@with_invocation
def diff_command(invocation: Invocation, before: Path, after: Path | None) -> None:
    """Show what changed between price tables.

    BEFORE and AFTER are a table or a folder of tables; AFTER is by default the shipped
    ones.
    """
    from pricing import load_book
    from pricing.diff import changes

    old, new = load_book(tables=_tables(before)), load_book(tables=_tables(after))
    found = changes(old, new)
    if invocation.as_json:
        invocation.output.result({"changes": [_change(each) for each in found]})
        return
    for each in found:
        invocation.output.say(str(each))
    if not found:
        invocation.output.say("No differences.")


def _tables(path: Path | None) -> tuple[Path, ...] | None:
    """Return the tables that a path names; None stands for the shipped ones."""
    if path is None or not path.is_dir():
        return None if path is None else (path,)
    found = tuple(sorted(path.glob("*.yaml")))
    if not found:
        raise UsageProblem(f"there is no price table (*.yaml) in {path}")
    return found


def _change(change: PriceChange) -> dict[str, str | None]:
    return {
        "provider": change.provider,
        "model": change.model,
        "period": change.period,
        "what": change.what,
        "before": change.before,
        "after": change.after,
    }
