"""Every command that the README shows is run, so that it cannot show one that fails."""

from __future__ import annotations

import re
import shlex
import shutil
from io import BytesIO, TextIOWrapper
from pathlib import Path
from textwrap import dedent

import pytest

from tests.tollbook.usage import write_guide_month
from tollbook.failures import run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
NOW = ["--now", "2026-11-20 12:00 UTC"]
SERVING = {"serve", "demo"}

PLAN = """\
    period: 2026-12
    baseline:
      workload: {sessions_per_day: 10000, days: 30, tokens_per_session: 1500, output_share: 40%,
        model: gpt-4.1-mini, on: 2026-11-01}
    limits: {monthly_cost: 600}
    scenarios:
      - name: mini first
        levers:
          - cascade: {first: gpt-4.1-mini, then: gpt-4.1, escalate: 12%}
          - cache: {hit_rate: 60%}
    """


def shown_commands() -> list[str]:
    """Commands in fenced shell blocks and between backticks, each once."""
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines() if line.strip()]
    fenced = [part.strip() for line in lines for part in line.split("&&")]
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", README, flags=re.DOTALL))
    words = [text.strip() for text in inline]
    return list(dict.fromkeys([*fenced, *(w for w in words if re.match(r"(tollbook|make) ", w))]))


def test_the_readme_shows_commands() -> None:
    shown = shown_commands()
    assert "make demo" in shown
    assert sum(command.startswith("tollbook ") for command in shown) >= 8


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the README's reader has it after the first import."""
    folder = tmp_path_factory.mktemp("begun")
    usage = write_guide_month(folder / "usage.csv")
    assert run(["--db", str(folder / "tollbook.duckdb"), "import", str(usage)]) == 0
    (folder / "plan.yaml").write_text(dedent(PLAN), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "command", [each for each in shown_commands() if each.startswith("tollbook ")]
)
def test_what_the_readme_shows_works(
    command: str,
    begun: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(README.encode()), encoding="utf-8"))
    words = shlex.split(command)[1:]
    extra = ["--help"] if words[0] in SERVING else NOW
    assert run([*words, *extra]) == 0
    writes_a_file = "--out" in words
    assert (tmp_path / words[-1]).is_file() if writes_a_file else capfd.readouterr().out


@pytest.mark.parametrize("command", [c for c in shown_commands() if c.startswith("make ")])
def test_each_make_target_of_the_readme_exists(command: str) -> None:
    target = command.split()[1]
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize("path", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_each_file_that_the_readme_points_to_exists(path: str) -> None:
    assert (ROOT / path).exists()
