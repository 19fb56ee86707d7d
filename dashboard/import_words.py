"""What became of a file's rows, in words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from costmodel.number_text import count
from dashboard.mapping_choices import DAY_NAME
from ingest.rows import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.imports import ImportResult


class Fates(Protocol):
    """Where the rows of a file went, as an import tells it and as the store remembers it."""

    @property
    def rows_read(self) -> int: ...  # noqa: D102 - the names say it
    @property
    def rows_added(self) -> int: ...  # noqa: D102
    @property
    def rows_replaced(self) -> int: ...  # noqa: D102
    @property
    def rows_duplicate(self) -> int: ...  # noqa: D102
    @property
    def rows_set_aside(self) -> int: ...  # noqa: D102
    @property
    def rows_without_usage(self) -> int: ...  # noqa: D102


def fates_words(fates: Fates) -> str:
    """Return ``1,143 rows read, 1,140 added, 3 set aside``; parts that are nothing are not said."""
    parts = [
        (fates.rows_added, "added"),
        (fates.rows_replaced, "replaced"),
        (fates.rows_duplicate, "already there"),
        (fates.rows_set_aside, "set aside"),
        (fates.rows_without_usage, "without usage"),
    ]
    said = ", ".join(f"{count(number)} {word}" for number, word in parts if number)
    return f"{counted(fates.rows_read, 'row')} read, {said or 'none of them usage'}"


def result_sentence(result: ImportResult) -> str:
    """Return what became of a file that was imported, with its notices."""
    name = Path(result.path).name
    return " ".join([f"{name}: {fates_words(result)}.", *sentences(result.notices)])


def sentences(notices: Iterable[str]) -> list[str]:
    """Return notices as sentences."""
    return [f"{notice[:1].upper()}{notice[1:].removesuffix('.')}." for notice in notices]


def reason_words(reason: str) -> str:
    """Return why a line is set aside in the words of the page, where a command says its options."""
    if not reason.endswith(NO_TIME):
        return reason
    field = f"no time: import the file with its day under “{DAY_NAME}”"
    return f"{reason.removesuffix(NO_TIME)}{field}"


def counted(number: int, word: str) -> str:
    """Return ``1 line``, ``1,204 lines``."""
    return f"{count(number)} {word}" if number == 1 else f"{count(number)} {word}s"
