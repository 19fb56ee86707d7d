"""Values of exports: what is said of them is short and can be kept."""

from __future__ import annotations

import pytest

from ingest.values import LONGEST_REASON, told


@pytest.mark.parametrize("length", [1, LONGEST_REASON])
def test_a_reason_is_told_whole(length: int) -> None:
    assert told("x" * length) == "x" * length


def test_of_a_long_reason_the_middle_is_left_out() -> None:
    said = told(f"start_time is {'x' * LONGEST_REASON!r}, which is no time before 2100")
    assert len(said) == LONGEST_REASON + 3
    assert said.startswith("start_time is 'xxx")
    assert said.endswith("xxx', which is no time before 2100")
    assert " … " in said


def test_a_reason_holds_no_character_that_no_store_can() -> None:
    assert told("a\0b\ud800c") == "abc"
