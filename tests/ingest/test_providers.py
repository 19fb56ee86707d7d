"""Who served a model, in the words of several exports."""

from __future__ import annotations

import pytest

from ingest.providers import served_by


@pytest.mark.parametrize(
    ("word", "model", "provider", "name"),
    [
        ("openai", "gpt-4.1", "openai", "gpt-4.1"),
        (None, "gpt-4.1", "openai", "gpt-4.1"),
        (None, "azure/gpt-4.1", "azure", "gpt-4.1"),
        ("azure.ai.openai", "gpt-4.1", "azure", "gpt-4.1"),
        ("Anthropic", "anthropic/claude-haiku-4.5", "anthropic", "claude-haiku-4.5"),
        ("groq", "meta-llama/llama-4", "groq", "meta-llama/llama-4"),
        (None, "acme/own", "openai", "acme/own"),
        (None, None, "openai", ""),
    ],
)
def test_words_and_prefixes(word: str | None, model: str | None, provider: str, name: str) -> None:
    assert served_by(word, model) == (provider, name)
