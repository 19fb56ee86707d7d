"""Who served a model: the words of exports and the names that the price book has for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PROVIDER_WORDS: Final[Mapping[str, str]] = {
    "openai": "openai",
    "text-completion-openai": "openai",
    "azure": "azure",
    "azure_ai": "azure",
    "azure_text": "azure",
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "az.ai.openai": "azure",
    "az.ai.inference": "azure",
    "azure openai": "azure",
    "anthropic": "anthropic",
    "gemini": "google",
    "google": "google",
    "google ai studio": "google",
    "vertex_ai": "google",
    "vertexai": "google",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "bedrock": "bedrock",
    "bedrock_converse": "bedrock",
    "aws": "bedrock",
    "aws.bedrock": "bedrock",
    "amazon bedrock": "bedrock",
}
"""Words of LiteLLM, OpenTelemetry, OpenRouter and Helicone; another word stays as it is."""


def served_by(word: str | None, model: str | None, otherwise: str = "openai") -> tuple[str, str]:
    """Return provider and model of an export's words for both.

    A gateway writes the provider in front of the model (``azure/gpt-4.1``); a known one
    goes there, and counts where the export names none.
    """
    name = (model or "").strip()
    head, slash, rest = name.partition("/")
    prefix = PROVIDER_WORDS.get(head.lower()) if slash else None
    named = (word or "").strip().lower()
    provider = PROVIDER_WORDS.get(named, named) or prefix or otherwise
    return provider, rest if prefix is not None else name


MAKERS: Final[Mapping[str, str]] = {
    "claude": "anthropic",
    "gemini": "google",
    "anthropic.": "bedrock",
    "us.anthropic.": "bedrock",
    "eu.anthropic.": "bedrock",
    "amazon.": "bedrock",
    "openai.gpt": "bedrock",
}


def maker_of(model: str | None) -> str:
    """Return who most likely served a model by its name alone, where an export names nobody."""
    name = (model or "").strip().lower().rpartition("/")[2]
    return next((maker for start, maker in MAKERS.items() if name.startswith(start)), "openai")
