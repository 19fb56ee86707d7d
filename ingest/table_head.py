"""The head of a table that no format knows, and what its columns may mean by their names."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from ingest.files import sample_of
from ingest.mapping import SYNONYMS, TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

FIRST_ROWS: Final = 5
LIKE_ENOUGH: Final = 0.82
"""Names at least this much alike are taken for the same word; "cost" and "count" are not."""

_SEPARATORS: Final = ",\t;|"
_SPOKEN: Final[Mapping[str, str]] = {
    "date": "time",
    "datetime": "time",
    "created": "time",
    "created_at": "time",
    "day": "time",
    "when": "time",
    "ts": "time",
    "in": "input",
    "out": "output",
    "llm": "model",
    "model_name": "model",
    "num_requests": "requests",
    "request_count": "requests",
    "calls": "requests",
    "tokens_in": "input",
    "in_tokens": "input",
    "tokens_out": "output",
    "out_tokens": "output",
    "cache_read_tokens": "cached_input",
    "service_tier": "tier",
    "cost_usd": "reported_cost",
    "spend": "reported_cost",
    "vendor": "provider",
    "context_tokens": "input",
    "generated_tokens": "output",
}
"""Names that people give columns, beside those that exports use."""


@dataclass(frozen=True)
class TableHead:
    """The columns of a table and the values of its first rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def examples(self, column: str) -> list[str]:
        """Return the first values of a column that are not empty."""
        place = self.columns.index(column)
        return [row[place] for row in self.rows if len(row) > place and row[place].strip()]


def table_head(path: Path) -> TableHead:
    """Return the head of a table; a file that cannot be read as one has no columns.

    Raises:
        UnreadableFileError: The file is not there or ends early.
    """
    lines = sample_of(path).lines
    if not lines:
        return TableHead((), ())
    separator = max(_SEPARATORS, key=lines[0].count)
    records = _records(lines, separator)
    columns = next(records, ())
    return TableHead(
        columns, tuple(row for row, _ in zip(records, range(FIRST_ROWS), strict=False))
    )


def _records(lines: Sequence[str], separator: str) -> Iterator[tuple[str, ...]]:
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator)
    try:
        for cells in reader:
            yield tuple(cells)
    except csv.Error:
        return


def guessed_columns(columns: Sequence[str]) -> dict[str, str]:
    """Return the column that each target is likely to be, by its name; each is used once."""
    ranked = sorted(
        (
            (-_likeness(_word(column), word), place, target, column)
            for place, column in enumerate(columns)
            for word, target in _known().items()
        ),
    )
    found: dict[str, str] = {}
    for likeness, _, target, column in ranked:
        if -likeness < LIKE_ENOUGH:
            break
        if target not in found and column not in found.values():
            found[target] = column
    return found


def _known() -> dict[str, str]:
    return {**{target: target for target in TARGETS}, **_SPOKEN, **SYNONYMS}


def _word(column: str) -> str:
    """Return a column's name as targets are written: ``Prompt Tokens`` is ``prompt_tokens``."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column)
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")


def _likeness(word: str, known: str) -> float:
    return 1.0 if word == known else SequenceMatcher(None, word, known).ratio()
