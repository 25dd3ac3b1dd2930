"""The page of an audit has no fault that axe knows, in both looks, at three widths, and fits on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from regulars.intake.audit.page import write_page
from tests.browser.test_accessibility import WIDTHS, violations
from tests.intake.audit.support import audited, table_of

ROWS = [
    ["id", "first name", "surname", "email", "phone", "dob", "opt_in"],
    *(
        [
            f"c{number}x",
            f"Ka{chr(97 + number % 26)}{number // 26}",
            "SMITH",
            "till@shop.example",
            "123",
            "13/02/1980",
            "Y",
        ]
        for number in range(60)
    ),
    ["c9x", "Ann", "MÃ¼ller", "jane at home", "", "02/13/1980"],
]


@pytest.fixture
def page_file(tmp_path: Path) -> Path:
    path = tmp_path / "audit.html"
    one, other = table_of(ROWS, tmp_path / "till.csv"), table_of(ROWS[:20], tmp_path / "web.csv")
    write_page(audited(one, other), path)
    return path


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_axe_finds_nothing_and_nothing_is_cut_off(
    chromium: Browser, page_file: Path, theme: str, width: int, height: int
) -> None:
    page = chromium.new_page(
        viewport={"width": width, "height": height}, color_scheme="dark" if theme == "dark" else "light"
    )
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(page_file.as_uri())
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    page.close()


def test_on_paper_no_table_is_wider_than_the_sheet(chromium: Browser, page_file: Path) -> None:
    # A4 less its margins, at 96 dots an inch.
    page = chromium.new_page(viewport={"width": 688, "height": 1000}, color_scheme="dark")
    page.emulate_media(media="print")
    page.goto(page_file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 688
    assert (
        page.evaluate(
            "Math.max(...[...document.querySelectorAll('table')].map(t => t.getBoundingClientRect().right))"
        )
        <= 688
    )
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.close()
