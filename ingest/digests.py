"""Short names for what rows have in common, the same in every export and on every machine."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

LENGTH: Final = 32


def digest_of(parts: Sequence[object]) -> str:
    """Return a hash of texts, numbers and lists of them, in which their order counts."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:LENGTH]
