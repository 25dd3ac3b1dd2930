"""Every command line in the pages is one that the program has, with flags it takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.test_pages import PAGES, ROOT

_SECTION = re.compile(
    r"^###? regulars (?P<command>[a-z -]+)\n(?P<text>.*?)(?=^###? |\Z)", re.MULTILINE | re.DOTALL
)
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_LINE = re.compile(
    r"(?:^|[`\s]|/bin/)regulars (?P<words>[a-z][a-z-]*(?: [a-z][a-z-]*)?)(?P<rest>(?:[^`\n\\]|\\\n)*)"
)
_FLAG = re.compile(r"(?<!\S)--[a-z-]+")


def known_commands() -> dict[str, set[str]]:
    """Each command with its flags, from its page, which is written from the code."""
    page = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    sections = _SECTION.finditer(page)
    return {one["command"]: set(re.findall(r"--[a-z-]+", one["text"])) for one in sections}


def faults(text: str, known: dict[str, set[str]]) -> list[str]:
    """Commands and flags of a page that do not exist."""
    found = []
    for code in _CODE.findall(text):
        for line in _LINE.finditer(code):
            first = line["words"].split()[0]
            command = line["words"] if line["words"] in known else first
            is_group = any(name.startswith(f"{first} ") for name in known)
            if command not in known or (is_group and command == first and line["words"] != first):
                found.append(f"regulars {line['words']}")
                continue
            flags = set(_FLAG.findall(line["rest"])) - known[command]
            found += [f"regulars {command} {flag}" for flag in sorted(flags)]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_commands_and_flags_that_exist(page: Path) -> None:
    assert faults(page.read_text(encoding="utf-8"), known_commands()) == []


def test_a_command_or_flag_that_does_not_exist_is_found() -> None:
    known = {"serve": {"--port"}, "audit-data": {"--html"}, "keys": set(), "keys list": {"--json"}}
    assert faults("`regulars serve --port 1` and `regulars keys list --json`", known) == []
    assert faults("`regulars keys`", known) == []
    assert faults("`regulars audit-data a.csv --html b.html`", known) == []
    assert faults("`regulars audit-all`", known) == ["regulars audit-all"]
    assert faults("```sh\n/opt/bin/regulars start\n```", known) == ["regulars start"]
    assert faults("`regulars keys burn`", known) == ["regulars keys burn"]
    assert faults("`regulars serve --loud`", known) == ["regulars serve --loud"]
