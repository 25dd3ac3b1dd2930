"""`regulars identity merge|unmerge|undo|decisions|reviews`, as somebody without the console uses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from regulars.cli import main
from regulars.store.database import Database
from tests.console.stage import Stage
from tests.console.test_duplicates import lookalikes, profiles_of


@pytest.fixture
def command(
    stage: Stage,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Any:
    """Runs a command on the stage's database; its JSON."""
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.dsn)
    monkeypatch.setenv("REGULARS_HOME", str(tmp_path))
    monkeypatch.setenv("REGULARS_MASTER_KEY", "bW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW0=")

    def run(*words: str, status: int = 0) -> Any:
        assert main(["identity", *words, *(["--json"] if status == 0 else [])]) == status
        told = capsys.readouterr()
        return json.loads(told.out) if status == 0 else told.err

    return run


def test_customers_are_merged_taken_apart_and_put_back(stage: Stage, command: Any) -> None:
    one, other = lookalikes(stage, "Line")
    (waiting,) = command("reviews")
    assert sorted(waiting["records"]) == sorted([one, other])
    seen = command("merge", one, other, "--reason", "Told", "--preview")
    assert (len(seen["before"]), len(seen["after"])) == (2, 1)
    assert len(profiles_of(stage, one, other)) == 2
    merged = command("merge", one, other, "--reason", "Told")
    assert len(profiles_of(stage, one, other)) == 1
    assert command("reviews") == []
    (profile,) = merged["profile_ids"]
    command("unmerge", profile, "--all", "--reason", "Wrong")
    assert len(profiles_of(stage, one, other)) == 2
    made = command("decisions", "--profile", one)
    assert [entry["verb"] for entry in made] == ["separated", "merged"]
    command("undo", made[0]["id"], "--reason", "Right after all")
    assert len(profiles_of(stage, one, other)) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("merge", "x", "y", "--reason", "Told"), "32 hexadecimal digits"),
        (("merge", "0" * 32, "1" * 32, "--reason", "Told"), "There is no customer"),
        (("merge", "0" * 32, "1" * 32, "--reason", " "), "Say why"),
        (("undo", "0" * 32, "--reason", "Told"), "There is no such decision"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(command: Any, words: tuple[str, ...], told: str) -> None:
    assert told in command(*words, status=1)
