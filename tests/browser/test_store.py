"""The store's screens on a tablet and a phone: scanning, the keyboard alone, and what happens without network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from gettext import NullTranslations
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from regulars.store.database import Database
from tests.browser.conftest import WAIT_MS, open_context, watch_for_trouble
from tests.browser.test_accessibility import violations
from tests.browser.test_layout import LongWords, sideways
from tests.console.stage import Stage
from tests.console.store_floor import ASSOCIATE, open_floor
from tests.servers import TestServer

SIZES = ((820, 1100), (390, 844))
TARGET_PX = 48
expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="module")
def floor(server: TestServer) -> Iterator[Stage]:
    """A store to look at; tests that change it take `context`."""
    name = server.create()
    with Stage(Database(server.dsn(name), connections_max=4)).serving() as served:
        served.add_account()
        open_floor(served)
        yield served
    server.drop(name)


@pytest.fixture(scope="module", params=["light", "dark"])
def window(request: pytest.FixtureRequest, chromium: Browser, floor: Stage) -> Iterator[Page]:
    """An associate's tablet in each theme."""
    context = open_context(chromium, floor, theme=request.param, width=820, height=1100, email=ASSOCIATE)
    yield context.new_page()
    context.close()


@pytest.fixture
def context(chromium: Browser, stage: Stage) -> Iterator[BrowserContext]:
    """An associate's tablet in a store of the test's own."""
    open_floor(stage)
    made = open_context(chromium, stage, width=820, height=1100, email=ASSOCIATE)
    yield made
    made.close()


@pytest.fixture
def tablet(context: BrowserContext) -> Page:
    """The page that lies open on it, ready for a scanner."""
    page = context.new_page()
    visit(page, "/store")
    return page


def visit(page: Page, path: str) -> None:
    """Open a page of the store and wait until it answers a scanner and knows of the network."""
    with page.expect_response(
        lambda answer: answer.url.endswith("/store/enrol") and answer.request.method == "GET"
    ):
        page.goto(path)
    for part in ("#find", "#net"):
        page.locator(f"{part}[data-ready=yes]").wait_for(state="attached")


