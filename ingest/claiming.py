"""Which format a file is of: the one that claims it, or the one that somebody named."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from ingest.errors import NoFormatError
from ingest.formats import FORMATS, MAPPED

if TYPE_CHECKING:
    from ingest.formats.base import Format
    from ingest.projection import ImportOptions, Sample


def format_of(sample: Sample, options: ImportOptions) -> Format:
    """Return the one format that claims a file.

    Raises:
        NoFormatError: None does, or several do; the message names the nearest.
    """
    if options.mapping is not None:
        return MAPPED
    if options.format is not None:
        return _named(options.format)
    claiming = [each for each in FORMATS if each.claims(sample)]
    if len(claiming) == 1:
        return claiming[0]
    if claiming:
        names = " and ".join(each.name for each in claiming)
        raise NoFormatError(f"{sample.path}: {names} both know this file", "choose with --format")
    if not sample.text.strip():
        raise NoFormatError(f"{sample.path}: the file is empty: export it again")
    raise NoFormatError(f"{sample.path}: no format knows this file", _advice(sample))


def _named(name: str) -> Format:
    for each in (*FORMATS, MAPPED):
        if each.name == name:
            return each
    names = [each.name for each in (*FORMATS, MAPPED)]
    nearest = get_close_matches(name, names, n=1) or names
    raise NoFormatError(f"there is no format {name!r}: did you mean {', '.join(nearest)}?")


def _advice(sample: Sample) -> str:
    nearest = max(FORMATS, key=lambda each: each.nearness(sample))
    other = "describe its columns in a file and name that with --mapping"
    if nearest.nearness(sample) == 0:
        return other
    return f"the nearest is {nearest.name} (try --format {nearest.name}), or {other}"
