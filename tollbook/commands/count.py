"""``tollbook count``: how many tokens a text has, counted on this machine."""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tollbook.commands.cost import chosen_provider
from tollbook.errors import UsageProblem
from tollbook.invocation import Invocation, with_invocation
from tollbook.options import command
from tollbook.output import Column, Table, amount, exact_money, number_column, plural
from tollbook.text_pairs import Pair, show_pair, show_prompt_sizes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.rates import Model
    from ingest.text_pairs import TextPair

STDIN = "-"
NAMED_MODELS = 6
DEFAULT_MODELS = ("gpt-4.1", "gpt-4.1-mini")
"""The models that two texts are compared for where none is named."""


@dataclass(frozen=True)
class Count:
    """A text counted one way, for the models that it counts for.

    ``input_cost`` is what the text costs as uncached input of the one model asked for.
    """

    tokenizer: str
    tokens: int
    models: tuple[str, ...]
    estimated: bool = False
    input_cost: Fraction | None = None


@command("count")
@click.argument("words", nargs=-1, metavar="[TEXT | FILE]...")
@click.option("--model", "models", multiple=True, help="Count for this model; repeat for others.")
@click.option("--estimate", is_flag=True, help="Estimate for models without a public tokenizer.")
@click.option("--text", is_flag=True, help="Take the words as text, never as a file.")
@click.option(
    "--against",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Compare with the text of this file.",
)
@click.option(
    "--per-feature",
    is_flag=True,
    help="Instead: the smallest input of each feature in the store, which bounds its prompt.",
)
@with_invocation
def count_command(
    invocation: Invocation,
    words: tuple[str, ...],
    models: tuple[str, ...],
    estimate: bool,  # noqa: FBT001 - click passes flags by name
    text: bool,  # noqa: FBT001 - click passes flags by name
    against: Path | None,
    per_feature: bool,  # noqa: FBT001 - click passes flags by name
) -> None:
    """Count the tokens of a text.

    The text is the words given, a file, or what comes in through a pipe. Nothing leaves
    the machine. Example: tollbook count notes.txt --model gpt-4.1-mini
    """
    if per_feature:
        if words or models or against:
            raise UsageProblem("--per-feature counts what the store holds; give it no text")
        show_prompt_sizes(invocation)
        return
    source, content = _content(words, as_text=text)
    if against is not None:
        other = _decoded(against.read_bytes(), str(against))
        pair = Pair((source, str(against)), (content, other))
        asked = models or DEFAULT_MODELS
        found = [_compared(invocation, pair, name, estimate=estimate) for name in asked]
        show_pair(invocation, pair, found)
        return
    book, today = invocation.book, invocation.now.date()
    if models:
        counts = [_for_model(content, name, book, today, estimate=estimate) for name in models]
    else:
        counts = _for_all(content, book)
    if invocation.as_json:
        invocation.output.result(_answer(source, content, counts))
    else:
        _show(invocation, source, content, counts)


def _content(words: Sequence[str], *, as_text: bool) -> tuple[str, str]:
    """Return where the text comes from, and the text."""
    if not words or words == (STDIN,):
        if sys.stdin.isatty():
            raise UsageProblem("give a text or a file, or send text through a pipe")
        return "stdin", _decoded(sys.stdin.buffer.read(), "stdin")
    path = Path(words[0])
    if as_text or len(words) > 1 or not _is_file_name(words[0]):
        return "text", " ".join(words)
    if not path.is_file():
        raise UsageProblem(f"there is no file {path}; --text counts the words themselves")
    return str(path), _decoded(path.read_bytes(), str(path))


def _is_file_name(word: str) -> bool:
    """Tell whether one word is meant as a file: it exists, or is written like one."""
    written_like_one = not any(letter.isspace() for letter in word) and (
        bool(Path(word).suffix[1:].isalnum()) or "/" in word
    )
    try:
        return written_like_one or Path(word).is_file()
    except OSError:
        return False


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageProblem(f"{name} is not UTF-8 text; byte {error.start} is none") from None


