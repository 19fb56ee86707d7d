"""Where the real usage files lie, and the skip for a checkout that has none beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

REAL = Path(__file__).parents[2] / "shared" / "real"

needs_real = pytest.mark.skipif(
    not REAL.is_dir(), reason="the real usage files (../shared/real) are not beside this checkout"
)


def real_file(name: str) -> Path:
    """Path of one real file; skips the calling test when it is not there."""
    path = REAL / name
    if not path.exists():
        pytest.skip(f"the real file {name} (../shared/real) is not beside this checkout")
    return path
