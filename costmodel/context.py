"""What calls read and write: a long document, found passages, a conversation that grows.

Token counts only; ``context_cost`` prices them. Formulas: facts of the project on context
economics, section 4, each named where it is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from costmodel.rates import Model

CACHE_INCREMENT = 128
"""OpenAI caches prefixes in steps of so many tokens (its guide to prompt caching)."""
MINIMUM_PREFIX = 1_024
"""The shortest prefix that OpenAI caches, where a model has no minimum of its own."""


@dataclass(frozen=True, slots=True)
class CacheRule:
    """From how many tokens on a repeated prefix is cached, and in which steps."""

    minimum: int = MINIMUM_PREFIX
    increment: int = CACHE_INCREMENT

    def cached(self, prefix: int) -> int:
        """Return how many tokens of a prefix seen before come from the cache."""
        return 0 if prefix < self.minimum else prefix - prefix % self.increment


NO_CACHE = CacheRule(minimum=10**18, increment=1)
EXACT = CacheRule(minimum=0, increment=1)
"""Every token of a prefix seen before is cached: the rule of published examples."""


def cache_rule(model: Model) -> CacheRule:
    """Return the rule of a model; only OpenAI's caches work in steps."""
    steps = CACHE_INCREMENT if model.provider in {"openai", "azure"} else 1
    return CacheRule(model.minimum_cacheable_tokens or MINIMUM_PREFIX, steps)


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls that are alike: each reads ``input_tokens``, of them so many cached or written.

    ``first`` says whether they go to the model that reads the source rather than to the
    one that answers.
    """

    step: str
    count: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    written_tokens: int = 0
    first: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A document to read, with the instructions before it and the answer wanted."""

    tokens: int
    prompt: int
    output: int


@dataclass(frozen=True, slots=True)
class Chunking:
    """How a document is cut: pieces of ``chunk`` tokens that share ``overlap`` with the next.

    Each piece is answered by an extract of so many tokens.

    Raises:
        ValueError: Pieces are not longer than what they share.
    """

    chunk: int
    overlap: int
    extract: int

    def __post_init__(self) -> None:
        if self.chunk <= self.overlap:
            msg = (
                f"a piece of {self.chunk:,} tokens is no longer than the {self.overlap:,} that "
                "it shares with the next: make pieces longer or share less"
            )
            raise ValueError(msg)

    def pieces(self, tokens: int) -> int:
        """Return into how many pieces a document is cut: ceil((D - o) / (C - o)), at least 1."""
        return max(1, ceil((tokens - self.overlap) / (self.chunk - self.overlap)))


def one_call(document: Document) -> tuple[Calls, ...]:
    """Return the call that reads all of a document at once."""
    return (Calls("one call", 1, document.tokens + document.prompt, document.output),)


def extracts(document: Document, cut: Chunking) -> tuple[Calls, ...]:
    """Return the calls that read a document piece by piece; the last piece may be shorter."""
    pieces = cut.pieces(document.tokens)
    whole = min(cut.chunk, document.tokens)
    last = document.tokens - (pieces - 1) * (cut.chunk - cut.overlap)
    calls = [
        Calls("extract", pieces - 1, whole + document.prompt, cut.extract, first=True),
        Calls("extract", 1, last + document.prompt, cut.extract, first=True),
    ]
    return tuple(each for each in calls if each.count)


def chunked(document: Document, cut: Chunking) -> tuple[Calls, ...]:
    """Return the calls of chunk, extract and synthesise: every piece, then one over all extracts.

    In: n*p + D + (n-1)*o and p + n*e; out: n*e and O.
    """
    read = document.prompt + cut.pieces(document.tokens) * cut.extract
    return (*extracts(document, cut), Calls("synthesise", 1, read, document.output))


def questions_uncached(document: Document, questions: int) -> tuple[Calls, ...]:
    """Return the calls of so many questions, each reading the whole document at full price."""
    return (Calls("question", questions, document.tokens + document.prompt, document.output),)


def questions_cached(document: Document, questions: int, rule: CacheRule) -> tuple[Calls, ...]:
    """Return the calls of so many questions where the document stands first and stays cached."""
    read, written = document.tokens + document.prompt, rule.cached(document.tokens)
    first = Calls("first question", 1, read, document.output, written_tokens=written)
    others = Calls("next question", questions - 1, read, document.output, cached_tokens=written)
    return (first, others) if questions > 1 else (first,)


def questions_on_extracts(document: Document, cut: Chunking, questions: int) -> tuple[Calls, ...]:
    """Return the calls that extract once and answer every question from the extracts."""
    read = document.prompt + cut.pieces(document.tokens) * cut.extract
    return (*extracts(document, cut), Calls("question", questions, read, document.output))


@dataclass(frozen=True, slots=True)
class Retrieval:
    """A question answered from found passages: in = prompt + k * passage + question."""

    passages: int
    passage_tokens: int
    prompt: int
    question: int
    output: int

    @property
    def input_tokens(self) -> int:
        """Return what one question reads."""
        return self.prompt + self.passages * self.passage_tokens + self.question


