"""Static files of the console: read once, named by their hash, kept compressed in memory.

A file is served as `/static/<stem>.<hash>.<suffix>` with an immutable cache, so a new release never meets an old
file. A style sheet is layers of `static/css` in order; `url("…")` in it names a file of `static`.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from msgspec import Struct

from regulars.vocabulary.errors import NotFound

PREFIX = "/static/"
STYLE_SHEETS = {
    "console.css": ("tokens", "base", "layout", "components", "pages"),
    # Loaded beside it: by the pages in front of the console, the store's screens, the reports, slips, and the kit.
    "door.css": ("door",),
    "kit.css": ("kit",),
    "store.css": ("store",),
    "reports.css": ("reports",),
    "slip.css": ("slip",),
}
# Always loaded together, so they are sent as one file.
SCRIPTS = {
    "vendor.js": ("vendor/htmx.min.js", "vendor/hx-sse.min.js"),
    "js/store.js": ("js/store_net.js", "js/store_floor.js"),
}
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_URL = re.compile(r'url\("([^"]+)"\)')
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACE = re.compile(r"\s+")
_AROUND = re.compile(r" ?([{};,]) ?|(:) | (>) ")
_SYMBOL = re.compile(r'<symbol id="([a-z0-9-]+)"')
_SMALL_BYTES = 512


class Asset(Struct, frozen=True):
    """One file as it is sent. `packed` is its gzip form, absent where that gains nothing."""

    url: str
    media_type: str
    etag: str
    body: bytes
    packed: bytes | None


class Assets:
    """All files by their name in `static`, and by the name they are served under."""

    def __init__(self, root: Traversable | None = None) -> None:
        self._root = root or resources.files("regulars.console").joinpath("static")
        self._by_name: dict[str, Asset] = {}
        self._by_served_name: dict[str, Asset] = {}
        for name, body in _files(self._root, ""):
            self._add(name, body)
        for name, layers in STYLE_SHEETS.items():
            self._add(name, self._style_sheet(layers))
        for name, parts in SCRIPTS.items():
            self._add(name, b"\n".join(self._by_name.pop(part).body for part in parts))
        self.icons = _symbols(self._by_name["vendor/icons.svg"].body)

    def url(self, name: str) -> str:
        """Where the file is served. Raises KeyError for a file that is not there: a fault of a template."""
        return self._by_name[name].url

    def icon(self, name: str) -> str:
        """Where an icon of the sprite is. Raises KeyError for a name that the sprite lacks."""
        if name not in self.icons:
            raise KeyError(f"no icon is named {name!r}")
        return f"{self.url('vendor/icons.svg')}#{name}"

    def served(self, name: str) -> Asset:
        """The file behind a served name. Raises NotFound."""
        try:
            return self._by_served_name[name]
        except KeyError:
            raise NotFound("There is no such file.") from None

    def names(self) -> list[str]:
        """All files, by their name in `static`."""
        return list(self._by_name)

    def size_bytes(self, name: str) -> int:
        """What the file costs on the wire."""
        asset = self._by_name[name]
        return len(asset.packed or asset.body)

    def _add(self, name: str, body: bytes) -> None:
        digest = hashlib.sha256(body).hexdigest()[:12]
        stem, _, suffix = name.rpartition("/")[2].rpartition(".")
        served = f"{stem}.{digest}.{suffix}"
        packed = None if suffix == "woff2" or len(body) < _SMALL_BYTES else gzip.compress(body, 9, mtime=0)
        asset = Asset(PREFIX + served, _TYPES["." + suffix], f'"{digest}"', body, packed)
        self._by_name[name] = self._by_served_name[served] = asset

    def _style_sheet(self, layers: Sequence[str]) -> bytes:
        text = "".join(
            self._root.joinpath("css", f"{layer}.css").read_text(encoding="utf-8") for layer in layers
        )
        return _URL.sub(lambda match: f'url("{self.url(match[1])}")', _squeeze(text)).encode()


@cache
def shipped() -> Assets:
    """The files of this release: the same for every console of the process."""
    return Assets()


def _files(folder: Traversable, path: str) -> list[tuple[str, bytes]]:
    """Every file fit to be served below a folder; style sheet layers are served joined, not singly."""
    found: list[tuple[str, bytes]] = []
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            found += _files(entry, f"{path}{entry.name}/")
        elif "." + entry.name.rpartition(".")[2] in _TYPES and not entry.name.endswith(".css"):
            found.append((path + entry.name, entry.read_bytes()))
    return found


def _squeeze(css: str) -> str:
    """A style sheet without comments and needless white space."""
    return _AROUND.sub(r"\1\2\3", _SPACE.sub(" ", _COMMENT.sub("", css))).strip()


def _symbols(sprite: bytes) -> frozenset[str]:
    return frozenset(_SYMBOL.findall(sprite.decode()))
