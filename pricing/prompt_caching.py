"""What providers say of keeping the beginning of a prompt, read from a table of its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from costmodel.caching import AS_IT_COMES, CachePolicy, KeepRule
from pricing.errors import PricingError
from pricing.located_yaml import Checker, read

if TYPE_CHECKING:
    from pricing.located_yaml import Located

TABLE = Path(__file__).parent / "prompt_caching.yaml"
SECONDS_A_MINUTE = 60
RULE_KEYS = ("step_tokens", "source")


@cache
def load_cache_policy(path: Path = TABLE) -> CachePolicy:
    """Return the shipped table, or another one.

    Raises PricingError with every mistake of the table.
    """
    check = Checker()
    keys = check.mapping(read(path), ("kept_for_minutes", "providers"))
    minutes = [check.whole(at) or 0 for at in check.sequence(keys.get("kept_for_minutes"))]
    rules = check.mapping(keys.get("providers"), optional=None)
    policy = CachePolicy(
        seconds=tuple(SECONDS_A_MINUTE * each for each in minutes),
        rules={provider: _rule(at, check) for provider, at in rules.items()},
    )
    if check.problems:
        raise PricingError(check.problems)
    return policy


def _rule(at: Located, check: Checker) -> KeepRule:
    keys = check.mapping(at, RULE_KEYS, ("requests_a_minute",))
    return KeepRule(
        step_tokens=check.whole(keys.get("step_tokens")) or AS_IT_COMES.step_tokens,
        requests_a_minute=check.whole(keys.get("requests_a_minute")),
        source=check.text(keys.get("source")) or "",
    )
