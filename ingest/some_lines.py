"""Some lines of a large file, as files of their own that the same projection reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.files import picked_lines, spread_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from ingest.projection import Projection


@dataclass(frozen=True)
class SomeLines:
    """Lines of the file at ``path``; ``over`` makes its projection over another file."""

    path: Path
    over: Callable[[Path], Projection]
    workspace: Path

    def sample(self) -> Projection:
        """Return a projection of lines from all over the file."""
        return self._of("sample.jsonl", spread_lines(self.path))

    def at(self, places: Sequence[int]) -> Projection:
        """Return a projection of the lines of rows, by their places from 0."""
        lines = (line for _, _, line in picked_lines(self.path, places))
        return self._of("picked.jsonl", (line.rstrip(b"\r\n") + b"\n" for line in lines))

    def _of(self, name: str, lines: Iterable[bytes]) -> Projection:
        with (self.workspace / name).open("wb") as out:
            out.writelines(lines)
        return self.over(self.workspace / name)
