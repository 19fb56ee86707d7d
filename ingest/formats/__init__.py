"""Formats of usage exports: each knows its own files and how their rows read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.formats.api_objects import ApiObjects

if TYPE_CHECKING:
    from ingest.formats.base import Format

FORMATS: Final[tuple[Format, ...]] = (ApiObjects(),)
"""All formats that claim files by themselves."""

MAPPED: Final[Format] = ApiObjects()
