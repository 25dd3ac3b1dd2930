"""Pages in a real browser on a slow machine and line: how soon something is seen, and what it costs to load."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from .place import BenchFailed, Server

CPU_SLOWER: Final = 4
LINE_BYTES_PER_SECOND: Final = 5_000_000 // 8
LATENCY_MS: Final = 20
TRIES: Final = 3
_PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
)
_CHARTS: Final = "echarts"
_PAINTED: Final = "() => performance.getEntriesByName('first-contentful-paint').length > 0"
_LOADED: Final = """() => ({
  paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
  html: performance.getEntriesByType('navigation')[0].encodedBodySize,
  files: performance.getEntriesByType('resource').filter(f => f.initiatorType !== 'beacon')
    .map(f => [f.name, f.encodedBodySize]),
})"""


class Seen(Struct, frozen=True):
    """A page as a browser with an empty cache met it. `files` are those it loaded beside the page, charts left out."""

    path: str
    paint_ms: float
    html_bytes: int
    file_bytes: int
    files: int


def look(server: Server, cookie: str, paths: Sequence[str]) -> list[Seen]:
    """Open each page three times with an empty cache; the median by first paint. Raises BenchFailed without a browser."""
    program = next((found for name in _PROGRAMS if (found := shutil.which(name))), None)
    try:
        playwright = importlib.import_module("playwright.sync_api").sync_playwright
    except ImportError:
        raise BenchFailed("Playwright is not installed; it is in the development environment.") from None
    if program is None:
        raise BenchFailed("There is no Chromium on the PATH.")
    name, _, value = cookie.removeprefix("Cookie: ").partition("=")
    address = f"http://{server.host}:{server.port}"
    with playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(_FLAGS))
        try:
            held = {"name": name, "value": value, "url": address}
            return [_median([_open(browser, address, held, path) for _ in range(TRIES)]) for path in paths]
        finally:
            browser.close()


def _open(browser: Any, address: str, cookie: dict[str, str], path: str) -> Seen:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        context.add_cookies([cookie])
        page = context.new_page()
        line = context.new_cdp_session(page)
        line.send("Network.enable")
        line.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": LATENCY_MS,
                "downloadThroughput": LINE_BYTES_PER_SECOND,
                "uploadThroughput": LINE_BYTES_PER_SECOND,
            },
        )
        line.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWER})
        page.goto(address + path, wait_until="load")
        page.wait_for_function(_PAINTED)
        found = page.evaluate(_LOADED)
    finally:
        context.close()
    files = [size for name, size in found["files"] if _CHARTS not in name]
    return Seen(path, found["paint"], found["html"], sum(files), len(files) + 1)


def _median(tries: list[Seen]) -> Seen:
    return sorted(tries, key=lambda one: one.paint_ms)[len(tries) // 2]
