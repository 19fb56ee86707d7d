"""The address: what goes in comes out, and nothing that comes in breaks anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.period import PRESETS, is_range
from dashboard.state import COMPARISONS, DIMENSIONS, State, parse

RANGES = ["last 30d", "2026-10", "2026-10-03", "2026-10-01..2026-10-20", "all", "last month"]
ZONES = ["Europe/Berlin", "America/New_York", "UTC"]

VALUES = st.one_of(st.none(), st.text(min_size=1, max_size=40))
STATES = st.builds(
    State,
    range_text=st.one_of(st.none(), st.sampled_from(RANGES)),
    zone=st.one_of(st.none(), st.sampled_from(ZONES)),
    compare=st.one_of(st.none(), st.sampled_from([w for w in COMPARISONS if w != "last month"])),
    filters=st.dictionaries(
        st.sampled_from(DIMENSIONS),
        st.lists(VALUES, min_size=1, max_size=4, unique=True).map(tuple),
        max_size=3,
    ),
    own=st.dictionaries(st.sampled_from(["unit", "by"]), st.text(max_size=20), max_size=2),
)


@given(STATES)
def test_what_is_written_is_read_back(state: State) -> None:
    assert parse(state.search(), {"unit", "by"}) == state


@given(st.text(max_size=200))
def test_any_text_is_read_without_failing(search: str) -> None:
    state = parse(search)
    assert parse(state.search()) == State(
        state.range_text, state.zone, state.compare, state.filters, {}
    )


def test_defaults_are_not_written() -> None:
    assert State().search() == ""
    assert parse("?range=this+month&compare=last+month") == State()


def test_a_missing_value_is_no_text() -> None:
    state = parse("?feature=&feature=search")
    assert state.filters == {"feature": (None, "search")}
    assert state.search() == "?feature=&feature=search"


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("?range=yesterweek", "The range 'yesterweek' is not understood"),
        ("?zone=../../etc/passwd", "The time zone '../../etc/passwd' is not known"),
        ("?compare=everything", "The comparison 'everything' is not known"),
        ("?colour=red", "This page does not know 'colour'"),
        ("?feature=" + "x" * 301, "The value of 'feature' is too long"),
    ],
)
def test_what_is_not_understood_is_said_and_left_out(search: str, said: str) -> None:
    state = parse(search)
    assert state.notices[0].startswith(said)
    assert state.search() == ""


def test_too_many_values_are_cut_and_said() -> None:
    state = parse("?" + "&".join(f"feature=f{n}" for n in range(120)))
    assert len(state.filters["feature"]) == 100
    assert state.notices == ("Only the first 100 values of 'feature' count.",)


def test_links_keep_filters_and_leave_the_page_s_own_keys() -> None:
    state = parse("?feature=search&unit=tokens", {"unit"})
    assert state.href("/prices") == "/prices?feature=search"


def test_own_keys_are_set_and_removed() -> None:
    state = parse("?unit=tokens", {"unit"})
    assert state.with_own(unit=None).search() == ""
    assert state.with_own(by="team").search() == "?by=team&unit=tokens"


def test_a_filter_is_set_and_removed() -> None:
    state = State().with_filter("team", ["legal", "legal", None])
    assert state.search() == "?team=legal&team="
    assert state.with_filter("team", []).search() == ""


def test_every_range_that_is_offered_is_understood() -> None:
    assert [words for words in PRESETS if not is_range(words)] == []
