"""What the form of a table's columns lacks is said in the form's own words."""

from __future__ import annotations

import pytest

from dashboard.mapping_choices import check_choices
from ingest.errors import MappingError

WHOLE = {"column.time": "when", "column.input": "in", "constant.model": "gpt-4.1"}


@pytest.mark.parametrize(
    ("left_out", "more", "said"),
    [
        ("constant.model", {}, "No model yet"),
        ("column.input", {}, "Nothing is counted yet"),
        ("", {"column.cached_input": "cached"}, "“Input counts the cached tokens”"),
        ("", {"column.requests": "calls"}, "“A row is”"),
    ],
)
def test_what_is_missing_is_named(left_out: str, more: dict[str, str], said: str) -> None:
    choices = {key: value for key, value in WHOLE.items() if key != left_out} | more
    with pytest.raises(MappingError) as refused:
        check_choices(choices)
    assert said in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    "choices",
    [
        WHOLE,
        {"column.output": "out", "column.model": "llm"},
        {**WHOLE, "column.cached_input": "cached", "input_includes_cached": "true"},
        {**WHOLE, "column.requests": "calls", "bucket": "day"},
    ],
)
def test_what_is_whole_passes(choices: dict[str, str]) -> None:
    check_choices(choices)


def test_every_lack_has_its_line() -> None:
    with pytest.raises(MappingError) as refused:
        check_choices({})
    assert len(str(refused.value).splitlines()) == 2
