"""How many tokens a text has, counted on this machine without a network.

The vocabularies come with the package ``bpe-openai``; tiktoken says which hash each
must have, how text is split and which special tokens there are.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import importlib
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

from ingest.errors import TokenizerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tiktoken import Encoding

    from costmodel.rates import Model

TOKENIZERS: Final = ("o200k_base", "cl100k_base")
"""The tokenizers whose vocabularies are at hand, the newest first."""

ESTIMATED_WITH: Final = TOKENIZERS[0]
"""Counts for a model without a public tokenizer, where an estimate is asked for."""

TOKENS_PER_MESSAGE: Final = 3
TOKENS_PER_NAME: Final = 1
TOKENS_BEFORE_REPLY: Final = 3
"""What frames a chat: OpenAI Cookbook, "How to count tokens with tiktoken", which gives
them for gpt-3.5-turbo-0125, gpt-4 and gpt-4o. For later models they are taken over."""

TEXT_PARTS: Final = frozenset(("text", "input_text", "output_text", "refusal"))
"""Kinds of message parts that are text; a part holds it under ``text`` or its own kind."""


@dataclass(frozen=True)
class Counting:
    """Which tokenizer counts for a model; ``estimated`` when it is not the model's own."""

    tokenizer: str
    estimated: bool


def counting_for(model: Model, *, estimate: bool = False) -> Counting:
    """Return what counts for a model of the price book.

    Raises:
        TokenizerError: The model has no public tokenizer, and no estimate is asked for.
    """
    if model.tokenizer is not None:
        return Counting(model.tokenizer, estimated=False)
    if estimate:
        return Counting(ESTIMATED_WITH, estimated=True)
    raise TokenizerError(
        f"{model.name} of {model.provider} has no public tokenizer: "
        f"ask for an estimate, which counts with {ESTIMATED_WITH}"
    )


def count_tokens(text: str, tokenizer: str) -> int:
    """Return the tokens of a text; what looks like a special token counts as text.

    Raises:
        TokenizerError: The tokenizer is not known, or its vocabulary is damaged.
    """
    return len(_encoding(tokenizer).encode_ordinary(text))


def shared_prefix(first: str, second: str, tokenizer: str) -> int:
    """Return how many tokens two texts begin with alike.

    Raises:
        TokenizerError: As ``count_tokens``.
    """
    encode = _encoding(tokenizer).encode_ordinary
    pairs = zip(encode(first), encode(second), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def count_chat(messages: Sequence[Mapping[str, Any]], tokenizer: str) -> int:
    """Return the input tokens of a chat: its texts, and what frames them for the model.

    Raises:
        TokenizerError: A message holds what has no published count, as a picture or
            a tool call; or as ``count_tokens``.
    """
    framing = len(messages) * TOKENS_PER_MESSAGE + TOKENS_BEFORE_REPLY
    named = sum("name" in message for message in messages) * TOKENS_PER_NAME
    texts = (text for at, each in enumerate(messages, start=1) for text in _texts(each, at))
    return framing + named + sum(count_tokens(text, tokenizer) for text in texts)


def _texts(message: Mapping[str, Any], number: int) -> Iterator[str]:
    """Return every text of a message."""
    for key, value in message.items():
        if isinstance(value, str):
            yield value
        elif key == "content" and isinstance(value, list):
            yield from (_text_of(part, number) for part in value)
        elif value is not None and value != []:
            raise TokenizerError(
                f"message {number}, key {key!r} is no text: how it counts is not published, "
                "so leave it out or take the usage that the API reports"
            )


def _text_of(part: object, number: int) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    if isinstance(part, dict) and isinstance(kind, str) and kind in TEXT_PARTS:
        text = part.get("text", part.get(kind))
        if isinstance(text, str):
            return text
    raise TokenizerError(
        f"message {number} holds a part of type {kind!r:.40}: only text can be counted here, "
        "so leave it out or take the usage that the API reports"
    )


@cache
def _encoding(name: str) -> Encoding:
    if name not in TOKENIZERS:
        raise TokenizerError(f"there is no tokenizer {name!r}: take {' or '.join(TOKENIZERS)}")
    from tiktoken import Encoding

    return Encoding(**_construction(name))


def _construction(name: str) -> dict[str, Any]:
    """Return what tiktoken builds an encoding of, with our loader in place of its download.

    The function of tiktoken is run over names of its own, so nothing is changed for others.
    """
    public = importlib.import_module("tiktoken_ext.openai_public")
    constructor = public.ENCODING_CONSTRUCTORS[name]

    def load(_: str, expected_hash: str) -> dict[bytes, int]:
        return _ranks(_vocabulary(name), expected_hash, name)

    names = {**vars(public), "load_tiktoken_bpe": load}
    construction: dict[str, Any] = FunctionType(constructor.__code__, names)()
    return construction


def _vocabulary(name: str) -> bytes:
    """Return the unpacked file of a vocabulary; the package itself is heavy and not loaded."""
    found = find_spec("bpe_openai")
    folders = (found.submodule_search_locations if found else None) or []
    for folder in folders:
        path = Path(folder) / "data" / f"{name}.tiktoken.gz"
        if path.is_file():
            return _unpacked(path)
    raise TokenizerError(f"the vocabulary {name} is not installed: install bpe-openai")


def _unpacked(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except (EOFError, OSError, ValueError) as error:
        raise TokenizerError(f"{path.name} is damaged: install bpe-openai again") from error


def _ranks(content: bytes, expected_hash: str, name: str) -> dict[bytes, int]:
    """Return the rank of every token, lines of base64 and number; the hash must be right."""
    if hashlib.sha256(content).hexdigest() != expected_hash:
        raise TokenizerError(
            f"the vocabulary {name} is not the one that tiktoken expects: install bpe-openai again"
        )
    pairs = (line.split() for line in content.splitlines() if line)
    return {base64.b64decode(token): int(rank) for token, rank in pairs}
