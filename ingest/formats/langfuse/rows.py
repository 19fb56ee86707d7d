"""What one observation of Langfuse says about a call: model, tokens, money, dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ingest.canonical import UsageRow
from ingest.dimension_keys import dimension_keys, keys_of_configuration, usual_keys
from ingest.formats.langfuse.observations import plain
from ingest.formats.langfuse.usage import EXACT, Counted, counted, object_in
from ingest.providers import maker_of, served_by
from ingest.values import Fault, moment_of, money_of, number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from ingest.dimension_keys import DimensionKeys
    from ingest.projection import ImportOptions

CALLS: Final = frozenset(("GENERATION", "EMBEDDING"))
"""Types of observation that are one call of a model; others sum up, if they have tokens."""
PROVIDER_KEYS: Final = (
    "gen_ai.provider.name",
    "gen_ai.system",
    "llm.provider",
    "llm.system",
    "ls_provider",
)
OLDER_COUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "input": ("inputusage", "prompttokens"),
    "output": ("outputusage", "completiontokens"),
    "total": ("totalusage", "totaltokens"),
}
COSTS: Final = ("totalcost", "calculatedtotalcost")

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Served:
    """Who served an observation's model; ``guessed`` where only the name tells."""

    provider: str
    model: str | None
    guessed: bool


def is_call(values: Values) -> bool:
    """Tell whether an observation is one call; without a type its model tells."""
    kind = text_of(values.get("type"))
    return served_name(values) is not None if kind is None else kind.upper() in CALLS


def served_name(values: Values) -> str | None:
    """Return the name of the model as the export has it."""
    return text_of(values.get("providedmodelname")) or text_of(values.get("model"))


def tokens_of(values: Values) -> Counted | None:
    """Return the meters of an observation, None where it counted nothing.

    Raises:
        Fault: A count cannot be right, or fits no total.
    """
    older = {name: _first(values, keys) for name, keys in OLDER_COUNTS.items()}
    for name in ("usagedetails", "providedusagedetails", "usage"):
        details = dict(object_in(_written(name), values.get(name)))
        unit = text_of(details.pop("unit", None))
        details = {key: n for key, n in details.items() if not key.lower().endswith("cost")}
        if not any(map(text_of, details.values())):
            continue
        if unit is not None and unit.upper() != "TOKENS":
            raise Fault(f"usage counts {unit.lower()[:40]}, not tokens")
        found = counted(details, older["total"] or None)
        if found is not None:
            return found
    return counted(older)


def _written(name: str) -> str:
    return {"usagedetails": "usage_details"}.get(name, name)


def _first(values: Values, names: tuple[str, ...]) -> object:
    return next((values[name] for name in names if name in values), None)


def served(values: Values, meanings: Meanings) -> Served:
    """Return provider and model; the export has no column for who served it."""
    metadata = _metadata(values)
    word = next((found for key in PROVIDER_KEYS if (found := text_of(metadata.get(key)))), None)
    name = served_name(values)
    provider, model = served_by(word, name, "")
    guessed = not provider and meanings.provider is None
    return Served(provider or maker_of(model), model or None, guessed)


def row_of(values: Values, tokens: Counted | None, who: Served, meanings: Meanings) -> UsageRow:
    """Return the row of an observation.

    Raises:
        Fault: A time, an amount or a duration cannot be right.
    """
    start = moment_of("start_time", values.get("starttime"))
    return UsageRow(
        time=start,
        model=who.model,
        meters=tokens.meters if tokens else {},
        id=text_of(values.get("id")),
        provider=who.provider,
        tier=_tier(values),
        dimensions=_dimensions(values, meanings),
        measures=_measures(values, start),
        reasoning_tokens=tokens.reasoning_tokens if tokens else 0,
        reported_cost=_cost(values),
    )


