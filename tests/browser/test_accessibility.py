"""axe-core finds no violation (WCAG 2.0 to 2.2, A and AA) on any page, in both themes, at three widths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from regulars.store.database import Database
from tests.browser.conftest import open_context, watch_for_trouble
from tests.console.sign_on.way import chosen
from tests.console.sign_on_provider import SignOnProvider
from tests.console.stage import Stage

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = ((1440, 1000), (820, 1100), (390, 844))
PAGES = (
    "/", "/?span=28d", "/customers", "/customers?q=jane", "/customers?q=zzzz", "PROFILE", "WHY_ONE", "WAY", "POINTS", "POINTS-WHY", "ADJUST", "/approvals", "/approvals?view=decided", "APPROVAL",
    "/customers/duplicates", "/customers/duplicates?only=conflicts&least=99", "/customers/duplicates/decisions",
    "/customers/duplicates/many?least=0", "TAKE-APART", "MERGE", "COMPARED", "/events",
    "/events?result=rejected", "/events/40", "/events/rejected", "/audit", "/keys",
    "/keys/sources", "/keys/sources/web-told/write-back", "/keys/new", "/promotions", "/promotions/new", "/promotions/try", "/promotions/tea-week", "/promotions/tea-week/edit", "/webhooks", "/webhooks/new", "/webhooks/1", "/webhooks/2", "/webhooks/2/delete",
    "/webhooks/2/deliveries/61", "/matching", "/matching/models/new", "/matching/models/1", "/loyalty", "/loyalty/new", "/loyalty/1", "/loyalty/1/edit",
    "/loyalty/1/try", "/loyalty/1/versions/1", "/people", "STORES", "/account", "/account/second-factor", "/requests", "/requests?view=done", "/requests/new", "/requests/1",
    "/requests/2", "/requests/3", "/requests/4", "/requests/4/proof", "/requests/consent",
    "/reports/sales", "/reports/sales?span=today&compare=none", "/reports/stores", "/reports/store?store=station",
    "/reports/staff", "/reports/sales?from=x", "/reports/points-owed", "/reports/points-owed?from=x",
    "/settings", "/settings/appearance", "/settings/appearance?hue=%23aa3377",
    "/settings/appearance?hue=%23ffcc00", "/settings/stores", "/settings/stores/edit?code=high-street", "/settings/products",
    "/settings/staff", "/settings/staff/new", "/invitation?token=x", "/nope", "/_kit",
)  # fmt: skip
SHELL = (
    "/", "/customers", "/customers/duplicates", "/events", "/events/rejected", "/audit", "/keys", "/keys/sources", "/promotions", "/promotions/try", "/promotions/tea-week", "/webhooks", "/webhooks/2",
    "/loyalty", "/loyalty/1/edit", "/loyalty/1/try",
    "/matching", "/matching/models/1", "/people", "/account", "/account/second-factor", "/requests", "/requests/2", "/requests/3", "/requests/consent",
    "/reports/sales", "/reports/stores", "/reports/staff", "/reports/points-owed", "/settings", "/settings/appearance", "/settings/stores",
    "/settings/products", "/settings/products/new", "/settings/staff/new", "/approvals",
)  # fmt: skip
"""Pages of the shell whose reflow and targets are looked at."""
RUN = """async (rules) => {
  const found = await axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']});
  return found.violations.map(v => `${v.id}: ${v.help} -> ${v.nodes.slice(0, 4).map(n => n.target.join(' ')).join(' | ')}`);
}"""


@pytest.fixture(scope="module", params=["light", "dark"])
def window(request: pytest.FixtureRequest, chromium: Browser, shop: Stage) -> Iterator[Page]:
    context = open_context(chromium, shop, theme=request.param)
    page = context.new_page()
    yield page
    context.close()


def first_link(page: Page, address: str, pattern: str) -> str:
    """Where the first such link of a page leads."""
    page.goto(address)
    found = re.search(f'href="({pattern})"', page.content())
    assert found is not None
    return found[1]


def profile(page: Page) -> str:
    return first_link(page, "/customers?q=L100079", "/customers/[0-9a-f]{32}")


def stores_of_somebody(page: Page) -> str:
    return first_link(page, "/people", "/people/[0-9a-f]{32}/stores")


def why_one(page: Page) -> str:
    return f"{profile(page)}/why-one"


def way(page: Page) -> str:
    """From the first record of the customer to the last."""
    address = why_one(page)
    page.goto(address)
    records = re.findall(r'<option value="([0-9a-f]{32})"', page.content())
    return f"{address}?from={records[0]}&to={records[-1]}"


def points(page: Page) -> str:
    return f"{profile(page)}/points"


def adjust(page: Page) -> str:
    return f"{profile(page)}/points/adjust"


def approval(page: Page) -> str:
    return first_link(page, "/approvals", "/approvals/[0-9a-f]{32}")


def points_why(page: Page) -> str:
    return f"{profile(page)}/points/why"


def take_apart(page: Page) -> str:
    return f"{profile(page)}/take-apart"


def merge(page: Page) -> str:
    return f"{profile(page)}/merge?q=jane"


def compared(page: Page) -> str:
    return first_link(page, merge(page), "/customers/[0-9a-f]{32}/merge[?]with=[0-9a-f]{32}")


FOUND = {
    "PROFILE": profile, "WHY_ONE": why_one, "WAY": way, "POINTS": points, "POINTS-WHY": points_why, "ADJUST": adjust, "APPROVAL": approval, "STORES": stores_of_somebody, "TAKE-APART": take_apart, "MERGE": merge, "COMPARED": compared,
}  # fmt: skip
"""Pages whose address is found on another page."""


def violations(page: Page) -> list[str]:
    """What axe says. It is put in by the test driver, which the page's policy does not bind."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN, RULES)
    return found


