"""Reading files in Python: the sample, cleaned copies, and the lines of single rows."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

import zstandard

from ingest.errors import UnreadableFileError
from ingest.projection import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

SAMPLE_BYTES: Final = 256 * 1024
SAMPLE_STEPS: Final = 32
SAMPLE_STEP_BYTES: Final = 8 * 1024
LONGEST_LINE: Final = 16 * 1024 * 1024
BLANK: Final = b" \t\r\v\f\n"
BOM: Final = b"\xef\xbb\xbf"
GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
PARQUET: Final = b"PAR1"

Lines = list[int]


LARGEST_PACKED_RATIO: Final = 100
UNCHECKED_BYTES: Final = 256 * 1024 * 1024
"""A packed file may grow to this without a question; beyond it, usage never packs 100 to 1."""


class _Unpacked(io.RawIOBase):
    """What is in a packed file, as long as it does not grow beyond all measure."""

    def __init__(self, stream: IO[bytes], packed_bytes: int) -> None:
        super().__init__()
        self._stream = stream
        self._left = max(UNCHECKED_BYTES, LARGEST_PACKED_RATIO * packed_bytes)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - any writable buffer
        piece = self._stream.read(len(buffer))
        self._left -= len(piece)
        if self._left < 0:
            raise UnreadableFileError(
                f"unpacks to more than {LARGEST_PACKED_RATIO} times its size: "
                "unpack it yourself if it is really usage"
            )
        buffer[: len(piece)] = piece
        return len(piece)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, unpacking gzip and zstd.

    Raises:
        UnreadableFileError: The file is not there, ends early, or grows beyond all measure.
    """
    try:
        with path.open("rb") as file, _unpacked(file, path) as stream:
            yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
        raise UnreadableFileError(
            f"{path}: the packed file ends early or is damaged: export it again"
        ) from error
    except UnreadableFileError as error:
        named = str(error) if str(path) in str(error) else f"{path}: {error}"
        raise UnreadableFileError(named) from error
    except OSError as error:
        raise UnreadableFileError(f"{path}: cannot be read: {error.strerror}") from error


def _unpacked(file: IO[bytes], path: Path) -> IO[bytes]:
    """Return the stream of a file that stands at its start, unpacked if it is packed."""
    start = file.read(len(ZSTD))
    file.seek(0)
    if not start.startswith((GZIP, ZSTD)):
        return file
    inner = _Zstd(file) if start == ZSTD else gzip.GzipFile(fileobj=file)
    packed_bytes = path.stat().st_size
    return io.BufferedReader(_Unpacked(cast("IO[bytes]", inner), packed_bytes), SAMPLE_BYTES)


class _Zstd:
    """A zstd stream that says so when it ends inside a frame; the library's reader does not."""

    PIECE_BYTES: Final = 4_096  # so few can grow to 128 MB, not more

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._packed = self._ready = b""

    def read(self, size: int) -> bytes:
        """Return up to so many bytes, none at the end of the last frame."""
        while not self._ready:
            self._packed = self._packed or self._file.read(self.PIECE_BYTES)
            if not self._packed:
                if not self._frame.eof:
                    raise EOFError
                return b""
            if self._frame.eof:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            self._ready = self._frame.decompress(self._packed)
            self._packed = self._frame.unused_data if self._frame.eof else b""
        piece, self._ready = self._ready[:size], self._ready[size:]
        return piece


def sample_of(path: Path) -> Sample:
    """Return the start of a file; a file that is no text gives its first bytes as Latin-1."""
    with opened(path) as stream:
        start = stream.read(SAMPLE_BYTES + 1)
    complete = len(start) <= SAMPLE_BYTES
    start = start[:SAMPLE_BYTES].removeprefix(BOM)
    if start.startswith(PARQUET):
        return Sample(path, start.decode("latin-1"), complete)
    return Sample(path, start.decode("utf-8", errors="replace"), complete)


def is_clean(path: Path) -> bool:
    """Tell whether DuckDB can read the file itself: it is not packed, and no mark leads."""
    with path.open("rb") as stream:
        return not stream.read(len(ZSTD)).startswith((GZIP, ZSTD, BOM))


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """Return number and bytes of every line that is not blank."""
    with opened(path) as stream:
        for number, line in enumerate(stream, start=1):
            text = line.removeprefix(BOM) if number == 1 else line
            if text.strip(BLANK):
                yield number, text


def picked_lines(path: Path, places: Sequence[int]) -> Iterator[tuple[int, int, str]]:
    """Return place, line number and text of the lines at places, counted over non-blank lines."""
    wanted = iter(sorted(places))
    place = next(wanted, None)
    for at, (number, line) in enumerate(lines_of(path)):
        if place is None:
            return
        if at == place:
            yield place, number, line.decode("utf-8", errors="replace")
            place = next(wanted, None)