def _cost(values: Values) -> Decimal | None:
    """Return what Langfuse says that a call cost; 0 without details is a model it does not know."""
    details = object_in("cost_details", values.get("costdetails"))
    given = next((values[name] for name in COSTS if name in values), None)
    cost = money_of("total_cost", given if given is not None else details.get("total"))
    if cost is None and details:
        parts = [money_of(f"cost_details.{name}", each) for name, each in details.items()]
        cost = sum((each for each in parts if each is not None), start=_ZERO)
    return None if cost == 0 and not details else cost


_ZERO: Final = EXACT.decode("0.0")


def _tier(values: Values) -> str | None:
    """Return the tier that was asked for: what was served is not in the export."""
    try:
        parameters = object_in("model_parameters", values.get("modelparameters"))
    except Fault:
        return None
    tier = parameters.get("service_tier")
    return tier if isinstance(tier, str) else None


def _measures(values: Values, start: datetime | None) -> Mapping[str, float | str | None]:
    latency = number_of("latency", values.get("latency"))
    first = number_of("time_to_first_token", values.get("timetofirsttoken"))
    level = text_of(values.get("level"))
    return {
        "latency_seconds": _since(start, "end_time", values.get("endtime"), latency),
        "time_to_first_token_seconds": _since(
            start, "completion_start_time", values.get("completionstarttime"), first
        ),
        "status": "error" if level == "ERROR" else None,
    }


def _since(start: datetime | None, name: str, value: object, given: float | None) -> float | None:
    """Return the seconds that were given, or those since the start; none are below 0."""
    if given is None and start is not None:
        end = moment_of(name, value)
        given = None if end is None else (end - start).total_seconds()
    return None if given is None or given < 0 else given


def _metadata(values: Values) -> dict[str, Any]:
    """Return metadata of the trace, over it that of the observation, attributes unfolded."""
    found: dict[str, Any] = {}
    for name in ("tracemetadata", "metadata"):
        try:
            given = object_in("metadata", values.get(name))
        except Fault:  # somebody's own text
            continue
        inner = given.get("attributes")
        found |= {**(inner if isinstance(inner, dict) else {}), **given}
    return found


def _tags(values: Values) -> dict[str, str]:
    """Return the tags that name what they mean, as ``feature:search`` does."""
    given = values.get("tags")
    if isinstance(given, str):
        try:
            given = EXACT.decode(given)
        except (ValueError, RecursionError):
            return {}
    texts = [tag for tag in given if isinstance(tag, str)] if isinstance(given, list) else []
    pairs = (tag.replace("=", ":", 1).partition(":") for tag in texts)
    return {key.strip().lower(): value.strip() for key, _, value in pairs if value.strip()}


@dataclass(frozen=True)
class Meanings:
    """What the configuration and everybody's habits say that a key means.

    ``provider`` is who served every model, where the person who imports says so.
    """

    configured: DimensionKeys
    usual: DimensionKeys
    provider: str | None = None


def meanings_for(options: ImportOptions) -> Meanings:
    """Return what keys mean; a configured one may also be a column of the export."""
    named = keys_of_configuration(options.dimensions)
    columns = {name: tuple(map(plain, keys)) for name, keys in named.items()}
    attributes = {name: (f"{name}.id",) for name in ("session", "user")}
    usual = dimension_keys(usual_keys(), attributes)
    return Meanings(dimension_keys(named, columns), usual, options.provider)


def _dimensions(values: Values, meanings: Meanings) -> dict[str, str | None]:
    """Return what is known; own columns count before metadata and tags."""
    metadata, tags = _metadata(values), _tags(values)
    own = {
        "session": text_of(values.get("sessionid")),
        "user": text_of(values.get("userid")),
        "environment": text_of(values.get("environment")),
        "project": text_of(values.get("projectid")),
        "prompt_version": _prompt(values),
    }
    return {
        **meanings.usual.values(metadata, tags),
        **{name: value for name, value in own.items() if value is not None},
        **meanings.configured.values(metadata, tags, values),
    }


def _prompt(values: Values) -> str | None:
    """Return name and version of a prompt that Langfuse keeps."""
    name, version = text_of(values.get("promptname")), text_of(values.get("promptversion"))
    return f"{name}:{version}" if name and version else name
