"""Mix files: what they say, and every mistake with its line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from textwrap import dedent

import pytest

from costmodel.ways import REQUESTS, TOKENS
from ingest.mix_file import USUAL_PEAK, MixFile, TypedRequests, mix_of, read_mix
from ingest.plan_file import PlanFileError
from pricing import load_book, located_yaml

BOOK = load_book()
DOCS = Path(__file__).parents[2] / "docs" / "optimise.md"


def mix(text: str) -> MixFile:
    return mix_of(located_yaml.parse(dedent(text), Path("mix.yaml")), BOOK)


def problems(text: str) -> list[str]:
    with pytest.raises(PlanFileError) as caught:
        mix(text)
    return [str(problem) for problem in caught.value.problems]


SMALL = """\
    segments:
      - {name: code, workload: {requests: 1000, input_tokens: 2000, output_tokens: 500}}
    options:
      - {model: gpt-4.1-mini}
    """


def test_what_is_not_said_has_its_default() -> None:
    found = mix(SMALL)
    [segment], [offer] = found.segments, found.offers
    assert segment.typed == TypedRequests(
        Fraction(1_000), Fraction(2_000), Fraction(500), Fraction(0)
    )
    assert (segment.quality_floor, segment.p95_seconds, segment.may_wait) == (None, None, False)
    assert (offer.tiers, offer.quality, offer.p95_seconds) == (("standard", "batch"), {}, {})
    assert (found.last, found.peak_factor, found.limits) == ("30d", USUAL_PEAK, {})
    assert not found.needs_usage


def test_the_file_of_the_documentation(tmp_path: Path) -> None:
    shown = DOCS.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    path = tmp_path / "mix.yaml"
    path.write_text(shown, encoding="utf-8")
    found = read_mix(path, BOOK)
    support, code, summaries = found.segments
    assert (support.where, support.p95_seconds) == ({"feature": ("support-chat",)}, 20)
    assert (code.cached_share, summaries.may_wait) == (Fraction(3, 5), True)
    full, mini, _ = found.offers
    assert (full.quality, full.p95_seconds) == ({None: Fraction(93, 100)}, {"standard": 12})
    assert mini.quality["code"] == Fraction(7, 10)
    assert (mini.tiers, mini.p95_seconds) == (
        ("standard", "batch", "priority"),
        {"standard": 6, "priority": 3},
    )
    assert found.limits == {("gpt-4.1", TOKENS): 30_000, ("gpt-4.1", REQUESTS): 500}
    assert found.quality_floor == Fraction(84, 100)
    assert found.needs_usage


def test_every_mistake_is_told_with_its_line() -> None:
    found = problems(
        """\
        peak_factor: 0.5
        segments:
          - {name: code, where: {feature: a}, workload: {requests: 1}}
          - {name: chat, where: {colour: red}}
          - {name: chat, where: {feature: b}}
          - {name: empty, workload: {requests: 0, input_tokens: 5, output_tokens: 5}}
        options:
          - {model: gpt-4.1, quality: {cod: 80%}, tiers: [fast]}
          - {model: gpt-4.1, quality: 80}
          - {model: gpt-41}
        limits:
          gpt-4.1-mini: {tokens_per_minute: 5}
          gpt-4.1: {tokens_per_minute: 0, tokens_a_minute: 5}
        """
    )
    said = (
        (1, "cannot be below 1"),
        (3, "must hold either 'where' or 'workload'"),
        (3, "the key 'input_tokens' is missing"),
        (4, "unknown dimension 'colour'"),
        (5, "a second segment is named 'chat'"),
        (6, "holds no tokens"),
        (8, "unknown key 'cod'"),
        (8, "'fast' is not known here"),
        (9, "80 is no share; write 80%"),
        (9, "gpt-4.1 is given twice"),
        (10, "the price book knows no model 'gpt-41'"),
        (12, "gpt-4.1-mini is no option"),
        (13, "must be above 0"),
        (13, "unknown key 'tokens_a_minute'"),
    )
    for line, text in said:
        assert any(f"mix.yaml:{line}:" in each and text in each for each in found), (line, text)


@pytest.mark.parametrize("key", ["segments", "options"])
def test_nothing_to_choose_from_is_a_mistake(key: str) -> None:
    text = dedent(SMALL)
    start = text.index(f"{key}:")
    rest = text[text.index("options:") :] if key == "segments" else ""
    assert any("holds no" in each for each in problems(text[:start] + f"{key}: []\n" + rest))
