"""The served name of a model, where a deployment hides it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def sql_string(text: str) -> str:
    """Return text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def served_sql(name: str, deployments: Mapping[str, str]) -> str:
    """Return the SQL of a model's name; configured deployments mean the model behind them."""
    if not deployments:
        return f"text_of({name})"
    cases = " ".join(
        f"WHEN {sql_string(deployment)} THEN {sql_string(model)}"
        for deployment, model in deployments.items()
    )
    return f"CASE text_of({name}) {cases} ELSE text_of({name}) END"
