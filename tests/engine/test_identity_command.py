"""`regulars identity`: models added, previewed, put to work and taken back; the match written out and held to a truth."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from regulars.cli import main
from regulars.engine.identity_memory import shipped_text
from regulars.store.database import Database

STRICT = shipped_text().replace("link = ", "link = 30 #").replace("review = ", "review = 8 #")
PEOPLE = [
    ("c1", "Jane", "Doe", "jane@example.com", "1980-01-02"),
    ("c2", "Jane", "Doe", "jane@example.com", ""),
    ("c3", "John", "Doe", "john@example.com", "1979-05-06"),
    ("c4", "Ana", "Gil", "ana@example.com", ""),
    ("c5", "Ana", "Gil", "ana@example.com", ""),
]


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with five customers of one file in it; commands work there."""
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.dsn)
    monkeypatch.setenv("REGULARS_HOME", str(tmp_path))
    lines = ["external_id,given_name,family_name,email,birth_date", *(",".join(one) for one in PEOPLE)]
    (tmp_path / "customers.csv").write_text("\n".join(lines))
    assert main(["import", "customers", str(tmp_path / "customers.csv"), "--source", "crm"]) == 0
    (tmp_path / "strict.toml").write_text(STRICT)
    return tmp_path


@pytest.fixture
def run(shop: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command that succeeds and answers in JSON."""
    capsys.readouterr()

    def run(*words: str) -> Any:
        assert main(["identity", *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def profiles(run: Any, shop: Path) -> dict[str, str]:
    out = shop / "out.csv"
    assert run("partition", "--out", str(out)) == {"rows": len(PEOPLE), "file": str(out)}
    with out.open(newline="") as file:
        return {row["external_id"]: row["profile_id"] for row in csv.DictReader(file)}


def test_a_model_is_added_previewed_put_to_work_and_taken_back(run: Any, shop: Path) -> None:
    before = profiles(run, shop)
    assert before["c1"] == before["c2"] != before["c3"]
    assert before["c4"] == before["c5"]
    added = run("add", str(shop / "strict.toml"))
    assert added["number"] == 2
    listed = run("models")
    assert [one["number"] for one in listed["models"]] == [2, 1]
    assert listed["at_work"] == {"number": 1, "progress": None}
    seen = run("preview", "2")
    assert (seen["profiles_before"], seen["profiles_after"], seen["merges"], seen["splits"]) == (3, 5, 0, 2)
    assert run("preview", str(shop / "strict.toml")) == seen
    assert profiles(run, shop) == before

    assert run("promote", "2", "--reason", "fewer doubtful merges") == {"number": 2}
    after = profiles(run, shop)
    assert len(set(after.values())) == seen["profiles_after"]
    assert run("models")["at_work"] == {"number": 2, "progress": None}
    assert run("models")["models"][0]["reason"] == "fewer doubtful merges"

    assert run("rollback", "--reason", "too few") == {"number": 1}
    assert profiles(run, shop) == before
    assert run("rollback", "--reason", "not so few") == {"number": 2}


def test_who_puts_a_model_to_work_and_why_is_audited(run: Any, shop: Path, database: Database) -> None:
    run("add", str(shop / "strict.toml"))
    run("promote", "2", "--reason", "fewer doubtful merges")
    with database.session(1) as connection:
        lines = connection.execute(
            "select actor, object, details from audit where action = 'model.promoted'"
        ).fetchall()
    assert lines == [("cli", "model:2", {"reason": "fewer doubtful merges", "instead_of": 1})]


def test_counted_frequencies_are_kept_with_a_model_and_change_weights(run: Any, shop: Path) -> None:
    run("add", str(shop / "strict.toml"), "--frequencies", "count")
    run("add", str(shop / "strict.toml"), "--frequencies", "none")
    run("promote", "2", "--reason", "counts")
    run("add", str(shop / "strict.toml"))
    assert [one["frequencies"] for one in run("models")["models"]] == [True, False, True, False]


def test_profiles_are_held_to_a_truth(run: Any, shop: Path) -> None:
    truth = shop / "truth.csv"
    truth.write_text(
        "source,external_id,person\ncrm,c1,a\ncrm,c2,a\ncrm,c3,b\ncrm,c4,c\ncrm,c5,d\ncrm,c99,e\nnowhere,c1,a\n"
    )
    found = run("evaluate", "--truth", str(truth))
    assert found["pairs"] == {"precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3)}
    assert (found["records"], found["people"], found["profiles"], found["unknown"]) == (5, 4, 3, 2)
    assert [(band["name"], band["pairs"], band["true"]) for band in found["bands"]] == [
        ("link", 2, 1),
        ("review", 0, 0),
    ]
    strict = run("evaluate", "--truth", str(truth), "--model", str(shop / "strict.toml"))
    assert strict["pairs"] == {"precision": 1.0, "recall": 0.0, "f1": 0.0}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["add", "broken.toml"], "line 3"),
        (["add", "unknown.toml"], "comparison[0].fields: There is no field 'shoe'"),
        (["add", "missing.toml"], "cannot be read"),
        (["preview", "7"], "no model 7"),
        (["promote", "7", "--reason", "x"], "no model 7"),
        (["promote", "1", "--reason", "x"], "at work already"),
        (["promote", "1", "--reason", " "], "Say why"),
        (["rollback", "--reason", "x"], "no other model before"),
        (["evaluate", "--truth", "strict.toml"], "no column source"),
        (["evaluate", "--truth", "twice.csv"], "line 3: this customer is two people"),
        (["partition", "--out", "nowhere/out.csv"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    shop: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(shop)
    Path("broken.toml").write_text("name = 'a'\n\n[bands\n")
    Path("unknown.toml").write_text(
        shipped_text().replace('fields = ["given_name", ', 'fields = ["shoe", ', 1)
    )
    Path("twice.csv").write_text("source,external_id,person\ncrm,c1,a\ncrm,c1,b\n")
    capsys.readouterr()
    assert main(["identity", *words]) == 1
    found = capsys.readouterr()
    assert told in found.err
    assert found.out == ""


def test_people_are_shown_tables(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["identity", "add", str(shop / "strict.toml")])
    capsys.readouterr()
    assert main(["identity", "models"]) == 0
    assert capsys.readouterr().out.splitlines()[2].split()[-1] == "yes"
    assert main(["identity", "show", "2"]) == 0
    assert capsys.readouterr().out == STRICT
    assert main(["identity", "preview", "2"]) == 0
    shown = capsys.readouterr().out
    assert "would split      2 of today's profiles" in shown
    assert "J. D." in shown
    assert "Jane" not in shown
