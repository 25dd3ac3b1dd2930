"""A system Chromium and a served shop for the tests of this folder; they skip where no Chromium is found."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from regulars.store.database import Database
from tests.console.offered import open_promotions
from tests.console.shop import ask_about_data, ask_for_points, open_shop
from tests.console.stage import EMAIL, Stage
from tests.console.test_settings_page import post
from tests.console.town import shop_that_is_told
from tests.servers import TestServer

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()
WAIT_MS = 10_000


def find_chromium() -> str | None:
    """The program named by REGULARS_TEST_CHROMIUM, else the system's."""
    named = os.environ.get("REGULARS_TEST_CHROMIUM")
    found = (
        [named] if named else [shutil.which(name) for name in NAMES] + [p for p in PLACES if Path(p).exists()]
    )
    return next((one for one in found if one), None)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser a module: its driver keeps an event loop running, which other tests must not meet."""
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium found: install one, or name it in REGULARS_TEST_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shop(servers: object, server: TestServer) -> Iterator[Stage]:
    """The shop that tests look at; those that change it take `stage`."""
    name = server.create()
    with Stage(Database(server.dsn(name), connections_max=4), development=True).serving() as served:
        served.add_account()
        served.add_account("manager@example.com", "manager", "Mona Manager")
        open_shop(served, datetime.now(UTC))
        ask_about_data(served)
        ask_for_points(served)
        open_promotions(served)
        shop_that_is_told(served, served.workspace_id, "web-told")
        with closing(served.client()) as client:
            post(client, name="Corner Shops")
        yield served
    server.drop(name)


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    """A console of the test's own."""
    with Stage(database).serving() as served:
        served.add_account()
        yield served


def open_context(
    browser: Browser,
    stage: Stage,
    *,
    theme: str = "light",
    width: int = 1440,
    height: int = 1000,
    email: str = EMAIL,
) -> BrowserContext:
    """A signed-in browser window without motion."""
    client = stage.client(email=email)
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/London",
        base_url=stage.url,
    )
    context.add_cookies(
        [{"name": name, "value": value or "", "url": stage.url} for name, value in client.cookies.items()]
    )
    client.close()
    context.set_default_timeout(WAIT_MS)
    return context


def watch_for_trouble(page: Page) -> list[str]:
    """Collects what the browser complains of: script errors, blocked resources, content policy."""
    trouble: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            trouble.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    return trouble


@pytest.fixture
def window(chromium: Browser, stage: Stage) -> Iterator[Page]:
    """A signed-in page on a console of the test's own; it fails the test when the browser complained."""
    context = open_context(chromium, stage)
    page = context.new_page()
    trouble = watch_for_trouble(page)
    yield page
    context.close()
    assert trouble == []