def scan(page: Page, code: str) -> None:
    """What a scanner does: keys in quick succession, then Enter."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def customer(page: Page, name: str = "Jane Doe") -> None:
    """Wait for the card of a customer."""
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def logged(stage: Stage, type_: str) -> int:
    """How many events of a type are in the log."""
    conn = stage.database.connect_owner()
    try:
        conn.execute(f"set regulars.workspace_id = {stage.workspace_id}".encode())
        row = conn.execute("select count(*) from event where type = %(type)s", {"type": type_}).fetchone()
    finally:
        conn.close()
    assert row is not None
    return int(row[0])


def test_a_scan_opens_the_customer_wherever_the_focus_is(tablet: Page) -> None:
    trouble = watch_for_trouble(tablet)
    expect(tablet.get_by_role("searchbox")).to_be_focused()
    scan(tablet, "L0001")
    customer(tablet)
    assert re.search(r"/store/c/[0-9a-f]{32}$", tablet.url)
    expect(tablet.get_by_role("searchbox")).to_be_focused()
    expect(tablet.get_by_role("searchbox")).to_have_value("")
    tablet.get_by_role("button", name="Sign out").focus()
    scan(tablet, "~]C1L0002")
    customer(tablet, "Peter Doe")
    tablet.locator("h1").click()
    tablet.evaluate("() => document.activeElement.blur()")
    scan(tablet, "L0001")
    customer(tablet)
    tablet.go_back()
    customer(tablet, "Peter Doe")
    assert trouble == []


def test_slow_keys_outside_a_field_are_no_scan(tablet: Page) -> None:
    tablet.evaluate("() => document.activeElement.blur()")
    tablet.keyboard.type("L0001", delay=120)
    tablet.keyboard.press("Enter")
    scan(tablet, "L0002")
    customer(tablet, "Peter Doe")


def test_a_phone_typed_with_spaces_a_name_and_nobody(tablet: Page) -> None:
    tablet.get_by_role("searchbox").fill("020 7946 0018")
    tablet.get_by_role("button", name="Find").click()
    customer(tablet)
    tablet.get_by_role("searchbox").fill("doe")
    tablet.keyboard.press("Enter")
    expect(tablet.get_by_role("heading", name="2 customers found")).to_be_visible()
    tablet.get_by_role("link", name="Peter Doe").click()
    customer(tablet, "Peter Doe")
    tablet.get_by_role("searchbox").fill("nobody@example.com")
    tablet.keyboard.press("Enter")
    expect(tablet.get_by_role("heading", name="Nobody found")).to_be_visible()
    expect(tablet.get_by_role("searchbox")).to_be_focused()
    tablet.get_by_role("navigation", name="Store").get_by_role("link", name="Find").click()
    expect(tablet.get_by_role("link", name="Jane Doe")).to_be_visible()


@pytest.mark.parametrize(("sought", "field"), [("nora@example.com", "email"), ("+44 20 7946 0999", "phone")])
def test_what_was_sought_in_vain_stands_in_the_form_of_a_new_customer(
    tablet: Page, sought: str, field: str
) -> None:
    tablet.get_by_role("searchbox").fill(sought)
    tablet.keyboard.press("Enter")
    tablet.get_by_role("link", name="Enter as a new customer").click()
    expect(tablet.locator(f"[name={field}]")).to_have_value(sought)
    others = {"given_name", "family_name", "email", "phone", "card"} - {field}
    for name in others:
        expect(tablet.locator(f"[name={name}]")).to_have_value("")


def test_a_scan_while_entering_a_customer_lands_in_the_card_field(tablet: Page) -> None:
    tablet.get_by_role("link", name="New customer").click()
    expect(tablet.get_by_label("Given name")).to_be_focused()
    tablet.get_by_label("Given name").fill("Nora")
    scan(tablet, "]C1L5555")
    expect(tablet.get_by_label("Given name")).to_have_value("Nora")
    expect(tablet.get_by_label("Loyalty card")).to_have_value("]C1L5555")
    tablet.get_by_role("button", name="Enter the customer").click()
    customer(tablet, "Nora")
    expect(tablet.get_by_text("The customer is entered.")).to_be_visible()
    scan(tablet, "L5555")
    customer(tablet, "Nora")


def test_the_whole_task_by_keyboard(tablet: Page) -> None:
    tablet.keyboard.type("jan", delay=100)
    tablet.keyboard.press("Enter")
    expect(tablet.get_by_role("heading", name="1 customer found")).to_be_visible()
    tablet.keyboard.press("Tab")
    tablet.keyboard.press("Tab")
    expect(tablet.get_by_role("link", name="Jane Doe")).to_be_focused()
    tablet.keyboard.press("Enter")
    customer(tablet)
    for _ in range(5):  # past the button that finds and the slips of three purchases
        tablet.keyboard.press("Tab")
    expect(tablet.get_by_role("button", name="Customer says yes").first).to_be_focused()
    tablet.keyboard.press("Enter")
    expect(tablet.get_by_text("Noted: the customer said yes.")).to_be_visible()
    expect(tablet.get_by_text("Said yes", exact=True)).to_be_visible()
    tablet.get_by_role("link", name="New customer").focus()
    tablet.keyboard.press("Enter")
    expect(tablet.get_by_label("Given name")).to_be_focused()
    tablet.keyboard.press("Enter")
    alert = tablet.get_by_role("alert")
    expect(alert).to_be_focused()
    tablet.keyboard.press("Tab")
    tablet.keyboard.press("Enter")
    expect(tablet.get_by_label("E-mail", exact=True)).to_be_focused()


def test_the_card_stays_while_the_network_is_away(context: BrowserContext, tablet: Page) -> None:
    scan(tablet, "L0001")
    customer(tablet)
    context.set_offline(True)
    bar = tablet.locator("#net")
    expect(bar).to_contain_text(re.compile(r"Offline, as of \d\d:\d\d \(just now\)"))
    scan(tablet, "L0002")
    expect(bar).to_contain_text("can be found again when the network is back")
    customer(tablet)
    tablet.get_by_role("link", name="New customer").click()
    expect(tablet.get_by_label("Given name")).to_be_focused()
    tablet.get_by_role("button", name="Show the last customer").click()
    customer(tablet)
    context.set_offline(False)
    expect(bar).to_be_empty()
    scan(tablet, "L0002")
    customer(tablet, "Peter Doe")


def test_what_is_entered_without_network_is_sent_once_when_it_is_back(
    context: BrowserContext, tablet: Page, stage: Stage
) -> None:
    scan(tablet, "L0001")
    customer(tablet)
    context.set_offline(True)
    bar = tablet.locator("#net")
    tablet.get_by_role("button", name="Customer says yes").first.click()
    expect(bar).to_contain_text("1 waiting to be sent")
    expect(tablet.get_by_text("Customer says yes: kept on this screen")).to_be_visible()
    expect(tablet.get_by_role("searchbox")).to_be_focused()
    tablet.get_by_role("link", name="New customer").click()
    tablet.get_by_label("Given name").fill("Nora")
    tablet.get_by_label("Loyalty card").fill("L5555")
    tablet.get_by_role("button", name="Enter the customer").click()
    expect(bar).to_contain_text("2 waiting to be sent")
    expect(tablet.get_by_label("Given name")).to_have_value("")
    tablet.get_by_label("Given name").fill("Otto")
    tablet.get_by_label("E-mail", exact=True).fill("no address")
    tablet.get_by_role("button", name="Enter the customer").click()
    expect(bar).to_contain_text("3 waiting to be sent")
    tablet.get_by_role("button", name="Show the last customer").click()
    assert logged(stage, "consent.given") == 0
    context.set_offline(False)
    expect(bar).to_contain_text("Sent: E-mail, Jane Doe: Customer says yes")
    expect(bar).to_contain_text("Sent: New customer Nora. The customer is entered.")
    expect(bar).to_contain_text("Not taken: New customer Otto. This is no e-mail address.")
    expect(bar).not_to_contain_text("waiting")
    customer(tablet)
    expect(tablet.get_by_text("Said yes", exact=True)).to_be_visible()
    assert logged(stage, "consent.given") == 1
    for _ in range(3):
        bar.get_by_role("button", name="Dismiss").first.click()
    expect(bar).to_be_empty()
    scan(tablet, "L5555")
    customer(tablet, "Nora")


def test_an_answer_that_got_lost_does_not_count_twice(tablet: Page, stage: Stage) -> None:
    scan(tablet, "L0001")
    customer(tablet)
    lost: list[int] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort()

    tablet.route("**/consent", lose)
    tablet.get_by_role("button", name="Customer says yes").first.click()
    expect(tablet.locator("#net")).to_contain_text("1 waiting to be sent")
    assert lost[0] == 200
    tablet.unroute("**/consent")
    expect(tablet.locator("#net")).to_contain_text("Sent: E-mail, Jane Doe")
    assert logged(stage, "consent.given") == 1


def test_a_page_opened_without_network_shows_the_shell_and_nobody(
    context: BrowserContext, tablet: Page
) -> None:
    scan(tablet, "L0001")
    customer(tablet)
    tablet.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    tablet.wait_for_function("() => navigator.serviceWorker.controller !== null")
    context.set_offline(True)
    tablet.reload()
    expect(tablet.get_by_role("heading", name="Offline")).to_be_visible()
    assert tablet.evaluate("() => getComputedStyle(document.querySelector('.btn')).minHeight") == "48px"
    assert violations(tablet) == []
    assert "Jane" not in tablet.content()
    context.set_offline(False)
    tablet.get_by_role("link", name="Try again").click()
    expect(tablet.get_by_role("heading", name="Find a customer")).to_be_visible()


def kept_in(page: Page) -> str:
    """All that scripts of the page could read of what the browser keeps."""
    found: str = page.evaluate(
        """async () => {
          const texts = [JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage}), document.cookie];
          texts.push(JSON.stringify(await indexedDB.databases()));
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const one of await cache.keys()) texts.push(one.url, await (await cache.match(one)).text());
          }
          return texts.join('\\n');
        }"""
    )
    return found


def test_the_browser_keeps_nothing_of_a_customer_and_signing_out_clears_all(
    context: BrowserContext, tablet: Page
) -> None:
    scan(tablet, "L0001")
    customer(tablet)
    tablet.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    kept = kept_in(tablet)
    assert "/store/offline" in kept
    for word in ("Jane", "L0001", "example.com", "7946", "regulars_recent"):
        assert word not in kept, word
    tablet.get_by_role("button", name="Sign out").click()
    expect(tablet.get_by_role("heading", name="Sign in")).to_be_visible()
    assert tablet.evaluate("() => caches.keys()") == []
    assert tablet.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0
    assert {one["name"] for one in context.cookies()} <= {"regulars_form"}
    tablet.go_back()
    expect(tablet.get_by_role("heading", name="Sign in")).to_be_visible()


def test_signing_out_without_network_clears_the_screen_and_ends_the_session_later(
    context: BrowserContext, tablet: Page
) -> None:
    scan(tablet, "L0001")
    customer(tablet)
    context.set_offline(True)
    tablet.get_by_role("button", name="Customer says yes").first.click()
    expect(tablet.locator("#net")).to_contain_text("1 waiting")
    asked: list[str] = []

    def answer(dialog: Any) -> None:
        asked.append(dialog.message)
        dialog.accept()

    tablet.on("dialog", answer)
    tablet.get_by_role("button", name="Sign out").click()
    expect(tablet.get_by_text("The screen is cleared.")).to_be_visible()
    assert len(asked) == 1
    assert "Jane" not in tablet.locator("main").inner_text()
    context.set_offline(False)
    expect(tablet.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_customer_nobody_touches_is_put_away(context: BrowserContext) -> None:
    page = context.new_page()
    page.clock.install()
    visit(page, "/store")
    scan(page, "L0001")
    customer(page)
    page.clock.fast_forward("14:00")
    customer(page)
    page.clock.fast_forward("02:00")
    expect(page.get_by_text("Put away after 15 minutes")).to_be_visible()
    assert "Jane" not in page.content()
    assert page.url.endswith("/store")


def views(page: Page) -> Iterator[str]:
    """Brings up each screen in turn and names it."""
    visit(page, "/store")
    yield "start"
    scan(page, "doe")
    expect(page.get_by_role("heading", name="2 customers found")).to_be_visible()
    yield "several"
    scan(page, "L0001")
    customer(page)
    yield "card"
    scan(page, "L9999")
    expect(page.get_by_role("heading", name="Nobody found")).to_be_visible()
    yield "nobody"
    visit(page, "/store")
    yield "recent"
    page.get_by_role("link", name="New customer").click()
    page.get_by_role("button", name="Enter the customer").click()
    page.get_by_role("alert").wait_for()
    yield "entering"
    page.get_by_role("navigation", name="Store").get_by_role("link", name="Find").click()
    page.get_by_role("link", name="Jane Doe").click()
    customer(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="Customer says yes").first.click()
    expect(page.locator("#net")).to_contain_text("1 waiting")
    yield "offline"
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("about:blank")
    page.context.set_offline(False)


def test_no_violation_and_large_targets_on_any_screen(window: Page) -> None:
    for name in views(window):
        for width, height in SIZES:
            window.set_viewport_size({"width": width, "height": height})
            assert violations(window) == [], f"{name} at {width}"
            assert sideways(window) <= 0, f"{name} scrolls sideways at {width}"
            small = window.evaluate(
                """(least) => [...document.querySelectorAll('button, .brand, .people a, .btn, .input, label.check')]
                  .filter(e => e.checkVisibility()).map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
                  .filter(([, b]) => b.height < least || b.width < least).map(([html]) => html)""",
                TARGET_PX,
            )
            assert small == [], f"{name} at {width}"
        size = window.evaluate("() => getComputedStyle(document.querySelector('#page')).fontSize")
        assert size == "16px"


def test_longer_words_other_directions_and_narrow_windows_break_nothing(
    chromium: Browser, floor: Stage
) -> None:
    words: NullTranslations = LongWords()
    context = open_context(chromium, floor, width=820, height=1100, email=ASSOCIATE)
    page = context.new_page()
    page.goto("/store")
    token = page.locator("#find [name=csrf]").get_attribute("value")
    found = page.request.post("/store/find", form={"csrf": token or "", "q": "L0001"})
    path = found.url.removeprefix(floor.url)
    floor.words = words
    try:
        for place in ("/store", path, "/store/enrol"):
            page.goto(place)
            assert "·" in page.locator("h1").inner_text() or place == path
            for direction in ("ltr", "rtl"):
                page.evaluate("(way) => { document.documentElement.dir = way }", direction)
                for width in (1440, 820, 390, 320):
                    page.set_viewport_size({"width": width, "height": 900})
                    assert sideways(page) <= 0, f"{place} {direction} at {width}"
    finally:
        floor.words = None
    context.close()


def test_a_page_asks_for_little_and_only_from_us(chromium: Browser, floor: Stage) -> None:
    context = open_context(chromium, floor, width=820, height=1100, email=ASSOCIATE)
    page = context.new_page()
    asked: list[str] = []
    trouble = watch_for_trouble(page)
    page.on("request", lambda request: asked.append(request.url))
    visit(page, "/store")
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    assert len(asked) <= 12, asked
    assert all(url.startswith(floor.url) for url in asked)
    context.close()
    assert trouble == []
