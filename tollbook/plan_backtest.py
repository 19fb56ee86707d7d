"""``tollbook plan --backtest``: how plans over this usage did, replayed on its past."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from tollbook.errors import UsageProblem
from tollbook.plan_history import backtest_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from costmodel.forecast import Backtest
    from tollbook.invocation import Invocation
    from tollbook.plan_changes import Version

F = TypeVar("F", bound="Callable[..., Any]")

DAYS_A_WEEK = 7


def backtest_option(function: F) -> F:
    """Add ``--backtest`` to a command; see ``backtest_answer``."""
    option = click.option(
        "--backtest", is_flag=True, help="Say how such plans did on the weeks that came."
    )
    return option(function)


def replayed(invocation: Invocation, head: Version) -> Backtest | None:
    """Return how plans over the usage of this one did, None with too few days."""
    from costmodel.plan import LedgerBaseline

    start = head.plan.baseline
    if not isinstance(start, LedgerBaseline):
        raise UsageProblem("typed numbers have no past to replay; leave --backtest out")
    return backtest_of(invocation, start)


def backtest_answer(found: Backtest | None) -> dict[str, Any] | None:
    """Return a backtest as JSON: shares between 0 and 1, null with too few days.

    ``weeks`` is over how many weeks each prediction reached.
    """
    if found is None:
        return None
    return {
        "error": found.mean_error,
        "coverage": found.held,
        "weeks": found.horizon_days // DAYS_A_WEEK,
        "replays": found.replays,
        "last_week_error": found.last_week_error,
        "forecastable": found.is_forecastable,
    }


def backtest_text(found: Backtest | None) -> str:
    """Return a backtest as a sentence."""
    from costmodel.backtest_words import TOO_FEW, backtest_sentence

    return f"{TOO_FEW.capitalize()}." if found is None else backtest_sentence(found)
