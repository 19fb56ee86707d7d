"""Every mistake of a set of price tables, at once, each with file, line and key.

The reader finds what is no table; this finds what reads well and is wrong.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING

from costmodel.meters import CALL_METERS, SIZE_BAND_EDGES, Meter
from costmodel.money import decimal_string
from pricing.located_yaml import nearest
from pricing.reader import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date
    from fractions import Fraction
    from pathlib import Path

    from costmodel.rates import RateCard
    from pricing.located_yaml import Located, Problem
    from pricing.rate_rows import CardRow
    from pricing.reader import ModelRow, Table

FAR_OFF = 300
"""A rate this many times off its neighbours is a unit mixed up (per thousand, per million):
the widest true ratio in the tables is 40, cached against uncached input."""


def checked_tables(paths: Iterable[Path]) -> tuple[tuple[Table, ...], tuple[Problem, ...]]:
    """Return the tables, and every mistake in the order of files and lines."""
    tables = tuple(read_table(path) for path in paths)
    found = [problem for table in tables for problem in table.problems]
    found += _semantic_problems(tables)
    return tables, tuple(sorted(found, key=lambda problem: (str(problem.path), problem.line)))


def _semantic_problems(tables: Sequence[Table]) -> Iterator[Problem]:
    models = [row for table in tables for row in table.models]
    cards = [row for table in tables for row in table.cards]
    yield from _names_claimed_twice(models)
    yield from _unknown_models(models, cards)
    yield from _unknown_successors(models)
    yield from _overlapping_periods(cards)
    yield from _bad_cards(cards)
    yield from _rates_far_off(cards)
    yield from _fees_far_off(models)


def _names_claimed_twice(models: Iterable[ModelRow]) -> Iterator[Problem]:
    claimed: dict[tuple[str, str], Located] = {}
    for row in models:
        for name in row.model.names:
            first = claimed.setdefault((row.model.provider, name.lower()), row.at)
            if first is not row.at or row.model.names.count(name) > 1:
                yield row.at.problem(
                    f"the name {name!r} is claimed twice, also by {first.key} on line "
                    f"{first.line} of {first.path.name}; leave it to one model"
                )


def _unknown_models(models: Iterable[ModelRow], cards: Iterable[CardRow]) -> Iterator[Problem]:
    known = {(row.model.provider, row.model.name) for row in models}
    for row in cards:
        card = row.card
        if (card.provider, card.model) not in known:
            names = {name for provider, name in known if provider == card.provider}
            yield row.at.problem(f"no model {card.model!r}; {nearest(card.model, names)}")


def _unknown_successors(models: Iterable[ModelRow]) -> Iterator[Problem]:
    models = list(models)
    known: dict[str, set[str]] = defaultdict(set)
    for row in models:
        known[row.model.provider].add(row.model.name)
    for row in models:
        successor, names = row.model.life.successor, known[row.model.provider]
        if successor is not None and successor not in names:
            at = row.at.find(["life", "successor"])
            yield at.problem(f"no model {successor!r}; {nearest(successor, names)}")


def _overlapping_periods(cards: Iterable[CardRow]) -> Iterator[Problem]:
    lines: dict[tuple[str, str, str, str, int], list[CardRow]] = defaultdict(list)
    for row in cards:
        c = row.card
        if c.status != "withdrawn":
            lines[c.provider, c.model, c.zone, c.tier, c.above_input_tokens].append(row)
    for rows in lines.values():
        for first, second in combinations(rows, 2):
            if _overlap(first.card, second.card):
                yield second.at.problem(
                    f"the {second.card.tier} period overlaps that of line {first.at.line}; "
                    "end one with 'to' on the day the other begins"
                )


def _overlap(one: RateCard, other: RateCard) -> bool:
    return _starts_before(one.in_force_from, other.in_force_to) and _starts_before(
        other.in_force_from, one.in_force_to
    )


def _starts_before(start: date | None, end: date | None) -> bool:
    return start is None or end is None or start < end


def _bad_cards(cards: Iterable[CardRow]) -> Iterator[Problem]:
    for row in cards:
        card = row.card
        if card.above_input_tokens not in SIZE_BAND_EDGES:
            edges = ", ".join(f"{edge:,}" for edge in SIZE_BAND_EDGES)
            yield row.at.find(["above_input_tokens"]).problem(
                f"{card.above_input_tokens:,} is no edge of a size band ({edges}); usage is "
                "counted in those bands, so this step could not be priced"
            )
        if card.status == "withdrawn" and card.announced_on is None:
            yield row.at.problem("is withdrawn but was never announced; add announced_on")
        if card.status == "announced" and card.in_force_from is None:
            yield row.at.problem("is announced without a first day; give 'from' a day")
        if not _starts_before(card.in_force_from, card.in_force_to):
            yield row.at.problem("ends before it begins; 'to' must be after 'from'")
        yield from _bad_rates(row)


def _bad_rates(row: CardRow) -> Iterator[Problem]:
    rates = row.card.usd_per_million
    for meter, rate in rates.items():
        if rate < 0:
            yield row.at.find([meter.value]).problem("is negative; a rate is 0 or more")
        if rate == 0 and any(rates.values()):
            yield row.at.find([meter.value]).problem(
                "is 0 beside meters that cost; leave out a rate that is not known"
            )


def _rates_far_off(cards: Iterable[CardRow]) -> Iterator[Problem]:
    by_model: dict[tuple[str, str], list[CardRow]] = defaultdict(list)
    for row in cards:
        by_model[row.card.provider, row.card.model].append(row)
    for rows in by_model.values():
        for row in rows:
            for meter, rate in row.card.usd_per_million.items():
                neighbours = _neighbours(row, meter, rows)
                if neighbours and _far_off(rate, median(neighbours)):
                    yield _far_off_problem(row.at.find([meter.value]), rate, median(neighbours))


def _neighbours(row: CardRow, meter: Meter, rows: Iterable[CardRow]) -> list[Fraction]:
    """Return the same meter in the model's other rows; in the only row, its other meters."""
    others = [
        other.card.usd_per_million[meter]
        for other in rows
        if other is not row and meter in other.card.usd_per_million
    ]
    beside = [rate for key, rate in row.card.usd_per_million.items() if key is not meter]
    return [rate for rate in others or beside if rate > 0]


def _fees_far_off(models: Iterable[ModelRow]) -> Iterator[Problem]:
    models = [row for row in models if row.fee.usd_per_million]
    for meter in CALL_METERS:
        fees = {id(r.fee): r.fee.usd_per_million.get(meter) for r in models}
        known = [fee for fee in fees.values() if fee]
        for row in models:
            fee = row.fee.usd_per_million.get(meter)
            if fee and _far_off(fee, median(known)):
                yield _far_off_problem(row.at.find(["fees"]), fee, median(known))


def _far_off(rate: Fraction, usual: Fraction) -> bool:
    return rate > 0 and not usual / FAR_OFF < rate < usual * FAR_OFF


def _far_off_problem(at: Located, rate: Fraction, usual: Fraction) -> Problem:
    return at.problem(
        f"{decimal_string(rate)} is far off its neighbours, around {decimal_string(usual)}; "
        "rates are dollars per million, fees per thousand calls"
    )
