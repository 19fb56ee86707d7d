"""What somebody chose for the columns of a table, as the mapping file that an import reads."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Final

from costmodel.meters import METERS
from ingest.errors import MappingError
from ingest.mapping import BUCKET_SECONDS, CONSTANT_TARGETS, TARGETS
from ingest.table_head import guessed_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ingest.table_head import TableHead

COLUMN, CONSTANT = "column.", "constant."
CACHED, BUCKET, ZONE = "input_includes_cached", "bucket", "timezone"
DAY, ORGANISATION = "date", "organisation"
"""Said for this file alone, and so not part of its mapping."""
DAY_NAME: Final = "Day of rows without a time"
DAY_LABEL: Final = f"{DAY_NAME}, as 2026-11-03"

LONGEST = 500


def first_choices(head: TableHead) -> dict[str, str]:
    """Return what the names of the columns suggest."""
    guessed = guessed_columns(head.columns)
    found = {f"{COLUMN}{target}": column for target, column in guessed.items()}
    return {**found, BUCKET: "day"} if "requests" in guessed else found


def known_choices(given: Mapping[str, str]) -> dict[str, str]:
    """Return the choices that mean something; an empty one is none."""
    known = {
        *(f"{COLUMN}{target}" for target in TARGETS),
        *(f"{CONSTANT}{target}" for target in CONSTANT_TARGETS),
        CACHED,
        BUCKET,
        ZONE,
        DAY,
        ORGANISATION,
    }
    return {
        key: value for key, value in given.items() if key in known and 0 < len(value) <= LONGEST
    }


def chosen_day(choices: Mapping[str, str]) -> date | None:
    """Return the day of rows without a time, None where none was chosen.

    Raises:
        MappingError: It cannot be read.
    """
    text = choices.get(DAY, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise MappingError(f"the day {text!r} cannot be read: write it as 2026-11-03") from error


def check_choices(choices: Mapping[str, str]) -> None:
    """Refuse choices that lack something, in the words of the form.

    Raises:
        MappingError: A line for each thing that is missing.
    """
    missing = [words for lacks, words in _LACKING if lacks(choices)]
    if missing:
        raise MappingError("\n".join(missing))


def _has_column(choices: Mapping[str, str], *targets: str) -> bool:
    return any(f"{COLUMN}{target}" in choices for target in targets)


_LACKING: Final[tuple[tuple[Callable[[Mapping[str, str]], bool], str], ...]] = (
    (
        lambda chosen: not _has_column(chosen, *map(str, METERS)),
        "Nothing is counted yet: choose the columns of input tokens and output tokens.",
    ),
    (
        lambda chosen: not _has_column(chosen, "model") and f"{CONSTANT}model" not in chosen,
        "No model yet: choose its column, or write its name under “Model, where no column has it”.",
    ),
    (
        lambda chosen: _has_column(chosen, "cached_input") and CACHED not in chosen,
        "Say under “Input counts the cached tokens” whether it does.",
    ),
    (
        lambda chosen: _has_column(chosen, "requests") and BUCKET not in chosen,
        "Say under “A row is” how long the stretch is whose requests a row sums.",
    ),
)


def mapping_yaml(choices: Mapping[str, str]) -> str:
    """Return the mapping file for ``tollbook import FILE --mapping``."""
    lines = ["# Which column means what; read by: tollbook import FILE --mapping THIS", "type: csv"]
    if choices.get(CACHED) in {"true", "false"}:
        lines.append(f"{CACHED}: {choices[CACHED]}")
    if choices.get(BUCKET) in BUCKET_SECONDS:
        lines.append(f"{BUCKET}: {choices[BUCKET]}")
    if ZONE in choices:
        lines.append(f"{ZONE}: {_quoted(choices[ZONE])}")
    lines += _block("columns", COLUMN, choices)
    lines += _block("constants", CONSTANT, choices)
    return "\n".join(lines) + "\n"


def _block(name: str, prefix: str, choices: Mapping[str, str]) -> Iterator[str]:
    chosen = {key: value for key, value in choices.items() if key.startswith(prefix)}
    if chosen or name == "columns":
        yield f"{name}:" if chosen else f"{name}: {{}}"
    for key, value in chosen.items():
        yield f"  {key.removeprefix(prefix)}: {_quoted(value)}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
