"""A second factor in a real browser: set up, asked for, and nothing an accessibility check minds on the way."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page

from regulars.console.totp import code_at, step_at
from tests.browser.conftest import open_context
from tests.browser.test_accessibility import WIDTHS, violations
from tests.console.factors import read_secret
from tests.console.stage import EMAIL, PASSWORD, Stage

SECRET = ".secret .copy code"


def look(page: Page, said: str) -> None:
    """Wait for the words, then check the page at each width; nothing scrolls sideways."""
    page.get_by_text(said).first.wait_for()
    for width, height in WIDTHS:
        page.set_viewport_size({"width": width, "height": height})
        assert violations(page) == [], f"{said} at {width}"
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width


def code_of(secret: bytes, steps: int) -> str:
    return code_at(secret, step_at(datetime.now(UTC)) + steps)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_set_up_and_asked_for(chromium: Browser, stage: Stage, theme: str) -> None:
    context = open_context(chromium, stage, theme=theme)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("link", name="Your account").click()
    page.get_by_role("link", name="Set up").click()
    page.get_by_role("button", name="Set up").click()
    look(page, "Scan this with an authenticator app")
    page.set_viewport_size({"width": 320, "height": 700})
    clipped = "code => code.scrollWidth > code.clientWidth"
    assert not page.eval_on_selector(SECRET, clipped), "a secret that is to be typed is shown whole"
    secret = read_secret(page.inner_text(SECRET))
    page.get_by_label("The code the app shows now").fill("000000")
    page.get_by_role("button", name="Switch on").click()
    look(page, "This code does not fit")
    # The code of the period before is as right as that of now, and leaves that of now for the sign-in.
    page.get_by_label("The code the app shows now").fill(code_of(secret, -1))
    page.get_by_role("button", name="Switch on").click()
    look(page, "Your second factor is on")
    page.get_by_role("link", name="I have kept them").click()
    look(page, "A code from your phone is asked for")
    page.get_by_role("link", name="Manage").click()
    look(page, "Switch it off")
    context.clear_cookies()
    page.goto("/customers")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    look(page, "No phone and no recovery code?")
    page.get_by_label("Code").fill(code_of(secret, 0))
    page.get_by_role("button", name="Go on").click()
    look(page, "Customers")
    assert page.url.endswith("/customers")
    context.close()


def test_sessions_are_ended_without_leaving_the_page(window: Page, stage: Stage) -> None:
    stage.client().close()
    window.goto("/account")
    window.get_by_role("button", name="End the session of Unknown device").first.click()
    window.get_by_text("The session has ended").wait_for()
    assert violations(window) == []
