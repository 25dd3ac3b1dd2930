"""The palette: anywhere to a page or a customer, by keyboard alone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.test_journeys import visit
from tests.console.stage import Stage, sale


def test_a_customer_is_two_keys_and_a_name_away(window: Page, stage: Stage) -> None:
    stage.send(sale("R-1", loyalty_card="L1", given_name="Ada", family_name="Byron"))
    visit(window, "/")
    window.keyboard.press("Control+k")
    words = window.get_by_role("combobox", name="Go to a page or a customer")
    expect(words).to_be_focused()
    expect(window.get_by_role("option", name="Audit log")).to_be_visible()
    words.press_sequentially("byron")
    expect(window.get_by_role("option", name=re.compile("Ada Byron"))).to_have_attribute(
        "aria-selected", "true"
    )
    window.keyboard.press("Enter")
    expect(window.get_by_role("heading", name="Ada Byron")).to_be_visible()
    visit(window, "/events")
    window.keyboard.press("Control+k")
    expect(window.get_by_role("group", name="Seen lately").get_by_role("option")).to_contain_text("Ada Byron")
    window.keyboard.press("Escape")
    expect(words).to_be_hidden()


def test_arrows_choose_a_page(window: Page) -> None:
    visit(window, "/")
    window.keyboard.press("Control+k")
    words = window.get_by_role("combobox", name="Go to a page or a customer")
    words.press_sequentially("rejec")
    expect(window.get_by_role("option", selected=True)).to_have_text("Rejected events")
    window.keyboard.press("ArrowDown")
    window.keyboard.press("ArrowUp")
    window.keyboard.press("Enter")
    expect(window).to_have_url(re.compile("/events/rejected$"))
