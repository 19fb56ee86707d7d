"""Anthropic's counts as meters: all of them stand beside each other.

Tokens written to the cache come as a sum and as its split by lifetime. The split counts,
and the sum only where there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from costmodel.meters import Meter
from ingest.json_objects import member
from ingest.values import Fault, count_of

if TYPE_CHECKING:
    from collections.abc import Mapping


def meters_of(usage: Mapping[str, Any], input_name: str = "input_tokens") -> dict[Meter, int]:
    """Return the meters of an object of usage.

    Raises:
        Fault: A count is none, or the split of what was written is not its sum.
    """
    short, long = _written(usage)
    tools = member(usage, "server_tool_use")
    return {
        Meter.INPUT: count_of(input_name, usage.get(input_name)),
        Meter.CACHED_INPUT: _count(usage, "cache_read_input_tokens"),
        Meter.CACHE_WRITE: short,
        Meter.CACHE_WRITE_1H: long,
        Meter.OUTPUT: _count(usage, "output_tokens"),
        Meter.WEB_SEARCH_CALLS: _count(tools, "web_search_requests"),
    }


def _count(values: Mapping[str, Any], name: str) -> int:
    return count_of(name, values.get(name))


def _written(usage: Mapping[str, Any]) -> tuple[int, int]:
    """Return what was written for five minutes and for an hour."""
    total = _count(usage, "cache_creation_input_tokens")
    split = member(usage, "cache_creation")
    if not split:
        return total, 0
    short = _count(split, "ephemeral_5m_input_tokens")
    long = _count(split, "ephemeral_1h_input_tokens")
    if usage.get("cache_creation_input_tokens") is not None and total != short + long:
        raise Fault(
            f"{short} and {long} tokens written are not the {total} of cache_creation_input_tokens"
        )
    return short, long
