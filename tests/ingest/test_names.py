"""Names as they may be kept: no address of a person, no secret, and no more than is bearable."""

from __future__ import annotations

import pytest

from ingest.names import LONGEST, end_of_key, kept_name, without_addresses


def test_only_the_address_of_a_name_is_hashed() -> None:
    hashed = without_addresses("anna@example.com")
    assert hashed.startswith("mail:")
    assert len(hashed) == len("mail:") + 16
    assert kept_name("Seat for anna@example.com, October") == f"Seat for {hashed}, October"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("sk-proj-0123456789abcd", "...abcd"),
        ("0123456789abcdef0123456789abcdef", "...cdef"),
        ("production key", "production key"),
    ],
)
def test_of_a_secret_key_the_end_is_kept(name: str, kept: str) -> None:
    assert kept_name(name, is_key=True) == kept


def test_a_project_may_be_called_like_a_key() -> None:
    assert kept_name("sk-team") == "sk-team"
    assert end_of_key("key_abc123") == "...c123"


def test_nothing_stays_nothing_and_a_long_name_is_cut() -> None:
    assert kept_name(None) is None
    assert kept_name("x" * (LONGEST + 1)) == "x" * LONGEST
