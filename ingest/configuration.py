"""``tollbook.yaml``: every key checked, every mistake reported with its file and line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest import budget_section, mail_section
from ingest import configuration_sections as sections
from ingest.settings import Feature, Note, Server
from pricing import located_yaml
from pricing.located_yaml import Checker, Problem, YamlError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from costmodel.budget import Budget
    from costmodel.contract import Contract
    from ingest.settings import Mail, UsageSource, Webhook
    from pricing.located_yaml import Located

FILE_NAME = "tollbook.yaml"

KEYS = (
    "timezone",
    "organisation",
    "deployments",
    "dimensions",
    "cells",
    "sources",
    "contract",
    "budgets",
    "mail",
    "webhooks",
    "server",
    "notes",
    "features",
)


class ConfigurationError(Exception):
    """A configuration that cannot be used; ``problems`` says why, file and line each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Configuration:
    """What ``tollbook.yaml`` says, or the defaults where there is none.

    ``deployments`` maps an Azure deployment to its model, ``dimensions`` a metadata
    key to a dimension. ``cells`` None means the default dimensions of cells, ``contract``
    None that list prices are paid.
    """

    path: Path | None = None
    timezone: str = "UTC"
    organisation: str = "default"
    deployments: Mapping[str, str] = field(default_factory=dict)
    dimensions: Mapping[str, str] = field(default_factory=dict)
    cells: tuple[str, ...] | None = None
    sources: tuple[UsageSource, ...] = ()
    contract: Contract | None = None
    budgets: tuple[Budget, ...] = ()
    mail: Mail | None = None
    webhooks: tuple[Webhook, ...] = ()
    server: Server = field(default_factory=Server)
    notes: tuple[Note, ...] = ()
    features: Mapping[str, Feature] = field(default_factory=dict)

    @property
    def critical_features(self) -> frozenset[str]:
        """Return the features that no saving may touch."""
        return frozenset(name for name, each in self.features.items() if each.critical)


def read_configuration(path: Path) -> Configuration:
    """Return what a file says; ConfigurationError lists all its mistakes at once."""
    try:
        located = located_yaml.read(path)
    except YamlError as error:
        raise ConfigurationError(error.problems) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError([Problem(path, 1, "", f"cannot be read: {reason}")]) from error
    checker = Checker()
    configuration = _configuration(located, checker)
    if checker.problems:
        raise ConfigurationError(sorted(checker.problems, key=lambda problem: problem.line))
    return configuration


def configuration_beside(store_path: Path) -> Configuration:
    """Return what the file beside a store says, the defaults where there is none."""
    path = store_path.parent / FILE_NAME
    return read_configuration(path) if path.exists() else Configuration()


def _configuration(located: Located, checker: Checker) -> Configuration:
    keys = checker.mapping(located, optional=KEYS)
    return Configuration(
        path=located.path,
        timezone=sections.zone(keys.get("timezone"), checker) or "UTC",
        organisation=checker.text(keys.get("organisation")) or "default",
        deployments=sections.names(keys.get("deployments"), checker),
        dimensions=sections.dimensions(keys.get("dimensions"), checker),
        cells=sections.cells(keys.get("cells"), checker),
        sources=sections.sources(keys.get("sources"), checker),
        contract=sections.contract(keys.get("contract"), checker),
        budgets=budget_section.budgets(keys.get("budgets"), checker),
        mail=mail_section.mail(keys.get("mail"), checker),
        webhooks=mail_section.webhooks(keys.get("webhooks"), checker),
        server=sections.server(keys.get("server"), checker),
        notes=sections.notes(keys.get("notes"), checker),
        features=sections.features(keys.get("features"), checker),
    )
