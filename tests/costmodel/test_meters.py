from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.meters import (
    INDEX,
    INPUT_METERS,
    METERS,
    OUTPUT_METERS,
    SIZE_BAND_EDGES,
    TOKEN_METERS,
    UNIT_METERS,
    size_band,
)


def test_token_and_unit_meters_are_all_meters_once() -> None:
    assert TOKEN_METERS + UNIT_METERS == METERS
    assert len(set(METERS)) == len(METERS) == 17


def test_every_token_is_either_input_or_output() -> None:
    assert sorted(INPUT_METERS + OUTPUT_METERS) == sorted(TOKEN_METERS)
    assert [METERS[INDEX[meter]] for meter in INPUT_METERS] == list(INPUT_METERS)


@pytest.mark.parametrize(
    ("tokens", "band"),
    [
        (0, 0),
        (1, 0),
        (1_023, 0),
        (1_024, 1_024),
        (1_025, 1_024),
        (32_000, 1_024),
        (32_001, 32_000),
        (200_000, 128_000),
        (200_001, 200_000),
        (272_000, 256_000),
        (272_001, 272_000),
        (512_001, 512_000),
        (10**12, 512_000),
    ],
)
def test_size_band_on_both_sides_of_its_edges(tokens: int, band: int) -> None:
    assert size_band(tokens) == band


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_longer_request_is_never_in_a_lower_band(left: int, right: int) -> None:
    assert size_band(min(left, right)) <= size_band(max(left, right))
    assert size_band(left) in SIZE_BAND_EDGES


def test_negative_tokens_have_no_band() -> None:
    with pytest.raises(ValueError, match="cannot be negative: -1"):
        size_band(-1)
