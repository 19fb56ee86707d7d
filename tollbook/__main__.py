"""Where ``tollbook`` and ``python -m tollbook`` start."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

from tollbook.failures import run


def main() -> None:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name in somebody's log may hold what the terminal cannot show.
            stream.reconfigure(errors="backslashreplace")
    code = run(sys.argv[1:], debug=os.environ.get("TOLLBOOK_DEBUG") == "1")
    sys.exit(code)


if __name__ == "__main__":
    main()
