"""A retailer's colour in a real browser: looked at, kept, and on every page without a word of complaint."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import open_context
from tests.console.stage import Stage

HUE, PAINTED = "#aa3377", "rgb(170, 51, 119)"


def test_a_colour_is_previewed_saved_and_painted(window: Page) -> None:
    window.goto("/settings/appearance")
    window.get_by_label("Colour, # and six digits").fill(HUE)
    window.get_by_role("button", name="Preview", exact=True).click()
    expect(window.get_by_text(f"This is a preview of {HUE}")).to_be_visible()
    save = window.get_by_role("button", name="Save this colour")
    expect(save).to_have_css("background-color", PAINTED)
    window.get_by_role("link", name="Workspace").click()
    button = window.get_by_role("button", name="Save")
    expect(button).not_to_have_css("background-color", PAINTED)
    window.go_back()
    save.click()
    expect(window.get_by_text("Saved. Everybody sees it")).to_be_visible()
    window.goto("/settings")
    expect(button).to_have_css("background-color", PAINTED)


def test_a_store_is_described_by_keyboard_alone(chromium: Browser, stage: Stage) -> None:
    """In a window of its own: the browser remarks on the refused form."""
    context = open_context(chromium, stage)
    window = context.new_page()
    window.goto("/settings/stores/new")
    window.get_by_label("Code").fill("harbour")
    window.keyboard.press("Tab")
    window.keyboard.type("Harbour Row")
    window.keyboard.press("Enter")
    expect(window.get_by_role("row", name="Harbour Row")).to_be_visible()
    window.get_by_role("link", name="Edit Harbour Row").press("Enter")
    window.get_by_label("Time zone").fill("Mars/Olympus")
    window.keyboard.press("Enter")
    expect(window.get_by_role("alert")).to_be_focused()
    expect(window.get_by_label("Time zone")).to_have_attribute("aria-invalid", "true")
    context.close()