def _for_all(content: str, book: PriceBook) -> list[Count]:
    from ingest.tokens import TOKENIZERS, count_tokens

    models: dict[str, dict[str, None]] = defaultdict(dict)
    for model in book.models:
        if model.tokenizer:
            models[model.tokenizer][model.name] = None
    return [Count(name, count_tokens(content, name), tuple(models[name])) for name in TOKENIZERS]


def _for_model(content: str, name: str, book: PriceBook, today: date, *, estimate: bool) -> Count:
    from ingest.errors import TokenizerError
    from ingest.tokens import count_tokens, counting_for

    model = book.resolve(chosen_provider(book, name, None), name)
    assert model is not None, "chosen_provider resolves the name"  # noqa: S101 - for the type
    try:
        counting = counting_for(model, estimate=estimate)
    except TokenizerError as error:
        raise UsageProblem(f"{error}; --estimate asks for it") from error
    tokens = count_tokens(content, counting.tokenizer)
    cost = _input_cost(model, tokens, book, today)
    return Count(counting.tokenizer, tokens, (model.name,), counting.estimated, cost)


def _input_cost(model: Model, tokens: int, book: PriceBook, today: date) -> Fraction | None:
    from costmodel.book import Unpriced
    from costmodel.cost import price
    from costmodel.meters import Meter, size_band
    from costmodel.usage import PricingKey, quantities

    key = PricingKey(model.provider, model.name, "global", "standard", size_band(tokens), today)
    cost = price(key, quantities({Meter.INPUT: tokens}), book)
    return None if isinstance(cost, Unpriced) else cost.total


def _compared(invocation: Invocation, pair: Pair, name: str, *, estimate: bool) -> TextPair:
    from ingest.errors import TokenizerError
    from ingest.text_pairs import compare

    book = invocation.book
    model = book.resolve(chosen_provider(book, name, None), name)
    assert model is not None, "chosen_provider resolves the name"  # noqa: S101 - for the type
    try:
        return compare(pair.texts, model, book, invocation.now.date(), estimate=estimate)
    except TokenizerError as error:
        raise UsageProblem(f"{error}; --estimate asks for it") from error


def _answer(source: str, content: str, counts: Sequence[Count]) -> dict[str, Any]:
    return {
        "source": source,
        "tokens": counts[0].tokens,
        "words": len(content.split()),
        "characters": len(content),
        "counts": [
            {
                "tokenizer": each.tokenizer,
                "tokens": each.tokens,
                "estimated": each.estimated,
                "models": list(each.models),
                "input_cost": amount(each.input_cost),
            }
            for each in counts
        ],
    }


def _show(invocation: Invocation, source: str, content: str, counts: Sequence[Count]) -> None:
    words = len(content.split())
    invocation.output.say(f"{source}: {plural(words, 'word')}, {plural(len(content), 'character')}")
    priced = any(each.input_cost is not None for each in counts)
    numbers = ["Tokens", "A word", *(["As input"] if priced else [])]
    table = Table([Column("Tokenizer"), *map(number_column, numbers), Column("Models")])
    currency = invocation.book.contract.currency
    for each in counts:
        per_word = f"{each.tokens / words:.2f}" if words else ""
        tokens = f"about {each.tokens:,}" if each.estimated else f"{each.tokens:,}"
        row = [each.tokenizer, tokens, per_word]
        if priced:
            cost = each.input_cost
            row.append("no price" if cost is None else exact_money(cost, currency))
        table.rows.append([*row, _models_text(each.models)])
    invocation.output.table(table)
    if any(each.estimated for each in counts):
        invocation.output.say("About: the model's own tokenizer is not public.")


def _models_text(models: Sequence[str]) -> str:
    rest = len(models) - NAMED_MODELS
    named = ", ".join(models[:NAMED_MODELS])
    return f"{named} and {rest} more" if rest > 0 else named
