"""The options that every command takes, before and after its name."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tollbook.clock import parse_moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

DEFAULT_STORE = Path("tollbook.duckdb")
_PREFIX = "tollbook."


def moment(ctx: click.Context, param: click.Parameter, text: str) -> datetime:
    """Return the moment that an option names, in UTC."""
    try:
        return parse_moment(text)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


def _remember(ctx: click.Context, param: click.Parameter, value: object) -> None:
    """Keep a given value for the whole command line; the innermost one wins."""
    if value is not None and value is not False:
        if param.name == "now":
            value = moment(ctx, param, str(value))
        ctx.meta[f"{_PREFIX}{param.name}"] = value


def global_options() -> list[click.Option]:
    """Return new options for one command."""
    shared: dict[str, Any] = {"expose_value": False, "callback": _remember, "is_eager": True}
    path = click.Path(path_type=Path)
    return [
        click.Option(
            ["--db"],
            type=path,
            metavar="FILE",
            help=f"The store.  [default: {DEFAULT_STORE}]",
            **shared,
        ),
        click.Option(
            ["--config"],
            type=path,
            metavar="FILE",
            help="The configuration.  [default: tollbook.yaml beside the store]",
            **shared,
        ),
        click.Option(
            ["--now"],
            metavar="MOMENT",
            help="Take this as the time, for demos and replays.",
            **shared,
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            help="Print one JSON object, money as decimal strings.",
            **shared,
        ),
    ]


def given(ctx: click.Context, name: str) -> Any:  # noqa: ANN401 - each option has its own type
    """Return what a global option was given, None where it was not."""
    return ctx.meta.get(f"{_PREFIX}{name}")


class _WithGlobalOptions(click.Command):
    """A command that takes the global options and lists them apart."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as click takes them
        super().__init__(*args, **kwargs)
        self.params.extend(global_options())

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options first, those of every command after them."""
        names = {"db", "config", "now", "json"}
        own: list[tuple[str, str]] = []
        shared: list[tuple[str, str]] = []
        for param in self.get_params(ctx):
            if not isinstance(param, click.Option):
                continue
            record = param.get_help_record(ctx)
            if record is not None:
                (shared if param.name in names else own).append(record)
        for title, records in (("Options", own), ("For every command", shared)):
            with formatter.section(title):
                formatter.write_dl(records)


class TollbookCommand(_WithGlobalOptions):
    """A command of Tollbook."""


class TollbookGroup(_WithGlobalOptions, click.Group):
    """A group of commands; each member takes the global options too."""

    command_class = TollbookCommand
    group_class = type

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the words name; a mistyped one names the nearest."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], known, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"no such command {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the members of the group after the options."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


def command(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Return the decorator that makes a function a command of Tollbook."""
    return click.command(name, cls=TollbookCommand)


def group(name: str) -> Callable[[Callable[..., Any]], TollbookGroup]:
    """Return the decorator that makes a function a group of commands."""
    return click.group(name, cls=TollbookGroup)
