"""``tollbook fetch``: usage and costs straight from a provider."""

from __future__ import annotations

import difflib
import os
import random
import urllib.request
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import click

from tollbook import clock
from tollbook.errors import TollbookError, UsageProblem
from tollbook.import_words import failures_text, import_answer, show_imports
from tollbook.importing import choose_views, import_files, options_for, unpriced_volumes
from tollbook.invocation import Invocation, with_invocation
from tollbook.numbers import parse_day, reading
from tollbook.options import TollbookCommand, group
from tollbook.output import listed, plural
from tollbook.progress import StatusLine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.fetching.ranges import Fetched, RangeFolder
    from ingest.fetching.requests import Kind, Provider, Span
    from ingest.fetching.transport import Transport
    from ingest.imports import ImportResult
    from tollbook.importing import Failure

F = TypeVar("F", bound="Callable[..., Any]")

FIRST_DAY = date(2020, 1, 1)
"""No provider has usage from before."""
THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})

width_option = click.option(
    "--width",
    type=click.Choice(["1d", "1h", "1m"]),
    default="1d",
    show_default=True,
    help="Usage in buckets of a day, an hour or a minute.",
)
costs_option = click.option(
    "--costs/--no-costs", default=True, show_default=True, help="What was billed, too."
)


def range_options(function: F) -> F:
    """Add the options that every provider takes."""
    options = [
        click.option(
            "--since",
            required=True,
            callback=reading(parse_day),
            metavar="DAY",
            help="From this day on, in UTC.",
        ),
        click.option(
            "--until",
            callback=reading(parse_day),
            metavar="DAY",
            help="Before this day.  [default: up to now]",
        ),
        click.option(
            "--organisation",
            metavar="NAME",
            help="Whose usage this is.  [default: the configuration's]",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@dataclass(frozen=True)
class Asked:
    """What the options of a command said."""

    since: date
    until: date | None
    organisation: str | None
    base_url: str | None


@group("fetch")
def fetch_command() -> None:
    """Pull usage and costs from a provider into the store.

    The key comes from the environment and is kept nowhere. A run that breaks off goes on
    from its last page when it is started again; usage that is there already adds nothing.
    """


@fetch_command.command("openai", cls=TollbookCommand)
@range_options
@click.option(
    "--kinds", metavar="WORDS", help="Only these, such as completions,embeddings.  [default: all]"
)
@costs_option
@width_option
@click.option("--base-url", metavar="URL", help="Ask there, such as https://eu.api.openai.com/v1.")
@with_invocation
def openai_command(
    invocation: Invocation,
    since: date,
    until: date | None,
    organisation: str | None,
    kinds: str | None,
    costs: bool,  # noqa: FBT001 - click passes it by name
    width: str,
    base_url: str | None,
) -> None:
    """Pull usage and costs of an OpenAI organisation.

    OPENAI_ADMIN_KEY must hold an admin key.
    """
    from ingest.fetching.openai import OPENAI, openai_kinds

    asked = Asked(since, until, organisation, base_url)
    names = kind_words(kinds)
    span = span_of(invocation, asked)
    _fetch(invocation, OPENAI, asked, span, openai_kinds(span, width, names, costs=costs))


@fetch_command.command("anthropic", cls=TollbookCommand)
@range_options
@costs_option
@width_option
@click.option("--base-url", metavar="URL", help="Ask there instead of api.anthropic.com.")
@with_invocation
def anthropic_command(
    invocation: Invocation,
    since: date,
    until: date | None,
    organisation: str | None,
    costs: bool,  # noqa: FBT001 - click passes it by name
    width: str,
    base_url: str | None,
) -> None:
    """Pull usage and costs of an Anthropic organisation.

    ANTHROPIC_ADMIN_KEY must hold an admin key.
    """
    from ingest.fetching.anthropic import ANTHROPIC, anthropic_kinds

    asked = Asked(since, until, organisation, base_url)
    span = span_of(invocation, asked)
    _fetch(invocation, ANTHROPIC, asked, span, anthropic_kinds(span, width, costs=costs))


@fetch_command.command("litellm", cls=TollbookCommand)
@range_options
@click.option("--base-url", required=True, metavar="URL", help="The proxy's address.")
@with_invocation
def litellm_command(
    invocation: Invocation,
    since: date,
    until: date | None,
    organisation: str | None,
    base_url: str,
) -> None:
    """Pull the spend logs of a LiteLLM proxy.

    LITELLM_API_KEY must hold the master key or an admin's key.
    """
    from ingest.fetching.litellm import LITELLM, litellm_kinds

    asked = Asked(since, until, organisation, base_url)
    span = span_of(invocation, asked)
    _fetch(invocation, LITELLM, asked, span, litellm_kinds(span))


def kind_words(text: str | None) -> tuple[str, ...]:
    """Return the kinds of OpenAI's usage that words name, all of them without any."""
    from ingest.fetching.openai import USAGE_GROUPS

    if text is None:
        return tuple(USAGE_GROUPS)
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    for word in words:
        if word not in USAGE_GROUPS:
            near = difflib.get_close_matches(word, USAGE_GROUPS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(USAGE_GROUPS)}"
            raise UsageProblem(f"--kinds does not know {word!r}; {hint}")
    return words


def span_of(invocation: Invocation, asked: Asked) -> Span:
    """Return the range that was asked for; without an end it includes today."""
    from ingest.fetching.requests import Span

    tomorrow = invocation.now.date() + timedelta(days=1)
    until = asked.until or tomorrow
    if asked.since < FIRST_DAY:
        raise UsageProblem(f"--since {asked.since} is too early: nothing is from before 2020")
    if asked.since >= tomorrow:
        raise UsageProblem(f"--since {asked.since} lies in the future")
    if until <= asked.since:
        raise UsageProblem(f"--until {until} does not come after --since {asked.since}")
    return Span(asked.since, min(until, tomorrow), is_open=until >= tomorrow)


def checked_address(text: str, *, needs_tls: bool) -> str:
    """Return the address of a provider without its last slash; UsageProblem for anything else."""
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    plain = text.isascii() and text.isprintable() and " " not in text
    if parts.scheme not in {"http", "https"} or not host or not plain:
        raise UsageProblem("--base-url is no address; write one such as https://llm.example.com")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageProblem("--base-url takes no user, query or fragment; the key is in a header")
    if needs_tls and parts.scheme != "https" and host not in THIS_MACHINE:
        raise UsageProblem(f"--base-url must begin with https: the key would be readable to {host}")
    return text.rstrip("/")


def _transport(
    invocation: Invocation, provider: Provider, asked: Asked, told: Callable[[str], None]
) -> Transport:
    from ingest.fetching.transport import Key, Timing, Transport

    address = asked.base_url or provider.base_url or ""
    base_url = checked_address(address, needs_tls=provider.base_url is not None)
    text = os.environ.get(provider.key_variable)
    if not text:
        raise UsageProblem(f"{provider.key_variable} is not set; it must be {provider.key_words}")
    return Transport(
        provider,
        base_url,
        Key(text, provider),
        Timing(invocation.clock, clock.pause, random.random),
        told,
        urllib.request.getproxies(),
    )


def _fetch(
    invocation: Invocation, provider: Provider, asked: Asked, span: Span, kinds: Sequence[Kind]
) -> None:
    if not kinds:
        raise UsageProblem("there is nothing to fetch; name kinds or leave --no-costs out")
    from ingest.fetching.ranges import RangeFolder, remove_old

    organisation = asked.organisation or invocation.configuration.organisation
    folder = RangeFolder.beside(invocation.db, provider.name, span, organisation or "")
    line = StatusLine()
    transport = _transport(invocation, provider, asked, line.note)
    _check_store(invocation)
    remove_old(folder.parent, provider.name, invocation.now)
    fetched = _pages(kinds, span, transport, folder, line)
    source = f"{provider.name} {{kind}} from {span.since} until before {span.until}"
    results, failures = _imports(invocation, asked, fetched, source)
    if not failures:
        folder.remove()
    _tell(invocation, span, fetched, results, failures)


def _check_store(invocation: Invocation) -> None:
    """Find out before the first request whether the pages can go into the store."""
    from ingest.store import Store

    if not invocation.db.absolute().parent.is_dir():
        raise UsageProblem(f"there is no folder for the store {invocation.db}")
    Store(invocation.db).version()


def _pages(
    kinds: Sequence[Kind], span: Span, transport: Transport, folder: RangeFolder, line: StatusLine
) -> list[Fetched]:
    from ingest.errors import FetchError
    from ingest.fetching.ranges import fetch_range

    try:
        fetched = fetch_range(kinds, span, transport, folder, line.show)
    except (FetchError, OSError, KeyboardInterrupt) as error:
        line.clear()
        if folder.keeps_pages():
            line.note(f"The pages so far are kept in {folder.path}; the same command goes on.")
        else:
            folder.remove()
        if isinstance(error, KeyboardInterrupt):
            raise TollbookError("interrupted before all pages were there") from None
        raise
    line.clear()
    for each in fetched:
        before = f", {each.kept_pages:,} of them from before" if each.kept_pages else ""
        line.note(f"{each.kind}: {plural(each.pages, 'page')}{before}, {plural(each.rows, 'row')}")
    return fetched


def _imports(
    invocation: Invocation, asked: Asked, fetched: Sequence[Fetched], source: str
) -> tuple[list[ImportResult], list[Failure]]:
    """Import what has rows, kind by kind; imports are named, as their files do not last."""
    options = options_for(invocation, organisation=asked.organisation)
    results: list[ImportResult] = []
    failures: list[Failure] = []
    for each in fetched:
        if not each.rows:
            continue
        done, failed = import_files(
            invocation,
            [each.path],
            replace(options, format=each.format),
            quiet=True,
            names={each.path: source.format(kind=each.kind)},
        )
        results += done
        failures += failed
    if results:
        choose_views(invocation)
    return results, failures


def _tell(
    invocation: Invocation,
    span: Span,
    fetched: Sequence[Fetched],
    results: Sequence[ImportResult],
    failures: Sequence[Failure],
) -> None:
    unpriced = unpriced_volumes(invocation, results)
    without = [each.kind for each in fetched if not each.rows]
    if invocation.as_json:
        answer = {
            "since": span.since.isoformat(),
            "until": span.until.isoformat(),
            "fetched": {each.kind: each.pages for each in fetched},
            "kept_from_before": {each.kind: each.kept_pages for each in fetched},
            "without_rows": without,
        }
        invocation.output.result(answer | import_answer(results, failures, unpriced))
    else:
        show_imports(invocation, results, unpriced)
        if without:
            invocation.output.say(f"Without usage from {span.since} on: {listed(without)}.")
    if failures:
        raise TollbookError(failures_text(failures, len(results) + len(failures)))
