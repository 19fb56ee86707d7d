"""The options of every command that reports: period, zone, filters, groups."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tollbook.clock import parse_moment
from tollbook.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from ingest.periods import Period
    from ingest.report import ReportQuery
    from tollbook.invocation import Invocation

F = TypeVar("F", bound="Callable[..., Any]")


@dataclass(frozen=True)
class Asked:
    """What the options of a report said."""

    by: str
    since: str | None
    until: str | None
    last: str | None
    tz: str | None
    filters: tuple[str, ...]


_ZONE_AND_FILTERS = (
    click.option("--tz", metavar="ZONE", help="Cut days there.  [default: the configuration's]"),
    click.option(
        "--filter",
        "filters",
        multiple=True,
        metavar="NAME=VALUE",
        help="Only usage with this value; repeat for others. NAME= means not given.",
    ),
)


def report_options(function: F) -> F:
    """Add the options of a report to a command, which gets them as ``asked``."""
    options = [
        click.option(
            "--by",
            default="model",
            show_default=True,
            metavar="WORDS",
            help="Group by these, such as model,feature or month,team.",
        ),
        click.option("--since", metavar="DAY", help="From this day or moment on."),
        click.option("--until", metavar="DAY", help="Before this day or moment."),
        click.option("--last", metavar="RANGE", help="30d, 24h; or a range such as 2026-10."),
        *_ZONE_AND_FILTERS,
    ]
    return _with(options, function)


def usage_options(function: F) -> F:
    """Add the options of a look at recent usage: ``last``, ``tz`` and ``filters``."""
    last = click.option(
        "--last", default="30d", show_default=True, metavar="RANGE", help="30d, 24h, 2026-10, all."
    )
    return _with([last, *_ZONE_AND_FILTERS], function)


def zone_and_filters(function: F) -> F:
    """Add the options ``tz`` and ``filters`` to a command."""
    return _with(_ZONE_AND_FILTERS, function)


def _with(options: Sequence[Callable[[F], F]], function: F) -> F:
    for option in reversed(options):
        function = option(function)
    return function


def query_of(invocation: Invocation, asked: Asked) -> ReportQuery:
    """Return the query that the options mean; UsageProblem for words that mean nothing."""
    from ingest.report import ReportQuery

    period = period_of(invocation, asked)
    return ReportQuery(period, group_words(asked.by), filter_values(asked.filters))


def period_of(invocation: Invocation, asked: Asked) -> Period:
    """Return the period in the reporting zone; all usage where none is asked for."""
    from dataclasses import replace

    from ingest.periods import parse_period

    zone = asked.tz or invocation.configuration.timezone
    if asked.last is not None:
        if asked.since or asked.until:
            raise UsageProblem("--last and --since/--until exclude each other; give one of them")
        return parse_period(range_words(asked.last), invocation.now, zone)
    everything = parse_period("all", invocation.now, zone)
    start = _moment(asked.since, everything) or everything.start
    end = _moment(asked.until, everything) or everything.end
    if end <= start:
        raise UsageProblem(f"--until {asked.until} does not come after --since {asked.since}")
    if asked.since is None and asked.until is None:
        return everything
    return replace(everything, start=start, end=end, label=_label(asked))


def range_words(text: str) -> str:
    """Return a range in words; a bare ``30d`` means the last 30 days."""
    return f"last {text}" if text[:1].isdigit() and text[-1:] in "hdw" else text


def _label(asked: Asked) -> str:
    since = f"from {asked.since}" if asked.since else ""
    until = f"until before {asked.until}" if asked.until else ""
    return f"{since} {until}".strip()


def _moment(text: str | None, period: Period) -> datetime | None:
    if text is None:
        return None
    zone = period.start.tzinfo
    try:
        day = date.fromisoformat(text.strip())
        return datetime(day.year, day.month, day.day, tzinfo=zone)
    except ValueError:
        pass
    try:
        return parse_moment(text).astimezone(zone)
    except ValueError as error:
        raise UsageProblem(str(error)) from None


def group_words(text: str) -> tuple[str, ...]:
    """Return the words of ``--by``, each known and named once."""
    from ingest.report import GROUP_WORDS, TIME_WORDS

    words = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    for word in words:
        _check_word(word, GROUP_WORDS, "--by")
    times = [word for word in words if word in TIME_WORDS]
    if len(times) > 1:
        raise UsageProblem(f"--by takes one of {', '.join(TIME_WORDS)}, not {' and '.join(times)}")
    return words


def filter_values(texts: Sequence[str]) -> Mapping[str, tuple[str | None, ...]]:
    """Return the filters; values of one name given twice both pass."""
    from ingest.report import KEY_WORDS
    from ingest.rows import ROW_DIMENSIONS

    found: dict[str, tuple[str | None, ...]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageProblem(f"--filter {text!r} has no value; write it as feature=search")
        name = name.strip()
        _check_word(name, (*KEY_WORDS, *ROW_DIMENSIONS), "--filter")
        found[name] = (*found.get(name, ()), value or None)
    return found


def _check_word(word: str, known: Collection[str], option: str) -> None:
    if word in known:
        return
    near = difflib.get_close_matches(word, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
    raise UsageProblem(f"{option} does not know {word!r}; {hint}")
