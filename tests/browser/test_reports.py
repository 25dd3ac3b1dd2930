"""The plots of the reports: drawn under the content policy, in the theme's colours, with a table beside each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.conftest import open_context, watch_for_trouble
from tests.browser.test_accessibility import violations
from tests.console.stage import Stage

SCRIPT = "echarts.common.min"


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, chromium: Browser, shop: Stage) -> Iterator[Page]:
    """A window on the shop; it fails the test when the browser complained."""
    context = open_context(chromium, shop, theme=request.param)
    page = context.new_page()
    trouble = watch_for_trouble(page)
    yield page
    context.close()
    assert trouble == []


def drawn(page: Page, plots: int) -> None:
    """Waits until all plots of the page are drawn."""
    expect(page.locator(".plot[data-drawn] svg")).to_have_count(plots)
    expect(page.locator(".plot")).to_have_count(plots)


@pytest.mark.parametrize(
    ("path", "plots"),
    [
        ("/reports/sales", 3),
        ("/reports/stores", 1),
        ("/reports/store?store=station", 3),
        ("/reports/staff", 1),
    ],
)
def test_every_plot_is_drawn_without_a_complaint(page: Page, path: str, plots: int) -> None:
    page.goto(path)
    drawn(page, plots)
    assert violations(page) == []
    for plot in page.locator(".plot").all():
        assert (plot.get_attribute("aria-label") or "").endswith(".")


def test_colour_is_never_alone(page: Page) -> None:
    page.goto("/reports/sales")
    drawn(page, 3)
    plot = page.locator(".plot").first
    assert plot.locator("pattern").count() > 0, "anonymous sales are hatched"
    assert plot.locator("path[stroke-dasharray]").count() > 0, "the compared days are dashed"
    for name in ("Identified customers", "Anonymous"):
        expect(plot.get_by_text(name)).to_be_visible()


def test_a_plot_follows_the_theme_and_the_width(page: Page) -> None:
    page.goto("/reports/stores")
    drawn(page, 1)
    plot = page.locator(".plot")
    before = plot.inner_html()
    dark = page.evaluate("() => matchMedia('(prefers-color-scheme: dark)').matches")
    page.evaluate("theme => document.documentElement.dataset.theme = theme", "light" if dark else "dark")
    expect(plot).not_to_have_js_property("innerHTML", before)
    page.set_viewport_size({"width": 390, "height": 844})
    expect(plot.locator("svg")).to_have_attribute("width", str(plot.evaluate("e => e.clientWidth")))


def test_the_table_shows_what_the_plot_does_and_opens_by_keyboard(page: Page) -> None:
    page.goto("/reports/sales")
    summary = page.locator("#periods-table > summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("table", name="Sales by period").get_by_role("row")).to_have_count(29)


def test_span_and_comparison_are_chosen_in_one_control_and_stay_in_the_address(page: Page) -> None:
    page.goto("/reports/sales")
    page.locator("summary.btn").first.click()
    page.get_by_role("link", name="Last 90 days").click()
    page.wait_for_url("**/reports/sales?span=90d")
    page.locator("summary.btn").first.click()
    page.get_by_role("link", name="Nothing").click()
    page.wait_for_url("**compare=none**")
    page.locator("summary.btn").first.click()
    page.get_by_label("From", exact=True).fill("2026-01-01")
    page.get_by_label("To", exact=True).fill("2026-01-31")
    page.get_by_role("button", name="Show these days").click()
    page.wait_for_url("**from=2026-01-01&to=2026-01-31**")
    assert "compare=none" in page.url
    expect(page.get_by_role("heading", name="No sales in this span")).to_be_visible()


def test_the_library_comes_on_report_pages_alone(chromium: Browser, shop: Stage) -> None:
    context = open_context(chromium, shop)
    page = context.new_page()
    fetched: list[str] = []

    def note(request: Request) -> None:
        fetched.append(request.url)

    page.on("request", note)
    page.goto("/")
    page.goto("/customers")
    assert not [url for url in fetched if SCRIPT in url]
    context.close()


def test_a_report_takes_few_requests(chromium: Browser, shop: Stage) -> None:
    context = open_context(chromium, shop)
    page = context.new_page()
    fetched: set[str] = set()

    def note(request: Request) -> None:
        fetched.add(request.url)

    page.on("request", note)
    page.goto("/reports/sales")
    drawn(page, 3)
    assert len([url for url in fetched if SCRIPT in url]) == 1
    assert len([url for url in fetched if "/mark." not in url]) <= 10, "\n".join(fetched)
    context.close()


def test_without_scripts_the_tables_are_there(chromium: Browser, shop: Stage) -> None:
    context = open_context(chromium, shop)
    state = context.storage_state()
    context.close()
    plain = chromium.new_context(base_url=shop.url, java_script_enabled=False, storage_state=state)
    page = plain.new_page()
    page.goto("/reports/sales")
    page.locator("#channels-table > summary").click()
    expect(page.get_by_role("table", name="Sales by channel").get_by_role("row").nth(1)).to_be_visible()
    plain.close()
