"""Layouts hold when words are longer, when the language runs from right to left, and when printed.

The same run makes the pictures of the screens, into the folder that REGULARS_TEST_SCREENS names, and in its folder
`docs` those that docs/images holds, in both themes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from gettext import NullTranslations
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import open_context
from tests.console.stage import Stage

SIZES = ((1440, 1000), (820, 1100), (390, 844))
SCREENS = {
    "home": "/?span=28d",
    "customers": "/customers",
    "live": "/events",
    "rejected": "/events/rejected",
    "audit": "/audit",
    "keys": "/keys",
    "sources": "/keys/sources",
    "people": "/people",
    "settings": "/settings",
    "stores": "/settings/stores",
    "sales-report": "/reports/sales?span=90d",
    "stores-report": "/reports/stores",
    "staff-report": "/reports/staff",
    "requests": "/requests",
    "request": "/requests/2",
    "consent": "/requests/consent",
    "webhooks": "/webhooks",
    "webhook": "/webhooks/2",
    "matching": "/matching",
    "account": "/account",
    "store": "/store",
    "new-customer": "/store/enrol",
    "refused": "/no-such-page",
    "kit": "/_kit",
}
DOCS = {
    "home": ("/?span=28d", 1280, 860),
    "profile": ("PROFILE", 1280, 860),
    "reports": ("/reports/sales?span=28d", 1280, 860),
    "rejected": ("/events/rejected", 1280, 860),
    "request": ("/requests/2", 1280, 860),
    "store": ("STORE", 820, 900),
}
PATHS = (
    "/", "/customers", "PROFILE", "/events", "/events/40", "/events/rejected", "/audit", "/keys", "/keys/sources",
    "/promotions", "/promotions/try", "/promotions/new", "/promotions/tea-week", "/people", "/account", "/account/second-factor", "/webhooks", "/webhooks/2", "/webhooks/new", "/matching", "/matching/models/1", "/requests", "/requests/2",
    "/requests/new", "/requests/consent", "/reports/sales", "/reports/stores", "/reports/staff", "/settings",
    "/settings/appearance", "/settings/stores", "/settings/stores/new", "/settings/products", "/settings/staff",
)  # fmt: skip
GROWTH = 0.35


class LongWords(NullTranslations):
    """A language whose every text is a third longer than the English one."""

    def gettext(self, message: str) -> str:
        """The text, stretched."""
        return message + "·" * max(1, round(len(message) * GROWTH)) if message.strip() else message

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """The form that fits, stretched."""
        return self.gettext(singular if n == 1 else plural)


@pytest.fixture(scope="module")
def window(chromium: Browser, shop: Stage) -> Iterator[Page]:
    context = open_context(chromium, shop)
    yield context.new_page()
    context.close()


@pytest.fixture
def long_words(shop: Stage) -> Iterator[None]:
    shop.words = LongWords()
    yield
    shop.words = None


def profile(page: Page) -> str:
    page.goto("/customers?q=L100079")
    found = re.search(r'href="(/customers/[0-9a-f]{32})"', page.content())
    assert found is not None
    return found[1]


def in_store(page: Page) -> str:
    return profile(page).replace("/customers/", "/store/c/")


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    wider: int = page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wider


@pytest.mark.parametrize("path", PATHS)
def test_longer_words_break_no_layout(window: Page, long_words: None, path: str) -> None:
    window.goto(profile(window) if path == "PROFILE" else path)
    assert "·" in window.locator("h1, .nav").first.inner_text()
    for width, height in SIZES:
        window.set_viewport_size({"width": width, "height": height})
        assert sideways(window) <= 0, f"{path} at {width}"


@pytest.mark.parametrize("path", PATHS)
def test_a_language_from_right_to_left_breaks_no_layout(window: Page, path: str) -> None:
    window.goto(profile(window) if path == "PROFILE" else path)
    window.evaluate("() => document.documentElement.dir = 'rtl'")
    for width, height in SIZES:
        window.set_viewport_size({"width": width, "height": height})
        assert sideways(window) <= 0, f"{path} at {width}"
    window.set_viewport_size({"width": 1440, "height": 1000})
    nav = window.locator(".nav").bounding_box()
    assert nav is not None
    assert nav["x"] > 1000


def test_print_leaves_the_shell_out(window: Page) -> None:
    window.goto(profile(window))
    window.emulate_media(media="print")
    assert not window.locator(".nav").is_visible()
    assert not window.locator(".top").is_visible()
    assert window.locator("h1").is_visible()
    window.emulate_media(media="screen")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_of_the_screens(chromium: Browser, shop: Stage, theme: str) -> None:
    folder = os.environ.get("REGULARS_TEST_SCREENS")
    if not folder:
        pytest.skip("no pictures wanted: REGULARS_TEST_SCREENS names no folder")
    Path(folder).mkdir(parents=True, exist_ok=True)
    for width, height in SIZES:
        context = open_context(chromium, shop, theme=theme, width=width, height=height)
        page = context.new_page()
        for name, path in {**SCREENS, "profile": "PROFILE", "customer-in-store": "STORE"}.items():
            take(page, path, Path(folder) / f"{name}-{theme}-{width}.png")
        context.close()
    context = open_context(chromium, shop, theme=theme)
    page = context.new_page()
    (Path(folder) / "docs").mkdir(exist_ok=True)
    for name, (path, width, height) in DOCS.items():
        page.set_viewport_size({"width": width, "height": height})
        take(page, path, Path(folder) / "docs" / f"{name}-{theme}.png")
    context.close()


def take(page: Page, path: str, file: Path) -> None:
    """A picture of a page once its letters and plots are there."""
    page.goto({"PROFILE": profile, "STORE": in_store}[path](page) if path.isupper() else path)
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-plot]')].every((plot) => plot.dataset.drawn)"
    )
    page.screenshot(path=str(file))
