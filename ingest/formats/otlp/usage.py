"""The tokens of a span, whichever convention named them.

Cached and written tokens are inside of input, as the conventions say they should be. Old
emitters put them beside it: where a span has a total, that decides, and what it shows to
be beside is flagged. Reasoning is inside of output, audio and images are inside of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import Meter
from ingest.values import Fault, count_of, split_input, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

INPUT: Final = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.usage.prompt_tokens",
    "llm.token_count.prompt",
)
OUTPUT: Final = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.usage.completion_tokens",
    "llm.token_count.completion",
)
TOTAL: Final = ("gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total")
CACHED: Final[Mapping[Meter, tuple[str, ...]]] = {
    Meter.CACHED_INPUT: (
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.cached_input_tokens",
        "gen_ai.usage.details.cache_read_tokens",
        "gen_ai.usage.details.cached_tokens",
        "llm.token_count.prompt_details.cache_read",
    ),
    Meter.CACHE_WRITE: (
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
        "gen_ai.usage.details.cache_write_tokens",
        "llm.token_count.prompt_details.cache_write",
    ),
}
INPUT_KINDS: Final[Mapping[Meter, tuple[str, ...]]] = {
    Meter.INPUT_AUDIO: (
        "gen_ai.usage.audio.input_tokens",
        "llm.token_count.prompt_details.audio",
    ),
    Meter.INPUT_IMAGE: ("gen_ai.usage.image.input_tokens",),
}
OUTPUT_KINDS: Final[Mapping[Meter, tuple[str, ...]]] = {
    Meter.OUTPUT_AUDIO: (
        "gen_ai.usage.audio.output_tokens",
        "llm.token_count.completion_details.audio",
    ),
    Meter.OUTPUT_IMAGE: ("gen_ai.usage.image.output_tokens",),
}
REASONING: Final = (
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.details.reasoning_tokens",
    "llm.token_count.completion_details.reasoning",
)

UNPROVEN: Final = "no total tells whether cached tokens are inside of input, taken as inside"
BESIDE: Final = "cached tokens stand beside input, as the total says"
UNFIT: Final = "the total is not that of input and output, it was not used"


@dataclass(frozen=True)
class Counted:
    """The disjoint meters of a span; ``flag`` says what is not sure about them."""

    meters: Mapping[Meter, int]
    reasoning_tokens: int = 0
    flag: str | None = None


def first(attributes: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[str, Any]:
    """Return the first of the keys that has a value, and that; the first key for none."""
    return next(
        ((key, attributes[key]) for key in keys if text_of(attributes.get(key)) is not None),
        (keys[0], None),
    )


def _counts(
    attributes: Mapping[str, Any], kinds: Mapping[Meter, tuple[str, ...]]
) -> dict[Meter, int]:
    return {meter: count_of(*first(attributes, keys)) for meter, keys in kinds.items()}


def counted(attributes: Mapping[str, Any]) -> Counted | None:
    """Return the meters of a span, None where it counted nothing.

    Raises:
        Fault: A count cannot be right, or parts are more than what they are part of.
    """
    into, out = count_of(*first(attributes, INPUT)), count_of(*first(attributes, OUTPUT))
    cached = _counts(attributes, CACHED)
    kinds, made = _counts(attributes, INPUT_KINDS), _counts(attributes, OUTPUT_KINDS)
    reasoning = count_of(*first(attributes, REASONING))
    total = count_of(*first(attributes, TOTAL))
    if not any((into, out, total, *cached.values())):
        return None
    if not into and not out and not any(cached.values()):
        raise Fault(f"a total of {total} tokens, not split into input and output")
    flag = _flag(into, out, sum(cached.values()), total)
    whole = into + sum(cached.values()) if flag == BESIDE else into
    meters = {
        Meter.INPUT: split_input(whole, {**cached, **kinds}),
        **cached,
        **kinds,
        Meter.OUTPUT: _text_of_output(out, made, reasoning),
        **made,
    }
    return Counted({m: n for m, n in meters.items() if n} or {Meter.INPUT: 0}, reasoning, flag)


def _flag(into: int, out: int, cached: int, total: int) -> str | None:
    if not total:
        return UNPROVEN if cached else None
    if total == into + out:
        return None
    return BESIDE if cached and total == into + cached + out else UNFIT


def _text_of_output(out: int, made: Mapping[Meter, int], reasoning: int) -> int:
    inside = sum(made.values())
    if max(inside, reasoning) > out:
        raise Fault(
            f"{max(inside, reasoning)} reasoning, audio or image tokens are more than the "
            f"{out} output tokens"
        )
    return out - inside
