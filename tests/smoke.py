"""What an installed Tollbook must do in an environment that holds nothing else.

Run from a folder without the sources: the price tables, the sample usage, the vocabularies and the
pages must come from the installation. Exits 1 with the first thing that does not hold.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator

PORT = 8057
TOLLBOOK = str(Path(sys.executable).with_name("tollbook"))


def run(*words: str) -> str:
    ran = subprocess.run([TOLLBOOK, *words], capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"tollbook {' '.join(words)} exited {ran.returncode}: {ran.stderr}")
    return ran.stdout


def answer(*words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("--json", *words))
    return found


def must(holds: object, what: str) -> None:
    if not holds:
        sys.exit(f"the installed program fails: {what}")
    sys.stdout.write(f"holds: {what}\n")


@contextmanager
def dashboard(*words: str) -> Iterator[str]:
    """Serve while the block runs, and stop afterwards."""
    server = subprocess.Popen([TOLLBOOK, *words, "--port", str(PORT)], stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{PORT}/"
    finally:
        server.terminate()
        server.wait(timeout=20)


def page(url: str, seconds: float = 60) -> str:
    """Return the text at an address, tried until a server that starts up answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urlopen(url, timeout=20) as reply:  # noqa: S310 - our own server
                text: str = reply.read().decode()
                return text
        except URLError:
            if time.monotonic() > end:
                sys.exit(f"no answer from {url} within {seconds} s")
            time.sleep(0.2)


def main() -> None:
    import costmodel

    installed = Path(costmodel.__file__ or "")
    must("site-packages" in installed.parts, "the packages come from the installation")
    must("gpt-4.1-mini" in run("prices", "list"), "the price tables are in the wheel")
    run("prices", "check")
    cost = answer("cost", "--model", "gpt-4.1-mini", "--input-tokens", "1000000")
    must(cost["total"] == "0.40", "a million input tokens of gpt-4.1-mini cost $0.40")
    count = run("count", "--text", "hello world", "--model", "gpt-4.1-mini")
    must("o200k_base" in count, "a vocabulary is there without a network")
    run("demo", "--no-serve")
    report = answer("--db", "demo.duckdb", "report", "--by", "model")
    must(len(report["rows"]) > 1 and report["total"]["cost"], "the sample usage is in the wheel")
    with dashboard("demo") as url:
        must("_dash" in page(url), "the dashboard answers")
        must(page(f"{url}_dash-layout"), "the dashboard has a layout")


if __name__ == "__main__":
    main()
