"""The documentation agrees with the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from regulars.settings import SETTINGS
from scripts.make_docs import TARGET, pages, stale

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")])
_LINK = re.compile(r"!?\[[^\]]*\]\((?!https?:|#)(?P<target>[^)#\s]+)[^)]*\)")
_FENCE = re.compile(r"```.*?```", re.DOTALL)


def targets(text: str) -> list[str]:
    """The files a page links to."""
    return [match["target"] for match in _LINK.finditer(_FENCE.sub("", text))]


def test_the_reference_is_what_the_code_says() -> None:
    assert stale(pages()) == [], "run 'make docs'"


def test_a_changed_a_missing_and_a_left_over_page_are_found() -> None:
    texts = pages()
    name = next(iter(texts))
    assert stale({**texts, name: "other"}) == [name]
    assert stale({**texts, "new.md": "x"}) == ["new.md"]
    assert name in stale({key: text for key, text in texts.items() if key != name})
    assert TARGET.is_dir()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [target for target in targets(text) if not (page.parent / target).exists()] == []


def test_every_page_can_be_reached_from_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / target).resolve() for target in targets(index.read_text(encoding="utf-8"))}
    assert [page for page in ROOT.glob("docs/**/*.md") if page != index and page not in linked] == []


def test_pages_name_only_settings_that_exist() -> None:
    known = {info.environment for info in SETTINGS}
    for page in PAGES:
        named = set(re.findall(r"\bREGULARS_[A-Z_]+\b", page.read_text(encoding="utf-8")))
        assert {name for name in named if not name.startswith("REGULARS_TEST_")} <= known, page


def test_pages_name_only_make_targets_that_exist() -> None:
    known = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named = set(re.findall(r"(?:`(?:\w+=\S+ )?|^)make ([a-z]+)", text, re.MULTILINE))
        assert named <= known, page


def test_every_dependency_says_why_it_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    extras = [text for extra in project["project"]["optional-dependencies"].values() for text in extra]
    wanted = {
        re.split(r"[\[<>=;~! ]", text)[0]
        for text in [*project["project"]["dependencies"], *extras, *groups["dev"], *groups["build"]]
    }
    page = (ROOT / "docs/explanation/dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z][\w-]*) \| (.+?) \|$", page, re.MULTILINE)
    assert {name for name, _ in rows} == wanted
    assert all(why.endswith(".") for _, why in rows)
