"""What a privacy officer, an engineer and a marketer come for, each by their own sign-in and in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect

from regulars.console.accounts import Role
from tests.browser.conftest import watch_for_trouble
from tests.browser.test_journeys import visit
from tests.console.stage import PASSWORD, Stage, sale


@contextmanager
def at_work(chromium: Browser, stage: Stage, role: Role) -> Iterator[Page]:
    """Somebody of a role, signed in by the form; the browser must not complain."""
    email = f"{role}@work.example"
    stage.add_account(email, role)
    context = chromium.new_context(base_url=stage.url, accept_downloads=True)
    page = context.new_page()
    trouble = watch_for_trouble(page)
    page.goto("/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Home").wait_for()
    yield page
    context.close()
    assert trouble == []


def test_a_privacy_officer_answers_a_request_and_proves_it(chromium: Browser, stage: Stage) -> None:
    stage.send(sale("R-1", email="ada@example.com", given_name="Ada", family_name="Byron"))
    with at_work(chromium, stage, "privacy") as page:
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Requests").click()
        page.get_by_role("link", name="New request").first.click()
        page.get_by_label("E-mail, phone, card or name").fill("ada@example.com")
        page.get_by_role("button", name="Find").click()
        page.get_by_role("link", name="Choose Ada Byron").click()
        page.get_by_role("radio", name=re.compile("Access")).check()
        page.get_by_role("button", name="Write it down").click()
        page.get_by_role("button", name="Identity is checked").click()
        with page.expect_download() as copy:
            page.get_by_role("button", name="Download the file (JSON)").click()
        assert "ada@example.com" in copy.value.path().read_text(encoding="utf-8")
        page.reload()
        page.get_by_role("button", name=re.compile("close the request")).click()
        expect(page.get_by_text("Answered").first).to_be_visible()
        page.get_by_role("link", name="Proof").click()
        expect(page.get_by_text("SHA-256").first).to_be_visible()


def test_an_engineer_adds_a_webhook_and_finds_a_rejected_event(chromium: Browser, stage: Stage) -> None:
    stage.send({"id": "bad-1", "type": "sale.completed", "occurred_at": "2026-11-20T10:00:00Z"})
    with at_work(chromium, stage, "engineer") as page:
        visit(page, "/webhooks/new")
        page.get_by_label("Address").fill("http://127.0.0.1:9/hook")
        page.get_by_role("checkbox", name=re.compile("sale.recorded")).check()
        page.get_by_role("button", name="Add a webhook").click()
        expect(page.get_by_text(re.compile("whsec_")).first).to_be_visible()
        visit(page, "/webhooks")
        expect(page.get_by_text("whsec_")).to_have_count(0)
        page.get_by_role("navigation", name="Main").get_by_role(
            "link", name=re.compile("Live events")
        ).click()
        page.get_by_role("link", name=re.compile("Rejected")).click()
        expect(page.get_by_role("heading", name=re.compile("sale"))).to_be_visible()


def test_a_marketer_narrows_the_customers_and_compares_the_sales(chromium: Browser, stage: Stage) -> None:
    stage.send(
        sale("R-1", loyalty_card="L1", given_name="Ada", store="north"),
        sale("R-2", loyalty_card="L2", given_name="Bea", store="south"),
    )
    with at_work(chromium, stage, "marketer") as page:
        visit(page, "/customers")
        page.get_by_label("Bought in").select_option("north")
        expect(page.get_by_role("link", name="Bea")).to_have_count(0)
        page.get_by_text("Columns").click()
        page.get_by_role("link", name="Last seen").click()
        expect(page.get_by_role("columnheader", name="Last seen")).to_have_count(0)
        with page.expect_download() as file:
            page.get_by_role("link", name="Download CSV").click()
        assert "Bea" not in file.value.path().read_text(encoding="utf-8")
        page.get_by_role("link", name="Ada").click()
        page.get_by_role("link", name="Why? Spend").click()
        expect(page.get_by_text("The receipts come to this")).to_be_visible()
        page.keyboard.press("Escape")
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Reports").click()
        expect(page.get_by_role("heading", level=1, name=re.compile("^(Sales|Reports)"))).to_be_visible()
