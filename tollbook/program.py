"""The program: which commands there are, each imported only when it is called."""

from __future__ import annotations

from importlib import import_module

import click

from tollbook.options import TollbookGroup
from tollbook.program_version import installed_version

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("serving", "Import the sample usage and open the dashboard on it."),
    "import": ("importing", "Read usage exports into the store."),
    "fetch": ("fetching", "Pull usage and costs from a provider into the store."),
    "undo": ("undoing", "Take an import back."),
    "report": ("reporting", "Show what usage cost."),
    "forecast": ("forecasting", "Show where the open month ends."),
    "whatif": ("whatif", "Compare today with other models in one table."),
    "cost": ("cost", "Price one call, part by part."),
    "count": ("count", "Count the tokens of a text."),
    "rate-limits": ("rate_limits", "Hold the busiest minute against the rate limits."),
    "context": ("context", "Plan what calls read: a document, found passages, a conversation."),
    "plan": ("plan", "Price the scenarios of a plan file, and check its limits."),
    "plans": ("plans", "List adopted plans, and hold one against what came."),
    "opportunities": ("opportunities", "Show for every feature the move that saves most."),
    "cache": ("cache", "Show what input comes from prompt caches, and what could."),
    "escalation": ("escalation", "Show what escalating at each confidence costs."),
    "optimise": ("optimise", "Find the cheapest mix of models that is good and quick enough."),
    "reconcile": ("reconciling", "Hold usage times rate against the bill."),
    "export": ("exporting", "Write a report to a file."),
    "alerts": ("alerts", "Look at budgets, and tell people in time."),
    "prices": ("prices", "Look into the price book."),
    "serve": ("serving", "Open the dashboard."),
    "doctor": ("doctor", "Check that everything is in order."),
}
"""Name: module in ``tollbook.commands``, and what ``--help`` says."""


class _LazyGroup(TollbookGroup):
    """The root group: ``--help`` and the choice of a command import no other command."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"tollbook.commands.{COMMANDS[cmd_name][0]}")
        found: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in COMMANDS.items()])


def _print_version(ctx: click.Context, _param: click.Parameter, value: object) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"tollbook {installed_version()}")
        ctx.exit()


@click.group(cls=_LazyGroup)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version.",
)
def program() -> None:
    """What LLM calls cost, why, and what they would cost under another plan.

    Exit codes: 0 fine; 1 failed; 2 wrong use or configuration; 3 a limit is crossed;
    4 usage is too old or has no price. With --json an error is one JSON object on
    stderr: {"error": {"code", "kind", "message"}}.
    """
