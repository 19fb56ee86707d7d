"""What programs ask: ``/api/budget`` for gateways that throttle, ``/metrics`` for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, jsonify, request

from alerts.forecast_json import forecast_json
from costmodel.money import decimal_string
from dashboard.budget_watch import WatchError, situations_of
from dashboard.prometheus import metrics_text
from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Flask

    from alerts.situation import Situation
    from dashboard.context import DashboardContext

ASK_FOR_SOMETHING = (
    "Say whose budget you ask for: /api/budget?key=NAME for an API key, or ?budget=NAME."
)


def register(server: Flask, context: DashboardContext) -> None:
    """Add ``GET /api/budget?key=NAME`` (or ``?budget=NAME``, or both) and ``GET /metrics``."""

    def budget() -> tuple[Response, int]:
        key, name = request.args.get("key") or None, request.args.get("budget") or None
        if key is None and name is None:
            return jsonify({"sentence": ASK_FOR_SOMETHING}), 400
        try:
            found = matching(situations_of(context), key, name)
        except WatchError as error:
            return jsonify({"sentence": str(error)}), 503
        if not found:
            return jsonify({"sentence": _none(key, name)}), 404
        return jsonify(answer(found, key)), 200

    def metrics() -> Response:
        try:
            text = metrics_text(context)
        except StoreError as error:
            return Response(f"# {error}\n", 503, content_type="text/plain; charset=utf-8")
        return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")

    server.add_url_rule("/api/budget", "budget_of_key", budget)
    server.add_url_rule("/metrics", "metrics", metrics)


def matching(situations: Sequence[Situation], key: str | None, name: str | None) -> list[Situation]:
    """Return the situations of a key, of a budget, or of both, the one with least left first."""
    found = [
        each
        for each in situations
        if (name is None or each.budget.name == name) and (key is None or is_about_key(each, key))
    ]
    return sorted(found, key=lambda each: each.left / each.budget.amount)


def is_about_key(situation: Situation, key: str) -> bool:
    """Tell whether a budget is one key's: kept for each key, or filtered to it."""
    if situation.budget.each == "api_key":
        return situation.value == key
    return key in situation.filters.get("api_key", ())


def answer(found: Sequence[Situation], key: str | None) -> dict[str, Any]:
    """Return what a gateway gets: the budget with least left, and all of them."""
    return budget_json(found[0], key) | {"budgets": [budget_json(each, key) for each in found]}


def budget_json(situation: Situation, key: str | None = None) -> dict[str, Any]:
    """Return one budget for programs: amounts as decimal strings, times with their offset."""
    budget, watermark = situation.budget, situation.watermark
    return {
        "key": key,
        "budget": budget.name,
        "value": situation.value or None,
        "measure": budget.measure,
        "currency": budget.currency if budget.measure == "money" else None,
        "limit": decimal_string(budget.amount),
        "spent": decimal_string(situation.spent),
        "left": decimal_string(situation.left),
        "state": situation.state,
        "from": situation.start.isoformat(),
        "until": situation.end.isoformat(),
        "at_least": situation.at_least,
        "forecast": forecast_json(budget, situation.ahead, situation.coming),
        "as_of": watermark.isoformat() if watermark else None,
    }


def _none(key: str | None, name: str | None) -> str:
    if key is None:
        return f"There is no budget called {name!r}."
    of = f" called {name!r}" if name else ""
    return (
        f"No budget{of} is kept for the key {key!r}: filter one to api_key, or write each: api_key."
    )
