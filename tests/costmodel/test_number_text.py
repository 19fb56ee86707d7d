"""Numbers in few characters."""

from __future__ import annotations

import pytest

from costmodel.number_text import short_count


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (999, "999"),
        (1_000, "1.0k"),
        (99_900_000, "99.9M"),
        (123_400_000_000, "123B"),
        (6_087_000_000_000, "6.1T"),
    ],
)
def test_a_count_is_said_in_few_characters(number: int, said: str) -> None:
    assert short_count(number) == said
