"""Exports of JSON objects, one a line or in an array, each with its line; and their members."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from ingest.canonical import Given
from ingest.files import LONGEST_LINE, first_objects, is_lines_of_objects, lines_of
from ingest.json_documents import UNREADABLE, documents
from ingest.values import Fault, storable, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from ingest.canonical import UsageRow
    from ingest.projection import Sample

SHOWN: Final = 40


def objects_of(sample: Sample) -> Iterator[tuple[int, dict[str, Any] | Fault]]:
    """Return line and object of everything in a file, or why it is none."""
    values = _by_line(sample.path) if is_lines_of_objects(sample) else documents(sample.path)
    for line, value in values:
        if value is UNREADABLE:
            yield line, Fault("cannot be read as JSON")
        elif isinstance(value, dict):
            yield line, value
        else:
            yield line, Fault("is JSON, but no object")


def given_objects(
    sample: Sample, read: Callable[[dict[str, Any]], UsageRow | None]
) -> Iterator[Given]:
    """Return what each object of a file reads as: a row, None for no request, or a fault."""
    for line, value in objects_of(sample):
        if isinstance(value, Fault):
            yield Given(line, value)
            continue
        try:
            yield Given(line, read(value))
        except Fault as fault:
            yield Given(line, fault)


def share_of_keys(sample: Sample, usual: AbstractSet[str]) -> float:
    """Return the largest share of the usual keys that one of the first objects has."""
    shares = (len(usual & each.keys()) / len(usual) for each in first_objects(sample))
    return max(shares, default=0.0)


def _by_line(path: Path) -> Iterator[tuple[int, Any]]:
    for number, line in lines_of(path):
        yield number, loaded(line) if len(line) <= LONGEST_LINE else UNREADABLE


def loaded(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value, or ``UNREADABLE``."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return UNREADABLE


def member(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object inside of an object, empty where there is none.

    Raises:
        Fault: There is something else.
    """
    value = values.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Fault(f"{name} is {str(value)[:SHOWN]!r}, not an object")
    return value


def word_of(values: Mapping[str, Any], name: str) -> str | None:
    """Return a name inside of an object, None for nothing.

    Raises:
        Fault: There is an object, an array or a yes or no.
    """
    value = values.get(name)
    if isinstance(value, bool | dict | list):
        raise Fault(f"{name} is {str(value)[:SHOWN]!r}, not a name")
    return text_of(storable(str(value))) if value is not None else None


def last_part(path: str | None) -> str | None:
    """Return the last part of a folder's path, as that names the project and not the person."""
    parts = [part for part in re.split(r"[/\\]", path or "") if part]
    return parts[-1] if parts else None
