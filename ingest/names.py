"""Names as they may be kept: without addresses of people, and without secrets."""

from __future__ import annotations

import hashlib
import re
from typing import Final

ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
SECRET: Final = re.compile(r"(sk-|sk_|AIza|[0-9A-Fa-f]{32,}$)")
"""How secret keys begin, as the store knows them."""
SHOWN_OF_A_KEY: Final = 4
LONGEST: Final = 200


def without_addresses(text: str) -> str:
    """Return a text with a hash in the place of every mail address."""
    return ADDRESS.sub(
        lambda found: "mail:" + hashlib.sha256(found[0].encode()).hexdigest()[:16], text
    )


def end_of_key(key: str) -> str:
    """Return the last characters of a key, which is what is kept of it."""
    return "..." + key[-SHOWN_OF_A_KEY:]


def kept_name(text: str | None, *, is_key: bool = False) -> str | None:
    """Return a name of bearable length without addresses, and of a secret key its end."""
    if text is None:
        return None
    if is_key and SECRET.match(text):
        return end_of_key(text)
    return without_addresses(text)[:LONGEST]