def retrieved(retrieval: Retrieval, questions: int = 1) -> tuple[Calls, ...]:
    """Return the calls of questions over found passages; passages differ, so nothing is cached."""
    return (Calls("question", questions, retrieval.input_tokens, retrieval.output),)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation: tokens of the system prompt, and of each question and answer."""

    system: int
    user: int
    answer: int
    turns: int

    @property
    def growth(self) -> int:
        """Return what each turn adds to all later ones."""
        return self.user + self.answer

    @property
    def input_tokens(self) -> int:
        """Return all input of all turns: n*s + u*n*(n+1)/2 + a*n*(n-1)/2."""
        turns = self.turns
        users, answers = turns * (turns + 1) // 2, turns * (turns - 1) // 2
        return turns * self.system + self.user * users + self.answer * answers


@dataclass(frozen=True, slots=True)
class Compaction:
    """A summary that takes the place of a history, and the instruction that asks for it."""

    summary: int
    instruction: int


def conversation(talk: Conversation, rule: CacheRule = NO_CACHE) -> tuple[Calls, ...]:
    """Return a call for each turn, which reads all turns before it.

    What the call before it read is a prefix; the answer to it and the new question are not.
    """
    return tuple(_turns(talk, rule, 0, talk.turns, talk.system, 0))


def _turns(
    talk: Conversation, rule: CacheRule, first: int, last: int, base: int, before: int
) -> Iterator[Calls]:
    """Return turns that begin from a base, of which the caches know ``before`` tokens."""
    for turn in range(last - first):
        read = base + turn * talk.growth + talk.user
        cached = rule.cached(before)
        written = max(0, rule.cached(read) - cached)
        yield Calls("turn", 1, read, talk.answer, cached, written)
        before = read


def compacted(
    talk: Conversation, every: int, compaction: Compaction, rule: CacheRule = NO_CACHE
) -> tuple[Calls, ...]:
    """Return a call for each turn and for each summary, made after every so many turns.

    A summary reads all of the history and its instruction; from then on the system
    prompt and the summary stand for the turns before. The last turns need none.
    """
    calls: list[Calls] = []
    base, known = talk.system, 0
    for first in range(0, talk.turns, every):
        last = min(first + every, talk.turns)
        calls += _turns(talk, rule, first, last, base, known)
        if last == talk.turns:
            break
        read = base + (last - first) * talk.growth + compaction.instruction
        cached = rule.cached(calls[-1].input_tokens)
        calls.append(Calls("summary", 1, read, compaction.summary, cached))
        base, known = talk.system + compaction.summary, talk.system
    return tuple(calls)


def best_interval(setup: float, holding: float) -> float:
    """Return after how many turns to compact: sqrt(2 * K / h), the economic order quantity.

    ``setup`` is what a summary costs whenever it is made, ``holding`` what each turn of
    history costs every later turn.
    """
    return sqrt(2 * setup / holding) if holding > 0 else float("inf")


@dataclass(frozen=True, slots=True)
class Gateway:
    """What lies between caller and model: how large a body and how long a wait it bears.

    None where there is no such limit. Bytes of a token and tokens a second are estimates.
    """

    body_bytes: int | None = None
    seconds: float | None = None
    bytes_per_token: float = 4.0
    tokens_per_second: float = 50.0


def problems(call: Calls, model: Model, gateway: Gateway | None = None) -> tuple[str, ...]:
    """Return why a call cannot be made, each with what to cut."""
    found = []
    window, longest = model.context_window, model.max_output_tokens
    over = call.input_tokens + call.output_tokens - window if window else 0
    if over > 0:
        found.append(
            f"{call.step}: {call.input_tokens:,} tokens in and {call.output_tokens:,} out exceed "
            f"the context window of {model.name} ({window:,}): cut {over:,} tokens"
        )
    if longest and call.output_tokens > longest:
        found.append(
            f"{call.step}: {model.name} writes at most {longest:,} tokens: ask for "
            f"{call.output_tokens - longest:,} fewer"
        )
    return (*found, *(_gateway_problems(call, gateway) if gateway else ()))


def _gateway_problems(call: Calls, gateway: Gateway) -> Iterator[str]:
    body = call.input_tokens * gateway.bytes_per_token
    if gateway.body_bytes is not None and body > gateway.body_bytes:
        over = ceil((body - gateway.body_bytes) / gateway.bytes_per_token)
        yield (
            f"{call.step}: a body of about {body:,.0f} bytes exceeds the gateway's "
            f"{gateway.body_bytes:,}: cut {over:,} tokens"
        )
    seconds = call.output_tokens / gateway.tokens_per_second
    if gateway.seconds is not None and seconds > gateway.seconds:
        most = int(gateway.seconds * gateway.tokens_per_second)
        yield (
            f"{call.step}: {call.output_tokens:,} tokens take about {seconds:,.0f} seconds, the "
            f"gateway waits {gateway.seconds:,.0f}: write at most {most:,} tokens, or stream"
        )
