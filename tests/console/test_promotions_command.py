"""`regulars promotions`, as somebody without the console uses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from regulars.cli import main
from regulars.store.database import Database
from tests.console.offered import promotion, register
from tests.console.stage import Stage


@pytest.fixture
def command(
    stage: Stage,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Any:
    """Runs a command on the stage's database; what it prints."""
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.dsn)
    monkeypatch.setenv("REGULARS_HOME", str(tmp_path))
    monkeypatch.setenv("REGULARS_MASTER_KEY", "bW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW0=")

    def run(*words: str, status: int = 0) -> str:
        assert main(["promotions", *words]) == status
        told = capsys.readouterr()
        return told.out if status == 0 else told.err

    return run


def test_a_promotion_is_kept_activated_paused_and_shown(stage: Stage, command: Any, tmp_path: Path) -> None:
    file = tmp_path / "tea.toml"
    file.write_text(promotion("tea"), encoding="utf-8")
    assert "tea version 1 is kept" in command("add", str(file))
    file.write_text(promotion("tea", "priority = 2"), encoding="utf-8")
    assert "tea version 2 is kept" in command("add", str(file))
    command("activate", "tea")
    (row,) = json.loads(command("list", "--json"))
    assert (row["id"], row["state"], row["version"], row["waiting"]) == ("tea", "active", 2, False)
    assert command("show", "tea").strip() == file.read_text(encoding="utf-8").strip()
    command("pause", "tea")
    assert stage.run(register(stage).get(stage.workspace_id, "tea")).state == "paused"
    command("end", "tea")
    assert "has ended" in command("activate", "tea", status=1)


def test_codes_go_to_a_new_file_and_never_over_another(command: Any, tmp_path: Path) -> None:
    file, out = tmp_path / "tea.toml", tmp_path / "codes.csv"
    file.write_text(promotion("tea", "code_required = true"), encoding="utf-8")
    command("add", str(file))
    assert "12,000 codes" in command("codes", "tea", "--count", "12000", "--out", str(out))
    lines = out.read_text(encoding="ascii").split()
    assert (lines[0], len(set(lines[1:]))) == ("code", 12_000)
    assert out.stat().st_mode & 0o077 == 0
    assert "is there already" in command("codes", "tea", "--count", "1", "--out", str(out), status=1)
    assert "no promotion" in command("codes", "none", "--count", "1", "--out", str(tmp_path / "x"), status=1)


def test_what_is_wrong_is_told(command: Any, tmp_path: Path) -> None:
    file = tmp_path / "odd.toml"
    file.write_text(promotion("odd", effect='kind = "n_for_m"\nbuy = 3'), encoding="utf-8")
    assert "effect.pay" in command("add", str(file))
    assert "how many are paid" in command("activate", "odd", status=1)
    assert "cannot be read" in command("add", str(tmp_path / "none.toml"), status=1)
