from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.corners import GROWTH_POSITIONS
from dashboard.pages.whatif.address_values import percent_text
from dashboard.pages.whatif.more import TIERS, More
from dashboard.pages.whatif.settings import (
    Settings,
    TypedNumbers,
    parse_settings,
    shares_of,
    written,
)

TENTHS = st.integers(0, 1_000).map(lambda tenths: Fraction(tenths, 1_000))
NAMES = st.text(st.characters(codec="utf-8", exclude_characters=",:\r\n"), min_size=1, max_size=12)
MODELS = NAMES.filter(lambda name: name != "today")


@st.composite
def mixes(draw: st.DrawFn) -> tuple[tuple[str, Fraction], ...]:
    names = draw(st.lists(MODELS, min_size=2, max_size=4, unique=True))
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=len(names) - 1, max_size=3)))
    cuts = cuts[: len(names) - 1]
    ends = [0, *cuts, 100]
    shares = [Fraction(b - a, 100) for a, b in pairwise(ends)]
    return tuple(zip(names, shares, strict=True))


FEATURES = st.lists(
    st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1),
    unique=True,
    max_size=4,
).map(tuple)
HUNDREDTHS = st.integers(0, 10**6).map(lambda cents: Fraction(cents, 100))
MORE = st.builds(
    More,
    prompts=TENTHS,
    answers=TENTHS,
    keeps_beginning=st.booleans(),
    retries=TENTHS.filter(lambda share: share < 1),
    billed=TENTHS,
    checker=st.none() | MODELS,
    check_tokens=st.integers(0, 10**6),
    review=TENTHS,
    minutes=HUNDREDTHS,
    hourly=HUNDREDTHS,
    tier=st.none() | st.sampled_from(TIERS),
    tier_share=TENTHS,
    moved_from=st.none() | MODELS,
    moved_to=st.none() | MODELS,
    moved_share=TENTHS,
    ending=st.none() | MODELS,
    successor=st.none() | MODELS,
    ends_on=st.none() | st.dates(),
)
SETTINGS = st.builds(
    Settings,
    more=MORE,
    typed=st.none()
    | st.builds(
        TypedNumbers,
        sessions_per_day=st.integers(0, 10**9),
        days=st.integers(1, 366),
        tokens_per_session=st.integers(0, 10**7),
        output_share=TENTHS,
        model=NAMES,
    ),
    start=st.none() | st.just(()) | MODELS.map(lambda name: ((name, Fraction(1)),)) | mixes(),
    escalate=st.none() | TENTHS,
    directly=st.booleans(),
    cache=st.none() | TENTHS,
    batch=TENTHS,
    growth=st.sampled_from(GROWTH_POSITIONS),
    limit=st.none() | st.integers(1, 10**8).map(lambda cents: Fraction(cents, 100)),
    features=st.none() | FEATURES,
)


@given(SETTINGS)
def test_what_an_address_carries_comes_back(settings: Settings) -> None:
    own = {key: text for key, text in written(settings).items() if text is not None}
    again = parse_settings(own)
    assert again == settings
    assert again.notices == ()


def test_defaults_are_not_written() -> None:
    assert set(written(Settings()).values()) == {None}
    typed = {key: text for key, text in written(Settings(typed=TypedNumbers())).items() if text}
    assert typed == {"workload": "typed"}


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("escalate", "112"),
        ("escalate", "-1"),
        ("escalate", "0.125"),
        ("cached", "half"),
        ("growth", "0.3"),
        ("growth", "25"),
        ("limit", "0"),
        ("limit", "1e9"),
        ("prompts", "101"),
        ("retries", "100"),
        ("beginning", "lost"),
        ("served-in", "batch"),
        ("checker", ""),
        ("checked", "1.5"),
        ("minutes", "1.125"),
        ("ends-on", "14 Jan 2027"),
        ("start", ""),
        ("start", "gpt-4.1-mini:50,gpt-4.1:40"),
        ("start", "gpt-4.1:50,gpt-4.1:50"),
    ],
)
def test_nonsense_becomes_the_default_and_a_notice(key: str, text: str) -> None:
    settings = parse_settings({key: text})
    assert settings == Settings()
    [notice] = settings.notices
    assert notice.startswith(f"{key} = ")


def test_typed_nonsense_is_noticed_too() -> None:
    settings = parse_settings({"workload": "typed", "days": "0", "output": "140"})
    assert settings.typed == TypedNumbers()
    assert len(settings.notices) == 2


def test_a_fine_tunes_colon_is_no_share() -> None:
    assert shares_of("ft:gpt-4.1-mini") == (("ft:gpt-4.1-mini", Fraction(1)),)
    assert shares_of("ft:gpt-4.1:60,gpt-4.1:40") == (
        ("ft:gpt-4.1", Fraction(3, 5)),
        ("gpt-4.1", Fraction(2, 5)),
    )


def test_percentages_are_short() -> None:
    assert percent_text(Fraction(12, 100)) == "12"
    assert percent_text(Fraction(103, 1_000)) == "10.3"
    assert percent_text(Fraction(-5, 1_000)) == "-0.5"
