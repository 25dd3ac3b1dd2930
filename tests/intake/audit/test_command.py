"""`regulars audit-data`: files without any database, and sources that are connected."""

from __future__ import annotations

import asyncio
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from regulars.cli import main
from regulars.intake.audit.stored import StoredTable
from regulars.intake.files import Options
from regulars.store.database import Database
from regulars.store.partitions import ensure_partitions
from regulars.store.sources import Sources
from regulars.store.vault import Vault
from regulars.store.workspaces import add_workspace
from tests.intake.audit.support import table_of
from tests.intake.files.runner import MASTER, import_into

HEAD = ["external_id", "given_name", "family_name", "email", "phone", "birth_date", "postcode", "shoe_size"]
PEOPLE = [
    ["c-1x", "Griselda", "Quux", "griselda@quux.example", "+44 20 7946 0018", "1980-02-13", "LS1 4AB", "39"],
    ["c-2x", "Benedikt", "Quux", "nobody", "call me", "1975-12-31", "LS1 4AB", ""],
    ["c-3x", "Griselda", "Quux", "Griselda@Quux.example", "", "", "", "41"],
]


def written(folder: Path) -> Path:
    return table_of([HEAD, *PEOPLE], folder / "crm.csv")


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home in which no database can be started."""
    monkeypatch.setenv("REGULARS_HOME", str(tmp_path / "no-home"))
    monkeypatch.setenv("REGULARS_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")


@pytest.fixture
def at_home(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands work on the test's database, in which the file was imported for the source crm."""
    with database.connect_owner() as owner:
        ensure_partitions(owner, datetime.now(UTC))
    asyncio.run(import_into(database, Options(file=written(tmp_path), kind="customers"), source="crm"))
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.dsn)
    monkeypatch.setenv("REGULARS_HOME", str(tmp_path))
    monkeypatch.setenv("REGULARS_MASTER_KEY", bytes(range(32)).hex())


@pytest.mark.usefixtures("nowhere")
def test_files_are_audited_without_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "audit.html"
    assert main(["audit-data", str(written(tmp_path)), "--html", str(page)]) == 0
    shown = capsys.readouterr().out
    assert "3 rows: 2 customers by exact keys." in shown
    assert "What to fix first" in shown
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    for told in (shown, page.read_text()):
        assert "riselda" not in told and "7946" not in told and "LS1" not in told
    assert not (tmp_path / "no-home").exists()


@pytest.mark.usefixtures("nowhere")
def test_json_is_one_object_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit-data", str(written(tmp_path)), "--json", "--country", "gb"]) == 0
    found = json.loads(capsys.readouterr().out)
    (table,) = found["tables"]
    assert (found["people"], table["rows"], table["duplicates"], found["region"]) == (2, 3, 1, "GB")
    assert table["joining_share"] == 0.6667


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "at least one file"),
        (["./nothing.csv"], "no file"),
        (["FILE", "--country", "XX"], "not a country"),
        (["FILE", "--mapping", "FILE", "--mapping", "FILE"], "one mapping for all"),
        (["FILE", "--mapping", "./nothing.toml"], "cannot be read"),
        (["FILE", "--html", "/proc/nothing/x.html"], "cannot be written"),
        (["."], "no file"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    file = str(written(tmp_path))
    assert main(["audit-data", *(word.replace("FILE", file) for word in words)]) == 1
    assert told in capsys.readouterr().err


@pytest.mark.usefixtures("nowhere")
def test_a_mapping_gives_the_fields_and_leaves_rows_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = table_of(
        [
            ["who", "geb", "what"],
            ["Doe, Jane <jane@x.example>", "13.02.1980", "keep"],
            ["x", "1.1.1", "drop"],
            ["Roe, Rob <rob@x.example>", "soon", "keep"],
        ],
        tmp_path / "a.csv",
    )
    mapping = tmp_path / "a.toml"
    mapping.write_text(
        'kind = "customers"\n[[skip]]\ncolumn = "what"\nequals = "drop"\n[fields]\n'
        'email = { column = "who", capture = "<(.+)>" }\ngiven_name = { column = "who", name = "given", replace = [["<.*", ""]] }\n'
        'birth_date = { column = "geb", format = "%d.%m.%Y" }\n'
    )
    assert main(["audit-data", str(file), "--mapping", str(mapping), "--json"]) == 0
    (table,) = json.loads(capsys.readouterr().out)["tables"]
    assert (table["rows"], table["unreadable"], table["people"]) == (2, 1, 1)
    used = {
        column["name"]: (column["meaning"], column["usable"]) for column in table["columns"] if column["used"]
    }
    assert used == {
        "email ← who": ("email", 1),
        "given_name ← who": ("given_name", 1),
        "birth_date ← geb": ("birth_date", 1),
    }
    assert "birth_date is not a date in the form %d.%m.%Y" in table["unreadable_reasons"]


@pytest.mark.usefixtures("nowhere")
def test_a_mapping_reaches_columns_beyond_those_looked_at_and_names_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = table_of(
        [[*(f"c{n}" for n in range(600)), "Kontakt"], [*["x"] * 600, "a@x.example"]], tmp_path / "a.csv"
    )
    mapping = tmp_path / "a.toml"
    mapping.write_text('[fields]\nemail = "Kontakt"\n')
    assert main(["audit-data", str(file), "--mapping", str(mapping), "--json"]) == 0
    (table,) = json.loads(capsys.readouterr().out)["tables"]
    assert (table["usable"], table["columns"][-1]["name"], len(table["columns"])) == (
        1,
        "email ← Kontakt",
        501,
    )
    mapping.write_text('[fields]\nemail = "Contact"\n')
    assert main(["audit-data", str(file), "--mapping", str(mapping)]) == 1
    assert "has no column 'Contact'" in capsys.readouterr().err


@pytest.mark.usefixtures("at_home")
def test_a_connected_source_is_audited_beside_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = table_of(
        [["id", "mail"], ["1x", "GRISELDA@quux.example"], ["2x", "new@quux.example"]], tmp_path / "web.csv"
    )
    assert main(["audit-data", "crm", str(other), "--json"]) == 0
    shown = capsys.readouterr().out
    crm, web = json.loads(shown)["tables"]
    assert (crm["name"], crm["writing"], crm["rows"], crm["people"]) == ("crm", "connected source", 3, 2)
    filled = {column["name"]: (column["filled"], column["usable"]) for column in crm["columns"]}
    assert filled["email"] == (3, 2)
    assert filled["phone"] == (2, 1)
    assert filled["birth_date"] == filled["postcode"] == (2, 2)
    assert (crm["joining_other_share"], web["joining_other_share"]) == (0.6667, 0.5)
    assert "riselda" not in shown.lower()


@pytest.mark.usefixtures("at_home")
def test_a_source_that_is_not_there_is_told_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit-data", "till"]) == 1
    assert "no source of that name; sources: crm" in capsys.readouterr().err


@pytest.mark.usefixtures("at_home")
def test_another_workspace_has_none_of_the_records(database: Database) -> None:
    async def source_id() -> int:
        await database.open()
        try:
            return (await Sources(database, MASTER).list(1))[0].source.source_id
        finally:
            await database.close()

    number = asyncio.run(source_id())
    other = add_workspace(database, "other")
    assert sum(len(batch) for batch in StoredTable(database, Vault(MASTER, 1), number, "crm").batches()) == 3
    assert list(StoredTable(database, Vault(MASTER, other), number, "crm").batches()) == []
