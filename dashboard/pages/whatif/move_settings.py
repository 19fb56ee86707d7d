"""Moves as settings of What-if's five controls, where these can say them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from costmodel.flows import ZERO
from costmodel.levers import StartWith
from dashboard.pages.whatif.settings import Settings

if TYPE_CHECKING:
    from fractions import Fraction

    from costmodel.controls import Controls
    from costmodel.moves import Move
    from dashboard.pages.whatif.screen import Screen


def with_move(feature: str | None, move: Move, screen: Screen) -> Settings | None:
    """Return the page's settings for a feature's move, None where no control can say it.

    A plan that says the same already gets this feature too; another one is replaced.
    """
    alone = _settings(move, screen)
    if alone is None or not screen.board.features:
        return alone
    before = screen.board.chosen if _says_the_same(alone, screen) else ()
    return replace(alone, features=tuple(dict.fromkeys((*before, feature))))


def is_in_plan(feature: str | None, move: Move, screen: Screen) -> bool:
    """Tell whether the plan on screen makes this move for the feature already."""
    alone = _settings(move, screen)
    is_touched = feature in screen.board.chosen or not screen.board.features
    return alone is not None and is_touched and _says_the_same(alone, screen)


def _settings(move: Move, screen: Screen) -> Settings | None:
    """Return settings that say this move and nothing else; the limit stays."""
    nothing = Settings(start=(), limit=screen.settings.limit)
    if move.kind == "cache" and move.share is not None:
        return replace(nothing, cache=move.share)
    if move.kind == "batch":
        return replace(nothing, batch=move.share or ZERO)
    lever = move.levers[0]
    board = screen.board
    if not isinstance(lever, StartWith) or lever.family != board.base.family:
        return None
    if any(name not in board.choices for name, _ in lever.starts):
        return None
    if lever.escalate and lever.full != board.base.full:
        return None
    return replace(nothing, start=lever.starts, escalate=lever.escalate)


def _says_the_same(settings: Settings, screen: Screen) -> bool:
    """Tell whether the plan on screen has these settings for the features it touches."""
    alike = _said(screen.controls) == _said(screen.board.controls(settings))
    return alike and not screen.controls.more


def _said(controls: Controls) -> tuple[object, ...]:
    """Return what matters of controls: without a model to start with nothing escalates."""
    escalate: Fraction = controls.escalate if controls.start_with else ZERO
    how = controls.escalation if escalate else None
    return controls.start_with, escalate, how, controls.cache, controls.batch, controls.growth
