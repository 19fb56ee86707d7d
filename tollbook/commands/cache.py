"""``tollbook cache``: what is read from prompt caches today, and what could be."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from costmodel.caching import kept_words
from tollbook.invocation import Invocation, with_invocation
from tollbook.options import command
from tollbook.output import (
    Column,
    Table,
    amount,
    number_column,
    share_words,
    tokens_text,
)
from tollbook.report_options import filter_values, range_words, usage_options
from tollbook.spend_words import money_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from costmodel.caching import FeatureCaching, Possible

SHOWN_ROWS = 20
ZERO = Fraction(0)
NO_DETAIL = (
    "No request tells its prefix or its session, so only what hours reached is known: send "
    "'session' or 'prefix_hashes' with the metadata of each request, or name the columns that "
    "hold them in a column mapping."
)


@command("cache")
@usage_options
@with_invocation
def cache_command(
    invocation: Invocation, last: str, tz: str | None, filters: tuple[str, ...]
) -> None:
    """Show what input comes from prompt caches, and what could.

    How long a prefix would have to be kept, what that saves or costs a month, and how much
    is lost on the way. Example: tollbook cache --last 2026-10 --filter feature=search
    """
    from ingest.caching import usage_caching
    from ingest.periods import parse_period
    from pricing.prompt_caching import load_cache_policy

    zone = tz or invocation.configuration.timezone
    period = parse_period(range_words(last), invocation.now, zone)
    rows = usage_caching(
        invocation.store(), invocation.book, load_cache_policy(), period, filter_values(filters)
    )
    currency = invocation.book.contract.currency
    if invocation.as_json:
        answer = {"currency": currency, "period": period.label, "basis": "a month of 30 days"}
        invocation.output.result({**answer, "rows": [row_answer(row) for row in rows]})
    else:
        invocation.output.say(f"{period.label}, {period.zone}; batches left aside")
        _show(invocation, rows, currency)


def row_answer(row: FeatureCaching) -> dict[str, Any]:
    """Return one feature and model as JSON: shares as numbers, money as decimal strings."""
    seen = row.seen
    return {
        "feature": row.feature,
        "provider": row.provider,
        "model": row.model,
        "known_from": str(row.basis),
        "requests": int(row.requests),
        "input_tokens": int(row.input_tokens),
        "cached_share": float(row.share),
        "known_share": float(row.known_share),
        "possible": [_possible_answer(each) for each in row.possible],
        "hours": seen
        and {
            "count": seen.hours,
            "low": float(seen.low),
            "middle": float(seen.middle),
            "high": float(seen.high),
            "highest_seen": float(seen.highest),
        },
        "write_break_even": _number(row.write_break_even),
        "write_break_even_1h": _number(row.write_break_even_1h),
        "busiest_minute": row.busiest_minute,
        "busy_prefixes": row.busy_prefixes,
    }


def _possible_answer(each: Possible) -> dict[str, Any]:
    return {
        "kept_seconds": each.seconds,
        "share": float(each.share),
        "monthly_change": amount(each.change),
        "reached": _number(each.reached),
    }


def _number(share: Fraction | None) -> float | None:
    return None if share is None else float(share)


def _show(invocation: Invocation, rows: tuple[FeatureCaching, ...], currency: str) -> None:
    out = invocation.output
    if not rows:
        out.say("No usage with input here.")
        return
    told = [row for row in rows if row.possible]
    keeps = [each.seconds for each in told[0].possible] if told else []
    titles = ["Input", "Cached", *(kept_words(each) for each in keeps), "Highest hour"]
    money = ["Best", "Change a month"] if told else []
    columns = [Column("Feature"), Column("Model"), *map(number_column, titles)]
    table = Table([*columns, *(number_column(title) for title in money)])
    for row in rows[:SHOWN_ROWS]:
        table.rows.append([*_shares(row, len(keeps)), *(_best(row, currency) if told else ())])
    out.table(table)
    for line in remarks(rows):
        out.say(line)


def _shares(row: FeatureCaching, width: int) -> list[str]:
    possible = [_floor(each.share) for each in row.possible] or [""] * width
    highest = _floor(row.seen.highest) if row.seen else ""
    numbers = [tokens_text(int(row.input_tokens)), _floor(row.share), *possible, highest]
    return [row.feature or "(not given)", row.model, *numbers]


def _floor(share: Fraction) -> str:
    return f"{float(share):.0%}"


def _best(row: FeatureCaching, currency: str) -> list[str]:
    best = row.best
    if best is None:
        return ["", ""]
    return [kept_words(best.seconds), money_words(best.change, currency)]


def remarks(rows: Iterable[FeatureCaching]) -> list[str]:
    """Return what the table rests on, and what stands in the way."""
    listed = list(rows)
    bases = {row.basis.value for row in listed}
    found = [_BASIS_REMARKS[name] for name in ("prefixes", "sessions") if name in bases]
    found += [NO_DETAIL] if bases == {"hours"} else []
    found.append("A share above the highest hour is untested: no hour came so far.")
    found += [_busy_words(row) for row in listed[:SHOWN_ROWS] if row.busy_prefixes]
    writes = {(row.model, row.write_break_even, row.write_break_even_1h) for row in listed}
    return [*found, *(_write_words(*each) for each in sorted(writes, key=str) if each[1])]


def _busy_words(row: FeatureCaching) -> str:
    many = f"{row.busy_prefixes:,} prefixes have" if row.busy_prefixes > 1 else "one prefix has"
    return (
        f"{row.feature or '(not given)'} on {row.model}: {many} more requests a minute than one "
        f"machine takes, up to {row.busiest_minute}: some go to a machine that lacks the prefix."
    )


def _write_words(model: str, short: Fraction | None, long: Fraction | None) -> str:
    an_hour = f", of one that lasts an hour {share_words(long)}" if long and long != short else ""
    return (
        f"{model} charges for writing to the cache: that is worth it from a cached share of "
        f"{share_words(short or ZERO)}{an_hour}."
    )


_BASIS_REMARKS = {
    "prefixes": "Possible shares count blocks of prompts that came before within that time.",
    "sessions": (
        "Possible shares assume that a session's next call repeats the call before; prompts "
        "that sessions share count only as far as they were cached."
    ),
}
