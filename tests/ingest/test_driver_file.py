from __future__ import annotations

from datetime import date
from fractions import Fraction
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from ingest.driver_file import read_drivers
from ingest.errors import DriverFileError

if TYPE_CHECKING:
    from pathlib import Path

NOVEMBER, DECEMBER, MARCH = date(2026, 11, 1), date(2026, 12, 1), date(2027, 3, 1)


def write(folder: Path, text: str) -> Path:
    path = folder / "drivers.csv"
    path.write_text(dedent(text), encoding="utf-8")
    return path


def mistakes(folder: Path, text: str) -> list[str]:
    path = write(folder, text)
    with pytest.raises(DriverFileError) as error:
        read_drivers(path)
    return [line.removeprefix(f"{path}") for line in str(error.value).splitlines()]


def test_months_count_against_the_first_one_of_their_group(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """\
        month,feature,users,requests_per_user,tokens_per_request
        2026-12,search,1200,10,1500
        2026-11,search,1000,10,1500
        2027-03,search,1500,12,3000

        2026-11,,50,1,100
        2026-12,,100,1,100
        """,
    )
    search, rest = read_drivers(path)
    assert search.where == {"feature": ("search",)}
    assert search.volume == {
        NOVEMBER: 1,
        DECEMBER: Fraction(12, 10),
        MARCH: Fraction(15, 10) * Fraction(12, 10),
    }
    assert search.length == {NOVEMBER: 1, DECEMBER: 1, MARCH: 2}
    assert rest.where == {"feature": (None,)}
    assert rest.volume[DECEMBER] == 2


def test_without_a_group_all_usage_follows(tmp_path: Path) -> None:
    (lever,) = read_drivers(write(tmp_path, "month,requests\n2026-11,400\n2026-12,500.0\n"))
    assert (lever.where, lever.volume[DECEMBER]) == ({}, Fraction(5, 4))


def test_every_mistake_is_reported_with_its_line(tmp_path: Path) -> None:
    assert mistakes(
        tmp_path,
        """\
        month,team,users
        2026-13,search,1
        2026-11,search,-5
        2026-12,search
        2026-11,chat,0
        2026-11,chat,2
        """,
    ) == [
        ":2: month: '2026-13' is no month; write one such as 2026-12",
        ":3: users: '-5' is no number; write one such as 1200",
        ":4: 2 values under 3 columns; write a value for each, empty for 'not given'",
        ":5: users: nothing can be measured against 0; start with a month that has some",
        ":6: 2026-11 stands on line 5 too",
    ]


def test_columns_must_be_known(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "mnth,user,user\n") == [
        ":1: column 'mnth' is not known; did you mean 'month'?",
        ":1: column 'user' stands twice; keep one",
        ":1: column 'month' is missing; give months such as 2026-12",
        ":1: no driver; add a column of users, requests_per_user, requests, tokens_per_request",
    ]


def test_a_file_without_months_or_without_text_is_told(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "month,users\n") == [
        ": no months; write a line for today and one for each change"
    ]
    path = tmp_path / "drivers.csv"
    path.write_bytes(b"month,users\n\xff\xfe,1\n")
    with pytest.raises(DriverFileError, match="no CSV in UTF-8"):
        read_drivers(path)
