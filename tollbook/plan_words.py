"""How the inputs of a plan and their settings are said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tollbook.output import share_words

if TYPE_CHECKING:
    from fractions import Fraction

NAMES = {
    "cascade.escalate": "escalation",
    "start_with.escalate": "escalation",
    "start_with.starts": "share that starts on",
    "cascade.then_hit_rate": "share of second calls' input billed at the cached price",
    "cascade.verifier_output_tokens": "tokens that a check writes",
    "cache.hit_rate": "share of input billed at the cached price",
    "route.share": "share sent directly",
    "batch.share": "share sent in batches",
    "grow.requests": "growth of requests a month",
    "retry.rate": "share of calls that fail",
    "retry.billed": "share of failed calls that are billed",
    "compress.input": "share taken off the input",
    "compress.output": "share taken off the output",
    "verify.output_tokens": "tokens that a check writes",
    "review.share": "share of answers that people read",
    "review.minutes": "minutes to read an answer",
    "review.usd_per_hour": "cost of an hour of reading",
    "tier.share": "share served in the other tier",
    "reprice.usd_per_million": "price per million of",
    "commit.amount": "amount committed to",
    "commit.discount": "discount of the commitment",
    "cap.per_hour": "most in an hour",
    "volume": "volume of usage",
}
MULTIPLES = ("volume", "price of ")
_NUMBER = re.compile(r"\.\d+(?=\.)")


def input_words(name: str) -> str:
    """Return an input as people read it, with the name that ``--goal`` takes in brackets."""
    plain = _NUMBER.sub("", name, count=1)
    kind, _, rest = plain.partition(".")
    field, _, entry = rest.partition(".")
    words = NAMES.get(f"{kind}.{field}" if field else kind)
    if words is None:
        return name
    said = f"{words} {entry}".strip()
    return said if said == name else f"{said} ({name})"


def setting_words(name: str, value: Fraction, is_share: bool) -> str:  # noqa: FBT001  one of three kinds of number
    """Return a setting as people read it: a share in percent, a multiple of today's, a number."""
    if is_share or name.startswith(MULTIPLES):
        return share_words(value)
    return f"{float(value):g}"
