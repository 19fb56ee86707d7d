"""Answers of the store as JSON that says what everything is, so that it comes back the same."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from costmodel.caching import Basis, FeatureCaching, Possible, SeenShares
from costmodel.rate_limits import Load
from costmodel.threshold import TwoByTwo
from costmodel.usage import Cell, PricingKey
from ingest.store import CallFacts, CallsFound, PairTries, SampledSessions
from ingest.store.tries import Pair, TrySum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

CLASSES: Final[Mapping[str, Callable[..., Any]]] = {
    each.__name__: each
    for each in (
        *(Basis, FeatureCaching, Possible, SeenShares, Load, TwoByTwo, Cell, PricingKey),
        *(CallFacts, CallsFound, PairTries, Pair, TrySum, SampledSessions),
    )
}
"""Nothing else is made from a text."""


def written(answer: object) -> str:
    """Return an answer as text; raises ``TypeError`` for what cannot be told."""
    return json.dumps(_plain(answer))


def parsed(text: str) -> object:
    """Return an answer; raises ``ValueError``, ``LookupError`` or ``TypeError`` if it is none."""
    return _made(json.loads(text))


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if value is None or (isinstance(value, bool | int | float | str) and not _is_named(value)):
        return value
    return {"is": type(value).__name__, "of": [_plain(each) for each in _parts(value)]}


def _is_named(value: object) -> bool:
    return type(value).__name__ in CLASSES


def _parts(value: object) -> Iterable[object]:
    """Return what ``_MAKERS`` makes a value from."""
    if isinstance(value, tuple):
        return value
    if isinstance(value, dict):
        return map(list, value.items())
    if isinstance(value, date):
        return (value.isoformat(),)
    if isinstance(value, StrEnum | Fraction):
        return (str(value),)
    if is_dataclass(value) and _is_named(value):
        return (getattr(value, each.name) for each in fields(value))
    raise TypeError(type(value).__name__)


_MAKERS: Final[Mapping[str, Callable[..., Any]]] = {
    **CLASSES,
    "tuple": lambda *parts: parts,
    "dict": lambda *pairs: {key: value for key, value in pairs},  # noqa: C416  pairs are lists
    "Fraction": Fraction,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
}


def _made(value: Any) -> Any:  # noqa: ANN401  any JSON
    if isinstance(value, list):
        return [_made(each) for each in value]
    if isinstance(value, dict):
        return _MAKERS[value["is"]](*map(_made, value["of"]))
    return value
