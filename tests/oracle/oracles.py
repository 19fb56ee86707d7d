"""Two other price libraries, asked the same question as our book.

genai-prices knows dates and tiers by context; LiteLLM knows tiers by key and no dates.
Each is asked only what it knows: it answers None for a model without a price, a tier
that it does not list (both would silently charge the standard price) and, in LiteLLM's
case, any day but the one on which its list was read.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from costmodel.meters import Meter
from costmodel.usage import input_tokens, output_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.usage import Quantities

AS_OF = date(2026, 11, 23)
"""The day on which both libraries and the tables were compared."""

GENAI_NAMES = {
    Meter.CACHED_INPUT: "cache_read_tokens",
    Meter.CACHE_WRITE_1H: "cache_write_1h_tokens",
    Meter.INPUT_AUDIO: "input_audio_tokens",
    Meter.OUTPUT_AUDIO: "output_audio_tokens",
}
LITELLM_SUFFIX = {"standard": "", "batch": "_batches", "flex": "_flex", "priority": "_priority"}


@dataclass(frozen=True, order=True)
class Case:
    """One question: what does this mix of tokens cost, served by this name, on this day."""

    provider: str
    name: str
    tier: str
    mix: str
    on: date

    def __str__(self) -> str:
        return f"{self.provider} {self.name} {self.tier} {self.mix} on {self.on}"


def genai_cost(case: Case, amounts: Mapping[Meter, int], counted: Quantities) -> Fraction | None:
    """What genai-prices says, exactly."""
    genai_prices = pytest.importorskip("genai_prices")
    context = _genai_context(case)
    if context is None:
        return None
    written = amounts.get(Meter.CACHE_WRITE, 0) + amounts.get(Meter.CACHE_WRITE_1H, 0)
    usage = genai_prices.Usage(
        input_tokens=input_tokens(counted),
        output_tokens=output_tokens(counted),
        **{name: amounts[meter] for meter, name in GENAI_NAMES.items() if meter in amounts},
        **({"cache_write_tokens": written} if written else {}),
    )
    answer = genai_prices.calc_price(
        usage,
        case.name,
        provider_id=case.provider,
        genai_request_timestamp=datetime.combine(case.on, time(12), UTC),
        price_context=context,
    )
    return Fraction(answer.total_price)


def _genai_context(case: Case) -> dict[str, str] | None:
    """How genai-prices is told the tier; None where it lists no such tier, or no model."""
    model = _genai_model(case)
    if model is None or not model.prices:
        return None
    if case.tier == "standard":
        return {}
    choices = {
        "batch": [{"processing": "batch"}],
        "flex": [{"service_tier": "flex"}],
        "priority": [{"service_tier": "priority"}, {"speed": "fast"}],
    }
    for variant in model.price_variants or ():
        started = variant.constraint is None or variant.constraint.start_date <= case.on
        if variant.when in choices[case.tier] and started:
            return dict(variant.when)
    return None


def _genai_model(case: Case) -> Any:  # noqa: ANN401 - the library's own class
    data = pytest.importorskip("genai_prices.data")
    provider = next((p for p in data.providers if p.id == case.provider), None)
    if provider is None:
        return None
    return next((m for m in provider.models if m.match and m.match.is_match(case.name)), None)


def litellm_cost(case: Case, amounts: Mapping[Meter, int], counted: Quantities) -> Fraction | None:
    """What LiteLLM says; a float, so compare it with a tolerance."""
    entry = _litellm_entry(case)
    if case.on != AS_OF or entry is None:
        return None
    if entry.get(f"input_cost_per_token{LITELLM_SUFFIX[case.tier]}") is None:
        return None
    litellm = _litellm()
    one_hour = amounts.get(Meter.CACHE_WRITE_1H, 0)
    usage = litellm.types.utils.Usage(
        prompt_tokens=input_tokens(counted),
        completion_tokens=output_tokens(counted),
        total_tokens=input_tokens(counted) + output_tokens(counted),
        cache_read_input_tokens=amounts.get(Meter.CACHED_INPUT, 0),
        cache_creation_input_tokens=amounts.get(Meter.CACHE_WRITE, 0) + one_hour,
        prompt_tokens_details={
            "cached_tokens": amounts.get(Meter.CACHED_INPUT, 0),
            "cache_creation_tokens": amounts.get(Meter.CACHE_WRITE, 0) + one_hour,
            "cache_creation_token_details": {
                "ephemeral_5m_input_tokens": amounts.get(Meter.CACHE_WRITE, 0),
                "ephemeral_1h_input_tokens": one_hour,
            },
            "audio_tokens": amounts.get(Meter.INPUT_AUDIO, 0),
        },
        completion_tokens_details={"audio_tokens": amounts.get(Meter.OUTPUT_AUDIO, 0)},
    )
    provider = _litellm_provider(case)
    if case.tier == "batch":
        parts = litellm.cost_calculator.batch_cost_calculator(usage, case.name, provider)
    else:
        tier = None if case.tier == "standard" else case.tier
        parts = litellm.cost_per_token(
            case.name, custom_llm_provider=provider, usage_object=usage, service_tier=tier
        )
    return Fraction(sum(parts))


def _litellm_provider(case: Case) -> str:
    return "gemini" if case.provider == "google" else case.provider


def _litellm_entry(case: Case) -> dict[str, Any] | None:
    prices = _litellm().model_cost
    entry: dict[str, Any] | None = prices.get(f"{_litellm_provider(case)}/{case.name}")
    return entry or prices.get(case.name)


def _litellm() -> Any:  # noqa: ANN401 - a module without types
    """LiteLLM with the price list that it carries: it would fetch a newer one."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        return pytest.importorskip("litellm")
