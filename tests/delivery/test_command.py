"""`regulars webhooks`: what a script needs, and nothing of a secret but when it is made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regulars.cli import main
from regulars.store.database import Database
from regulars.vocabulary.webhooks import MESSAGES


@pytest.fixture
def at_home(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands work on the test's database."""
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.dsn)
    monkeypatch.setenv("REGULARS_HOME", str(tmp_path))
    monkeypatch.setenv("REGULARS_WEBHOOKS_LOOPBACK", "true")


@pytest.mark.usefixtures("at_home")
def test_webhooks_are_made_listed_and_switched_off(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["webhooks", "create", "http://127.0.0.1:9/a"]) == 0
    secret = capsys.readouterr().out.strip()
    assert secret.startswith("whsec_")
    assert main(["webhooks", "create", "http://127.0.0.1:9/b", "--type", "sale.recorded", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == 2
    assert main(["webhooks", "disable", "2"]) == 0
    assert main(["webhooks", "list", "--json"]) == 0
    shown = capsys.readouterr().out
    first, second = json.loads(shown)
    assert (first["types"], first["health"]) == (list(MESSAGES), "new")
    assert (second["types"], second["health"]) == (["sale.recorded"], "off")
    assert secret not in shown


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["create", "https://10.0.0.8/"], "public internet"),
        (["create", "http://127.0.0.1:9/", "--type", "nonsense"], "Choose one or more"),
        (["disable", "7"], "no webhook"),
        (["list", "--workspace", "elsewhere"], "no workspace"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert main(["webhooks", *words]) == 1
    found = capsys.readouterr()
    assert told in found.err
    assert found.out == ""
