"""Uploads: a file streams to disk, and the page asks how far its import is.

A file never passes through memory or base64. It is imported at once, or looked at first
and imported when somebody says so, without a second upload.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING

from flask import abort, jsonify, request

from dashboard.attachments import attached
from dashboard.mapping_choices import DAY, known_choices, mapping_yaml
from ingest.raw_lines import picked

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask, Response

    from dashboard.context import DashboardContext
    from dashboard.import_jobs import Held

LARGEST_BYTES = 4 * 1024**3
"""The largest upload, which is also what waitress takes; more goes in by ``tollbook import``."""

HEADER = "X-Tollbook-Upload"
"""A header that no form of another site can send without being asked first."""

_PIECE_BYTES = 1024 * 1024
_DEMO = "These are demo data: choose 'Use my own data' first, they are never mixed."
_GONE = "This file does not wait here any more; choose it again."


def register(server: Flask, context: DashboardContext) -> None:
    """Add the routes of uploads and of the files that wait for a decision.

    ``POST /api/upload?name=...&then=look`` takes a file as its body, ``GET
    /api/imports/<job>`` says how it is, ``POST /api/held/<job>/import`` and ``discard``
    decide about it, ``draft`` and ``mapping`` say what its columns mean, ``day`` when its
    rows without a time were, and ``GET /download/held/<job>/lines`` and ``mapping.yaml``
    give what can be saved.
    """
    imports = context.imports

    def upload() -> tuple[Response, int] | Response:
        _only_from_the_page()
        if context.demo:
            return jsonify({"sentence": _DEMO}), 409
        size = request.content_length
        if size is None or size > LARGEST_BYTES:
            abort(411 if size is None else 413)
        request.max_content_length = LARGEST_BYTES
        path = imports.room_for(request.args.get("name", ""))
        if shutil.disk_usage(path.parent).free < 2 * size:
            shutil.rmtree(path.parent)
            return jsonify({"sentence": "There is too little room on the disk."}), 507
        _save(path)
        then = imports.look if request.args.get("then") == "look" else imports.start
        return jsonify({"job": then(path, context.source)})

    def progress(name: str) -> Response:
        job = imports.job(name)
        if job is None:
            abort(404)
        return jsonify(asdict(job))

    server.add_url_rule("/api/upload", "upload", upload, methods=["POST"])
    server.add_url_rule("/api/imports/<name>", "import_progress", progress)
    _register_held(server, context)
    _register_looks(server, context)


def _register_held(server: Flask, context: DashboardContext) -> None:
    imports = context.imports

    def decide(name: str, decision: str) -> tuple[Response, int] | Response:
        _only_from_the_page()
        if context.demo:
            return jsonify({"sentence": _DEMO}), 409
        _held(context, name)
        done = imports.accept(name) if decision == "import" else imports.discard(name)
        return jsonify({"job": name}) if done else (jsonify({"sentence": _GONE}), 404)

    server.add_url_rule(
        "/api/held/<name>/<any(import, discard):decision>", "decide", decide, methods=["POST"]
    )
    server.add_url_rule(
        "/download/held/<name>/mapping.yaml",
        "held_mapping",
        lambda name: _mapping(_held(context, name)),
    )
    server.add_url_rule(
        "/download/held/<name>/lines", "held_lines", lambda name: _lines(_held(context, name))
    )


def _register_looks(server: Flask, context: DashboardContext) -> None:
    """Add what somebody says of a file that waits, which is then looked at again."""
    imports = context.imports

    def map_columns(name: str) -> tuple[Response, int] | Response:
        _only_from_the_page()
        held = _held(context, name)
        if not imports.look_through(held.name, known_choices(request.form)):
            return jsonify({"sentence": _GONE}), 404
        return jsonify({"job": name})

    def give_day(name: str) -> tuple[Response, int] | Response:
        _only_from_the_page()
        held = _held(context, name)
        if not imports.look_with_day(held.name, known_choices(request.form).get(DAY, "")):
            return jsonify({"sentence": _GONE}), 404
        return jsonify({"job": name})

    server.add_url_rule("/api/held/<name>/day", "give_day", give_day, methods=["POST"])

    def note_draft(name: str) -> Response:
        """Keep a form, or nothing: a table that is being looked at is not there to be changed."""
        _only_from_the_page()
        imports.note_draft(name, known_choices(request.form))
        return jsonify({"job": name})

    server.add_url_rule("/api/held/<name>/draft", "note_draft", note_draft, methods=["POST"])
    server.add_url_rule("/api/held/<name>/mapping", "map_columns", map_columns, methods=["POST"])


def _only_from_the_page() -> None:
    if HEADER not in request.headers:
        abort(403)


def _held(context: DashboardContext, name: str) -> Held:
    """Return a file that waits to come into the store on screen."""
    held = context.imports.held_file(name)
    if held is None or held.source.store_path != context.store_path:
        abort(404)
    return held


def _lines(held: Held) -> Response:
    """Return the lines that were set aside, as they stand in the file."""
    if held.seen is None:
        abort(404)
    numbers = {each.line for each in held.seen.set_aside}
    name = held.path.name.removesuffix(".gz").removesuffix(".zst")
    kind = "application/octet-stream"
    return attached(picked(held.path, numbers), f"set-aside-{name}", kind)


def _mapping(held: Held) -> Response:
    """Return the mapping through which a table was looked at."""
    if held.choices is None:
        abort(404)
    content = mapping_yaml(held.choices).encode()
    return attached(content, "mapping.yaml", "application/yaml")


def _save(path: Path) -> None:
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(request.stream, file, _PIECE_BYTES)
    except BaseException:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise
