"""Names in bills as they may be kept: without addresses of people, and without secrets."""

from __future__ import annotations

import hashlib
import re
from typing import Final

ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
SECRET: Final = re.compile(r"(sk-|sk_|AIza|[0-9A-Fa-f]{32,}$)")
"""How secret keys begin, as the store knows them."""
SHOWN_OF_A_KEY: Final = 4
LONGEST: Final = 200


def kept_name(text: str | None, *, is_key: bool = False) -> str | None:
    """Return a name; a hash where it holds an address, the last characters of a secret key."""
    if text is None:
        return None
    if ADDRESS.search(text):
        return "mail:" + hashlib.sha256(text.encode()).hexdigest()[:16]
    if is_key and SECRET.match(text):
        return "..." + text[-SHOWN_OF_A_KEY:]
    return text[:LONGEST]
