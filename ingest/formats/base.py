"""What a format is: it knows its own files and says in SQL how their rows read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.projection import ImportOptions, Opened, Sample


class Format(Protocol):
    """One kind of usage export."""

    @property
    def name(self) -> str:
        """Return the word for ``--format`` and for records."""

    def claims(self, sample: Sample) -> bool:
        """Tell whether a file that begins like this is one of this format."""

    def nearness(self, sample: Sample) -> float:
        """Return how much of the format the sample shows, 0 to 1, to name the nearest."""

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make the file ready to read; copies go into the workspace."""
