"""Bytes of a file, unpacked where it is packed with gzip or zstd."""

from __future__ import annotations

import gzip
import io
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final, cast

import zstandard

from ingest.errors import UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
PIECE_BYTES: Final = 256 * 1024
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
    return io.BufferedReader(_Unpacked(cast("IO[bytes]", inner), packed_bytes), PIECE_BYTES)


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
