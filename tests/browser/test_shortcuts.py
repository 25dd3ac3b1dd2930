"""Keys that act on rows and forms: select, edit, save; each does what its button does, and nothing in a field."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.test_journeys import visit
from tests.console.stage import Stage


def test_rows_are_selected_by_x_and_replayed(window: Page, stage: Stage) -> None:
    stage.send({"id": "x1", "type": "sale.completed", "occurred_at": "2026-01-01T00:00:00Z"}, b"{")
    visit(window, "/events/rejected")
    replay = window.get_by_role("button", name="Replay the selected")
    expect(replay).to_be_hidden()
    window.keyboard.press("j")
    window.keyboard.press("x")
    boxes = window.get_by_role("checkbox", name=re.compile("^Select: "))
    expect(boxes.first).to_be_checked()
    expect(boxes.nth(1)).not_to_be_checked()
    window.keyboard.press("x")
    expect(replay).to_be_hidden()
    boxes.nth(1).focus()
    window.keyboard.press("x")
    expect(boxes.nth(1)).to_be_checked()
    replay.click()
    expect(window.get_by_text("1 event was tried again")).to_be_visible()


def test_e_edits_and_ctrl_s_saves(window: Page, stage: Stage) -> None:
    visit(window, "/settings/stores/new")
    window.get_by_label("Code").fill("harbour")
    window.get_by_label("Name").press_sequentially("Harbour fee")
    window.keyboard.press("Control+s")
    expect(window.get_by_text("“harbour” is saved.")).to_be_visible()
    window.keyboard.press("j")
    window.keyboard.press("e")
    expect(window.get_by_label("Name")).to_have_value("Harbour fee")
    window.get_by_label("Name").fill("")
    window.keyboard.press("Meta+s")
    expect(window.get_by_role("link", name="Edit harbour")).to_be_visible()
    window.locator("#keys-on").evaluate("box => box.click()")
    visit(window, "/settings/stores/new")
    window.get_by_label("Code").fill("quay")
    window.keyboard.press("Control+s")
    expect(window.get_by_text("“quay” is saved.")).to_be_visible()
    window.locator("[data-edit]").first.focus()
    window.keyboard.press("e")
    expect(window).to_have_url(re.compile("/settings/stores\\?"))


def test_the_list_of_keys_names_them(window: Page) -> None:
    visit(window, "/settings")
    window.keyboard.press("?")
    keys = window.get_by_role("dialog", name="Keyboard shortcuts")
    for text in ("Save the form", "Edit the row or what the page shows", "Select the row"):
        expect(keys.get_by_text(text)).to_be_visible()
