"""One call of the program: what it was told, and what it works with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from tollbook.clock import clock_at
from tollbook.errors import UsageProblem
from tollbook.options import DEFAULT_STORE, given
from tollbook.output import Output

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from costmodel.book import PriceBook
    from ingest.configuration import Configuration
    from ingest.store import Store

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Invocation:
    """The global options of a call, and the store, prices and configuration they name."""

    db: Path
    config: Path | None
    pinned: datetime | None
    as_json: bool

    @property
    def output(self) -> Output:
        """Return where the words of this call go."""
        return Output(self.as_json)

    @property
    def clock(self) -> Callable[[], datetime]:
        """Return the clock: pinned by ``--now``, else the machine's."""
        return clock_at(self.pinned)

    @cached_property
    def now(self) -> datetime:
        """Return the moment of this call."""
        return self.clock()

    @cached_property
    def configuration(self) -> Configuration:
        """Return the configuration; a file that ``--config`` names must be there."""
        from ingest.configuration import configuration_beside, read_configuration

        if self.config is not None:
            return read_configuration(self.config)
        return configuration_beside(self.db)

    @cached_property
    def book(self) -> PriceBook:
        """Return the shipped prices under the configuration's contract."""
        from pricing import load_book

        return load_book(self.configuration.contract)

    def store(self) -> Store:
        """Return the store of a reading command, which must be there."""
        if not self.db.exists():
            raise UsageProblem(
                f"there is no store {self.db}; import usage into it with 'tollbook import FILE', "
                "or name another with --db"
            )
        from ingest.store import Store

        return Store(self.db)


def with_invocation(
    function: Callable[Concatenate[Invocation, P], R],
) -> Callable[P, R]:
    """Hand the call to a command as its first argument."""

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        ctx = click.get_current_context()
        invocation = Invocation(
            db=given(ctx, "db") or DEFAULT_STORE,
            config=given(ctx, "config"),
            pinned=given(ctx, "now"),
            as_json=bool(given(ctx, "json")),
        )
        return function(invocation, *args, **kwargs)

    return called
