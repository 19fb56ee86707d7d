"""Uploads: a file streams to disk, one thread imports it, and the page asks how far it is.

A file never passes through memory or base64. Imports run one after another, because
one process at a time may write to the store.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from flask import abort, jsonify, request
from werkzeug.utils import secure_filename

from dashboard.guard import log
from dashboard.import_words import result_sentence
from ingest.errors import IngestError
from ingest.imports import ImportOptions, import_file
from ingest.store import Store

if TYPE_CHECKING:
    from flask import Flask, Response

    from dashboard.context import DashboardContext, Source
    from ingest.imports import Progress

LARGEST_BYTES = 1024**3
"""The largest upload, which is also what waitress takes; more goes in by ``tollbook import``."""

HEADER = "X-Tollbook-Upload"
"""A header that no form of another site can send without being asked first."""

_PIECE_BYTES = 1024 * 1024
_JOBS_KEPT = 100
_LONGEST_NAME = 120


@dataclass(frozen=True)
class Job:
    """One import: ``state`` is waiting, running, done or failed; ``sentence`` says how it is."""

    state: str
    sentence: str
    rows: int = 0
    rows_per_second: float = 0.0


class Imports:
    """The imports of this process: a queue of one, and how far each is."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = Lock()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import")

    def start(self, path: Path, source: Source) -> str:
        """Import a file into a source's store, then delete the file; returns the job's name."""
        name = secrets.token_urlsafe(9)
        self._set(name, Job("waiting", "waiting for its turn"))
        self._worker.submit(self._run, name, path, source)
        return name

    def job(self, name: str) -> Job | None:
        """Return how a job is, None when there is none of this name."""
        with self._lock:
            return self._jobs.get(name)

    def _set(self, name: str, job: Job) -> None:
        with self._lock:
            self._jobs[name] = job
            while len(self._jobs) > _JOBS_KEPT:
                self._jobs.popitem(last=False)

    def _run(self, name: str, path: Path, source: Source) -> None:
        try:
            self._set(name, _imported(path, source, lambda job: self._set(name, job)))
        except IngestError as error:
            self._set(name, Job("failed", str(error).replace(str(path), path.name)))
        except Exception:  # noqa: BLE001 - a thread's last words go to the page and the log
            log.exception("an upload could not be imported")
            text = f"{path.name} could not be imported; the log of tollbook says why"
            self._set(name, Job("failed", text))
        finally:
            shutil.rmtree(path.parent, ignore_errors=True)


def _imported(path: Path, source: Source, tell: Any) -> Job:  # noqa: ANN401 - a callback
    def on_progress(progress: Progress) -> None:
        words = "reading" if progress.phase == "reading" else "checking and storing"
        tell(Job("running", words, progress.rows, progress.rows_per_second))

    configuration = source.configuration
    options = ImportOptions(
        organisation=configuration.organisation,
        dimensions=configuration.dimensions,
        deployments=configuration.deployments,
        cells=configuration.cells,
        imported_at=source.clock(),
    )
    result = import_file(Store(source.store_path), path, options=options, progress=on_progress)
    return Job("done", result_sentence(result), result.rows_read)


def register(server: Flask, context: DashboardContext) -> None:
    """Add ``POST /api/upload?name=...`` with the file as its body, and ``GET /api/imports/...``."""
    imports = Imports()

    def upload() -> tuple[Response, int] | Response:
        if HEADER not in request.headers:
            abort(403)
        if context.demo:
            text = "These are demo data: choose 'Use my own data' first, they are never mixed."
            return jsonify({"sentence": text}), 409
        size = request.content_length
        if size is None or size > LARGEST_BYTES:
            abort(411 if size is None else 413)
        request.max_content_length = LARGEST_BYTES
        path = _room_for(request.args.get("name", ""))
        if shutil.disk_usage(path.parent).free < 2 * size:
            shutil.rmtree(path.parent)
            return jsonify({"sentence": "There is too little room on the disk."}), 507
        _save(path)
        return jsonify({"job": imports.start(path, context.source)})

    def progress(name: str) -> Response:
        job = imports.job(name)
        if job is None:
            abort(404)
        return jsonify(asdict(job))

    server.add_url_rule("/api/upload", "upload", upload, methods=["POST"])
    server.add_url_rule("/api/imports/<name>", "import_progress", progress)


def _room_for(name: str) -> Path:
    """Return a path in a folder of its own, with the file's own name as far as it is safe."""
    folder = Path(tempfile.mkdtemp(prefix="tollbook-upload-"))
    return folder / (secure_filename(name)[-_LONGEST_NAME:] or "upload")


def _save(path: Path) -> None:
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(request.stream, file, _PIECE_BYTES)
    except BaseException:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise
