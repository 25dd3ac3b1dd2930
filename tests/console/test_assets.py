"""What the browser is sent beside pages: vendored files, the style sheet, their sizes and caching."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from regulars.console.web.assets import Assets
from tests.console.stage import Stage

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = ROOT / "src" / "regulars" / "console"
VENDOR_FOLDERS = (CONSOLE / "static" / "vendor", ROOT / "tests" / "browser" / "vendor")
STYLE_BYTES_MAX = 30 * 1024
ASSETS_PACKED_BYTES_MAX = 120 * 1024
WITH_CHARTS_PACKED_BYTES_MAX = 360 * 1024
CHARTS = "vendor/echarts.common.min.js"
MODULE_LINES_MAX = 200


def vendored() -> list[tuple[Path, dict[str, Any]]]:
    found = []
    for folder in VENDOR_FOLDERS:
        listed = tomllib.loads((folder / "vendor.toml").read_text(encoding="utf-8"))
        found += [(folder, entry) for entry in listed["file"]]
    return found


@pytest.mark.parametrize(
    ("folder", "entry"),
    vendored(),
    ids=lambda value: str(value.get("path", "")) if isinstance(value, dict) else "",
)
def test_a_vendored_file_is_what_its_note_says(folder: Path, entry: dict[str, Any]) -> None:
    assert hashlib.sha256((folder / entry["path"]).read_bytes()).hexdigest() == entry["sha256"]
    assert (folder / entry["licence_text"]).read_text(encoding="utf-8").strip()
    assert entry["name"]
    assert entry["version"]
    assert entry["licence"]
    assert entry["origin"]


def test_every_vendored_file_has_a_note() -> None:
    for folder in VENDOR_FOLDERS:
        noted = {entry["path"] for place, entry in vendored() if place == folder}
        texts = {"vendor.toml", "LICENSE", "LICENSE-3RD-PARTY.txt"}
        assert {path.name for path in folder.iterdir() if path.is_file()} - texts == noted


def test_the_budgets_of_style_and_assets_are_kept() -> None:
    assets = Assets()
    assert len(assets.served(assets.url("console.css").rpartition("/")[2]).body) <= STYLE_BYTES_MAX
    sizes = {name: assets.size_bytes(name) for name in assets.names()}
    assert sum(sizes.values()) <= WITH_CHARTS_PACKED_BYTES_MAX
    assert sum(sizes.values()) - sizes[CHARTS] <= ASSETS_PACKED_BYTES_MAX


def test_our_modules_stay_small() -> None:
    for path in (CONSOLE / "static" / "js").glob("*.js"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MODULE_LINES_MAX, path.name


def test_an_unknown_icon_stops_the_page() -> None:
    with pytest.raises(KeyError, match="no icon is named 'unicorn'"):
        Assets().icon("unicorn")


@pytest.fixture(scope="module")
def files(quiet: Stage) -> Iterator[httpx.Client]:
    client = quiet.client(email=None)
    yield client
    client.close()


def test_a_file_may_be_kept_for_ever_and_is_sent_once(files: httpx.Client) -> None:
    url = Assets().url("console.css")
    first = files.get(url)
    assert first.status_code == 200
    assert first.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["content-type"].startswith("text/css")
    again = files.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_file_that_is_not_there_is_not_found(files: httpx.Client) -> None:
    for path in ("/static/console.css", "/static/../accounts.py", "/static/vendor.toml"):
        assert files.get(path).status_code == 404


def test_the_style_sheet_names_only_files_that_are_served() -> None:
    assets = Assets()
    css = assets.served(assets.url("console.css").rpartition("/")[2]).body.decode()
    urls = re.findall(r'url\("([^"]+)"\)', css)
    assert len(urls) == 2
    for url in urls:
        assert assets.served(url.rpartition("/")[2]).body


def test_the_vendored_scripts_are_sent_as_one_file() -> None:
    assets = Assets()
    whole = assets.served(assets.url("vendor.js").rpartition("/")[2]).body
    for name in ("htmx.min.js", "hx-sse.min.js"):
        assert (CONSOLE / "static" / "vendor" / name).read_bytes() in whole
