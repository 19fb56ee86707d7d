"""One state of What-if, worked out: everything that the page shows, from an address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from costmodel.controls import Controls, levers_of
from costmodel.scenario import Outcome, evaluate
from costmodel.workload import WorkloadError
from dashboard.figures.palette import model_colours
from dashboard.model_hues import hues_of
from dashboard.pages.whatif import words
from dashboard.pages.whatif.baseline import baseline_view
from dashboard.pages.whatif.board import Board, board_of
from dashboard.pages.whatif.likely import NO_RANGE_TYPED, likely_of, likely_text
from dashboard.pages.whatif.outlook import Outlook, outlook
from dashboard.pages.whatif.settings import Settings, TypedNumbers, parse_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from dashboard.context import DashboardContext
    from dashboard.state import State
    from dashboard.view import View


@dataclass(frozen=True)
class Screen:
    """A board at its settings: ``outcome`` is computed exactly, ``view`` from the corners.

    ``seen`` is the usage that the board is of, None for typed numbers.
    """

    state: State
    settings: Settings
    board: Board
    hues: Mapping[str, str]
    notices: tuple[str, ...] = ()
    seen: View | None = None

    @cached_property
    def controls(self) -> Controls:
        """Return the controls as set."""
        return self.board.controls(self.settings)

    @cached_property
    def view(self) -> Outlook:
        """Return today, the plan, the steps between them, and the months."""
        return outlook(self.board.table, self.controls)

    @cached_property
    def outcome(self) -> Outcome:
        """Return what the plan costs, exactly, with its usage and what it assumes."""
        return evaluate(
            self.board.baseline,
            levers_of(self.controls),
            self.board.book,
            as_of=self.board.today,
            by=tuple(self.board.base.where),
        )

    @property
    def limit(self) -> Fraction | None:
        """Return the limit of a month: typed, else from a budget."""
        return self.board.limit if self.settings.limit is None else self.settings.limit

    @property
    def target(self) -> Fraction | None:
        """Return the amount that settings are sought for: typed, else the limit."""
        return self.limit if self.settings.target is None else self.settings.target

    @property
    def sentence(self) -> str:
        """Return the sentence on top, with the exact cost of the plan."""
        return words.sentence(
            self.view.today, self.outcome.cost, self.board.currency, at_least=self.board.at_least
        )

    @property
    def limit_line(self) -> words.LimitLine:
        """Return what the limit says of the plan."""
        return words.limit_line(self.outcome.cost, self.limit, self.board.table, self.controls)

    @cached_property
    def likely_line(self) -> str:
        """Return the likely range and the chance to cross the limit; it takes a second to draw."""
        if self.seen is None:
            return NO_RANGE_TYPED
        likely = likely_of(self.seen, self.board, self.controls, self.limit)
        return likely_text(likely, self.limit, self.board.currency)

    @property
    def second_line(self) -> str:
        """Return the likely range and what the limit says."""
        return " ".join(part for part in (self.likely_line, self.limit_line.text) if part)


def screen_of(context: DashboardContext, state: State) -> Screen:
    """Return the page of an address; numbers that make no workload become the guide's."""
    source = context.source
    settings = parse_settings(state.own)
    today = source.clock().date()
    if settings.typed is not None:
        return _typed_screen(context, state, settings)
    view = baseline_view(context, state)
    board = board_of(view, settings, source, today)
    notices = (
        *settings.notices,
        *board.usage.notices,
        *board.notices,
        *_start_notice(board, settings),
    )
    return Screen(state, settings, board, hues_of(view), notices, view)


def _typed_screen(context: DashboardContext, state: State, settings: Settings) -> Screen:
    source = context.source
    today = source.clock().date()
    notices = settings.notices
    try:
        board = board_of(None, settings, source, today)
    except WorkloadError as error:
        settings = Settings(typed=TypedNumbers())
        notices = (*notices, f"{str(error).capitalize()}. The guide's workload is shown.")
        board = board_of(None, settings, source, today)
    notices = (*notices, *board.notices, *_start_notice(board, settings))
    return Screen(state, settings, board, model_colours(board.choices), notices)


def _start_notice(board: Board, settings: Settings) -> tuple[str, ...]:
    unknown = [name for name, _ in settings.start or () if name not in board.choices]
    if not unknown:
        return ()
    choices = ", ".join(board.choices) or "none"
    return (f"This usage cannot start with {', '.join(unknown)}; it can with {choices}.",)
