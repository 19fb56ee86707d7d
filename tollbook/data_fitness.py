"""The options that make a command exit with 4: usage that is too old, or has no price."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tollbook.errors import DataUnfit
from tollbook.numbers import reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.store import Store
    from tollbook.invocation import Invocation

F = TypeVar("F", bound="Callable[..., Any]")

MINUTE = "%Y-%m-%d %H:%M"


def age_of(text: str) -> timedelta:
    """Return the time that a number and a unit mean, such as ``36h``."""
    from ingest.ages import parse_age

    return parse_age(text)


def fitness_options(function: F) -> F:
    """Add ``--require-fresh`` and ``--require-priced`` to a command."""
    options = [
        click.option(
            "--require-fresh",
            callback=reading(age_of),
            metavar="AGE",
            help="Exit with 4 where usage ends longer ago than this, such as 36h.",
        ),
        click.option(
            "--require-priced", is_flag=True, help="Exit with 4 where some usage has no price."
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def check_fresh(invocation: Invocation, store: Store, allowed: timedelta) -> None:
    """Raise ``DataUnfit`` where the usage of a store ends longer ago than allowed."""
    from ingest.ages import age_text

    reached = store.watermark()
    if reached is None:
        raise DataUnfit("there is no usage, so it is not fresh")
    age = max(invocation.now - reached, timedelta(0))
    if age > allowed:
        raise DataUnfit(
            f"usage ends at {reached:{MINUTE}} UTC, {age_text(age)} ago; import newer exports"
        )