@pytest.mark.parametrize("path", PAGES)
def test_no_violation_on(window: Page, path: str) -> None:
    window.goto(FOUND[path](window) if path in FOUND else path)
    for width, height in WIDTHS:
        window.set_viewport_size({"width": width, "height": height})
        assert violations(window) == [], f"{path} at {width}"
        overflow: Any = window.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, f"{path} scrolls sideways at {width}"


def test_no_violation_in_panel_menus_and_dialogs(window: Page) -> None:
    window.set_viewport_size({"width": 1440, "height": 1000})
    window.goto("/events")
    window.locator("#event-rows a").nth(20).click()
    window.get_by_role("heading", name="What became of it").wait_for()
    assert violations(window) == []
    window.get_by_role("button", name="Close").click()
    window.get_by_role("button", name="Your account").click()
    assert violations(window) == []
    window.get_by_role("button", name="Keyboard shortcuts").click()
    assert violations(window) == []
    window.keyboard.press("Escape")
    window.keyboard.press("Control+k")
    window.locator("#palette [role=option]").first.wait_for()
    assert violations(window) == []
    window.goto("/")
    window.locator("summary.btn").click()
    assert violations(window) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation_on_the_sign_in_form(chromium: Browser, shop: Stage, theme: str) -> None:
    context: BrowserContext = chromium.new_context(
        base_url=shop.url, color_scheme="dark" if theme == "dark" else "light"
    )
    page = context.new_page()
    trouble = watch_for_trouble(page)
    page.goto("/customers")
    for width, height in WIDTHS:
        page.set_viewport_size({"width": width, "height": height})
        assert violations(page) == []
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.get_by_label("Password").fill("a guess that is wrong")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    assert violations(page) == []
    context.close()
    assert [one for one in trouble if "401" not in one] == []


@pytest.mark.parametrize("path", [*SHELL, "PROFILE"])
def test_pages_reflow_at_320_pixels_and_with_large_text(window: Page, path: str) -> None:
    window.goto(profile(window) if path == "PROFILE" else path)
    window.set_viewport_size({"width": 320, "height": 700})
    assert window.evaluate("() => document.documentElement.scrollWidth") <= 320
    window.set_viewport_size({"width": 720, "height": 500})  # what 200 % of 1440 leaves
    assert window.evaluate("() => document.documentElement.scrollWidth") <= 720


def test_every_target_is_large_enough(window: Page) -> None:
    window.set_viewport_size({"width": 1440, "height": 1000})
    for path in SHELL:
        window.goto(path)
        small = window.evaluate(
            """() => [...document.querySelectorAll('button, summary, select, input:not([type=hidden]), .nav a, .btn, .chip')]
              .filter(e => e.checkVisibility()).map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
              .filter(([, b]) => b.width < 24 || b.height < 24).map(([html]) => html)"""
        )
        assert small == [], path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation_on_the_pages_of_single_sign_on(
    chromium: Browser, database: Database, theme: str
) -> None:
    with SignOnProvider().serving() as provider:
        sign_on = chosen(provider)
    with Stage(database, sign_on=sign_on).serving() as stage:
        context = chromium.new_context(
            base_url=stage.url, color_scheme="dark" if theme == "dark" else "light"
        )
        page = context.new_page()
        for path, said in (("/sign-in", "or with a password"), ("/sign-in/provider", "does not answer")):
            page.goto(path)
            page.get_by_text(said).wait_for()
            for width, height in WIDTHS:
                page.set_viewport_size({"width": width, "height": height})
                assert violations(page) == []
        context.close()
