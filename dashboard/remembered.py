"""Answers of the store that hold until it changes; a page asks them again and again."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import datetime

    from ingest.store import Store, StoredCharge

Answer = TypeVar("Answer")

_KEPT = 64
_answers: OrderedDict[Hashable, object] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True)
class Facts:
    """What every page asks of a store: from when to when, how far, lines set aside, any bill."""

    extent: tuple[datetime, datetime] | None
    watermark: datetime | None
    lines_set_aside: int
    has_charges: bool = False

    @property
    def is_empty(self) -> bool:
        """Tell whether there is no usage at all."""
        return self.extent is None


def facts_of(store: Store) -> Facts:
    """Return the facts of a store as it is now."""
    return remembered(store, "facts", lambda: _facts(store))


def remembered(store: Store, name: Hashable, ask: Callable[[], Answer]) -> Answer:
    """Return what ``ask`` answered for this state of the store, asking once."""
    key = (store.path, store.version(), name)
    with _lock:
        if key in _answers:
            _answers.move_to_end(key)
            return cast("Answer", _answers[key])
    answer = ask()
    with _lock:
        _answers[key] = answer
        while len(_answers) > _KEPT:
            _answers.popitem(last=False)
    return answer


def _facts(store: Store) -> Facts:
    counted = (each.counts.rows_set_aside for each in store.imports() if not each.undone)
    return Facts(store.extent(), store.watermark(), sum(counted), bool(charges_of(store)))


def charges_of(store: Store) -> list[StoredCharge]:
    """Return the lines of bills that count in a store as it is now."""
    return remembered(store, "charges", store.charges)
