"""Walking through the console as somebody: every link and form action their pages offer, followed as far as it goes."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from msgspec import Struct

PAGES_OF_A_KIND_MAX = 2
"""Of pages that differ by the values in their address alone, this many are opened unless more are asked for."""
_FILE = re.compile(r"/static/|/brand/|/live|.*\.csv$")


class Control(Struct, frozen=True):
    """Something a page offers to press: the method and address of what it calls."""

    method: str
    address: str

    @property
    def path(self) -> str:
        """The address without its query."""
        return urlsplit(self.address).path


class Markup(HTMLParser):
    """The elements of a page, each with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._hidden: dict[str, str] = {}
        """Of the form that is open."""
        self._asked: list[tuple[str, dict[str, str]]] = []
        """The addresses of forms, each with what they send though nobody fills it in."""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep one."""
        kept = {name: value or "" for name, value in attrs}
        self.elements.append((tag, kept))
        if tag == "form":
            self._hidden = {}
            sent = [kept[name] for name in ("action", "hx-get") if name in kept]
            self._asked += [(address, self._hidden) for address in sent if kept.get("method", "get") == "get"]
        elif kept.get("type") == "hidden":
            self._hidden[kept.get("name", "")] = kept.get("value", "")

    def controls(self) -> Iterator[Control]:
        """What the page calls or offers to call."""
        for address, hidden in self._asked:
            yield Control("GET", f"{address}?{urlencode(hidden)}" if hidden else address)
        for tag, attrs in self.elements:
            for name in ("href", "src", "hx-get", "hx-sse:connect"):
                if name in attrs and tag != "form":
                    yield Control("GET", attrs[name])
            if "hx-post" in attrs:
                yield Control("POST", attrs["hx-post"])
            if "formaction" in attrs:
                yield Control("POST", attrs["formaction"])
            if tag == "form" and attrs.get("method", "get") == "post":
                yield Control("POST", attrs["action"])


class Walk(Struct, frozen=True):
    """All pages that were opened, and all controls that were found, each with the page it stands on."""

    pages: dict[str, httpx.Response]
    controls: dict[Control, str]


def walk(client: httpx.Client, start: str = "/", of_a_kind: int = PAGES_OF_A_KIND_MAX) -> Walk:
    """Open a page and what it leads to. Streams and files are not opened."""
    pages: dict[str, httpx.Response] = {}
    controls: dict[Control, str] = {}
    opened: Counter[str] = Counter()
    waiting = deque([start])
    while waiting:
        address = waiting.popleft()
        if address in pages or opened[_kind(address)] >= of_a_kind:
            continue
        opened[_kind(address)] += 1
        pages[address] = answer = client.get(address)
        for control in Markup(answer.text).controls():
            control = Control(control.method, control.address.partition("#")[0])
            if not control.address or control in controls:
                continue
            controls[control] = address
            if control.method == "GET" and not _FILE.match(control.path):
                waiting.append(control.address)
    return Walk(pages, controls)


def _kind(address: str) -> str:
    """An address without the values in it."""
    parts = urlsplit(address)
    words = ["*" if re.search(r"\d", word) else word for word in parts.path.split("/")]
    names = sorted(name for name, _ in parse_qsl(parts.query))
    return f"{'/'.join(words)}?{'&'.join(names)}"
