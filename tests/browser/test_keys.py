"""Keys in a real browser: made, seen once, rotated and revoked, and nothing an accessibility check minds."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import open_context
from tests.browser.test_accessibility import violations
from tests.console.stage import Stage

NEW_KEY = "#made .copy code"


def seen(page: Page, address: str) -> None:
    """The page stands at its address and holds nothing axe minds."""
    assert page.url.partition("?")[0].endswith(address)
    assert violations(page) == []


def test_a_key_is_seen_once_rotated_and_revoked(window: Page) -> None:
    window.goto("/keys/new")
    window.fill("#f-name", "Till 7")
    window.fill("#f-new_source", "tills")
    window.check("input[name='scope.till']")
    window.click("button:has-text('Make the key')")
    first = window.inner_text(NEW_KEY)
    seen(window, "/keys")
    window.reload()
    assert first not in window.content()
    window.click("a:has-text('Rotate')")
    window.wait_for_selector("text=How long the old key works on")
    seen(window, "/rotate")
    window.click("button:has-text('Rotate the key')")
    assert window.inner_text(NEW_KEY) != first
    seen(window, "/keys")
    window.set_viewport_size({"width": 390, "height": 844})
    clipped = "code => code.scrollWidth > code.clientWidth"
    assert not window.eval_on_selector(NEW_KEY, clipped), "a key that is shown once is shown whole"
    window.click("a:has-text('Revoke') >> nth=0")
    window.wait_for_selector("text=Revoke the key")
    seen(window, "/revoke")
    window.click("button:has-text('Revoke the key')")
    window.wait_for_selector("text=It is refused from now on.")
    seen(window, "/keys")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_form_with_faults_leads_to_them_and_keeps_what_was_typed(
    chromium: Browser, stage: Stage, theme: str
) -> None:
    context = open_context(chromium, stage, theme=theme)
    page = context.new_page()
    page.goto("/keys/new")
    page.fill("#f-name", "Till 7")
    page.click("button:has-text('Make the key')")
    page.wait_for_selector(".alert.bad")
    assert page.input_value("#f-name") == "Till 7"
    assert page.evaluate("() => document.activeElement.matches('.alert')")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 1000})
        assert violations(page) == []
    page.click("text=Pick a source above, or name a new one. >> nth=0")
    assert page.url.endswith("#f-new_source")
    context.close()


def test_a_source_is_switched_off_and_undo_switches_it_on(window: Page, stage: Stage) -> None:
    stage.source("tills")
    window.goto("/keys/sources")
    window.click("button:has-text('Switch off')")
    window.wait_for_selector(".toast:has-text('“tills” is off')")
    seen(window, "/keys/sources")
    window.click(".toast button:has-text('Undo')")
    window.wait_for_selector(".toast:has-text('“tills” is on')")
    assert window.locator(".toast").count() == 1
    window.wait_for_selector("button:has-text('Switch off')")
