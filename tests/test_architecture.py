"""The house rules that a linter cannot see, and proof that those it sees do fire."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = SETTINGS["tool"]["importlinter"]["root_packages"]
CONTRACTS = {each["id"]: each["name"] for each in SETTINGS["tool"]["importlinter"]["contracts"]}

MODULE_LINES = 400
FUNCTION_LINES = 50

# fmt: off
PURE_IMPORTS = {
    "__future__", "abc", "bisect", "calendar", "collections", "costmodel", "dataclasses",
    "datetime", "decimal", "difflib", "enum", "fractions", "functools", "heapq", "itertools",
    "math", "numpy", "operator", "re", "statistics", "types", "typing",
}
IMPURE_CALLS = {"__import__", "breakpoint", "compile", "eval", "exec", "input", "open", "print"}
SOLVER = "optimise.py"
CLOCK_CALLS = {"fromtimestamp", "now", "today", "utcnow"}
# fmt: on


def modules(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported_roots(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, (node.module or "").split(".")[0]


def called_names(tree: ast.AST) -> Iterator[tuple[int, str, bool]]:
    """Line, name and whether it is a method, of each call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.lineno, node.func.id, False
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.lineno, node.func.attr, True


def impurities(source: str) -> list[str]:
    """What a module of costmodel does that a pure module may not."""
    tree = ast.parse(source)
    found = [f"{line}: imports {r}" for line, r in imported_roots(tree) if r not in PURE_IMPORTS]
    for line, name, is_method in called_names(tree):
        if name in (CLOCK_CALLS if is_method else IMPURE_CALLS):
            found.append(f"{line}: calls {name}")
    return found


def length_without_docstring(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end; what it says about itself is not counted."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    docstring = function.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def too_long(source: str) -> list[str]:
    found = []
    lines = source.count("\n")
    if lines > MODULE_LINES:
        found.append(f"1: a module of {lines} lines")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = length_without_docstring(node)
            if length > FUNCTION_LINES:
                found.append(f"{node.lineno}: {node.name} has {length} lines")
    return found


@pytest.mark.parametrize("path", modules("costmodel"), ids=name_of)
def test_costmodel_is_pure(path: Path) -> None:
    found = impurities(path.read_text(encoding="utf-8"))
    if path.name == SOLVER:  # the one door to scipy, which import-linter guards
        found = [each for each in found if not each.endswith(" imports scipy")]
    assert found == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import hashlib", "1: imports hashlib"),
        ("from os import path", "1: imports os"),
        ("from . import rates", "1: imports "),
        ("def f():\n    import logging", "2: imports logging"),
        ("open('x')", "1: calls open"),
        ("print(1)", "1: calls print"),
        ("from datetime import datetime\ndatetime.now()", "2: calls now"),
        ("import datetime as d\nd.date.today()", "2: calls today"),
    ],
)
def test_the_purity_check_fires(source: str, found: str) -> None:
    assert impurities(source) == [found]


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=name_of)
def test_modules_and_functions_stay_short(path: Path) -> None:
    assert too_long(path.read_text(encoding="utf-8")) == []


def test_the_length_check_fires() -> None:
    body = "    x = 1\n" * FUNCTION_LINES
    assert too_long(f"def f():\n{body}") == ["1: f has 51 lines"]
    assert too_long(f'def f():\n    """What it answers."""\n{body[10:]}') == []
    assert too_long("\n" * (MODULE_LINES + 1)) == ["1: a module of 401 lines"]


@dataclass(frozen=True)
class Plant:
    """A violation: the modules that hold it, and the line that import-linter must print."""

    files: dict[str, str]
    printed: str


def figures_module() -> str:
    is_package = (ROOT / "dashboard" / "figures").is_dir()
    return "dashboard/figures/planted.py" if is_package else "dashboard/figures.py"


PLANTS = {
    "layers": Plant(
        {"costmodel/planted_layer.py": "import tollbook"},
        r"costmodel\.planted_layer -> tollbook \(l\. ?1\)",
    ),
    "core": Plant(
        {"costmodel/planted_core.py": "def f():\n    import os"},
        r"costmodel\.planted_core -> os \(l\. ?2\)",
    ),
    "door-duckdb": Plant(
        {"dashboard/planted_duckdb.py": "import duckdb"},
        r"dashboard\.planted_duckdb -> duckdb",
    ),
    "door-tiktoken": Plant(
        {"ingest/planted_tiktoken.py": "from tiktoken import Encoding"},
        r"ingest\.planted_tiktoken -> tiktoken",
    ),
    "door-smtplib": Plant(
        {"alerts/planted_smtplib.py": "import smtplib"},
        r"alerts\.planted_smtplib -> smtplib",
    ),
    "door-yaml": Plant(
        {"dashboard/planted_yaml.py": "import yaml"},
        r"dashboard\.planted_yaml -> yaml",
    ),
    "door-scipy": Plant(
        {"costmodel/planted_scipy.py": "from scipy import optimize"},
        r"costmodel\.planted_scipy -> scipy",
    ),
    "formats": Plant(
        {
            "ingest/formats/planted_one.py": "import ingest.formats.planted_two",
            "ingest/formats/planted_two.py": "",
        },
        r"ingest\.formats\.planted_one -> ingest\.formats\.planted_two",
    ),
    "figures": Plant(
        {figures_module(): "import dash"},
        r"dashboard\.figures(\.planted)? -> dash \(",
    ),
    "acyclic": Plant(
        {
            "pricing/planted_hen.py": "import pricing.planted_egg",
            "pricing/planted_egg.py": "import pricing.planted_hen",
        },
        r"\.planted_(hen|egg) -> \.planted_(hen|egg)",
    ),
}


@pytest.fixture(scope="module")
def planted_report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What lint-imports prints about a copy of the packages with every violation planted."""
    tree = tmp_path_factory.mktemp("planted")
    shutil.copy(ROOT / "pyproject.toml", tree)
    for path in modules(*PACKAGES):
        write(tree / path.relative_to(ROOT), path.read_text(encoding="utf-8"))
    for plant in PLANTS.values():
        for name, source in plant.files.items():
            write(tree / name, f"{source}\n")
    return lint_imports(tree)


def write(path: Path, source: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(source)


def lint_imports(tree: Path) -> str:
    command = "from importlinter.cli import lint_imports_command as run; run()"
    ran = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=tree,
        env={"PYTHONPATH": str(tree), "COLUMNS": "400", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout + ran.stderr


@pytest.mark.parametrize("contract", PLANTS)
def test_each_import_contract_fires(contract: str, planted_report: str) -> None:
    assert f"{CONTRACTS[contract]} BROKEN" in planted_report
    assert re.search(PLANTS[contract].printed, planted_report), planted_report


def test_every_import_contract_has_a_planted_violation() -> None:
    assert CONTRACTS.keys() == PLANTS.keys()
