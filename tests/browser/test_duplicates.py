"""Duplicates by keyboard alone: from pair to pair, one customer, two customers, and back."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import violations
from tests.console.stage import Stage, details
from tests.console.test_duplicates import lookalikes, profiles_of


def test_pairs_are_decided_and_undone_by_keys(stage: Stage, window: Page) -> None:
    smiths, okafors = lookalikes(stage, "Smith"), lookalikes(stage, "Okafor")
    window.goto("/customers/duplicates")
    rows = window.locator("[data-row]")
    expect(rows).to_have_count(2)
    window.keyboard.press("m")
    assert len(profiles_of(stage, *smiths, *okafors)) == 4, "no row is at hand yet"
    window.keyboard.press("j")
    first = rows.nth(0).get_by_role("heading").inner_text()
    window.keyboard.press("s")
    window.get_by_text("They stay two customers.").wait_for()
    expect(rows).to_have_count(1)
    assert violations(window) == []
    window.keyboard.press("u")
    expect(rows).to_have_count(2)
    expect(rows.nth(0).get_by_role("heading")).to_have_text(first)
    window.keyboard.press("j")
    window.keyboard.press("j")
    window.keyboard.press("k")
    window.keyboard.press("m")
    window.get_by_text("They are one customer now.").wait_for()
    assert len(profiles_of(stage, *smiths, *okafors)) == 3
    window.get_by_role("link", name="Decisions").click()
    window.get_by_role("heading", name="Decisions").wait_for()
    expect(rows).to_have_count(3)


def test_letters_in_a_reason_decide_nothing(stage: Stage, window: Page) -> None:
    two = lookalikes(stage, "Typing")
    window.goto("/customers/duplicates")
    window.get_by_label("Reason").fill("")
    window.get_by_label("Reason").press_sequentially("mms")
    expect(window.get_by_label("Reason")).to_have_value("mms")
    assert len(profiles_of(stage, *two)) == 2
    window.keyboard.press("Enter")
    window.get_by_text("They are one customer now.").wait_for()
    window.get_by_role("link", name="Decisions").click()
    window.get_by_role("cell", name="mms", exact=True).wait_for()


def test_a_record_is_taken_out_after_a_look_and_given_back_on_the_customers_page(
    stage: Stage, window: Page
) -> None:
    told = [details(f"t-{n}", external_id=f"t-{n}", loyalty_card="L-1", given_name="Tom") for n in range(3)]
    profile = str(stage.send(*told)[0].profile_id)
    window.goto(f"/customers/{profile}")
    window.get_by_role("link", name="Take records out").click()
    window.get_by_role("checkbox").nth(1).check()
    window.get_by_label("Reason").fill("Another Tom")
    window.get_by_role("button", name="See what would change").click()
    window.get_by_text("1 customer becomes 2.").wait_for()
    assert violations(window) == []
    window.get_by_role("button", name="Take them out").click()
    window.get_by_text("2 records").first.wait_for()
    window.locator("#decisions").get_by_role("link", name="Undo").click()
    window.get_by_text("2 customers become 1.").wait_for()
    window.get_by_label("Reason").fill("The same Tom")
    window.get_by_role("button", name="Undo the decision").click()
    window.get_by_text("3 records").first.wait_for()
    window.locator("#decisions").get_by_text("The same Tom").first.wait_for()
