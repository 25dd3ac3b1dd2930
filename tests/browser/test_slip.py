"""A slip in the browser: no violation in either theme, paper of 72 mm, and bars that are dark on light everywhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar.testing import RequestFactory
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, Route

from regulars.console.receipts.slip import Voucher
from regulars.console.web.slip import slip_page
from tests.browser.conftest import open_context, watch_for_trouble
from tests.browser.test_accessibility import WIDTHS, violations
from tests.console.stage import Stage
from tests.console.test_receipts import MEMBER, SLIP

DARK = "rgb(0, 0, 0)"
LIGHT = "rgb(255, 255, 255)"
MILLIMETRE = 96 / 25.4
LONG = Voucher(text="A gift", code="https://example.com/gift/8f2c-91ab-77d0")


@pytest.fixture(params=["light", "dark"])
def slip(request: pytest.FixtureRequest, chromium: Browser, shop: Stage) -> Iterator[Page]:
    """A page with a slip, answered as the console answers it."""
    context = open_context(chromium, shop, theme=request.param)
    page = context.new_page()
    trouble = watch_for_trouble(page)
    assert shop.console is not None
    member = replace(MEMBER, vouchers=(*MEMBER.vouchers, LONG))
    answer = slip_page(
        shop.console.desk.pages, RequestFactory().get("/"), replace(SLIP, points=member), back="/store"
    )
    headers = {**answer.headers, "content-type": str(answer.media_type)}

    def tell(route: Route) -> None:
        route.fulfill(status=200, body=answer.content, headers=headers)

    page.route("**/slip", tell)
    page.goto("/slip")
    yield page
    context.close()
    assert trouble == []


def styled(page: Page, selector: str, name: str) -> str:
    found: str = page.eval_on_selector(selector, "(one, name) => getComputedStyle(one)[name]", name)
    return found


def test_no_violation_on_a_slip(slip: Page) -> None:
    for width, height in WIDTHS:
        slip.set_viewport_size({"width": width, "height": height})
        assert violations(slip) == [], f"at {width}"
        assert slip.evaluate("() => document.documentElement.scrollWidth") <= width


def test_bars_are_dark_on_light_on_the_screen(slip: Page) -> None:
    slip.set_viewport_size({"width": 390, "height": 844})
    for drawn in slip.locator(".slip-drawn svg").all():
        shown = drawn.evaluate("one => [getComputedStyle(one).fill, getComputedStyle(one).backgroundColor]")
        assert shown == [DARK, LIGHT]
        assert drawn.evaluate("one => one.getBoundingClientRect().width % one.viewBox.baseVal.width") == 0


def test_paper_is_72_mm_black_on_white_and_without_buttons(slip: Page) -> None:
    slip.emulate_media(media="print")
    assert styled(slip, ".slip", "color") == DARK
    assert styled(slip, ".slip", "backgroundColor") == LIGHT
    assert not slip.get_by_role("button", name="Print").is_visible()
    box = slip.locator(".slip").bounding_box()
    assert box is not None
    assert box["x"] == 0
    assert abs(box["width"] - 72 * MILLIMETRE) < 1
