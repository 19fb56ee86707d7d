"""How plan files write the levers on what a request takes and how it is served."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from costmodel.levers import Batch, Cache, Compress, Lever, Retry, Review, Tier, Verify
from costmodel.meters import TIERS

if TYPE_CHECKING:
    from ingest.lever_values import LeverValues, Scope
    from pricing.located_yaml import Located


def retry(located: Located, scope: Scope, values: LeverValues) -> Lever | None:
    """Read which share of calls fails, and which share of those is billed."""
    keys = values.keys(located, ("rate",), ("billed",))
    rate = values.share(keys.get("rate"), "rate")
    billed = values.share(keys["billed"], "billed") if "billed" in keys else Fraction(1)
    if rate is None or billed is None:
        return None
    return Retry(rate=rate, billed=billed, where=scope.where, from_=scope.from_)


def compress(located: Located, scope: Scope, values: LeverValues) -> Lever | None:
    """Read by which shares prompts and answers get shorter."""
    keys = values.keys(located, (), ("input", "output", "keeps_prefix"))
    if not {"input", "output"} & keys.keys():
        values.checker.note(located, "says nothing; give 'input', 'output' or both, such as 20%")
        return None
    read, written = (
        values.share(keys[name], name) if name in keys else Fraction(0)
        for name in ("input", "output")
    )
    keeps_prefix = bool(values.checker.flag(keys.get("keeps_prefix")))
    if read is None or written is None:
        return None
    return Compress(
        input=read,
        output=written,
        keeps_prefix=keeps_prefix,
        where=scope.where,
        from_=scope.from_,
    )


def verify(located: Located, scope: Scope, values: LeverValues) -> Lever | None:
    """Read which model checks every answer, and how much it writes."""
    keys = values.keys(located, ("model",), ("output_tokens",))
    model, written = values.model(keys.get("model")), values.whole(keys.get("output_tokens"))
    if model is None or (written is None and "output_tokens" in keys):
        return None
    given = {} if written is None else {"output_tokens": written}
    return Verify(model=model, where=scope.where, from_=scope.from_, **given)


def review(located: Located, scope: Scope, values: LeverValues) -> Lever | None:
    """Read which share of answers people read, how long, and what an hour costs."""
    keys = values.keys(located, ("share", "minutes", "usd_per_hour"))
    share = values.share(keys.get("share"), "share")
    minutes, price = values.amount(keys.get("minutes")), values.amount(keys.get("usd_per_hour"))
    if share is None or minutes is None or price is None:
        return None
    return Review(
        share=share, minutes=minutes, usd_per_hour=price, where=scope.where, from_=scope.from_
    )


def cache(located: Located, scope: Scope, values: LeverValues) -> Lever | None:
    """Read the cached share of input, and what is written to the cache."""
    keys = values.keys(located, ("hit_rate",), ("models", "written", "kept"))
    hit_rate = values.share(keys.get("hit_rate"), "hit_rate")
    models = values.models(keys.get("models"))
    written = values.share(keys.get("written"), "written")
    kept: Any = values.checker.choice(keys.get("kept"), ("5m", "1h"))
    if hit_rate is None:
        return None
    return Cache(
        hit_rate=hit_rate,
        models=models,
        written=written,
        kept=kept,
        where=scope.where,
        from_=scope.from_,
    )


def tier(located: Located, scope: Scope, values: LeverValues) -> Lever | None:
    """Read which tier a share of traffic is served in."""
    keys = values.keys(located, ("to",), ("share",))
    to = values.checker.choice(keys.get("to"), TIERS)
    share = values.share(keys["share"], "share") if "share" in keys else Fraction(1)
    if to is None or share is None:
        return None
    return Tier(to=to, share=share, where=scope.where, from_=scope.from_)


def batch(located: Located, scope: Scope, values: LeverValues) -> Lever | None:
    """Read which share of traffic is sent in batches."""
    share = values.share(values.keys(located, ("share",)).get("share"), "share")
    if share is None:
        return None
    return Batch(share=share, where=scope.where, from_=scope.from_)
