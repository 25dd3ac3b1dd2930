"""Reads the curl calls out of a page, so that they can be made."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"```sh\n(.*?)```", re.DOTALL)
# What curl itself sends with -d; no page asks its reader to say more.
CURL_TYPE = "application/x-www-form-urlencoded"


class Call(NamedTuple):
    """One call: its path with the query, and its body where it has one."""

    path: str
    body: str | None

    @property
    def method(self) -> str:
        """As curl chooses it."""
        return "GET" if self.body is None else "POST"


def calls_in(page: str) -> list[Call]:
    """The calls of a page under docs, in order."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [call for fence in _FENCE.findall(text) for call in _calls(fence)]


def _calls(fence: str) -> list[Call]:
    words = shlex.split(fence, comments=True)
    starts = [place for place, word in enumerate(words) if word == "curl"]
    return [_call(words[start:end]) for start, end in zip(starts, [*starts[1:], None], strict=False)]


def _call(words: list[str]) -> Call:
    address = urlsplit(next(word for word in words if word.startswith("http")))
    path = f"{address.path}?{address.query}" if address.query else address.path
    return Call(path, words[words.index("-d") + 1] if "-d" in words else None)
