"""The project's own files agree with each other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = [each for extra in PROJECT["optional-dependencies"].values() for each in extra]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonical(package): version for package, version in pairs}


def lower_bound(requirement: str) -> tuple[str, str]:
    found = re.fullmatch(r"([\w-]+)>=([\d.]+)(,<\d+)?", requirement)
    assert found is not None, requirement
    return canonical(found[1]), found[2]


def same_release(one: str, other: str) -> bool:
    """Whether two versions are one release: 3 is 3.0.0."""
    return re.sub(r"(\.0)+$", "", one) == re.sub(r"(\.0)+$", "", other)


@pytest.mark.parametrize("requirement", PROJECT["dependencies"])
def test_the_lowest_job_tests_the_lower_bound(requirement: str) -> None:
    name, bound = lower_bound(requirement)
    assert same_release(pins("constraints-lowest.txt")[name], bound)


@pytest.mark.parametrize("requirement", [*PROJECT["dependencies"], *EXTRAS])
def test_every_direct_dependency_is_pinned(requirement: str) -> None:
    name, _bound = lower_bound(requirement)
    assert name in pins("constraints.txt")


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-lowest.txt"])
def test_constraints_name_versions_and_no_addresses(name: str) -> None:
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"#.*|[\w.-]+==[\w.!+]+", line), line
    assert "tollbook" not in pins(name)


def test_the_changelog_tells_of_this_version() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{PROJECT['version']}]" in changes or "## [Unreleased]" in changes
