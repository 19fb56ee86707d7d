"""Goal Seek: which setting of one slider meets a budget, by division on corner costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from costmodel.corners import CornerTable


@dataclass(frozen=True)
class Goal:
    """The setting that costs exactly the budget, or the cheapest one where none does.

    ``met``: ``exactly`` at ``setting``; ``always`` (every setting is within the
    budget); ``never`` (``setting`` is the cheapest, ``cost`` what it costs).
    """

    axis: str
    met: Literal["exactly", "always", "never"]
    setting: Fraction
    cost: Fraction


def seek(table: CornerTable, point: Mapping[str, object], axis: str, budget: Fraction) -> Goal:
    """Return the setting of ``axis`` that meets the budget, all else as in ``point``."""
    raise NotImplementedError
