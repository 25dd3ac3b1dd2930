"""Some words have no place in the project: notes to self, and names of places that are not ours."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tidy import ROOT

# Written in two halves, so that this file may pass its own rule. Notes count in capitals only.
NOTES = ["TO" + "DO", "FIX" + "ME", "HA" + "CK:"]
PLACES = [
    "/wo" + "rk/",
    "sub" + "agent",
    "cla" + "ude",
    "anth" + "ropic",
    "chat" + "gpt",
    "language " + "model",
    "py" + "pi.org",
    "python" + "hosted",
    "npm" + "js.org",
    "deb." + "debian.org",
    "lorem " + "ipsum",
]
_NOTE = re.compile("|".join(rf"\b{re.escape(word)}" for word in NOTES))
_PLACE = re.compile("|".join(rf"(?<![A-Za-z]){re.escape(word)}" for word in PLACES), re.IGNORECASE)
# What others wrote, and what is not text.
_FOREIGN = re.compile(r"/vendor/|\.(png|jpg|gz|parquet|woff2|ico|zip)$")


def project_files() -> Iterator[Path]:
    """The files of the project: what git tracks or would track, else all but what is made here."""
    if shutil.which("git") and (ROOT / ".git").exists():
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
        paths = [ROOT / name for name in listed.split("\0") if name]
    else:
        made = {".venv", ".regulars", "dist", "build", "__pycache__", ".git"}
        paths = [path for path in ROOT.rglob("*") if not made & set(path.relative_to(ROOT).parts)]
    return (path for path in sorted(paths) if path.is_file() and not _FOREIGN.search(str(path)))


def words_in(text: str) -> list[str]:
    """Lines that hold one of the words, with their number."""
    lines = enumerate(text.splitlines(), 1)
    return [f"{n}: {line.strip()[:80]}" for n, line in lines if _NOTE.search(line) or _PLACE.search(line)]


def test_no_file_of_the_project_holds_such_a_word() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in project_files()
        for line in words_in(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("word", NOTES)
def test_a_note_to_self_is_found(word: str) -> None:
    assert words_in(f"x = 1  # {word} later")
    assert words_in(f"x = {word.lower()}") == []


@pytest.mark.parametrize("word", PLACES)
def test_a_foreign_place_is_found_in_any_case(word: str) -> None:
    assert words_in(f"x\nsee {word.lower()} here")
    assert words_in(f"see {word.upper()}: here")


def test_words_that_only_look_alike_pass() -> None:
    assert words_in("User-Agent, framework/x, Methodology, shackle, network/data") == []
