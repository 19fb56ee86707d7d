from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from costmodel.caching import AS_IT_COMES
from pricing import PricingError
from pricing.prompt_caching import load_cache_policy

if TYPE_CHECKING:
    from pathlib import Path


def test_the_shipped_rules() -> None:
    policy = load_cache_policy()
    assert policy.keeps == (300, 600, 1_800, 3_600, 86_400, None)
    assert policy.rule_of("openai").step_tokens == 128
    assert policy.rule_of("openai").requests_a_minute == 15
    assert policy.rule_of("anthropic").requests_a_minute is None
    assert policy.rule_of("somebody") == AS_IT_COMES
    assert all(rule.source for rule in policy.rules.values())


def test_every_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(
        "kept_for_minutes: [5]\nproviders:\n  openai:\n    step_tokens: many\n    requests: 15\n",
        encoding="utf-8",
    )
    with pytest.raises(PricingError) as caught:
        load_cache_policy(path)
    said = str(caught.value)
    assert f"{path}:4: providers.openai.step_tokens: many must be a whole number" in said
    assert "unknown key 'requests'" in said
    assert "the key 'source' is missing" in said
