"""What people call the models of a family: full, Mini, Nano."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.moments import day_text

if TYPE_CHECKING:
    from datetime import date

    from costmodel.comparison import Family
    from costmodel.rates import Model

MOST_CHOICES = 6
"""More models to start with than this make a list that nobody reads."""


def short_name(model: str, family: Family | None) -> str:
    """Return ``full``, ``Mini`` or ``Nano`` within the family, any other model's own name."""
    if family is None:
        return model
    if model == family.full.name:
        return "full"
    base = f"{family.full.name}-"
    names = {each.name for each in family.ladder}
    return model.removeprefix(base).capitalize() if model in names and base in model else model


def start_choices(family: Family | None) -> tuple[Model, ...]:
    """Return the models that a plan may start with: small, full, the rest, the successors."""
    if family is None:
        return ()
    first = [model for model in (family.small, family.full) if model]
    rest = [model for model in family.ladder if model not in first]
    kept = (*first, *rest)[: MOST_CHOICES - len(family.successors)]
    return (*kept, *family.successors)


def ended(model: Model, today: date) -> str:
    """Return since when a model is gone, nothing while it answers."""
    life = model.life
    if life.shutdown_on is None or not life.is_gone(today):
        return ""
    return f"gone since {day_text(life.shutdown_on)}"


def listed(names: list[str]) -> str:
    """Return names as a sentence joins them: ``a, b and c``."""
    if len(names) <= 1:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
