"""What one span says about a call: model, provider, tier, time, dimensions."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from ingest.canonical import UsageRow
from ingest.dimension_keys import dimension_keys, keys_of_configuration, usual_keys
from ingest.formats.otlp.spans import EXACT
from ingest.formats.otlp.usage import first
from ingest.providers import maker_of, served_by
from ingest.values import count_of, moment_of, money_of, number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ingest.dimension_keys import DimensionKeys
    from ingest.formats.otlp.spans import Attributes, Span
    from ingest.formats.otlp.usage import Counted
    from ingest.projection import ImportOptions

OPERATION: Final = (
    "gen_ai.operation.name",
    "openinference.span.kind",
    "llm.request.type",
    "traceloop.span.kind",
)
CALLS: Final = frozenset(
    ("chat", "text_completion", "embeddings", "generate_content", "completion", "llm", "embedding")
)
OTHERS: Final = frozenset(
    ("fetch_response", "create_agent", "invoke_agent", "execute_tool", "invoke_workflow",
     "retrieval", "agent", "chain", "tool", "workflow", "task", "retriever", "reranker",
     "guardrail", "evaluator")
)  # fmt: skip
ANSWER: Final = ("gen_ai.response.id", "llm.response.id")
MODEL: Final = (
    "gen_ai.response.model",
    "llm.response.model",
    "gen_ai.request.model",
    "llm.request.model",
    "llm.model_name",
    "embedding.model_name",
)
PROVIDER: Final = ("gen_ai.provider.name", "llm.provider", "gen_ai.system", "llm.system")
TIER: Final = (
    "openai.response.service_tier",
    "gen_ai.openai.response.service_tier",
    "gen_ai.response.service_tier",
    "openai.request.service_tier",
    "gen_ai.openai.request.service_tier",
)
"""What was served comes before what was asked for."""
COST: Final = ("gen_ai.usage.cost", "llm.cost.total", "operation.cost")
FIRST_TOKEN: Final = ("gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token")
AZURE_HOST: Final = ".openai.azure.com"
ASSOCIATED: Final = "traceloop.association.properties."
UNNAMED_SERVICE: Final = "unknown_service"

OWN_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "feature": ("feature", "gen_ai.agent.name", "gen_ai.workflow.name", "traceloop.workflow.name"),
    "session": ("gen_ai.conversation.id", "session.id", "langfuse.session.id"),
    "user": ("user.id", "enduser.id", "langfuse.user.id"),
    "environment": ("deployment.environment.name", "deployment.environment"),
    "prompt_version": ("llm.prompt_template.version", "gen_ai.prompt.version"),
}
"""Attributes of the conventions that mean a dimension."""


class Role(Enum):
    """What a span is: one call, surely none, or what its operation does not tell."""

    CALL = "call"
    OTHER = "other"
    UNNAMED = "unnamed"


def role_of(span: Span) -> Role:
    """Return what a span's operation makes of it."""
    word = str(first(span.attributes, OPERATION)[1] or "").strip().lower()
    if word in CALLS:
        return Role.CALL
    return Role.OTHER if word in OTHERS else Role.UNNAMED


def text_at(attributes: Attributes, keys: tuple[str, ...]) -> str | None:
    """Return the first of the keys that has a value, as text."""
    return text_of(first(attributes, keys)[1])


def row_of(span: Span, tokens: Counted | None, keys: DimensionKeys) -> UsageRow:
    """Return the row of a call.

    Raises:
        Fault: A time, an amount or a duration cannot be right.
    """
    attributes = span.attributes
    start = moment_of("startTimeUnixNano", _nanoseconds(span, "startTimeUnixNano"))
    provider, model = _served(attributes)
    return UsageRow(
        time=start,
        model=model,
        meters=tokens.meters if tokens else {},
        id=text_at(attributes, ANSWER) or _own_id(span),
        provider=provider,
        tier=text_at(attributes, TIER),
        dimensions=_dimensions(span, keys),
        measures=_measures(span, start),
        reasoning_tokens=tokens.reasoning_tokens if tokens else 0,
        reported_cost=money_of(*first(attributes, COST)),
    )


def _own_id(span: Span) -> str | None:
    trace, own = text_of(span.own["traceId"]), text_of(span.own["spanId"])
    return f"{trace}:{own}" if trace and own else None


def _nanoseconds(span: Span, name: str) -> int | None:
    """Return a time, None for one that is not set: it is 0 in the protocol."""
    return count_of_nanoseconds(name, span.own[name]) or None


def count_of_nanoseconds(name: str, value: object) -> int:
    """Return nanoseconds since 1970; they are above what a count of tokens may be.

    Raises:
        Fault: It is no whole number.
    """
    text = text_of(value)
    if text is not None and not isinstance(value, bool) and text.isdecimal() and len(text) < 20:  # noqa: PLR2004
        return int(text)
    return count_of(name, value)


def _served(attributes: Attributes) -> tuple[str, str | None]:
    """Return provider and model; Azure is told by its address where the words say OpenAI."""
    name = text_at(attributes, MODEL)
    provider, model = served_by(text_at(attributes, PROVIDER), name, "")
    address = str(attributes.get("server.address") or "").lower()
    if provider in {"openai", ""} and address.endswith(AZURE_HOST):
        provider = "azure"
    return provider or maker_of(model), model or None


def _measures(span: Span, start: datetime | None) -> Mapping[str, float | str | None]:
    begun, ended = (_nanoseconds(span, f"{name}TimeUnixNano") for name in ("start", "end"))
    took = None if start is None or not begun or not ended else (ended - begun) / 1_000_000_000
    status = span.own["status"]
    code = status.get("code") if isinstance(status, dict) else None
    failed = code in {2, "STATUS_CODE_ERROR"} if isinstance(code, int | str) else False
    return {
        "latency_seconds": took if took is not None and took >= 0 else None,
        "time_to_first_token_seconds": number_of(*first(span.attributes, FIRST_TOKEN)),
        "status": (text_at(span.attributes, ("error.type",)) or "error") if failed else None,
    }


def _metadata(attributes: Attributes) -> dict[str, Any]:
    """Return metadata as OpenInference writes it, an object as text."""
    given = attributes.get("metadata")
    if not isinstance(given, str):
        return {}
    try:
        found = EXACT.decode(given)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def keys_for(options: ImportOptions) -> DimensionKeys:
    """Return the attributes that mean a dimension; OpenLLMetry puts a prefix before some."""
    return dimension_keys(
        *(
            {name: _with_prefix(keys) for name, keys in each.items()}
            for each in (keys_of_configuration(options.dimensions), OWN_NAMES, usual_keys())
        )
    )


def _with_prefix(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each for key in keys for each in (key, ASSOCIATED + key))


def _dimensions(span: Span, keys: DimensionKeys) -> dict[str, str | None]:
    """Return what is known under the conventions' names and the usual ones.

    The service is the feature only where nothing finer is named: neither a feature, an
    agent nor a workflow.
    """
    found = keys.values(span.attributes, _metadata(span.attributes), span.resource)
    return {"feature": _service(span.resource), **found}


def _service(resource: Attributes) -> str | None:
    name = resource.get("service.name")
    named = isinstance(name, str) and not name.startswith(UNNAMED_SERVICE)
    return text_of(name) if named else None
