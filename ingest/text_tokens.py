"""Meters of a chat whose texts are known and whose token counts are not."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import Meter
from ingest.errors import TokenizerError
from ingest.tokens import ESTIMATED_WITH, count_chat
from ingest.values import Fault
from pricing import load_book

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from costmodel.book import PriceBook

SENT: Final = frozenset(
    ("role", "name", "content", "refusal", "tool_calls", "function_call", "tool_call_id", "audio")
)
"""Keys of a message that the model is sent; a log may note more beside them."""


class TextCounter:
    """Counts chats with the tokenizer of each model, an estimate where it has no public one."""

    def __init__(self, provider: str | None = None) -> None:
        self.without_tokenizer: set[str] = set()
        self._provider = provider
        self._tokenizers: dict[tuple[str, str], str] = {}

    def meters(
        self,
        provider: str,
        model: str,
        messages: Sequence[object],
        answers: Sequence[object] | None,
    ) -> dict[Meter, int]:
        """Return input with what frames a chat, and output; without answers it is not known.

        Raises:
            Fault: Something is no text, so that its count is not published.
        """
        tokenizer = self._tokenizer(self._provider or provider, model)
        try:
            asked = count_chat([_sent(at, each) for at, each in _numbered(messages)], tokenizer)
            given = [_sent(at, each) for at, each in _numbered(answers or ())]
            answered = sum(_of_answer(each, tokenizer) for each in given)
        except TokenizerError as error:
            raise Fault(str(error)) from error
        return {Meter.INPUT: asked, Meter.OUTPUT: answered}

    @cached_property
    def _book(self) -> PriceBook:
        return load_book()

    def _tokenizer(self, provider: str, model: str) -> str:
        known = self._tokenizers.get((provider, model))
        if known is None:
            found = self._book.resolve(provider, model)
            known = found.tokenizer if found is not None and found.tokenizer else ESTIMATED_WITH
            if found is None or found.tokenizer is None:
                self.without_tokenizer.add(model)
            self._tokenizers[provider, model] = known
        return known


def _numbered(messages: Sequence[object]) -> list[tuple[int, object]]:
    return list(enumerate(messages, start=1))


def _sent(number: int, message: object) -> Mapping[str, Any]:
    if not isinstance(message, dict):
        raise Fault(f"message {number} is no object")
    return {key: value for key, value in message.items() if key in SENT}


def _of_answer(message: Mapping[str, Any], tokenizer: str) -> int:
    """Return the tokens of an answer: its texts, without role or frame."""
    content = {key: value for key, value in message.items() if key not in {"role", "name"}}
    if all(value is None or value == [] for value in content.values()):
        raise Fault("the answer holds no text")
    empty = count_chat([{}], tokenizer)
    return count_chat([content], tokenizer) - empty
