"""Room on disks: telling a full one from other failures, and saying which it is."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ingest.errors import NoRoomError

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNS: Final = (
    os.strerror(errno.ENOSPC),
    os.strerror(errno.EDQUOT),
    "max_temp_directory_size",  # DuckDB measures the room before it spills
)


def is_full(error: BaseException) -> bool:
    """Tell whether something failed because a disk is full."""
    return any(sign in str(error) for sign in SIGNS)


@contextmanager
def room_to_work(name: str) -> Iterator[None]:
    """Say so where there is no room left for what is made of a file on its way.

    Raises:
        NoRoomError: The folder for temporary files is full.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, NoRoomError) or not is_full(error):
            raise
        raise NoRoomError(
            f"{name}: was not imported, as there is no room left in {tempfile.gettempdir()}: "
            "make room, or name another folder for temporary files in TMPDIR"
        ) from error
