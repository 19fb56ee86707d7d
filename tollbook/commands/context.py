"""``tollbook context``: what a document, found passages or a conversation cost to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from tollbook.commands.cost import chosen_provider
from tollbook.errors import UsageProblem
from tollbook.invocation import Invocation, with_invocation
from tollbook.numbers import parse_count, parse_day, parse_number, reading
from tollbook.options import TollbookCommand, group
from tollbook.output import Column, Table, amount, exact_money, number_column, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from costmodel.context_ways import Setting, Way
    from costmodel.rates import Model

F = TypeVar("F", bound="Callable[..., Any]")
T = TypeVar("T")

MOST_TURNS = 1_000


def _tokens(name: str, default: str, said: str) -> Callable[[F], F]:
    return click.option(
        name,
        default=default,
        show_default=True,
        metavar="N",
        callback=reading(parse_count),
        help=said,
    )


def _setting_options(function: F) -> F:
    """Add what every plan asks: model, day, and what a gateway bears; given as ``asked``."""
    options = [
        click.option("--model", required=True, help="The model that answers."),
        click.option(
            "--on", metavar="DAY", callback=reading(parse_day), help="The day.  [default: today]"
        ),
        click.option(
            "--body-limit",
            metavar="BYTES",
            callback=reading(parse_count),
            help="The largest body that a gateway takes: 4M.",
        ),
        click.option(
            "--time-limit",
            metavar="SECONDS",
            callback=reading(parse_number),
            help="How long a gateway waits.",
        ),
        click.option(
            "--tokens-per-second",
            default="50",
            show_default=True,
            callback=reading(parse_number),
            help="How fast the model writes, for the time limit.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@group("context")
def context_command() -> None:
    """Plan what calls read: a document, found passages, a conversation."""


@context_command.command("document", cls=TollbookCommand)
@_tokens("--tokens", "200k", "Tokens of the document.")
@_tokens("--prompt", "300", "Tokens of the instructions of each call.")
@_tokens("--output", "1500", "Tokens of an answer.")
@_tokens("--chunk", "8000", "Tokens of a piece.")
@_tokens("--overlap", "200", "Tokens that a piece shares with the next.")
@_tokens("--extract", "400", "Tokens written about each piece.")
@_tokens("--questions", "1", "Questions about the document.")
@click.option("--map-model", metavar="MODEL", help="A cheaper model that reads the pieces.")
@_setting_options
@with_invocation
def document_command(
    invocation: Invocation,
    /,
    tokens: int,
    prompt: int,
    output: int,
    chunk: int,
    overlap: int,
    extract: int,
    questions: int,
    map_model: str | None,
    **asked: Any,  # noqa: ANN401 - the options of every plan
) -> None:
    """Compare ways to read a long document.

    Example: tollbook context document --model gpt-4.1-mini --tokens 200k --questions 5
    """
    from costmodel.context import Chunking, Document
    from costmodel.context_ways import document_ways

    if questions < 1:
        raise UsageProblem("--questions counts from 1")
    try:
        cut = Chunking(chunk, overlap, extract)
    except ValueError as error:
        raise UsageProblem(str(error)) from None
    setting = _setting(invocation, asked, map_model)
    ways = _priced(lambda: document_ways(Document(tokens, prompt, output), cut, questions, setting))
    about = f"{tokens:,} tokens, {plural(questions, 'question')}"
    _answer(invocation, setting, about, ways)


@context_command.command("rag", cls=TollbookCommand)
@_tokens("--passages", "20", "Passages that a question reads.")
@_tokens("--passage-tokens", "500", "Tokens of a passage.")
@_tokens("--prompt", "250", "Tokens of the instructions.")
@_tokens("--question", "50", "Tokens of the question.")
@_tokens("--output", "1500", "Tokens of the answer.")
@_setting_options
@with_invocation
def rag_command(
    invocation: Invocation,
    /,
    passages: int,
    passage_tokens: int,
    prompt: int,
    question: int,
    output: int,
    **asked: Any,  # noqa: ANN401 - the options of every plan
) -> None:
    """Price answers from found passages.

    Example: tollbook context rag --model gpt-4.1-mini --passages 20 --passage-tokens 500
    """
    from costmodel.context import Retrieval
    from costmodel.context_cost import rate
    from costmodel.context_ways import passage_ways
    from costmodel.meters import Meter

    retrieval = Retrieval(passages, passage_tokens, prompt, question, output)
    setting = _setting(invocation, asked)
    ways = _priced(lambda: passage_ways(retrieval, setting))
    each = passage_tokens * rate(Meter.INPUT, setting.prices, retrieval.input_tokens)
    currency = invocation.book.contract.currency
    _answer(
        invocation,
        setting,
        f"{passages} passages of {passage_tokens:,} tokens",
        ways,
        [f"Each further passage adds {exact_money(each * 1_000, currency)} to 1,000 questions."],
        {"passage_per_1000_questions": amount(each * 1_000)},
        alike=False,
    )


@context_command.command("conversation", cls=TollbookCommand)
@_tokens("--system", "500", "Tokens of the system prompt.")
@_tokens("--user", "60", "Tokens of a question.")
@_tokens("--answer", "250", "Tokens of an answer.")
@_tokens("--turns", "50", "Questions and answers.")
@_tokens("--summary", "300", "Tokens of a summary of the turns before.")
@_tokens("--instruction", "200", "Tokens that ask for the summary.")
@click.option(
    "--every",
    type=click.IntRange(1),
    metavar="TURNS",
    help="Turns between summaries.  [default: what costs least]",
)
@_setting_options
@with_invocation
def conversation_command(
    invocation: Invocation,
    /,
    system: int,
    user: int,
    answer: int,
    turns: int,
    summary: int,
    instruction: int,
    every: int | None,
    **asked: Any,  # noqa: ANN401 - the options of every plan
) -> None:
    """Price a conversation that grows, and when to sum it up.

    Example: tollbook context conversation --model gpt-4.1-mini --turns 200
    """
    from costmodel.context import Compaction, Conversation
    from costmodel.context_ways import conversation_plan

    if not 1 <= turns <= MOST_TURNS:
        raise UsageProblem(f"--turns lies between 1 and {MOST_TURNS:,}, not {turns:,}")
    talk = Conversation(system, user, answer, turns)
    setting = _setting(invocation, asked)
    plan = _priced(
        lambda: conversation_plan(talk, Compaction(summary, instruction), setting, every)
    )
    currency = invocation.book.contract.currency
    growth = [
        f"After {plural(n, 'turn')}: {exact_money(whole.cost.total, currency)}, cached "
        f"{exact_money(cached.cost.total, currency)}."
        for n, whole, cached in plan.growth[:-1]
    ]
    estimate = f"The rule of thumb says a summary every {plan.estimate:.1f} turns."
    more = {
        "every": plan.every,
        "estimated_interval": plan.estimate,
        "growth": [
            {
                "turns": n,
                "input_tokens": w.cost.input_tokens,
                "cost": amount(w.cost.total),
                "cached_cost": amount(c.cost.total),
            }
            for n, w, c in plan.growth
        ],
    }
    ways = [plan.whole, plan.cached, plan.compacted]
    _answer(invocation, setting, plural(turns, "turn"), ways, [*growth, estimate], more)


def _setting(invocation: Invocation, asked: dict[str, Any], reader: str | None = None) -> Setting:
    from costmodel.context import Gateway
    from costmodel.context_cost import Prices
    from costmodel.context_ways import Setting

    seconds = asked["time_limit"]
    gateway = Gateway(
        body_bytes=asked["body_limit"],
        seconds=None if seconds is None else float(seconds),
        tokens_per_second=float(asked["tokens_per_second"]),
    )
    prices = Prices(
        invocation.book,
        _model(invocation, asked["model"]),
        asked["on"] or invocation.now.date(),
        _model(invocation, reader) if reader else None,
    )
    return Setting(prices, gateway)


def _model(invocation: Invocation, name: str) -> Model:
    model = invocation.book.resolve(chosen_provider(invocation.book, name, None), name)
    assert model is not None, "chosen_provider resolves the name"  # noqa: S101 - for the type
    return model


def _priced(plan: Callable[[], T]) -> T:
    """Return a plan; UsageProblem where a model has no price."""
    from costmodel.context_cost import NoPriceError

    try:
        return plan()
    except NoPriceError as error:
        raise UsageProblem(str(error)) from None


def _answer(
    invocation: Invocation,
    setting: Setting,
    about: str,
    ways: Sequence[Way],
    sentences: Sequence[str] = (),
    more: dict[str, Any] | None = None,
    *,
    alike: bool = True,
) -> None:
    if invocation.as_json:
        invocation.output.result(_json(invocation, setting, ways) | (more or {}))
    else:
        _show(invocation, setting, about, ways, sentences, alike=alike)


def _json(invocation: Invocation, setting: Setting, ways: Sequence[Way]) -> dict[str, Any]:
    return {
        "model": setting.prices.model.name,
        "on": setting.prices.on.isoformat(),
        "currency": invocation.book.contract.currency,
        "ways": [
            {
                "name": way.name,
                "calls": way.cost.calls,
                "input_tokens": way.cost.input_tokens,
                "cached_input_tokens": way.cost.cached_tokens,
                "output_tokens": way.cost.output_tokens,
                "largest_input_tokens": way.cost.largest_input,
                "cost": amount(way.cost.total),
                "parts": {step: amount(cost) for step, cost in way.cost.by_step.items()},
                "fits": way.fits,
                "problems": list(way.problems),
            }
            for way in ways
        ],
        "assumptions": _assumed(ways),
    }


def _assumed(ways: Sequence[Way]) -> list[str]:
    return list(dict.fromkeys(text for way in ways for text in way.cost.assumptions))


def _show(
    invocation: Invocation,
    setting: Setting,
    about: str,
    ways: Sequence[Way],
    sentences: Sequence[str],
    *,
    alike: bool,
) -> None:
    out, currency = invocation.output, invocation.book.contract.currency
    names = ("Calls", "Tokens in", "Cached", "Tokens out", "Longest call", "Cost")
    table = Table(
        [Column("Way"), *map(number_column, names), Column("Fits")],
        title=f"{setting.prices.model.display}, {about}, prices of {setting.prices.on}",
    )
    for way in ways:
        cost = way.cost
        counts = (cost.calls, cost.input_tokens, cost.cached_tokens, cost.output_tokens)
        numbers = [f"{count:,}" for count in (*counts, cost.largest_input)]
        money = exact_money(cost.total, currency)
        table.rows.append([way.name, *numbers, money, "yes" if way.fits else "no"])
    out.table(table)
    for sentence in (*sentences, *_found(ways, alike=alike)):
        out.say(sentence)
    for text in _assumed(ways):
        out.say(f"Assumed: {text}.")


def _found(ways: Sequence[Way], *, alike: bool) -> list[str]:
    """Say what does not fit, and the cheapest of ways that do the same."""
    said = [f"{way.name}: {text}." for way in ways for text in way.problems]
    fitting = [way for way in ways if way.fits]
    if alike and len(fitting) > 1:
        best = min(fitting, key=lambda way: way.cost.total)
        said.append(f"Of those that fit, the cheapest is: {best.name}.")
    return said
