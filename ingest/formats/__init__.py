"""Formats of usage exports: each knows its own files and how their rows read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.formats.aider import Aider
from ingest.formats.anthropic_costs import AnthropicCosts
from ingest.formats.anthropic_usage import AnthropicUsage
from ingest.formats.api_objects import ApiObjects
from ingest.formats.azure_apim import AzureApim
from ingest.formats.azure_costs import AzureCosts
from ingest.formats.azure_metrics import AzureMetrics
from ingest.formats.bedrock import Bedrock
from ingest.formats.charges import Charges
from ingest.formats.claude_code import ClaudeCode
from ingest.formats.codex import Codex
from ingest.formats.deepseek import Deepseek
from ingest.formats.focus import Focus
from ingest.formats.helicone import Helicone
from ingest.formats.langfuse import Langfuse
from ingest.formats.litellm import Litellm
from ingest.formats.litellm_daily import LitellmDaily
from ingest.formats.mapped import Mapped
from ingest.formats.openai_activity import OpenaiActivity
from ingest.formats.openai_cost_csv import OpenaiCostCsv
from ingest.formats.openai_costs import OpenaiCosts
from ingest.formats.openai_usage import OpenaiUsage
from ingest.formats.openrouter import Openrouter
from ingest.formats.otlp import Otlp
from ingest.formats.texts import Texts
from ingest.formats.vertex import Vertex

if TYPE_CHECKING:
    from ingest.formats.base import Format

FORMATS: Final[tuple[Format, ...]] = (
    Aider(),
    AnthropicCosts(),
    AnthropicUsage(),
    ApiObjects(),
    AzureApim(),
    AzureCosts(),
    AzureMetrics(),
    Bedrock(),
    Charges(),
    ClaudeCode(),
    Codex(),
    Deepseek(),
    Focus(),
    Helicone(),
    Langfuse(),
    Litellm(),
    LitellmDaily(),
    OpenaiActivity(),
    OpenaiCostCsv(),
    OpenaiCosts(),
    OpenaiUsage(),
    Openrouter(),
    Otlp(),
    Texts(),
    Vertex(),
)
"""All formats that claim files by themselves."""

MAPPED: Final[Format] = Mapped()
"""The format that a column mapping names; it claims nothing by itself."""
