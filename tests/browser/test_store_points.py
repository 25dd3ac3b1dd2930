"""Points on the store's screens: a reward is reserved, and a basket is tried, by keyboard and on a tablet."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import open_context, watch_for_trouble
from tests.browser.test_accessibility import violations
from tests.browser.test_layout import sideways
from tests.browser.test_store import SIZES, customer, logged, scan, visit
from tests.console.stage import Stage
from tests.console.store_floor import ASSOCIATE, open_floor
from tests.console.test_pretend_till import REWARDS, RULES, shelf
from tests.console.test_store_points import jane

REQUESTS_MAX = 10


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_reward_is_reserved_with_two_taps_as_with_one_and_the_time_left_counts_down(
    chromium: Browser, stage: Stage, theme: str
) -> None:
    open_floor(stage)
    jane(stage, 640)
    context = open_context(chromium, stage, theme=theme, width=820, height=1100, email=ASSOCIATE)
    page = context.new_page()
    trouble = watch_for_trouble(page)
    visit(page, "/store")
    scan(page, "L0001")
    customer(page)
    expect(page.get_by_text("worth £6.40")).to_be_in_viewport()
    page.get_by_role("button", name="Apply A mug").dblclick()
    timer = page.get_by_role("timer", name="Time left")
    expect(timer).to_have_text(re.compile(r"^1[45]:[0-9]{2}$"))
    with stage.database.session(stage.workspace_id) as conn:
        assert conn.execute("select count(*) from loyalty_hold").fetchone() == (1,)
    before = timer.text_content()
    expect(timer).not_to_have_text(str(before))
    expect(page.get_by_role("searchbox")).to_be_focused()
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert violations(page) == []
        assert sideways(page) <= 0
    path = page.url
    asked: list[str] = []
    page.close()
    page = context.new_page()
    page.on("request", lambda one: asked.append(one.url))
    visit(page, path)
    assert len(asked) <= REQUESTS_MAX
    page.get_by_role("button", name="Let go").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The points are free again.")).to_be_visible()
    expect(page.get_by_role("timer")).to_have_count(0)
    assert trouble == []
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_basket_is_tried_by_keyboard_and_the_result_is_brought_to_view(
    chromium: Browser, stage: Stage, theme: str
) -> None:
    open_floor(stage)
    shelf(stage)
    jane(stage, 640, RULES + REWARDS)
    context = open_context(chromium, stage, theme=theme, width=820, height=1100, email=ASSOCIATE)
    page = context.new_page()
    trouble = watch_for_trouble(page)
    visit(page, "/store/till")
    expect(page.get_by_label("Article")).to_be_focused()
    scan(page, "COF-9")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Quantity Coffee beans")).to_have_value("1")
    page.get_by_label("Whose purchase").fill("L0001")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Apply 5 off next time").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("In the total")).to_be_visible()
    page.get_by_label("Points to pay with").fill("100")
    page.get_by_role("button", name="Try it").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_be_focused()
    expect(page.locator("#outcome")).to_contain_text("£11.50")
    expect(page.locator("#outcome")).to_contain_text("5 off next time")
    for width, height in (*SIZES, (1440, 1000)):
        page.set_viewport_size({"width": width, "height": height})
        assert violations(page) == []
        assert sideways(page) <= 0
    with context.expect_page() as opened:
        page.get_by_role("button", name="Show the slip").click()
    expect(opened.value.get_by_text("nothing was sold and nothing is posted")).to_be_visible()
    assert logged(stage, "sale.completed") == 6, "those of the floor alone"
    assert trouble == []
    context.close()
