"""JSON documents of a file, one after another, however they stand in it."""

from __future__ import annotations

import io
import json
from typing import IO, TYPE_CHECKING, Any, Final

from ingest.errors import UnreadableFileError
from ingest.packed import opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNREADABLE: Final = object()
"""Stands for text where a JSON document should be."""

PIECE: Final = 4 * 1024 * 1024
LONGEST_DOCUMENT: Final = 256 * 1024 * 1024
"""Characters of one document; a longer one is refused, as reading it takes many times that."""
TOO_LONG: Final = (
    "{path}, line {line}: here begins a JSON document of more than {millions} million characters: "
    "write its records one a line, or export fewer days at a time"
)

LONGEST_WORD: Final = 16
"""Characters before a cut in which a document may look wrong or ended: -Infinity, 1.5e-10."""


def documents(path: Path, decoder: json.JSONDecoder | None = None) -> Iterator[tuple[int, Any]]:
    """Return line and value of every JSON document in a file: one a line, or over many lines.

    The elements of an array at the top are documents of their own. What cannot be read
    is ``UNREADABLE`` to the end of its line.

    Raises:
        UnreadableFileError: A document is longer than ``LONGEST_DOCUMENT``.
    """
    with opened(path) as stream:
        text = _Text(path, stream)
        decoder = decoder or json.JSONDecoder()
        while text.skip_to_value():
            line = text.line
            yield line, text.value(decoder)


class _Text:
    """What is at hand of a file's text; more is read when a document needs it."""

    def __init__(self, path: Path, stream: IO[bytes]) -> None:
        self._path = path
        self._stream = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        self._text, self._at, self._is_all = "", 0, False
        self.line = 1

    def skip_to_value(self) -> bool:
        """Go to where the next document begins; tells whether there is one."""
        while True:
            self._go(next_value(self._text, self._at))
            if self._at < len(self._text):
                return True
            if self._is_all:
                return False
            self._read_on()

    def value(self, decoder: json.JSONDecoder) -> Any:  # noqa: ANN401 - any JSON value
        """Return the document that begins here, and go to its end."""
        while True:
            try:
                value, end = decoder.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if not self._is_cut_off(error):
                    self._skip_line()
                    return UNREADABLE
                if len(self._text) - self._at > LONGEST_DOCUMENT:
                    raise self._too_long() from error
            else:
                if end < len(self._text) - LONGEST_WORD or self._is_all:
                    self._go(end)
                    return value
            self._read_on()

    def _is_cut_off(self, error: ValueError | RecursionError) -> bool:
        """Tell whether a document is wrong only because not all of it is at hand."""
        if self._is_all or not isinstance(error, json.JSONDecodeError):
            return False
        is_at_end = error.pos >= len(self._text) - LONGEST_WORD
        return is_at_end or error.msg.startswith("Unterminated string")

    def _too_long(self) -> UnreadableFileError:
        millions = LONGEST_DOCUMENT // 10**6
        said = TOO_LONG.format(path=self._path, line=self.line, millions=millions)
        return UnreadableFileError(said)

    def _skip_line(self) -> None:
        while (end := self._text.find("\n", self._at)) < 0 and not self._is_all:
            self._go(len(self._text))
            self._read_on()
        self._go(end if end >= 0 else len(self._text))

    def _go(self, place: int) -> None:
        self.line += self._text.count("\n", self._at, place)
        self._at = place

    def _read_on(self) -> None:
        """Read as much again as is at hand, so that a long document is not read too often."""
        rest = self._text[self._at :]
        more = self._stream.read(max(PIECE, len(rest)))
        self._text, self._at, self._is_all = rest + more, 0, not more


def next_value(text: str, at: int) -> int:
    """Return where the next document begins, over blanks and the marks of an array."""
    while at < len(text) and (text[at].isspace() or text[at] in "[],"):
        at += 1
    return at
