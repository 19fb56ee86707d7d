"""Where ``tollbook`` and ``python -m tollbook`` start."""

from __future__ import annotations

import os
import signal
import sys
from io import TextIOWrapper

from tollbook.failures import run


def main() -> None:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name in somebody's log may hold what the terminal cannot show.
            stream.reconfigure(errors="backslashreplace")
    _end_tidily_when_told()
    code = run(sys.argv[1:], debug=os.environ.get("TOLLBOOK_DEBUG") == "1")
    sys.exit(code)


def _end_tidily_when_told() -> None:
    """Take the words of a service manager and of a terminal that closes as Ctrl-C.

    What is at work then ends in its own order, so that no temporary file stays; a signal
    that somebody wants ignored, as ``nohup`` does, stays ignored.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


if __name__ == "__main__":
    main()
