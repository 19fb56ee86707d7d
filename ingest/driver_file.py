"""Drivers of growth from a CSV: users, requests a user and tokens a request, month by month.

The first month of each group is what the usage is today; later ones count against it.
Every mistake is reported with its line.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from costmodel.drivers import FollowDrivers
from costmodel.scene import KEY_WORDS
from ingest.errors import DriverFileError
from ingest.rows import ROW_DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

MONTH: Final = "month"
VOLUME: Final = ("users", "requests_per_user", "requests")
LENGTH: Final = ("tokens_per_request",)
DRIVERS: Final = (*VOLUME, *LENGTH)
GROUPS: Final = (*ROW_DIMENSIONS, *KEY_WORDS)

_MONTH_TEXT: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_NUMBER: Final = re.compile(r"\d{1,15}(\.\d{1,15})?")

Group = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class _Row:
    line: int
    month: date
    group: Group
    drivers: Mapping[str, Fraction]


def read_drivers(path: Path) -> tuple[FollowDrivers, ...]:
    """Return one lever for each group of a file, such as one for each feature.

    Raises:
        DriverFileError: The file cannot be used; the message holds every mistake.
        OSError: The file cannot be read.
    """
    problems: list[str] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(_rows(path, csv.reader(lines, strict=True), problems))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DriverFileError(f"{path}: no CSV in UTF-8; save it as one ({error})") from error
    if not rows and not problems:
        problems.append(f"{path}: no months; write a line for today and one for each change")
    groups: dict[Group, list[_Row]] = defaultdict(list)
    for row in rows:
        groups[row.group].append(row)
    levers = [_lever(path, sorted(g, key=lambda r: r.month), problems) for g in groups.values()]
    if problems:
        raise DriverFileError("\n".join(problems))
    return tuple(levers)


def _rows(path: Path, lines: Iterator[list[str]], problems: list[str]) -> Iterator[_Row]:
    header = [name.strip().lower() for name in next(lines, [])]
    found = _header_problems(header)
    problems += (f"{path}:1: {problem}" for problem in found)
    if found:
        return
    for number, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            problems.append(
                f"{path}:{number}: {len(cells)} values under {len(header)} columns; "
                "write a value for each, empty for 'not given'"
            )
            continue
        values = dict(zip(header, (cell.strip() for cell in cells), strict=True))
        wrong = _value_problems(values)
        problems += (f"{path}:{number}: {problem}" for problem in wrong)
        if not wrong:
            yield _row(number, values)


def _header_problems(header: Sequence[str]) -> list[str]:
    problems = []
    for name in header:
        if name not in (MONTH, *DRIVERS, *GROUPS):
            near = difflib.get_close_matches(name, (MONTH, *DRIVERS, *GROUPS), n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"drivers are {', '.join(DRIVERS)}"
            problems.append(f"column {name!r} is not known; {hint}")
        elif header.count(name) > 1:
            problems.append(f"column {name!r} stands twice; keep one")
    if MONTH not in header:
        problems.append("column 'month' is missing; give months such as 2026-12")
    if not set(DRIVERS) & set(header):
        problems.append(f"no driver; add a column of {', '.join(DRIVERS)}")
    return list(dict.fromkeys(problems))


def _value_problems(values: Mapping[str, str]) -> list[str]:
    problems = [
        f"{name}: {values[name]!r} is no number; write one such as 1200"
        for name in DRIVERS
        if name in values and not _NUMBER.fullmatch(values[name])
    ]
    if not _MONTH_TEXT.fullmatch(values[MONTH]):
        problems.append(f"month: {values[MONTH]!r} is no month; write one such as 2026-12")
    return problems


def _row(line: int, values: Mapping[str, str]) -> _Row:
    year, month = map(int, values[MONTH].split("-"))
    group = tuple((name, value or None) for name, value in values.items() if name in GROUPS)
    drivers = {name: Fraction(values[name]) for name in DRIVERS if name in values}
    return _Row(line, date(year, month, 1), group, drivers)


def _lever(path: Path, rows: Sequence[_Row], problems: list[str]) -> FollowDrivers:
    today = rows[0]
    place = f"{path}:{today.line}"
    problems += (
        f"{place}: {name}: nothing can be measured against 0; start with a month that has some"
        for name, number in today.drivers.items()
        if not number
    )
    seen: dict[date, _Row] = {}
    for row in rows:
        if row.month in seen:
            problems.append(
                f"{path}:{row.line}: {row.month:%Y-%m} stands on line {seen[row.month].line} too"
            )
        seen[row.month] = row
    return FollowDrivers(
        where={name: (value,) for name, value in today.group},
        volume={row.month: _times(row, today, VOLUME) for row in rows},
        length={row.month: _times(row, today, LENGTH) for row in rows},
    )


def _times(row: _Row, today: _Row, names: Sequence[str]) -> Fraction:
    """Return how many times what they are today the named drivers are together."""
    times = Fraction(1)
    for name in names:
        before = today.drivers.get(name)
        if before:
            times *= row.drivers[name] / before
    return times
