"""Price tables: one provider's models and rates from YAML, with the place of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from costmodel.rates import Life, Model, RateLimit, UsageTier
from pricing.located_yaml import Checker, Problem, YamlError, read
from pricing.rate_rows import NO_FEE, CardRow, Fee, References, read_references, read_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from costmodel.rates import RateCard
    from pricing.located_yaml import Located

TABLES = Path(__file__).parent / "tables"
PROVIDERS = ("openai", "azure", "anthropic", "google")
TABLE_KEYS = ("sources", "assumptions", "fees", "usage_tiers", "models", "rates")
MODEL_REQUIRED = ("display", "family", "rates")
MODEL_KEYS = (
    "snapshots",
    "aliases",
    "life",
    "context_window",
    "max_output_tokens",
    "knowledge_cutoff",
    "minimum_cacheable_tokens",
    "tokenizer",
    "fees",
    "rate_limits",
    "source",
)
LIFE_DAYS = ("released_on", "announced_on", "deprecated_on", "shutdown_on")
LIFE_KEYS = (*LIFE_DAYS, "successor")
LIMIT_KEYS = (
    "above_input_tokens",
    "requests_per_minute",
    "tokens_per_minute",
    "requests_per_day",
    "batch_queue_tokens",
)
USAGE_TIER_NUMBERS = ("paid_usd", "account_age_days", "monthly_cap_usd")
TOKENIZERS = ("o200k_base", "cl100k_base")


@dataclass(frozen=True)
class ModelRow:
    """A model, what its calls cost, and the place in the file that it was read from."""

    model: Model
    fee: Fee
    at: Located


@dataclass(frozen=True)
class Table:
    """What one file holds, and the mistakes that its reader found."""

    path: Path
    models: tuple[ModelRow, ...] = ()
    cards: tuple[CardRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    usage_tiers: tuple[UsageTier, ...] = ()


def shipped_paths() -> tuple[Path, ...]:
    """Return the tables that come with Tollbook, in the order of their names."""
    return tuple(sorted(TABLES.glob("*.yaml")))


def read_table(path: Path) -> Table:
    """Return one table; bad YAML and bad values are problems of the result."""
    try:
        root = read(path)
    except YamlError as error:
        return Table(path, problems=error.problems)
    except OSError as error:
        message = f"cannot be read ({error.strerror}); check the path"
        return Table(path, problems=(Problem(path, 1, "", message),))
    check = Checker()
    fields = check.mapping(root, ("provider", "sources"), TABLE_KEYS)
    provider = check.choice(fields.get("provider"), PROVIDERS) or ""
    named = read_references(fields, check)
    models, cards = _models(fields.get("models"), provider, named, check)
    for at in check.sequence(fields.get("rates")):
        cards.append(read_row(at, provider, None, named, check))
    found = tuple(row for row in cards if row is not None)
    listed = check.sequence(fields.get("usage_tiers"))
    tiers = tuple(tier for at in listed if (tier := _usage_tier(at, provider, named, check)))
    return Table(path, tuple(models), found, tuple(check.problems), tiers)


def cards_with_fees(tables: Iterable[Table]) -> tuple[RateCard, ...]:
    """Return every card, with the calls that its model charges for in every tier."""
    tables = tuple(tables)
    fees = {
        (row.model.provider, row.model.name): row.fee for table in tables for row in table.models
    }
    return tuple(
        _with_fee(row.card, fees.get((row.card.provider, row.card.model), NO_FEE))
        for table in tables
        for row in table.cards
    )


def _with_fee(card: RateCard, fee: Fee) -> RateCard:
    if not fee.usd_per_million:
        return card
    return replace(
        card,
        usd_per_million={**card.usd_per_million, **fee.usd_per_million},
        assumed={**card.assumed, **fee.assumed},
    )


def _models(
    located: Located | None, provider: str, named: References, check: Checker
) -> tuple[list[ModelRow], list[CardRow | None]]:
    models, cards = [], []
    for name, at in check.mapping(located, optional=None).items():
        keys = check.mapping(at, MODEL_REQUIRED, MODEL_KEYS)
        model = _model(name, provider, keys, named, check)
        fee = check.choice(keys.get("fees"), named.fees.keys())
        models.append(ModelRow(model, named.fees[fee] if fee else NO_FEE, at))
        rows = check.sequence(keys.get("rates"))
        cards += [read_row(row, provider, name, named, check) for row in rows]
    return models, cards


def _model(
    name: str, provider: str, keys: Mapping[str, Located], named: References, check: Checker
) -> Model:
    limits = (_rate_limit(at, named, check) for at in check.sequence(keys.get("rate_limits")))
    return Model(
        provider=provider,
        name=name,
        family=check.text(keys.get("family")) or name,
        display=check.text(keys.get("display")) or name,
        snapshots=check.texts(keys.get("snapshots")),
        aliases=check.texts(keys.get("aliases")),
        life=_life(keys.get("life"), named, check),
        context_window=check.whole(keys.get("context_window")),
        max_output_tokens=check.whole(keys.get("max_output_tokens")),
        knowledge_cutoff=check.text(keys.get("knowledge_cutoff")),
        minimum_cacheable_tokens=check.whole(keys.get("minimum_cacheable_tokens")),
        tokenizer=check.choice(keys.get("tokenizer"), TOKENIZERS),
        rate_limits=tuple(limit for limit in limits if limit),
        source=_source_text(keys.get("source"), named, check),
    )


def _life(located: Located | None, named: References, check: Checker) -> Life:
    if located is None:
        return Life()
    keys = check.mapping(located, ("source",), LIFE_KEYS)
    days = {key: check.day(keys.get(key)) for key in LIFE_DAYS}
    return Life(
        **days,
        successor=check.text(keys.get("successor")),
        source=_source_text(keys.get("source"), named, check),
    )


def _rate_limit(located: Located, named: References, check: Checker) -> RateLimit | None:
    keys = check.mapping(located, ("usage_tier",), (*LIMIT_KEYS, "source"))
    tier = check.text(keys.get("usage_tier"))
    if tier is None:
        return None
    numbers = {key: check.whole(keys.get(key)) for key in LIMIT_KEYS}
    above = numbers.pop("above_input_tokens") or 0
    source = named.sources.get(check.choice(keys.get("source"), named.sources.keys()) or "")
    return RateLimit(
        tier,
        above_input_tokens=above,
        source=source.text if source else None,
        checked_on=source.checked_on if source else None,
        **numbers,
    )


def _usage_tier(
    located: Located, provider: str, named: References, check: Checker
) -> UsageTier | None:
    keys = check.mapping(located, ("usage_tier", *USAGE_TIER_NUMBERS, "source"))
    tier = check.text(keys.get("usage_tier"))
    source = named.sources.get(check.choice(keys.get("source"), named.sources.keys()) or "")
    paid, cap = check.number(keys.get("paid_usd")), check.number(keys.get("monthly_cap_usd"))
    age = check.whole(keys.get("account_age_days"))
    if tier is None or source is None or paid is None or cap is None or age is None:
        return None
    return UsageTier(provider, tier, paid, age, cap, source.text, source.checked_on)


def _source_text(located: Located | None, named: References, check: Checker) -> str | None:
    name = check.choice(located, named.sources.keys())
    return named.sources[name].text if name else None
