from __future__ import annotations

from datetime import date, time, timedelta
from fractions import Fraction
from pathlib import Path
from textwrap import dedent

import pytest

from costmodel.budget import Budget
from ingest.configuration import (
    KEYS,
    Configuration,
    ConfigurationError,
    configuration_beside,
    read_configuration,
)
from ingest.settings import Digest, Feature, Mail, Note, QuietHours, Server, UsageSource, Webhook
from pricing import located_yaml

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "docs" / "tollbook.sample.yaml"


def read(tmp_path: Path, text: str) -> Configuration:
    path = tmp_path / "tollbook.yaml"
    path.write_text(dedent(text), encoding="utf-8")
    return read_configuration(path)


def problems(tmp_path: Path, text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text)
    return [(each.line, each.key, each.message) for each in caught.value.problems]


def test_the_documented_sample_loads() -> None:
    sample = read_configuration(SAMPLE)
    assert sample.timezone == "Europe/Berlin"
    assert sample.organisation == "acme"
    assert sample.deployments == {"chat-prod": "gpt-4.1-mini", "chat-hard": "gpt-4.1"}
    assert sample.dimensions["cost_center"] == "team"
    assert sample.cells is not None
    assert "prompt_version" in sample.cells
    assert sample.sources == (
        UsageSource("openai production", "openai", "acme", "auto", timedelta(hours=6)),
    )
    assert sample.mail == Mail(
        "smtp.example.com",
        "tollbook@example.com",
        user="tollbook",
        to=("finance@example.com",),
        quiet_hours=QuietHours(time(22), time(7), "Europe/Berlin"),
        digest=Digest("weekly", 8),
        heartbeat=Digest("weekly", 9),
        link="https://tollbook.example.com",
    )
    assert sample.webhooks == (
        Webhook(
            "on call",
            "https://hooks.example.com/tollbook",
            "slack",
            "TOLLBOOK_WEBHOOK_SECRET",
            Digest("daily", 8),
        ),
    )
    assert sample.server == Server(auth="proxy_header")
    assert sample.notes[0] == Note(date(2026, 10, 6), "Launch of contract search")
    assert sample.contract is not None
    assert sample.contract.currency == "EUR"
    assert [term.discount for term in sample.contract.terms] == [Fraction(1, 20), 0]
    assert sample.features["search"] == Feature(critical=False, owner="discovery")
    assert sample.critical_features == {"legal-check"}


def test_the_sample_documents_every_key() -> None:
    assert set(located_yaml.read(SAMPLE).plain()) == set(KEYS)


def test_budgets_are_exact(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        """
        budgets:
          - {name: All models, amount: 1200.10}
          - name: Search
            amount: 900
            currency: EUR
            period: quarter
            starts: 2026-02-01
            timezone: Europe/London
            filter: {feature: search, team: null, environment: [production, null]}
            owners: [discovery, finance]
        """,
    )
    assert found.budgets == (
        Budget("All models", Fraction(12001, 10)),
        Budget(
            "Search",
            Fraction(900),
            "EUR",
            "quarter",
            date(2026, 2, 1),
            "Europe/London",
            {"feature": ("search",), "team": (None,), "environment": ("production", None)},
            ("discovery", "finance"),
        ),
    )


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "timezone:\nbudgets:\n"])
def test_an_empty_file_means_the_defaults(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    assert (found.timezone, found.organisation, found.cells) == ("UTC", "default", None)
    assert (found.budgets, found.server) == ((), Server())


def test_the_file_beside_the_store_is_read_and_its_absence_is_fine(tmp_path: Path) -> None:
    store = tmp_path / "tollbook.duckdb"
    assert configuration_beside(store) == Configuration()
    read(tmp_path, "organisation: acme")
    assert configuration_beside(store).organisation == "acme"


def test_all_mistakes_are_reported_at_once_with_their_lines(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """\
        timezon: UTC
        timezone: Mars/Base
        budgets:
          - name: a
            amount: -3
            perod: month
          - {name: b, amount: 5, filter: {featur: x}}
          - {name: b, amount: 6, currency: euro}
          - amount: 3
        server: {auth: nonne, trusted_proxies: [proxy]}
        sources: [{name: a, provider: openai, allowed_lag: 6 fortnights}]
        mail: {host: smtp.example.com}
        notes: [{on: yesterday, text: x}]
        features: {a: {critical: maybe}}
        cells: [session]
        dimensions: {app: feature_name}
        webhooks: [{name: a, url: example.com}]
        contract: {terms: [{model: gpt-4.1-min, discount: 12, source: agreement}]}
        """,
    )
    assert [(line, key) for line, key, _ in found] == [
        (1, "timezon"),
        (2, "timezone"),
        (5, "budgets[0].amount"),
        (6, "budgets[0].perod"),
        (7, "budgets[1].filter.featur"),
        (8, "budgets[2].currency"),
        (8, "budgets[2].name"),
        (9, "budgets[3]"),
        (10, "server.auth"),
        (10, "server.trusted_proxies[0]"),
        (11, "sources[0].allowed_lag"),
        (12, "mail"),
        (13, "notes[0].on"),
        (14, "features.a.critical"),
        (15, "cells[0]"),
        (16, "dimensions.app"),
        (17, "webhooks[0].url"),
        (18, "contract.terms[0].model"),
        (18, "contract.terms[0].discount"),
    ]
    messages = {key: message for _, key, message in found}
    assert messages["timezon"] == "unknown key 'timezon'; did you mean 'timezone'?"
    assert messages["budgets[2].name"] == "'b' is already the name on line 7; rename one"
    assert "did you mean 'feature'?" in messages["dimensions.app"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("to: [finance]", "mail.to[0]"),
        ("quiet_hours: {from: 22:00, to: 24:00}", "mail.quiet_hours.to"),
        ("quiet_hours: {from: 22:00, to: 22:00}", "mail.quiet_hours"),
        ("quiet_hours: {from: 22:00}", "mail.quiet_hours"),
        ("digest: hourly", "mail.digest"),
        ("digest: {every: daily, hour: 24}", "mail.digest.hour"),
        ("link: tollbook.example.com", "mail.link"),
    ],
)
def test_what_mails_cannot_follow_is_refused(tmp_path: Path, text: str, key: str) -> None:
    found = problems(tmp_path, f"mail: {{host: h, sender: a@example.com, {text}}}")
    assert [where for _, where, _ in found] == [key]


def test_mails_by_default_go_to_owners_at_any_hour(tmp_path: Path) -> None:
    mail = read(tmp_path, "mail: {host: h, sender: a@example.com, digest: daily}").mail
    assert mail is not None
    assert (mail.to, mail.quiet_hours, mail.digest) == ((), None, Digest("daily", 8))


def test_a_secret_written_into_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    [(_, key, message)] = problems(tmp_path, "server: {auth: password, password_env: hunter2!}")
    assert key == "server.password_env"
    assert "hunter2" not in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"timezone: [", "not valid YAML"),
        (b"timezone: \xff", "not UTF-8"),
        (b"- a\n- b\n", "must be keys with values"),
    ],
)
def test_a_file_that_is_no_configuration(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "tollbook.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=said) as caught:
        read_configuration(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        read_configuration(tmp_path / "missing.yaml")
