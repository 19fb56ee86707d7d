from __future__ import annotations

from datetime import timedelta

import pytest

from ingest.ages import age_text, parse_age


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("90s", timedelta(seconds=90)),
        ("90m", timedelta(minutes=90)),
        ("36h", timedelta(hours=36)),
        ("1.5 D", timedelta(hours=36)),
        (" 2w ", timedelta(days=14)),
    ],
)
def test_ages_are_read(text: str, age: timedelta) -> None:
    assert parse_age(text) == age


@pytest.mark.parametrize("text", ["", "6", "6 hours", "-3h", "h", "3y"])
def test_anything_else_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="such as 36h"):
        parse_age(text)


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=119), "1 hour"),
        (timedelta(hours=47), "1 day"),
        (timedelta(days=3), "3 days"),
        (timedelta(days=-1), "less than a minute"),
    ],
)
def test_ages_are_said(age: timedelta, text: str) -> None:
    assert age_text(age) == text
