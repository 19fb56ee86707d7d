from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from pricing.located_yaml import read
from pricing.reader import shipped_paths
from pricing.schema import SCHEMA_PATH, schema_text, table_schema

if TYPE_CHECKING:
    from pathlib import Path


def plain(value: Any) -> Any:  # noqa: ANN401 - any YAML value
    """What an editor sees: days are text, numbers are numbers."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return float(value) if hasattr(value, "as_tuple") else value


def test_the_committed_schema_is_current() -> None:
    assert SCHEMA_PATH.read_text(encoding="utf-8") == schema_text(), "run: python -m pricing.schema"


@pytest.mark.parametrize("path", shipped_paths(), ids=lambda path: path.name)
def test_every_shipped_table_fits_the_schema(path: Path) -> None:
    jsonschema.Draft202012Validator(table_schema()).validate(plain(read(path).plain()))


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("provider",), "opnai"),
        (("models", "gpt-4.1", "famly"), "x"),
        (("models", "gpt-4.1", "tokenizer"), "cl100k"),
        (("models", "gpt-4.1", "rates", 0, "input"), -1),
        (("models", "gpt-4.1", "rates", 0, "above_input_tokens"), 100_001),
        (("models", "gpt-4.1", "rates", 0, "tier"), "express"),
        (("models", "gpt-4.1", "rates", 0, "zone"), "europe"),
        (("models", "gpt-4.1", "rates", 0, "from"), "soon"),
        (("models", "gpt-4.1", "rates"), []),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(
    keys: tuple[str | int, ...], value: object
) -> None:
    path = next(path for path in shipped_paths() if path.name == "openai.yaml")
    table = copy.deepcopy(plain(read(path).plain()))
    here = table
    for key in keys[:-1]:
        here = here[key]
    here[keys[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(table, table_schema())
