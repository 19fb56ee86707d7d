"""What ``tollbook plan`` gives on request beside its scenarios: months, replays, adoption."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from tollbook.plan_adoption import (
    AdoptionAsked,
    adopted,
    adoption_answer,
    adoption_asked,
    adoption_options,
    adoption_text,
)
from tollbook.plan_backtest import backtest_answer, backtest_option, backtest_text, replayed
from tollbook.plan_horizon import (
    HorizonAsked,
    coming_months,
    horizon_answer,
    horizon_asked,
    horizon_options,
    show_horizon,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tollbook.invocation import Invocation
    from tollbook.plan_changes import Version

F = TypeVar("F", bound="Callable[..., Any]")


@dataclass(frozen=True)
class FurtherAsked:
    """What was asked for beside the scenarios; nothing of it by default."""

    ahead: HorizonAsked | None = None
    tests: bool = False
    adoption: AdoptionAsked | None = None

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Return the words by which usage must be grouped for this."""
        from ingest.plan_adoption import GROUPS

        months = self.ahead.dimensions if self.ahead else ()
        return (*months, *(GROUPS if self.adoption else ()))


@dataclass
class Further:
    """The answers: ``answer`` for programs, and what to print for people, in order."""

    answer: dict[str, Any] = field(default_factory=dict)
    shown: list[Callable[[], None]] = field(default_factory=list)

    def show(self) -> None:
        """Print all of it."""
        for show in self.shown:
            show()


def further_options(function: F) -> F:
    """Add all options of this to a command; see ``further_asked``."""
    return horizon_options(backtest_option(adoption_options(function)))


def further_asked(options: dict[str, Any]) -> FurtherAsked:
    """Take the options of this out of all options."""
    return FurtherAsked(
        horizon_asked(options), bool(options.pop("backtest")), adoption_asked(options)
    )


def further_of(invocation: Invocation, file: Path, head: Version, asked: FurtherAsked) -> Further:
    """Return what was asked for; a plan that crosses its limit is not adopted."""
    found, say = Further(), invocation.output.say
    if ahead := asked.ahead:
        months = coming_months(invocation, head, ahead)
        found.answer["horizon"] = horizon_answer(months, ahead)
        found.shown.append(lambda: show_horizon(invocation, months, ahead))
    if asked.tests:
        past = replayed(invocation, head)
        found.answer["backtest"] = backtest_answer(past)
        found.shown.append(lambda: say(backtest_text(past)))
    if asked.adoption:
        found.answer["adopted"] = None
        if not head.result.violations:
            kept = adopted(invocation, file, head, ahead, asked.adoption)
            found.answer["adopted"] = adoption_answer(kept)
            found.shown.append(lambda: say(adoption_text(kept)))
    return found
