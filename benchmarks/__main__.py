"""Run every benchmark and write what they print into ``benchmarks/README.md``.

Run: ``python -m benchmarks [name ...]``; without names all of them, one after the
other, because two at once would measure each other.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
README = FOLDER / "README.md"
NAMES = ("alert_curves", "alert_tick", *sorted(p.stem for p in FOLDER.glob("*_speed.py")))


def run(name: str) -> str:
    """Return what one benchmark printed."""
    print(f"running {name} ...", file=sys.stderr)
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout.strip()


def written(readme: str, name: str, output: str) -> str:
    """Return the page with this benchmark's figures in their place."""
    pattern = re.compile(rf"(<!-- {name} -->\n)```text\n.*?\n```", re.DOTALL)
    if not pattern.search(readme):
        message = f"{README.name} has no place '<!-- {name} -->' followed by a text block"
        raise SystemExit(message)
    return pattern.sub(lambda place: f"{place[1]}```text\n{output}\n```", readme)


def main() -> None:
    """Run the named benchmarks and rewrite their figures."""
    for name in sys.argv[1:] or NAMES:
        README.write_text(written(README.read_text(), name, run(name)))


if __name__ == "__main__":
    main()
