"""The extra that the cheapest mix needs, for tests of it."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

NEEDS_SCIPY = pytest.mark.skipif(
    find_spec("scipy") is None, reason="scipy is not installed: the extra solver"
)
