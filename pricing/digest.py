"""A fingerprint of a price book: two books with the same one price everything alike."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from costmodel.book import PriceBook

LENGTH = 16


def book_digest(book: PriceBook) -> str:
    """Return 16 hexadecimal digits over all models, rates and the contract."""
    cards = sorted(json.dumps(_plain(card), sort_keys=True) for card in book.cards)
    models = sorted(json.dumps(_plain(model), sort_keys=True) for model in book.models)
    contract = json.dumps(_plain(book.contract), sort_keys=True)
    return hashlib.sha256("\n".join([*models, *cards, contract]).encode()).hexdigest()[:LENGTH]


def _plain(value: object) -> object:
    """Return a value as JSON can write it, the same for equal values."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, set | frozenset):
        return sorted(str(each) for each in value)
    return None if value is None else str(value)
