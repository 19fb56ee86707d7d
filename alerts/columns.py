"""Columns of whole numbers: numbered, put in order and picked out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]


def numbered(values: Integers) -> tuple[Integers, Integers]:
    """Return the numbers that occur, the least first, and the place of each item's among them."""
    least = values.min(initial=0)
    occurring = np.flatnonzero(np.bincount(values - least))
    places = np.zeros(values.max(initial=0) - least + 1, dtype=np.int64)
    places[occurring] = np.arange(len(occurring))
    return occurring + least, places[values - least]


def order_of(values: Integers) -> Integers:
    """Return the order of whole numbers from 0 on; short ones are sorted without comparing."""
    short = values.astype(np.min_scalar_type(values.max(initial=0)))
    return np.argsort(short, kind="stable")


def places_between(starts: Integers, ends: Integers) -> Integers:
    """Return all places from each start to its end."""
    lengths = ends - starts
    total = int(lengths.sum())
    shift = np.repeat(starts - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
    return np.arange(total) + shift if total else np.zeros(0, dtype=np.int64)
