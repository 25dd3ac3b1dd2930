"""What people come for, done in a real browser. Every wait is for something visible and bounded."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import WAIT_MS, open_context, watch_for_trouble
from tests.console.stage import EMAIL, PASSWORD, Stage, details, sale

SEEN_WITHIN_SECONDS = 1.0

expect.set_options(timeout=WAIT_MS)


@pytest.fixture
def context(chromium: Browser, stage: Stage) -> Iterator[BrowserContext]:
    """A signed-in window for tests that expect the browser to complain."""
    made = open_context(chromium, stage)
    yield made
    made.close()


def visit(page: Page, path: str) -> None:
    """Open a page and wait until its keys answer."""
    page.goto(path)
    page.locator("#keys[data-ready=yes]").wait_for(state="attached")


def live(page: Page, path: str = "/events") -> None:
    """Open a page and wait until its stream runs."""
    visit(page, path)
    expect(page.locator("#badge")).to_have_text("Live")


def test_a_person_signs_in_and_out(chromium: Browser, stage: Stage) -> None:
    context = chromium.new_context(base_url=stage.url)
    page = context.new_page()
    page.goto("/events")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Live events")).to_be_visible()
    page.get_by_role("button", name="Your account: Olive Owner").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    context.close()


def test_the_pages_work_without_scripts(chromium: Browser, stage: Stage) -> None:
    stage.send(sale("R-1", loyalty_card="L1", given_name="Ada", family_name="Byron"))
    context = chromium.new_context(base_url=stage.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Find a customer").fill("ada")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Ada Byron").click()
    expect(page.get_by_role("heading", name="Ada Byron")).to_be_visible()
    page.goto("/events")
    page.get_by_role("link", name="Sale").click()
    expect(page.get_by_text("Spend £8.99, receipt R-1")).to_be_visible()
    context.close()


def test_a_sale_at_a_till_is_seen_within_a_second(window: Page, stage: Stage) -> None:
    stage.send(sale("R-0"))
    live(window)
    stage.send(sale("R-1", loyalty_card="L1", given_name="Ada", family_name="Byron"))
    committed = time.monotonic()
    expect(window.locator("#event-rows tr").first).to_contain_text("Ada Byron")
    assert time.monotonic() - committed < SEEN_WITHIN_SECONDS
    expect(window.locator("#event-rows tr")).to_have_count(2)


def test_the_first_event_replaces_the_empty_state(window: Page, stage: Stage) -> None:
    live(window)
    expect(window.get_by_text("Waiting for the first event")).to_be_visible()
    stage.send(sale("R-1"))
    expect(window.locator("#event-rows tr")).to_have_count(1)
    expect(window.get_by_text("Waiting for the first event")).to_be_hidden()


def test_pausing_keeps_the_place_and_counts_what_is_new(window: Page, stage: Stage) -> None:
    stage.send(sale("R-0"))
    live(window)
    window.keyboard.press("p")
    expect(window.locator("#badge")).to_have_text("Paused")
    stage.send(*(sale(f"R-{n}") for n in range(1, 4)))
    bar = window.get_by_role("button", name="3 new, show them")
    expect(bar).to_be_visible()
    expect(window.locator("#event-rows tr")).to_have_count(1)
    bar.click()
    expect(window.locator("#event-rows tr")).to_have_count(4)
    expect(window.locator("#badge")).to_have_text("Live")
    stage.send(sale("R-9"))
    expect(window.locator("#event-rows tr").first).to_contain_text("R-9")


def test_rows_stay_put_while_somebody_reads_further_down(window: Page, stage: Stage) -> None:
    stage.send(*(sale(f"R-{n}") for n in range(60)))
    live(window)
    window.mouse.wheel(0, 600)
    window.wait_for_function("() => scrollY > 300")
    stage.send(sale("R-new"))
    bar = window.get_by_role("button", name="1 new, show them")
    expect(bar).to_be_attached()
    expect(window.get_by_text("R-new")).to_have_count(0)
    bar.click()
    expect(window.locator("#event-rows tr").first).to_contain_text("R-new")


def test_an_event_is_opened_and_closed_with_the_keyboard_alone(window: Page, stage: Stage) -> None:
    stage.send(sale("R-1", loyalty_card="L1", given_name="Ada", family_name="Byron"), sale("R-2"))
    live(window)
    window.keyboard.press("j")
    window.keyboard.press("j")
    window.keyboard.press("Enter")
    panel = window.get_by_role("dialog", name="Sale")
    expect(panel.get_by_text("Spend £8.99, receipt R-1")).to_be_visible()
    assert re.fullmatch(r"[\d.,]+ ms", panel.locator(".trace li").nth(3).locator(".num").inner_text())
    window.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(window.locator("#event-rows tr").nth(1).get_by_role("link")).to_be_focused()
    window.keyboard.press("j")
    window.keyboard.press("g")
    window.keyboard.press("c")
    expect(window.get_by_role("heading", name="Customers")).to_be_visible()


def test_filters_stand_in_the_address_and_hold_on_the_stream(window: Page, stage: Stage) -> None:
    stage.send(sale("R-1"), details("d-1", email="ada@example.com", given_name="Ada"))
    live(window)
    window.get_by_label("Type").select_option("customer")
    expect(window.locator("#event-rows tr")).to_have_count(1)
    assert "type=customer" in window.url
    expect(window.locator("#badge")).to_have_text("Live")
    stage.send(sale("R-2"), details("d-2", email="bea@example.com", given_name="Bea"))
    expect(window.locator("#event-rows tr").first).to_contain_text("Bea")
    expect(window.locator("#event-rows tr")).to_have_count(2)
    window.reload()
    expect(window.get_by_label("Type")).to_have_value("customer")
    window.get_by_role("link", name="Clear filters").click()
    expect(window.locator("#event-rows tr")).to_have_count(4)


def test_a_customer_is_found_while_typing_and_opened(window: Page, stage: Stage) -> None:
    stage.send(
        sale("R-1", loyalty_card="L1", email="ada@example.com", given_name="Ada", family_name="Byron"),
        sale("R-2", loyalty_card="L2", given_name="Peter", family_name="Other"),
    )
    visit(window, "/customers")
    window.keyboard.press("/")
    window.keyboard.type("byr", delay=20)
    expect(window.get_by_text("1 customer found")).to_be_visible()
    expect(window.locator("main :focus")).to_have_count(1)
    assert window.url.endswith("q=byr")
    window.get_by_role("link", name="Ada Byron").click()
    expect(window.get_by_role("heading", name="Ada Byron")).to_be_visible()
    expect(window.get_by_text("ada@example.com", exact=True)).to_be_visible()


def test_the_timeline_is_filtered_and_an_event_unfolded(window: Page, stage: Stage) -> None:
    stage.send(
        sale("R-1", loyalty_card="L1", given_name="Ada", family_name="Byron"),
        details("d-1", loyalty_card="L1", given_name="Ada", family_name="Byron"),
    )
    window.goto("/customers?q=L1")
    window.get_by_role("link", name="Ada Byron").click()
    expect(window.locator(".timeline .entry-head")).to_have_count(2)
    window.get_by_role("link", name="Sales").click()
    expect(window.locator(".timeline .entry-head")).to_have_count(1)
    assert window.url.endswith("topic=sales")
    window.locator(".timeline summary").first.click()
    expect(window.get_by_text("Premium coffee 250 g").first).to_be_visible()
    window.locator(".timeline details details summary").first.click()
    expect(window.locator("pre.json")).to_contain_text('"receipt": "R-1"')
    window.go_back()
    expect(window.locator(".timeline .entry-head")).to_have_count(2)


def test_rejected_events_are_replayed_after_a_fix(window: Page, stage: Stage) -> None:
    stage.send(b"broken", sale("R-1"))
    window.goto("/events/rejected")
    expect(window.get_by_text("The event is not valid JSON").first).to_be_visible()
    window.get_by_role("button", name="Replay the one").click()
    expect(window.get_by_role("status").filter(has_text="1 event was tried again")).to_be_visible()
    expect(window.get_by_text("Passed: 0. Already known: 0. Rejected again: 1.")).to_be_visible()


def test_the_front_page_counts_sales_as_they_happen(window: Page, stage: Stage) -> None:
    stage.send(sale("R-1", total_minor=1000))
    live(window, "/")
    expect(window.locator(".kpi").first).to_contain_text("£10.00")
    window.get_by_text("Show as table").click()
    stage.send(sale("R-2", total_minor=2550, loyalty_card="L1", given_name="Ada"))
    expect(window.locator(".kpi").first).to_contain_text("£35.50")
    expect(window.locator("#sales-table")).to_have_attribute("open", "")
    expect(window.get_by_role("link", name="Ada")).to_be_visible()


def test_a_broken_stream_says_so_and_comes_back_without_loss(context: BrowserContext, stage: Stage) -> None:
    page = context.new_page()
    stage.send(sale("R-0"))
    live(page)
    stage.send(sale("R-seen"))
    expect(page.locator("#event-rows tr")).to_have_count(2)
    context.set_offline(True)
    stage.run(cut_streams(stage))
    expect(page.locator("#badge")).to_have_text("Reconnecting")
    stage.send(sale("R-1"), sale("R-2"))
    context.set_offline(False)
    expect(page.locator("#event-rows tr")).to_have_count(4, timeout=20_000)
    expect(page.locator("#badge")).to_have_text("Live", timeout=20_000)
    stage.send(sale("R-3"))
    expect(page.locator("#event-rows tr").first).to_contain_text("R-3")
    expect(page.locator("#event-rows tr")).to_have_count(5)


async def cut_streams(stage: Stage) -> None:
    assert stage.console is not None
    for viewer in stage.console.hub._viewers:
        viewer.close()


def test_an_ended_session_leads_to_the_form(context: BrowserContext, stage: Stage) -> None:
    page = context.new_page()
    page.goto("/customers")
    cookie = next(one for one in context.cookies() if one.get("name") == "regulars_session")
    assert stage.console is not None
    stage.run(stage.console.desk.accounts.end_session(str(cookie.get("value")).partition(".")[2]))
    page.get_by_role("searchbox").fill("ada")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_theme_is_switched_and_kept(window: Page) -> None:
    window.goto("/customers")
    light = window.evaluate("() => getComputedStyle(document.body).backgroundColor")
    window.get_by_role("button", name="Your account").click()
    window.get_by_role("button", name="Dark theme").click()
    window.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
    assert window.url.endswith("/customers")
    assert window.evaluate("() => getComputedStyle(document.body).backgroundColor") != light
    window.goto("/events")
    assert window.evaluate("() => document.documentElement.dataset.theme") == "dark"


def test_single_letter_keys_can_be_switched_off_and_never_act_in_fields(window: Page) -> None:
    visit(window, "/")
    window.get_by_label("Find a customer").fill("")
    window.keyboard.type("gc?")
    assert window.get_by_label("Find a customer").input_value() == "gc?"
    window.locator("h1").click()
    window.keyboard.press("?")
    expect(window.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    window.get_by_label("Use single-letter shortcuts").uncheck()
    window.keyboard.press("Escape")
    window.keyboard.press("?")
    expect(window.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()
    visit(window, "/")
    window.keyboard.press("?")
    expect(window.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()


def test_the_skip_link_comes_first_and_leads_to_the_content(window: Page) -> None:
    window.goto("/customers")
    window.keyboard.press("Tab")
    expect(window.get_by_role("link", name="Skip to content")).to_be_focused()
    window.keyboard.press("Enter")
    window.keyboard.press("Tab")
    expect(window.locator("main :focus")).to_have_count(1)


@pytest.mark.parametrize(
    "path",
    [
        "/", "/customers", "/customers/duplicates", "/events", "/events/rejected", "/audit", "/keys", "/keys/sources", "/people",
        "/matching", "/store",
    ],
)  # fmt: skip
def test_a_page_asks_for_little_and_only_from_us(chromium: Browser, shop: Stage, path: str) -> None:
    context = open_context(chromium, shop)
    page = context.new_page()
    asked: list[str] = []
    trouble = watch_for_trouble(page)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path)
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    assert len(asked) <= 10 + ("/live" in "".join(asked)), asked
    assert all(url.startswith(shop.url) for url in asked)
    context.close()
    assert trouble == []
