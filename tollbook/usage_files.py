"""Which files the words after ``import`` mean: files, folders, patterns, standard input."""

from __future__ import annotations

import glob
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tollbook.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SUFFIXES = frozenset({".csv", ".json", ".jsonl", ".ndjson", ".parquet"})
PACKED = frozenset({".gz", ".zst"})
BEING_FETCHED = ".fetch"
"""How folders of pages end that 'tollbook fetch' keeps beside the store."""

STANDARD_INPUT = "-"


@contextmanager
def standard_input_in_a_file(words: Sequence[str]) -> Iterator[Path | None]:
    """Give a file with what standard input holds if ``-`` is among the words, else None."""
    if STANDARD_INPUT not in words:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="tollbook-stdin-") as folder:
        path = Path(folder) / "standard-input"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield path


def usage_files(words: Sequence[str]) -> tuple[Path, ...]:
    """Return the files that the words name, each once; UsageProblem where one names none."""
    found: dict[Path, None] = {}
    for word in words:
        found |= dict.fromkeys(_files_of(word))
    return tuple(found)


def _files_of(word: str) -> list[Path]:
    path = Path(word)
    if path.is_dir():
        files = usage_in(path)
        if not files:
            kinds = ", ".join(sorted(SUFFIXES))
            raise UsageProblem(f"there is no usage file ({kinds}) in the folder {word}")
        return files
    if path.exists():
        return [path]
    matches = glob.glob(word, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
    files = [Path(each) for each in sorted(matches) if Path(each).is_file()]
    if not files:
        raise UsageProblem(f"there is no file {word}")
    return files


def usage_in(folder: Path) -> list[Path]:
    """Return the files in a folder, and in those below it, that are named like usage."""
    return [each for each in sorted(folder.rglob("*")) if _is_usage(each, folder)]


def _is_usage(path: Path, folder: Path) -> bool:
    """Tell whether a file in a folder is named like usage, and lies in no folder apart.

    Hidden folders are apart, and those with pages that are still being fetched.
    """
    below = path.relative_to(folder)
    hidden = any(part.startswith(".") for part in below.parts)
    hidden = hidden or any(part.endswith(BEING_FETCHED) for part in below.parts[:-1])
    suffixes = [suffix for suffix in path.suffixes if suffix not in PACKED]
    return path.is_file() and not hidden and bool(suffixes) and suffixes[-1] in SUFFIXES
