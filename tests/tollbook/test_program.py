from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from tollbook.errors import DataUnfit, PolicyViolated, TollbookError, UsageProblem
from tollbook.failures import run, translated
from tollbook.program import COMMANDS, program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tollbook.calling import Tollbook

ROOT = Path(__file__).parents[2]
COST = ("cost", "--model", "gpt-4.1", "--input-tokens", "1000")


@pytest.fixture
def elsewhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder from which other processes find the source tree."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return home


def spawn(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a process in the current folder."""
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")


TOLLBOOK = (sys.executable, "-m", "tollbook")


def every_command(
    group: click.Group = program, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))
        else:
            yield (*path, name), command


def test_help_names_every_command_and_the_exit_codes(tollbook: Tollbook) -> None:
    ran = tollbook("--help")
    assert (ran.code, ran.err) == (0, "")
    assert all(f"\n  {name} " in ran.out for name in COMMANDS)
    assert "2 wrong use or configuration" in ran.out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_says_itself(name: str) -> None:
    command = program.get_command(click.Context(program), name)
    assert command is not None
    assert (command.name, command.get_short_help_str(200)) == (name, COMMANDS[name][1])


def test_every_option_has_a_help_text() -> None:
    for path, command in every_command():
        for param in command.params:
            if isinstance(param, click.Option):
                assert param.help, f"{path}: {param.name}"


def test_every_command_takes_the_global_options_and_help() -> None:
    for path, command in every_command():
        names = {option for param in command.params for option in param.opts}
        assert {"--db", "--config", "--now", "--json"} <= names, path


@pytest.mark.usefixtures("elsewhere")
def test_help_starts_without_what_only_commands_need() -> None:
    script = (
        "import sys; from tollbook.failures import run; code = run(['--help']);"
        "heavy = {'dash', 'pandas', 'numpy', 'duckdb', 'tiktoken', 'rich', 'yaml', 'pricing'};"
        "print('LOADED', sorted(heavy & set(sys.modules)), code)"
    )
    ran = spawn(sys.executable, "-c", script)
    assert ran.stdout.splitlines()[-1] == "LOADED [] 0"


@pytest.mark.parametrize(
    "words",
    [
        ("--json", "--now", "2026-11-20", *COST),
        (*COST, "--json", "--now", "2026-11-20"),
        ("--json", *COST, "--now", "2026-11-20T13:00:00+01:00"),
    ],
)
def test_global_options_stand_before_and_after_the_command(
    tollbook: Tollbook, words: tuple[str, ...]
) -> None:
    assert tollbook(*words).answer["on"] == "2026-11-20"


def test_the_innermost_value_of_a_global_option_wins(tollbook: Tollbook) -> None:
    words = ("--now", "2026-01-01", *COST, "--now", "2026-11-20", "--json")
    assert tollbook(*words).answer["on"] == "2026-11-20"


def test_global_options_stand_between_group_and_member(tollbook: Tollbook) -> None:
    assert tollbook("prices", "--json", "list", "--on", "2026-11-20").answer["models"]


def test_the_configuration_is_read_from_where_config_says(tollbook: Tollbook, home: Path) -> None:
    path = home / "other.yaml"
    path.write_text("contract: {terms: [{discount: 50%, source: agreement}]}\n", encoding="utf-8")
    words = (*COST, "--now", "2026-11-20", "--json")
    answer = tollbook(*words, "--config", path).answer
    # 1,000 tokens at 2.00 dollars per million, half of it
    assert (answer["total"], answer["list_total"]) == ("0.001", "0.002")
    assert tollbook(*words).answer["total"] == "0.002"
    path.rename(home / "tollbook.yaml")
    assert tollbook(*words).answer["total"] == "0.001"
    assert tollbook(*words, "--db", "elsewhere/a.duckdb").answer["total"] == "0.002"


def test_mistakes_in_the_configuration_are_wrong_use(tollbook: Tollbook, home: Path) -> None:
    (home / "tollbook.yaml").write_text("timezon: UTC\norganisation: [a]\n", encoding="utf-8")
    ran = tollbook(*COST)
    assert (ran.code, ran.out) == (2, "")
    assert "tollbook.yaml:1: timezon: unknown key 'timezon'; did you mean 'timezone'?" in ran.err
    assert "tollbook.yaml:2: organisation: must be text" in ran.err


def test_a_configuration_that_is_named_must_be_there(tollbook: Tollbook) -> None:
    ran = tollbook(*COST, "--config", "missing.yaml")
    assert (ran.code, "missing.yaml:1: cannot be read" in ran.error) == (2, True)


def test_with_json_an_error_is_one_object_on_stderr(tollbook: Tollbook) -> None:
    for words in (
        ("cost", "--model", "gpt-4.1-mni", "--json"),
        ("--json", "cost", "--modle", "gpt-4.1"),
        ("--json", "costs"),
    ):
        ran = tollbook(*words)
        assert (ran.code, ran.out) == (2, "")
        error = json.loads(ran.err)["error"]
        assert (error["code"], error["kind"]) == (2, "usage")
        assert error["message"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cots",), "no such command 'cots'; did you mean 'cost'; see 'tollbook --help'"),
        (("--jso", "cost"), "no such option '--jso'; did you mean '--json'"),
        ((*COST, "--now", "noon"), "'noon' is no moment; write one such as 2026-11-20"),
        ((*COST, "extra"), "got unexpected extra argument (extra); see 'tollbook cost --help'"),
    ],
)
def test_wrong_use_is_one_sentence(tollbook: Tollbook, words: tuple[str, ...], said: str) -> None:
    ran = tollbook(*words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.error
    assert len(ran.err.splitlines()) == 1


def test_without_a_command_the_help_is_shown(tollbook: Tollbook) -> None:
    ran = tollbook()
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Usage: tollbook")


def test_the_version_is_shown(tollbook: Tollbook) -> None:
    assert tollbook("--version").out.startswith("tollbook ")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (TollbookError("failed"), 1, "failed"),
        (UsageProblem("wrong"), 2, "wrong"),
        (PolicyViolated("over the limit"), 3, "over the limit"),
        (DataUnfit("too old"), 4, "too old"),
        (KeyboardInterrupt(), 1, "interrupted; nothing half-done is kept"),
        (PermissionError(13, "Permission denied", "usage.csv"), 1, "usage.csv: Permission denied"),
        (
            RuntimeError("first\nsecond"),
            1,
            "Tollbook failed (RuntimeError: first); TOLLBOOK_DEBUG=1 shows where",
        ),
        (KeyError("x"), 1, "Tollbook failed (KeyError: 'x'); TOLLBOOK_DEBUG=1 shows where"),
        (MemoryError(), 1, "Tollbook failed (MemoryError); TOLLBOOK_DEBUG=1 shows where"),
    ],
)
def test_every_failure_has_a_code_and_a_sentence(
    error: BaseException, code: int, said: str
) -> None:
    known = translated(error)
    assert (known.exit_code, str(known)) == (code, said)


def test_a_bug_shows_no_traceback_unless_asked(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(program, "main", broken)
    assert run(["report"]) == 1
    assert capfd.readouterr().err == (
        "Error: Tollbook failed (ZeroDivisionError: by zero); TOLLBOOK_DEBUG=1 shows where\n"
    )
    assert run(["report"], debug=True) == 1
    assert "Traceback" in capfd.readouterr().err


@pytest.mark.usefixtures("elsewhere")
def test_as_a_process_of_its_own() -> None:
    good = spawn(*TOLLBOOK, *COST, "--now", "2026-11-20", "--json")
    assert (good.returncode, good.stderr) == (0, "")
    assert json.loads(good.stdout)["total"] == "0.002"
    bad = spawn(*TOLLBOOK, "cost", "--model", "gpt-4.1-mni")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert len(bad.stderr.splitlines()) == 1


@pytest.mark.usefixtures("elsewhere")
def test_debug_is_asked_for_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLBOOK_DEBUG", "1")
    ran = spawn(*TOLLBOOK, "cost", "--model", "x")
    assert (ran.returncode, "Traceback" in ran.stderr) == (2, True)


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.skipif(sys.platform == "win32", reason="pipes through a POSIX shell")
def test_a_closed_pipe_is_no_error() -> None:
    ran = spawn("/bin/sh", "-c", f"{' '.join(TOLLBOOK)} prices list | head -n 1")
    assert ran.stderr == ""
