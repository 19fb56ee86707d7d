"""``tollbook serve`` and ``tollbook demo``."""

from __future__ import annotations

import errno
import logging
import os
import socket
from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from tollbook.access import LOCAL_NAMES, gated
from tollbook.alerting import looking_beside
from tollbook.clock import clock_at
from tollbook.errors import TollbookError, UsageProblem
from tollbook.invocation import Invocation, with_invocation
from tollbook.options import DEFAULT_STORE, command, given
from tollbook.progress import ProgressLine
from tollbook.samples import DEMO_NOW, DEMO_STORE, demo_configuration, import_demo

if TYPE_CHECKING:
    from pathlib import Path

    from dashboard.context import DashboardContext, Source
    from ingest.settings import Server

LOCAL = "127.0.0.1"
LOOK_EVERY = timedelta(minutes=15)
PORT = 8050
THREADS = 8

port_option = click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    metavar="PORT",
    default=PORT,
    show_default=True,
    help="Listen here.",
)


@command("serve")
@click.option(
    "--host", metavar="ADDRESS", default=LOCAL, show_default=True, help="Bind to this address."
)
@port_option
@click.option("--alerts", is_flag=True, help="Look at budgets beside it, every 15 minutes.")
@with_invocation
def serve_command(
    invocation: Invocation,
    host: str,
    port: int,
    alerts: bool,  # noqa: FBT001 - click passes flags by name
) -> None:
    """Open the dashboard.

    Without server.auth in the configuration it binds to 127.0.0.1 only.
    """
    from dashboard.context import DashboardContext

    server = invocation.configuration.server
    _check_host(host, server)
    password = _password(server)
    context = DashboardContext(own_source(invocation), open_demo=lambda: demo_source(DEMO_STORE))
    with looking_beside(invocation, LOOK_EVERY) if alerts else nullcontext():
        _serve(invocation, context, server, password, host, port)


@command("demo")
@click.option("--no-serve", is_flag=True, help="Only import the sample usage.")
@port_option
@click.pass_context
@with_invocation
def demo_command(
    invocation: Invocation,
    ctx: click.Context,
    no_serve: bool,  # noqa: FBT001 - click passes flags by name
    port: int,
) -> None:
    """Import the sample usage and open the dashboard on it.

    The usage goes into demo.duckdb, or the store that --db names; a second time
    nothing is added. The clock stands at 2026-11-20 12:00 UTC.
    """
    path = given(ctx, "db") or DEMO_STORE
    line = ProgressLine(quiet=True)
    added = import_demo(path, line.show)
    line.clear()
    said = f"{added:,} sample rows imported into {path}" if added else f"{path} is up to date"
    invocation.output.note(f"{said}.")
    if no_serve:
        if invocation.as_json:
            invocation.output.result({"db": str(path), "rows_added": added, "url": None})
        return
    _open_demo(invocation, path, port)


def _open_demo(invocation: Invocation, path: Path, port: int) -> None:
    from dashboard.context import DashboardContext
    from ingest.settings import Server

    own = Invocation(DEFAULT_STORE, invocation.config, None, invocation.as_json)
    source = demo_source(path, invocation)
    context = DashboardContext(source, open_own=lambda: own_source(own))
    _serve(invocation, context, Server(), None, LOCAL, port)


def own_source(invocation: Invocation) -> Source:
    """Return the store, prices, configuration and clock that the command line names."""
    from dashboard.context import Source

    return Source(invocation.db, invocation.book, invocation.configuration, invocation.clock)


def demo_source(path: Path, invocation: Invocation | None = None) -> Source:
    """Return the demo, imported where it is not yet; its clock stands still."""
    from dashboard.context import Source
    from pricing import load_book

    import_demo(path)
    now = invocation.pinned if invocation and invocation.pinned else DEMO_NOW
    own = invocation.configuration if invocation and invocation.config else None
    configuration = own or demo_configuration()
    book = load_book(configuration.contract)
    return Source(path, book, configuration, clock_at(now), demo=True)


def _check_host(host: str, server: Server) -> None:
    if server.auth == "none" and host not in LOCAL_NAMES:
        raise UsageProblem(
            f"--host {host} would show the dashboard to others without asking who they are; set "
            "server.auth to password or proxy_header in tollbook.yaml, or serve on 127.0.0.1"
        )


def _password(server: Server) -> str | None:
    if server.auth != "password":
        return None
    password = os.environ.get(server.password_env)
    if not password:
        raise UsageProblem(
            f"server.auth is password, and the environment variable {server.password_env} "
            "is not set; set it to the password"
        )
    return password


def _serve(
    invocation: Invocation,
    context: DashboardContext,
    server: Server,
    password: str | None,
    host: str,
    port: int,
) -> None:
    """Serve until interrupted; TollbookError where the address cannot be bound."""
    with _bound(host, port) as bound:
        import waitress

        from dashboard.app import create_app
        from dashboard.uploads import LARGEST_BYTES

        application = gated(create_app(context).server, server, password)
        waiting = waitress.create_server(
            application,
            sockets=[bound],
            threads=THREADS,
            ident=None,
            max_request_body_size=LARGEST_BYTES,
        )
        url = f"http://{host}:{port}"
        if invocation.as_json:
            invocation.output.result({"url": url, "db": str(context.store_path)})
        # Two tabs at once are no news, and nobody can do anything about them.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        invocation.output.note(f"Tollbook is at {url} (Ctrl-C stops it).")
        try:
            waiting.run()
        finally:
            context.imports.close()


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address, before anything heavy is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise TollbookError(f"port {port} is in use; choose another with --port") from error
        raise TollbookError(f"cannot bind to {host}:{port}: {error.strerror}") from error
