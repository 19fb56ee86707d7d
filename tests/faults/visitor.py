"""Somebody who opens the pages of a served dashboard over HTTP, as the browser does."""

from __future__ import annotations

import json
import re
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

SECONDS_TO_ANSWER = 60
ADDRESS = {"pathname", "search"}

Json = Any
Place = tuple[str, str]
"""A component's identity as JSON, and one of its properties."""


class Visitor:
    """A browser without a screen: it keeps what is on the page and asks every callback of it.

    A page that says that a part of it failed, or an answer of 400 or more, is an error
    of the test.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._values: dict[Place, Json] = {}
        self.answers = 0
        self._callbacks = [
            each for each in self.get("/_dash-dependencies") if not each["clientside_function"]
        ]

    def visit(self, path: str, search: str = "") -> str:
        """Open a page and let every callback that follows the address answer.

        Returns all that came, as JSON.
        """
        self._values = {("url", "pathname"): path, ("url", "search"): search}
        self._show(self.get("/_dash-layout"))
        router = [each for each in self._callbacks if "..page.children" in each["output"]]
        rest = [
            each
            for each in self._callbacks
            if each not in router
            and any(source["id"] == "url" for source in each["inputs"])
            and not _outputs(each) & {("url", "search")}
        ]
        found = [self._ask(each) for each in (*router, *rest) if self._is_on_screen(each)]
        assert len(found) > 1
        return json.dumps(found, ensure_ascii=False)

    def upload(self, path: Path, then: str = "import") -> str:
        """Hand a file in at the page of imports; returns the name of its job."""
        headers = {"X-Tollbook-Upload": "1"}
        address = f"/api/upload?name={path.name}&then={then}"
        answer = self._answer("POST", address, path.read_bytes(), headers)
        return str(json.loads(answer)["job"])

    def get(self, path: str) -> Json:
        """Return what stands at an address, as JSON."""
        return json.loads(self._answer("GET", path))

    def _answer(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=SECONDS_TO_ANSWER)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        assert answer.status in {200, 204}, f"{method} {path}: {answer.status} {text[:300]!r}"
        self.answers += 1
        return text

    def _is_on_screen(self, callback: Json) -> bool:
        known = {identity for identity, _ in self._values}
        sources = (*callback["inputs"], *callback["state"])
        needed = {each["id"] for each in sources} | {identity for identity, _ in _outputs(callback)}
        return all("[" in identity or identity in known for identity in needed)

    def _ask(self, callback: Json) -> Json:
        request = {
            "output": callback["output"],
            "outputs": [self._concrete(*each, with_value=False) for each in _places(callback)],
            "inputs": [self._given(each) for each in callback["inputs"]],
            "state": [self._given(each) for each in callback["state"]],
            "changedPropIds": ["url.search", "url.pathname"],
        }
        if not callback["output"].startswith(".."):
            request["outputs"] = request["outputs"][0]
        headers = {"Content-Type": "application/json"}
        text = self._answer(
            "POST", "/_dash-update-component", json.dumps(request).encode(), headers
        )
        answer = json.loads(text) if text else {}
        assert "failure" not in answer.get("sideUpdate", {}), answer["sideUpdate"]
        for identity, properties in answer.get("response", {}).items():
            for name, value in properties.items():
                self._values[identity, name] = value
                self._show(value)
        return answer

    def _given(self, source: Json) -> Json:
        return self._concrete(source["id"], source["property"], with_value=True)

    def _concrete(self, identity: str, name: str, *, with_value: bool) -> Json:
        """Return a place as the browser names it; one that stands for all of a kind, as a list."""
        if "[" not in identity:
            return self._told(identity, name, with_value=with_value)
        kind = json.loads(identity)["type"]
        known = dict.fromkeys(each for each, _ in self._values if f'"type":"{kind}"' in each)
        return [self._told(each, name, with_value=with_value) for each in known]

    def _told(self, identity: str, name: str, *, with_value: bool) -> Json:
        told: dict[str, Json] = {
            "id": json.loads(identity) if identity.startswith("{") else identity,
            "property": name,
        }
        return {**told, "value": self._values.get((identity, name))} if with_value else told

    def _show(self, content: Json) -> None:
        """Note the properties of all components in a piece of a page."""
        for properties in _components(content):
            identity = _identity(properties["id"])
            for name, value in properties.items():
                self._values[identity, name] = value


def _components(content: Json) -> Iterator[Json]:
    inside: Iterable[Json] = ()
    if isinstance(content, dict):
        inside = content.values()
        if "namespace" in content and "id" in content.get("props", {}):
            yield content["props"]
    elif isinstance(content, list):
        inside = content
    for each in inside:
        yield from _components(each)


def _identity(given: Json) -> str:
    if isinstance(given, str):
        return given
    return json.dumps(given, sort_keys=True, separators=(",", ":"))


def _places(callback: Json) -> Sequence[Place]:
    """Return the outputs of a callback in their order."""
    text = callback["output"].removeprefix("..").removesuffix("..")
    places = []
    for each in text.split("..."):
        identity, _, name = re.sub(r"@\w+$", "", each).rpartition(".")
        places.append((identity, name))
    return places


def _outputs(callback: Json) -> set[Place]:
    return set(_places(callback))
