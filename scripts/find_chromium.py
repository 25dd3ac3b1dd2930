"""Print the path of a Chromium that the browser tests can use; exit status 1, with the reason, when none is.

Looks at CHROMIUM, then for a system browser, then for Playwright's own, which is installed when missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_APPS = ("Chromium.app/Contents/MacOS/Chromium", "Google Chrome.app/Contents/MacOS/Google Chrome")
INSTALL_SECONDS_MAX = 300
START_SECONDS_MAX = 60


def runs(path: str) -> bool:
    """Whether the browser starts at all: a stub that asks for a package does not."""
    try:
        command = [path, "--version"]
        return (
            subprocess.run(command, capture_output=True, timeout=START_SECONDS_MAX, check=False).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def system_browser() -> str | None:
    """The browser named by CHROMIUM or found in the usual places."""
    named = [os.environ["CHROMIUM"]] if os.environ.get("CHROMIUM") else []
    found = [path for name in NAMES if (path := shutil.which(name))]
    apps = [str(Path("/Applications", app)) for app in MAC_APPS if Path("/Applications", app).exists()]
    return next((path for path in [*named, *found, *apps] if runs(path)), None)


def playwright_browser() -> str | None:
    """Playwright's own browser where it is installed and starts."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() and runs(path) else None


def install() -> None:
    """Ask Playwright for its browser; a failure shows in the look that follows."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    try:
        subprocess.run(command, capture_output=True, timeout=INSTALL_SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired:
        print(f"Playwright did not get its browser within {INSTALL_SECONDS_MAX} s.", file=sys.stderr)


def main() -> int:
    """Print the path, or the reason why there is none."""
    path = system_browser() or playwright_browser()
    if path is None:
        print("No Chromium here; asking Playwright for one.", file=sys.stderr)
        install()
        path = playwright_browser()
    if path is None:
        print("No Chromium could be found or installed (Debian: apt install chromium).", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