def reasons_of_lines(
    path: Path,
    places: Sequence[int],
    explain: Callable[[str], str],
    numbers: Sequence[int] | None = None,
) -> Iterator[tuple[int, str]]:
    """Return line and reason of rows by their place; ``numbers`` has the lines of a copy's rows."""
    for place, number, text in picked_lines(path, places):
        yield (numbers[place] if numbers is not None else number), explain(text)


def spread_lines(path: Path) -> list[bytes]:
    """Return some lines from all over a file: its first ones and those after equal steps."""
    with opened(path) as stream:
        lines = stream.readlines(SAMPLE_BYTES)
    size = path.stat().st_size
    with path.open("rb") as stream:
        for step in range(1, SAMPLE_STEPS):
            stream.seek(size * step // SAMPLE_STEPS)
            stream.readline()
            lines += stream.readlines(SAMPLE_STEP_BYTES)
    return lines


def clean_copy(path: Path, workspace: Path) -> tuple[Path, Lines]:
    """Copy a file of lines: unpacked, without a mark, and with a stand-in for overlong lines."""
    copy = workspace / "clean.jsonl"
    numbers: Lines = []
    with copy.open("wb") as out:
        for number, line in lines_of(path):
            numbers.append(number)
            out.write(line if len(line) <= LONGEST_LINE else b"!\n")
            if not line.endswith(b"\n"):
                out.write(b"\n")
    return copy, numbers


def unpacked_copy(path: Path, workspace: Path) -> Path:
    """Copy a file unpacked and without a mark, its lines as they are.

    Raises:
        UnreadableFileError: It cannot be read to its end, or there is no room for it.
    """
    copy = workspace / "unpacked"
    try:
        with opened(path) as stream, copy.open("wb") as out:
            out.write(stream.read(SAMPLE_BYTES).removeprefix(BOM))
            shutil.copyfileobj(stream, out, SAMPLE_BYTES)
    except OSError as error:
        raise UnreadableFileError(
            f"{path}: cannot be unpacked into {workspace.parent}: {error.strerror}"
        ) from error
    return copy


def rewritten(
    path: Path, workspace: Path, rows_of: Callable[[Any], Iterable[object]]
) -> tuple[Path, Lines]:
    """Write the rows that each JSON document of a file holds as lines of their own.

    A document that cannot be read becomes one row that is no object; so does what
    follows it in a file that is not one document a line.
    """
    copy = workspace / "rows.jsonl"
    numbers: Lines = []
    with copy.open("w", encoding="utf-8") as out:
        for number, document in documents(path):
            for row in ["!"] if document is UNREADABLE else _texts(rows_of, document):
                numbers.append(number)
                out.write(row + "\n")
    return copy, numbers


def _texts(rows_of: Callable[[Any], Iterable[object]], document: object) -> list[str]:
    """Return the rows of a document as JSON; writing may find too deep what reading did not."""
    try:
        return [json.dumps(row) for row in rows_of(document)]
    except RecursionError:
        return ["!"]


UNREADABLE: Final = object()
"""Stands for text where a JSON document should be."""


def documents(path: Path, decoder: json.JSONDecoder | None = None) -> Iterator[tuple[int, Any]]:
    """Return line and value of every JSON document in a file: one a line, or over many lines.

    The elements of an array at the top are documents of their own.
    """
    with opened(path) as stream:
        text = stream.read().removeprefix(BOM).decode("utf-8", errors="replace")
    decoder = decoder or json.JSONDecoder()
    at, line, counted = 0, 1, 0
    while (at := _next_value(text, at)) < len(text):
        line += text.count("\n", counted, at)
        counted = at
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            yield line, UNREADABLE
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
            continue
        yield line, value


def _next_value(text: str, at: int) -> int:
    """Return where the next document begins, over blanks and the marks of an array."""
    while at < len(text) and (text[at].isspace() or text[at] in "[],"):
        at += 1
    return at


def is_lines_of_objects(sample: Sample) -> bool:
    """Tell whether each of the first lines is a JSON object of its own, or tries to be."""
    lines = sample.lines[:20]
    return any(_object(line) is not None for line in lines) and not sample.text.lstrip().startswith(
        "["
    )


def first_objects(sample: Sample, count: int = 20) -> list[dict[str, Any]]:
    """Return the first JSON objects of a sample, whether one a line or in an array."""
    by_line = [each for line in sample.lines[: 5 * count] if (each := _object(line)) is not None]
    if by_line:
        return by_line[:count]
    decoder = json.JSONDecoder()
    found: list[dict[str, Any]] = []
    at = 0
    while len(found) < count and (at := _next_value(sample.text, at)) < len(sample.text):
        try:
            value, at = decoder.raw_decode(sample.text, at)
        except (ValueError, RecursionError):
            break
        if isinstance(value, dict):
            found.append(value)
    return found


def _object(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def sql_text(path: Path) -> str:
    """Return a path as DuckDB takes it."""
    return str(Path(path))
