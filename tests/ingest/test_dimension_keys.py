"""Keys of metadata and the dimensions that they mean."""

from __future__ import annotations

from ingest.dimension_keys import dimension_keys, keys_of_configuration, usual_keys


def test_the_better_key_counts_and_then_the_better_source() -> None:
    keys = dimension_keys(keys_of_configuration({"part": "feature"}), usual_keys())
    first = {"feature": "a", "project_id": "p1"}
    second = {"part": "b", "feature": "c", "project_id": "p2"}
    assert keys.values(first, second) == {"feature": "b", "project": "p1"}
    assert keys.values(first) == {"feature": "a", "project": "p1"}


def test_what_is_no_text_or_empty_says_nothing() -> None:
    keys = dimension_keys(usual_keys())
    assert keys.values({"team": ["a"], "customer": {"a": 1}, "user": " ", "task": None}) == {}
    assert keys.values({"team": 7, "unknown": "x"}) == {"team": "7"}


def test_one_key_may_mean_two_dimensions() -> None:
    keys = dimension_keys({"team": ("group",), "project": ("group",)})
    assert keys.values({"group": "g"}) == {"team": "g", "project": "g"}
