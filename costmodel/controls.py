"""The five controls of What-if, as levers."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.levers import Lever


@dataclass(frozen=True)
class Controls:
    """Start with (shares that sum to at most 1; the rest stays as today), escalate, cache,
    batch, growth. ``cache`` None: as today. ``where`` limits all of them.
    """

    start_with: tuple[tuple[str, Fraction], ...] = ()
    full: str = "gpt-4.1"
    escalate: Fraction = Fraction(0)
    escalation: Literal["tried_first", "sent_directly"] = "tried_first"
    cache: Fraction | None = None
    batch: Fraction = Fraction(0)
    growth: Fraction = Fraction(0)
    family: str | None = None
    where: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)


def levers_of(controls: Controls) -> tuple[Lever, ...]:
    """Return the levers that these settings mean."""
    raise NotImplementedError
