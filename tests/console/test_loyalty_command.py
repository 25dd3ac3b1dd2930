"""`regulars loyalty`: a programme drafted from a file, shown in sentences, published, and its next draft compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from regulars.cli import main
from regulars.console.services.programmes import shipped_text
from regulars.store.database import Database

DOUBLE = shipped_text().replace("EUR = { per_minor = 100 }", "EUR = { per_minor = 100, points = 2 }", 1)


@pytest.fixture
def run(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Runs a command; its JSON where it succeeds, else what it says went wrong."""
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.dsn)
    monkeypatch.setenv("REGULARS_HOME", str(tmp_path))
    (tmp_path / "club.toml").write_text(shipped_text())
    (tmp_path / "double.toml").write_text(DOUBLE)
    monkeypatch.chdir(tmp_path)

    def run(*words: str, status: int = 0) -> Any:
        assert main(["loyalty", *words, *(["--json"] if status == 0 else [])]) == status
        told = capsys.readouterr()
        return json.loads(told.out) if status == 0 else told.err

    return run


def test_a_programme_is_drafted_published_and_compared(run: Any) -> None:
    assert run("programmes") == []
    assert run("draft", "club.toml")["number"] == 1
    assert run("publish", "1", "--reason", "To begin.", "--effective-from", "2026-01-01")["version"] == 1
    kept = run("draft", "double.toml", "--number", "1")
    assert [change["about"] for change in kept["changes"]] == ["currencies.EUR"]
    shown = run("show", "1")
    assert shown["version"]["version"] == 1
    assert shown["version"]["effective_from"].startswith("2025-12-31T23:00"), "midnight of its own time zone"
    assert run("show", "1", "--version", "draft")["version"]["content"] == DOUBLE
    assert run("publish", "1", "--reason", "More.")["version"] == 2
    assert [(one["number"], one["live"]) for one in run("programmes")] == [(1, 2)]


def test_what_people_read_says_it_in_sentences(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run("draft", "club.toml")
    assert main(["loyalty", "show", "1"]) == 0
    assert "They end 24 months after that" in capsys.readouterr().out
    assert main(["loyalty", "default"]) == 0
    assert capsys.readouterr().out == shipped_text()


def test_a_file_is_looked_over_without_a_store(run: Any, tmp_path: Path) -> None:
    assert run("lint", "club.toml") == []
    (tmp_path / "silent.toml").write_text(shipped_text().replace("reminder_days = [30, 7]\n", ""))
    assert [fault["field"] for fault in run("lint", "silent.toml")] == ["point[0].reminder_days"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("lint", "bad.toml"), "bad.toml, multiplier[0].percent: "),
        (("draft", "bad.toml"), "bad.toml, multiplier[0].percent: "),
        (("draft", "none.toml"), "none.toml cannot be read"),
        (("show", "7"), "There is no programme 7."),
        (("publish", "7", "--reason", "x"), "There is no programme 7."),
        (("publish", "1", "--reason", " "), "Say why"),
        (("publish", "1", "--reason", "x", "--effective-from", "tomorrow"), "tomorrow is no day"),
        (("draft", "club.toml", "--number", "7"), "There is no programme 7."),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    run: Any, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    (tmp_path / "bad.toml").write_text(shipped_text().replace("percent = 125", "percent = 12"))
    run("draft", "club.toml")
    assert told in run(*words, status=1)


def test_a_draft_is_tried_on_a_basket_and_on_sales(run: Any, tmp_path: Path) -> None:
    run("draft", "club.toml")
    (tmp_path / "basket.json").write_text('{"currency": "EUR", "lines": [{"total_minor": 999}]}')
    tried = run("simulate", "1", "--basket", "basket.json")
    assert [(one["rule"], one["points"]) for one in tried["draft"]["given"]] == [("base", 9)]
    assert tried["live"] is None
    assert run("simulate", "1", "--days", "10")["outcome"]["sales"] == 0
    (tmp_path / "bad.json").write_text('{"currency": "EUR", "lines": []}')
    assert "length >= 1" in run("simulate", "1", "--basket", "bad.json", status=1)
    assert "Count 1 to 366 days" in run("simulate", "1", "--days", "999", status=1)
    assert main(["loyalty", "simulate", "1", "--basket", "basket.json"]) == 0
    assert main(["loyalty", "simulate", "1", "--days", "10"]) == 0
